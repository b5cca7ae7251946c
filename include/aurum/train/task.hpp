#pragma once
// What a network is trained for. A task offers
//   Landmarks input(const Sample&, Random*, View<float> one) const
//       fills one network input from a sample; a stream: varied as in training; returns the landmarks there.
//       With a fourth argument: the step of its clip that the frame is, 0 for single samples
//   void targets(const Sample&, const Landmarks&, Shape input, Shape maps, std::span<MapTarget>) const
//       what every output map shall show
//   bool mirrors(Random) const
//       whether input() mirrors the picture by this stream, which exchanges Sample::sides before the targets
//       are made; without it: never
//   kernel, maps()               the shape of blobs, the number of maps
//   loss, centre_weight          how maps are compared (ops/pointwise/); without these members: squared error
//   labels                       what they mean; without it: intensities
//   mirror                       what becomes of the maps in the mirror; without it: not known
//   struct Result                what one evaluated sample gives
//   Result result(const Sample&, const Landmarks&, Shape input, Shape maps, std::span<const Peak>) const
//   bool reads_maps() const
//   void read_maps(Result&, const Sample&, const Landmarks&, Shape input, View<const float> maps) const
//       where the first says so: what a result takes from its whole maps (1 x maps); without them: nothing
//   Evaluation evaluate(std::span<const Result>) const
// And one that is learned otherwise than by comparing maps (FuturePrediction):
//   auto trainer(Net&, Rule, const std::vector<LayerRate>&) const
//       what takes the steps, in the place of Trainer
//   Evaluation evaluate_network(Net&, const Data&, int batch) const
//       in the place of the results and their evaluation
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/data/augment.hpp"
#include "aurum/data/label_kind.hpp"
#include "aurum/data/normalise.hpp"
#include "aurum/data/sample.hpp"
#include "aurum/heatmap/decode.hpp"
#include "aurum/heatmap/mirror.hpp"
#include "aurum/heatmap/render.hpp"
#include "aurum/heatmap/sides.hpp"
#include "aurum/metrics/landmark_error.hpp"
#include "aurum/metrics/occurrence.hpp"
#include "aurum/metrics/table.hpp"
#include "aurum/ops/pointwise/loss.hpp"

