// A temporal predictor on the kernels that a GPU runs (emulated; under nvcc, a GPU's own): its states stay in
// the device's memory, its frames and answers are the host's.
// test: optimised
#include <memory>
#include <vector>

#include "aurum/model/temporal_predictor.hpp"
#include "aurum/spec/batch_norm.hpp"
#include "support/backend_here.hpp"
#include "support/catch.hpp"
#include "support/on_backend.hpp"

namespace aurum {
namespace {

constexpr Shape shape{3, 16, 16};
struct Features : Sequential<Conv<8, 3, Stride<4>, Padding<1>>, BatchNorm, Relu> {};
struct Net : Temporal<Features, ConvGru<8, 3, Layers<2>>, IntensityRegressor<3>> {};

template <class T>
void check(double bound) {
  using B = test::Gpu;
  Network<Net, shape, B, T> net(Seed{1});
  Random random{Seed{5}};
  constexpr int frames = 6;
  const test::Tensor<float> clip = test::random_tensor<float>(frames, shape, random);
  test::On<B, T> on(net.context());
  net.forward(on.read(clip), Mode::training, Sequences::complete(2, 3));  // moves the running statistics
  const auto out = net.forward(on.read(clip), Mode::inference, Sequences::complete(1, frames));
  const auto expected = test::cast<float>(test::on_host_of<B, T>(net.context(), out));

  TemporalPredictor predict(net, {.max_batch = 4});
  TemporalPredictor another(predict, std::make_shared<Context<B>>());
  auto track = predict.new_track(), side = predict.new_track();
  std::vector<float> stepped, together;
  for (int t = 0; t < frames; ++t) {
    predict.step(side, clip.view.images(frames - 1 - t, 1));
    const Prediction& p = (t < 3 ? predict : another).step(track, clip.view.images(t, 1));
    for (const Peak& peak : p.peaks) stepped.push_back(peak.value);
  }
  CHECK(test::relative_error(stepped, expected.memory) < bound);
  track.reset();
  for (const Prediction& p : another.sequence(track, clip.view))
    for (const Peak& peak : p.peaks) together.push_back(peak.value);
  CHECK(test::relative_error(together, expected.memory) < bound);
}

TEST_CASE("A temporal predictor on a GPU's kernels answers as its network does", "[temporal][device]") {
  check<float>(1e-5);
}

TEST_CASE("Nor is it far from it in BFloat16", "[temporal][device]") { check<BFloat16>(2e-2); }

}  // namespace
}  // namespace aurum
