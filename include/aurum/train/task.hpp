#pragma once
// What a network is trained for. A task offers
//   Landmarks input(const Sample&, Random*, View<float> one) const
//       fills one network input from a sample; a stream: varied as in training; returns the landmarks there
//   void targets(const Sample&, const Landmarks&, Shape input, Shape maps, std::span<MapTarget>) const
//       what every output map shall show
//   kernel, maps()               the shape of blobs, the number of maps
//   loss, centre_weight          how maps are compared (ops/pointwise/); without these members: squared error
//   mirror                       what becomes of the maps in the mirror; without it: not known
//   struct Result                what one evaluated sample gives
//   Result result(const Sample&, const Landmarks&, Shape input, Shape maps, std::span<const Peak>) const
//   Evaluation evaluate(std::span<const Result>) const
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/data/augment.hpp"
#include "aurum/data/normalise.hpp"
#include "aurum/data/sample.hpp"
#include "aurum/heatmap/decode.hpp"
#include "aurum/heatmap/mirror.hpp"
#include "aurum/heatmap/render.hpp"
#include "aurum/metrics/landmark_error.hpp"
#include "aurum/metrics/table.hpp"
#include "aurum/ops/pointwise/loss.hpp"

namespace aurum {

/// How good a network is on a data set: one number to choose the best epoch by, greater is better, and its
/// name.
struct Evaluation {
  double score = 0;
  std::string name;
  std::vector<std::pair<std::string, double>> details;  ///< name, value
};

/// How a task's maps are compared: its own choice, or the papers' squared error, every pixel counting the
/// same.
template <class Task>
[[nodiscard]] constexpr auto loss_of(const Task& task) {
  if constexpr (requires { task.loss; })
    return task.loss;
  else
    return SquaredError{};
}
template <class Task>
[[nodiscard]] constexpr CentreWeight centre_weight_of(const Task& task) {
  if constexpr (requires { task.centre_weight; })
    return task.centre_weight;
  else
    return {};
}

template <class Task>
[[nodiscard]] constexpr Mirror mirror_of(const Task& task) {
  if constexpr (requires { task.mirror; })
    return task.mirror;
  else
    return Mirror::none;
}

/// The tight face crop as network input, varied in training.
struct FaceInput {
  Normalisation normalisation = Normalisation::min_max;
  Augmentation augmentation{};

  Landmarks operator()(const Sample& sample, Random* random, View<float> one) const {
    Landmarks points = random != nullptr ? augment(sample.image, sample.landmarks, augmentation, *random, one)
                                         : crop_face(sample.image, sample.landmarks, one);
    normalise(one, normalisation);
    return points;
  }
};

/// Predicted and true intensities of one face.
struct AuResult {
  std::vector<float> prediction;
  std::vector<float> label;
};

/// The table per AU of evaluated faces.
[[nodiscard]] inline AuTable au_table(std::span<const AuResult> results, std::span<const int> numbers) {
  std::vector<float> predictions, labels;
  for (const AuResult& r : results) {
    predictions.insert(predictions.end(), r.prediction.begin(), r.prediction.end());
    labels.insert(labels.end(), r.label.begin(), r.label.end());
  }
  return evaluate(predictions, labels, numbers);
}

/// AU intensity by heatmap regression (Ntinou et al. 2020, section 3): one map per AU, the peak is the
/// intensity.
template <class Kernel = GaussianKernel, class Loss = SquaredError>
struct AuHeatmaps {
  static constexpr Mirror mirror = Mirror::same_map;
  std::vector<int> action_units;
  FaceInput input{};
  Kernel kernel{};
  Loss loss{};
  CentreWeight centre_weight{};
  std::span<const ActionUnit> table = aurum::action_units;  ///< where AUs lie; the caller's, and outlives it

  using Result = AuResult;
  [[nodiscard]] int maps() const { return static_cast<int>(action_units.size()); }

  void targets(const Sample& sample, const Landmarks& points, const Shape& in, const Shape& map,
               std::span<MapTarget> to) const {
    const auto made = map_targets(action_units, points, sample.intensities, in.width, map.width, table);
    std::copy(made.begin(), made.end(), to.begin());
  }
  [[nodiscard]] AuResult result(const Sample& sample, const Landmarks&, const Shape&, const Shape&,
                                std::span<const Peak> peaks) const {
    AuResult r{.prediction = {}, .label = sample.intensities};
    for (const Peak& p : peaks) r.prediction.push_back(intensity(p));
    return r;
  }
  [[nodiscard]] Evaluation evaluate(std::span<const AuResult> results) const {
    const AuTable scores = au_table(results, action_units);
    return {scores.mean().value, "mean ICC(3,1)", {{"mean MSE", scores.mean("MSE").value}}};
  }
};

/// AU intensities by plain regression, for networks that end in one number per AU and no map, such as
/// ResNet-18 (Ntinou et al. 2020, section 6): maps of one pixel that hold the intensities.
template <class Loss = SquaredError>
struct AuIntensities : AuHeatmaps<GaussianKernel, Loss> {
  /// Throws ShapeError for larger maps.
  void targets(const Sample& sample, const Landmarks&, const Shape&, const Shape& map,
               std::span<MapTarget> to) const {
    if (map.width != 1 || map.height != 1)
      throw ShapeError("AuIntensities", std::to_string(map.channels) + " outputs of one pixel",
                       to_string(map));
    for (std::size_t i = 0; i < to.size(); ++i) {
      check_intensity(sample.intensities[i], action_unit_label(this->action_units[i]));
      to[i] = MapTarget{.intensity = sample.intensities[i], .centres = 1};
    }
  }
};

/// Predicted and true landmarks of one face, in pixels of the network's input.
struct LandmarkResult {
  Landmarks prediction;
  Landmarks label;
};

/// Face alignment: one map of fixed height and width per landmark, the peak is its place. The width of the
/// blobs is ours; the papers do not state it.
struct LandmarkHeatmaps {
  static constexpr Mirror mirror = Mirror::landmarks;
  FaceInput input{};
  FixedGaussianKernel kernel{1.5F};
  CentreWeight centre_weight{};

  using Result = LandmarkResult;
  [[nodiscard]] int maps() const { return landmark_count; }

  void targets(const Sample&, const Landmarks& points, const Shape& in, const Shape& map,
               std::span<MapTarget> to) const {
    const float scale = static_cast<float>(map.width) / static_cast<float>(in.width);
    for (std::size_t i = 0; i < to.size(); ++i) {
      to[i] = MapTarget{.intensity = 1, .centres = 1};
      to[i].centre[0] = rescale(points[i], scale);
    }
  }
  [[nodiscard]] LandmarkResult result(const Sample&, const Landmarks& points, const Shape& in,
                                      const Shape& map, std::span<const Peak> peaks) const {
    LandmarkResult r{.prediction = {}, .label = points};
    for (const Peak& p : peaks) r.prediction.push_back(to_input(p, map.width, in.width));
    return r;
  }
  [[nodiscard]] Evaluation evaluate(std::span<const LandmarkResult> results) const {
    double nme = 0, pixels = 0;
    for (const LandmarkResult& r : results) {
      nme += normalised_mean_error(r.prediction, r.label, FaceSize::outer_eyes);
      pixels += point_to_point_error(r.prediction, r.label);
    }
    const auto n = static_cast<double>(results.size());
    return {-nme / n, "-NME", {{"point-to-point pixels", pixels / n}}};
  }
};

}  // namespace aurum
