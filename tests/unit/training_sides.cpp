// Training on labels of both sides of AUs: what batches and results hold.
#include <array>
#include <cmath>
#include <vector>

#include "aurum/data/cached.hpp"
#include "aurum/data/synthetic_faces.hpp"
#include "aurum/train/evaluate.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/toy_task.hpp"

namespace aurum {
namespace {

using test::contains;
using test::message;

constexpr Shape input{3, 32, 32}, map{3, 16, 16};
constexpr std::array<int, 3> aus = {1, 12, 17};
struct Net : Sequential<Conv<8, 3, Stride<2>>, BatchNorm, Relu, Conv<3, 1, Bias>> {};

AuHeatmaps<> task_with(const Augmentation& augmentation) {
  return {.action_units = {aus.begin(), aus.end()}, .input = {.augmentation = augmentation}, .sides = true};
}

const SyntheticFaces& faces() {
  static const SyntheticFaces set(aus, {.seed = Seed{3}, .images = 24, .identities = 5, .size = 40});
  return set;
}

TEST_CASE("labels of the sides are exchanged where the input is the mirror image", "[sides][loader]") {
  Augmentation often = Augmentation::none();
  often.flip = 0.5F;
  const AuHeatmaps<> task = task_with(often);
  std::vector<int> order;
  for (int i = 0; i < faces().size(); ++i) order.push_back(i);
  Loader<AuHeatmaps<>, SyntheticFaces> loader(
      task, faces(), order,
      {.input = input, .maps = map, .batch = 24, .variation = Random{Seed{1}}, .keep_samples = true});
  const Batch batch = *loader.next();
  int exchanged = 0, uneven = 0;
  for (std::size_t n = 0; n < 24; ++n) {
    const Sample plain = faces().sample(static_cast<int>(n));
    std::vector<float> crop(static_cast<std::size_t>(input.size()));
    const Landmarks straight = crop_face(plain.image, plain.landmarks, make_view(crop.data(), 1, input));
    const bool mirror = batch.landmarks[n] != straight;
    exchanged += mirror;
    const std::span<const MapTarget> targets = std::span{batch.targets}.subspan(3 * n, 3);
    for (std::size_t i = 0; i < 3; ++i) {
      const Sides<float> labels = mirror ? plain.sides[i].mirrored() : plain.sides[i];
      CHECK(batch.samples[n].sides[i] == labels);
      CHECK(targets[i].intensity == plain.intensities[i]);
      CHECK(targets[i].has_sides == (labels.left != labels.right && aus[i] != 17));
      if (targets[i].has_sides) CHECK(targets[i].side == labels);
      uneven += targets[i].has_sides;
    }
  }
  CHECK(exchanged > 4);
  CHECK(exchanged < 20);
  CHECK(uneven > 0);
}

TEST_CASE("results hold the sides as the exact landmarks divide the maps, with a mirror too",
          "[sides][evaluate]") {
  Network<Net, input, Cpu> net(Seed{2});
  const AuHeatmaps<> task = task_with(Augmentation::none());
  AuHeatmaps<> whole = task;
  whole.sides = false;
  for (const bool mirrored : {false, true}) {
    const auto results = predict_all(net, task, faces(), 7, mirrored);
    const auto plain = predict_all(net, whole, faces(), 7, mirrored);
    REQUIRE(results.size() == 24);
    int told_apart = 0;
    for (std::size_t n = 0; n < 24; ++n) {
      CHECK(results[n].prediction == plain[n].prediction);
      CHECK(plain[n].side_prediction.empty());
      CHECK(results[n].side_label == faces().sample(static_cast<int>(n)).sides);
      REQUIRE(results[n].side_prediction.size() == 3);
      for (std::size_t i = 0; i < 3; ++i) {
        const auto [left, right] = results[n].side_prediction[i];
        CHECK(std::max(left, right) == results[n].prediction[i]);
        told_apart += left != right;
        if (aus[i] == 17) CHECK(left == right);
      }
    }
    CHECK(told_apart > 10);
  }
}

TEST_CASE("samples without labels of the sides, and numbers in place of maps, are refused", "[sides]") {
  const AuHeatmaps<> task = task_with(Augmentation::none());
  Sample sample = faces().sample(0);
  std::vector<MapTarget> targets(3);
  const AuIntensities<> numbers{task};
  CHECK(contains(message<ValueError>([&] {
                   numbers.targets(sample, sample.landmarks, input, {3, 1, 1}, targets);
                 }),
                 "does not tell its sides apart"));
  sample.sides.clear();
  CHECK(contains(message<ValueError>([&] { task.targets(sample, sample.landmarks, input, map, targets); }),
                 "expected 3 intensities, found 0"));
}

}  // namespace
}  // namespace aurum
