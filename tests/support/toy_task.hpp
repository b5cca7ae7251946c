#pragma once
// A tiny thing to learn, for tests of training: pictures with one blob of light each; two maps show its
// place, one as high as it is bright, the other, if it is labelled, half as high.
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/model/network.hpp"
#include "aurum/train/loader.hpp"
#include "aurum/train/task.hpp"

namespace aurum::test {

inline constexpr Shape toy_shape{3, 16, 16};
inline constexpr float not_labelled = std::numeric_limits<float>::quiet_NaN();

struct ToyNet : Sequential<Conv<8, 3, Stride<2>>, BatchNorm, Relu, ConvBlock<8>, Conv<2, 1, Bias>> {};
using ToyNetwork = Network<ToyNet, toy_shape, Cpu>;

/// `count` pictures that follow from the seed. What a test may want to see or to break is public.
struct ToyData {
  int count = 12;
  std::uint64_t seed = 1;
  int broken = -1;    ///< the sample that cannot be read
  int infinite = -1;  ///< the sample whose label is infinite

  [[nodiscard]] int size() const { return count; }
  [[nodiscard]] std::span<const int> action_units() const { return {}; }
  [[nodiscard]] Sample sample(int index) const {
    if (index == broken) throw std::runtime_error("sample " + std::to_string(index) + " is broken");
    Random random = Random{Seed{seed}}.fork(static_cast<std::uint64_t>(index));
    Sample s;
    s.image = Image(toy_shape.width, toy_shape.height);
    s.landmarks = {{random.uniform(3, 12), random.uniform(3, 12)}};
    const float brightness = random.uniform(1, 5);
    s.intensities = {brightness, brightness};
    if (index == infinite) s.intensities[0] = std::numeric_limits<float>::infinity();
    s.subject = index;
    s.name = "toy " + std::to_string(index);
    for (int y = 0; y < s.image.height; ++y)
      for (int x = 0; x < s.image.width; ++x) {
        const Point d = Point{static_cast<float>(x), static_cast<float>(y)} - s.landmarks[0];
        const float light = 50 * brightness * std::exp(-(d.x * d.x + d.y * d.y) / 8);
        for (int c = 0; c < 3; ++c) s.image.at(x, y)[c] = static_cast<std::uint8_t>(light);
      }
    return s;
  }
};

/// The peak of the first map is the brightness. In training, pictures get noise from their stream.
struct ToyTask {
  FixedGaussianKernel kernel{8};
  int map_count = 2;
  bool second_labelled = true;

  using Result = AuResult;
  [[nodiscard]] int maps() const { return map_count; }
  Landmarks input(const Sample& sample, Random* random, View<float> one) const {
    for (int y = 0; y < one.height; ++y)
      for (int x = 0; x < one.width; ++x)
        for (int c = 0; c < one.channels; ++c)
          one.at(0, y, x, c) = static_cast<float>(sample.image.at(x, y)[c]) / 255 +
                               (random != nullptr ? random->normal(0, 0.01F) : 0.0F);
    return sample.landmarks;
  }
  void targets(const Sample& sample, const Landmarks& points, const Shape& in, const Shape& map,
               std::span<MapTarget> to) const {
    const float scale = static_cast<float>(map.width) / static_cast<float>(in.width);
    for (std::size_t i = 0; i < to.size(); ++i) {
      to[i] = MapTarget{.intensity = sample.intensities[i], .centres = 1};
      to[i].centre[0] = rescale(points[0], scale);
      if (i == 1) to[i].intensity = second_labelled ? to[i].intensity / 2 : not_labelled;
    }
  }
  [[nodiscard]] AuResult result(const Sample& sample, const Landmarks&, const Shape&, const Shape&,
                                std::span<const Peak> peaks) const {
    AuResult r{.prediction = {}, .label = sample.intensities};
    for (const Peak& p : peaks) r.prediction.push_back(p.value);
    return r;
  }
  [[nodiscard]] Evaluation evaluate(std::span<const AuResult> results) const {
    double error = 0;
    for (const AuResult& r : results)
      error +=
          static_cast<double>(std::abs(r.prediction[0] - r.label[0])) / static_cast<double>(results.size());
    return {-error, "-error", {{"faces", static_cast<double>(results.size())}}};
  }
};

/// The first `count` samples as the loader would hand them to a trainer.
[[nodiscard]] inline Batch toy_batch(const ToyTask& task, const ToyData& data, int count, int first = 0) {
  std::vector<int> order;
  for (int i = 0; i < count; ++i) order.push_back(first + i);
  Loader<ToyTask, ToyData> loader(task, data, order,
                                  {.input = toy_shape,
                                   .maps = {task.maps(), toy_shape.height / 2, toy_shape.width / 2},
                                   .batch = count,
                                   .variation = {}});
  return *loader.next();
}

/// All values of a network: parameters, then running statistics.
template <class Net>
[[nodiscard]] std::vector<float> weights_of(Net& net) {
  std::vector<float> values(net.values().begin(), net.values().end());
  values.insert(values.end(), net.statistics().begin(), net.statistics().end());
  return values;
}

}  // namespace aurum::test