namespace aurum {

/// How good a network is on a data set: one number to choose the best epoch by, greater is better, and its
/// name.
struct Evaluation {
  double score = 0;
  std::string name;
  std::vector<std::pair<std::string, double>> details;  ///< name, value
  std::string warning{};                                ///< what the user should know; empty: nothing
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

template <class Task>
[[nodiscard]] constexpr LabelKind labels_of(const Task& task) {
  if constexpr (requires { task.labels; })
    return task.labels;
  else
    return LabelKind::intensity;
}

/// Whether a task's results take anything from maps but their peaks.
template <class Task>
[[nodiscard]] constexpr bool reads_maps(const Task& task) {
  if constexpr (requires { task.reads_maps(); })
    return task.reads_maps();
  else
    return false;
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

/// Predicted intensities and true labels of one face.
struct AuResult {
  std::vector<float> prediction;
  std::vector<float> label;
  std::vector<Sides<float>> side_prediction{}, side_label{};  ///< empty where sides are not told apart
};

/// The same of many faces, row after row, as metrics take them.
struct AuRows {
  std::vector<float> predictions, labels;

  explicit AuRows(std::span<const AuResult> results) {
    for (const AuResult& r : results) {
      predictions.insert(predictions.end(), r.prediction.begin(), r.prediction.end());
      labels.insert(labels.end(), r.label.begin(), r.label.end());
    }
  }
};

/// The table per AU of evaluated faces.
[[nodiscard]] inline AuTable au_table(std::span<const AuResult> results, std::span<const int> numbers) {
  const AuRows rows(results);
  return evaluate(rows.predictions, rows.labels, numbers);
}

/// What the map of a present AU shows where a label says no more than that it is there. Ours: "marked or
/// pronounced" (C), the middle of the scale from A (1) to E (5).
inline constexpr float presence_amplitude = 3;

/// From which answer on an AU counts as present, to a network that learned from such labels.
inline constexpr float presence_threshold = presence_amplitude / 2;

/// The same where labels are occurrences: F1, precision, recall, accuracy. `threshold`: from which answer on
/// an AU counts as present.
[[nodiscard]] inline AuTable occurrence_table(std::span<const AuResult> results, std::span<const int> numbers,
                                              double threshold = presence_threshold) {
  const AuRows rows(results);
  return evaluate_occurrence(rows.predictions, rows.labels, numbers, {.prediction = threshold});
}

/// What the maps shall show at the places of AUs with these labels (NaN: not labelled). Throws ValueError for
/// an occurrence that is neither 0 nor 1; intensities are returned as they are.
[[nodiscard]] inline std::vector<float> map_amplitudes(std::vector<float> labels, LabelKind kind) {
  if (kind == LabelKind::intensity) return labels;
  for (float& label : labels) {
    if (!std::isnan(label) && label != 0 && label != 1)
      throw ValueError("expected an occurrence of 0 or 1, found " + std::to_string(label));
    label *= presence_amplitude;
  }
  return labels;
}

/// AU intensity by heatmap regression (Ntinou et al. 2020, section 3): one map per AU, the peak is the
/// intensity. Occurrences (`labels`) are learned the same way, a present AU as one of `presence_amplitude`.
template <class Kernel = GaussianKernel, class Loss = SquaredError>
struct AuHeatmaps {
  static constexpr Mirror mirror = Mirror::same_map;
  std::vector<int> action_units;
  FaceInput input{};
  Kernel kernel{};
  Loss loss{};
  CentreWeight centre_weight{};
  std::span<const ActionUnit> table = aurum::action_units;  ///< where AUs lie; the caller's, and outlives it
  LabelKind labels = LabelKind::intensity;
  bool sides = false;  ///< tells the two sides of AUs apart: maps show Sample::sides, which all samples have

  using Result = AuResult;
  [[nodiscard]] int maps() const { return static_cast<int>(action_units.size()); }

  void targets(const Sample& sample, const Landmarks& points, const Shape& in, const Shape& map,
               std::span<MapTarget> to) const {
    const auto made = sides ? map_targets(action_units, points, sample.sides, in.width, map.width, table)
                            : map_targets(action_units, points, map_amplitudes(sample.intensities, labels),
                                          in.width, map.width, table);
    std::copy(made.begin(), made.end(), to.begin());
  }
  [[nodiscard]] AuResult result(const Sample& sample, const Landmarks&, const Shape&, const Shape&,
                                std::span<const Peak> peaks) const {
    AuResult r{.prediction = {}, .label = sample.intensities};
    for (const Peak& p : peaks) r.prediction.push_back(intensity(p));
    return r;
  }
  [[nodiscard]] Evaluation evaluate(std::span<const AuResult> results) const {
    if (labels == LabelKind::occurrence) {
      const AuTable scores = occurrence_table(results, action_units);
      return {
          scores.mean("F1").value,
          "mean F1",
          {{"mean precision", scores.mean("precision").value}, {"mean recall", scores.mean("recall").value}}};
    }
    const AuTable scores = au_table(results, action_units);
    return {scores.mean().value, "mean ICC(3,1)", {{"mean MSE", scores.mean("MSE").value}}};
  }

  [[nodiscard]] bool mirrors(const Random& random) const {
    return aurum::mirrors(input.augmentation, random);
  }
  [[nodiscard]] bool reads_maps() const { return sides; }
  /// The sides' intensities; the sample's landmarks divide the maps, as they did the targets.
  void read_maps(AuResult& result, const Sample& sample, const Landmarks& points, const Shape& in,
                 View<const float> maps) const {
    result.side_label = sample.sides;
    for (int c = 0; c < maps.channels; ++c) {
      const ActionUnit& unit = find_action_unit(action_units[static_cast<std::size_t>(c)], table);
      result.side_prediction.push_back(
          intensity(find_side_peaks(maps, c, dividing_line(unit, points, in.width, maps.width))));
    }
  }
};

/// AU intensities by plain regression, for networks that end in one number per AU and no map, such as
/// ResNet-18 (Ntinou et al. 2020, section 6): maps of one pixel that hold the intensities.
template <class Loss = SquaredError>
struct AuIntensities : AuHeatmaps<GaussianKernel, Loss> {
  /// Throws ShapeError for larger maps, ValueError for `sides`, of which a number has none.
  void targets(const Sample& sample, const Landmarks&, const Shape&, const Shape& map,
               std::span<MapTarget> to) const {
    if (map.width != 1 || map.height != 1)
      throw ShapeError("AuIntensities", std::to_string(map.channels) + " outputs of one pixel",
                       to_string(map));
    if (this->sides) throw ValueError("AuIntensities: a number per AU does not tell its sides apart");
    const std::vector<float> amplitudes = map_amplitudes(sample.intensities, this->labels);
    for (std::size_t i = 0; i < to.size(); ++i) {
      check_intensity(amplitudes[i], action_unit_label(this->action_units[i]));
      to[i] = MapTarget{.intensity = amplitudes[i], .centres = 1};
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
