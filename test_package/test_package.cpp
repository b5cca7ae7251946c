// The umbrella header and every optional part, as a program that requires the package sees them.
#include <aurum/aurum.hpp>
#include <aurum/data/image_file.hpp>
#include <aurum/io/eigen.hpp>
#include <aurum/io/xtensor.hpp>
#include <aurum/metrics/icc_inference.hpp>
#include <cstdio>

using namespace aurum;

int main() {
  constexpr Shape input{3, 16, 16};
  Network<Sequential<Conv<4, 3>, BatchNorm, Relu, Conv<2, 1, Bias>>, input, Cpu> net{Seed{1}};
  const std::vector<float> picture(static_cast<std::size_t>(input.size()), 0.5F);
  const auto maps = net.forward(make_view(picture.data(), 1, input), Mode::inference);
  const auto nchw = to_nchw(maps);
  const std::vector<double> a{0, 1, 2, 3, 4}, b{0, 2, 2, 3, 5};
  const auto agreement = icc_inference(mean_squares(a, b), IccForm::icc31);
  const Image read = decode_image(encode_png(Image(4, 2)), "a picture in memory");
  std::printf("aurum %s: maps %zu x %zu, ICC(3,1) %.3f (p = %.3f), picture %d x %d\n", version().c_str(),
              nchw.shape()[2], nchw.shape()[3], agreement.value, agreement.p, read.width, read.height);
  const bool same = as_map(maps, 0, 1)(2, 3) == nchw(0, 1, 2, 3);
  return same && nchw.shape()[1] == 2 && agreement.value > 0.9 && read.width == 4 ? 0 : 1;
}
