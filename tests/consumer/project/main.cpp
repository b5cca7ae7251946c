// What a program that has just found aurum would try first: a network of its own, run once.
#include <aurum/backend/cpu/cpu.hpp>
#include <aurum/model/network.hpp>
#include <cstdio>
#include <vector>

using namespace aurum;

struct Tiny
    : Sequential<Conv<8, 3, Bias>, BatchNorm, Relu, ConvBlock<8>, Hourglass<8, Depth<2>>, Conv<2, 1>> {};

int main() {
  constexpr Shape input{3, 16, 16};
  Network<Tiny, input, Cpu> net{Seed{1}};
  const std::vector<float> picture(static_cast<std::size_t>(input.size()), 0.5F);
  const auto maps = net.forward(make_view(picture.data(), 1, input), Mode::inference);
  std::printf("%lld parameters, %s -> %s\n", parameter_count<Tiny, input>, to_string(input).c_str(),
              to_string(maps.shape()).c_str());
  return maps.shape() == Shape{2, 16, 16} ? 0 : 1;
}
