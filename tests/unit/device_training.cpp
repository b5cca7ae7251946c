// Training on a GPU's kernels follows the reference's loss curve, in every precision, with batches copied
// while the network works too.
// test: optimised
#include <algorithm>
#include <limits>
#include <memory>
#include <type_traits>
#include <vector>

#include "aurum/backend/reference/reference.hpp"
#include "aurum/model/fan.hpp"
#include "aurum/model/network_weights.hpp"
#include "aurum/model/predictor.hpp"
#include "aurum/train/trainer.hpp"
#include "support/backend_here.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"

namespace aurum {
namespace {

using Spec = Fan<3, Features<8>, Depth<1>>;
constexpr Shape input{3, 32, 32};
constexpr int maps = 3, images = 4, steps = 12;

/// Images with a blob of some intensity for each map, and noise.
Batch make_batch(std::uint64_t seed) {
  Batch batch;
  Random random{Seed{seed}};
  batch.input.resize(static_cast<std::size_t>(images * input.size()));
  for (float& v : batch.input) v = random.normal(0, 0.1F);
  for (int i = 0; i < images; ++i) {
    batch.indices.push_back(i);
    for (int m = 0; m < maps; ++m) {
      const Point at{random.uniform(1, 7), random.uniform(1, 7)};
      const float intensity = random.uniform(1, 5);
      batch.targets.push_back({.intensity = intensity, .centres = 1, .centre = {at}});
      const auto pixel = (static_cast<std::size_t>(i) * 32 + static_cast<std::size_t>(4 * at.y)) * 32 +
                         static_cast<std::size_t>(4 * at.x);
      batch.input[3 * pixel + static_cast<std::size_t>(m)] += intensity;
    }
  }
  return batch;
}

template <class B, class T>
std::vector<double> loss_curve(bool ahead = false) {
  Network<Spec, input, B, T> net{std::make_shared<Context<B>>(), Seed{1}};
  Trainer trainer{net, Adam{}};
  std::vector<Batch> batches;
  for (int i = 0; i < 3; ++i) batches.push_back(make_batch(static_cast<std::uint64_t>(i)));
  std::vector<double> losses;
  for (std::size_t i = 0; i < steps; ++i)
    losses.push_back(trainer
                         .step(batches[i % 3], maps, GaussianKernel{}, 3e-3,
                               std::numeric_limits<double>::infinity(),
                               ahead ? &batches[(i + 1) % 3] : nullptr)
                         .loss);
  return losses;
}

TEST_CASE("training follows the reference's loss curve", "[device]") {
  const std::vector<double> expected = loss_curve<Reference, double>();
  CHECK(expected.back() < 0.9 * expected.front());
  // (Adam divides rounding errors by gradients as small as its epsilon: see golden_method.hpp.)
  CHECK(test::relative_error(loss_curve<test::Gpu, double>(), expected) < 1e-7);
  CHECK(test::relative_error(loss_curve<test::Gpu, float>(), expected) < 1e-3);
  CHECK(test::relative_error(loss_curve<test::Gpu, BFloat16>(), expected) < 3e-2);
}

TEST_CASE("a batch that was copied ahead is trained on as any other", "[device]") {
  CHECK(loss_curve<test::Gpu, double>(true) == loss_curve<test::Gpu, double>());
  CHECK(loss_curve<test::Gpu, BFloat16>(true).size() == steps);
}

TEST_CASE("what was copied ahead is not taken for another batch in the same memory", "[device]") {
  const auto second_loss = [](bool ahead) {
    Network<Spec, input, test::Gpu, double> net{Seed{1}};
    Trainer trainer{net, Adam{}};
    Batch batch = make_batch(1), next = make_batch(2);
    const auto step = [&](const Batch* following) {
      return trainer
          .step(batch, maps, GaussianKernel{}, 3e-3, std::numeric_limits<double>::infinity(), following)
          .loss;
    };
    step(ahead ? &next : nullptr);  // memory for what is staged comes with the step after
    step(ahead ? &next : nullptr);
    batch = make_batch(3);
    batch.input.swap(next.input);  // where `next` was; its images stay behind
    std::swap_ranges(batch.input.begin(), batch.input.end(), next.input.begin());
    return step(nullptr);
  };
  CHECK(second_loss(true) == second_loss(false));
}

TEST_CASE("a predictor in half precision gives the reference's maps and peaks", "[device]") {
  using Weights = NetworkWeights<Spec, input, test::Gpu, BFloat16>;
  using Exact = NetworkWeights<Spec, input, Reference, double>;
  Weights half;
  Exact exact;
  for (const Parameter& p : half.parameters()) {
    const std::vector<float> values = initial_values<float>(p, Seed{2}, Initialiser::kaiming);
    half.set(p, values);
    exact.set(p, std::vector<double>(values.begin(), values.end()));
  }
  const Batch batch = make_batch(7);
  Predictor<Weights> predict(half, {.max_batch = images});
  std::vector<double> got, peaks, expected;
  for (const Prediction& p : predict.batch(make_view(batch.input.data(), images, input))) {
    for (int y = 0; y < p.heatmaps.height; ++y)
      for (int x = 0; x < p.heatmaps.width; ++x)
        for (int c = 0; c < maps; ++c) got.push_back(static_cast<double>(p.heatmaps.at(0, y, x, c)));
    for (int c = 0; c < maps; ++c) {
      const Peak peak = find_peak(&p.heatmaps.at(0, 0, 0, c), maps, p.heatmaps.width, p.heatmaps.height);
      CHECK(p.peaks[static_cast<std::size_t>(c)].value == Approx(peak.value).epsilon(1e-2));
    }
  }
  const std::vector<double> inputs(batch.input.begin(), batch.input.end());
  test::Tensor<double> out(images, Exact::output_shape);
  Program<Reference, double> program(
      exact.shared_context(), plan::plan_of<Spec, input>,
      [&](int i) { return exact.get(exact.parameters()[static_cast<std::size_t>(i)]); }, images);
  program.run(make_view(inputs.data(), images, input), out.view);
  CHECK(test::relative_error(got, out.memory) < 2e-2);
}

}  // namespace
}  // namespace aurum
