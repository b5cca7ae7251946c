#pragma once
// The fair rival of an AU network: a small multilayer perceptron that sees no picture but the exact
// landmarks, in-plane pose removed. What it reaches, geometry alone tells; a network that looks at pictures
// should be better, although nobody gives it the landmarks.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/data/shape_alignment.hpp"
#include "aurum/model/network.hpp"
#include "aurum/train/fit.hpp"

namespace aurum {

/// Brings landmarks to the rival's input: aligned to the training faces' mean shape by a similarity, then
/// each of the 136 numbers with mean 0 and deviation 1 over the training faces and their mirror images.
class LandmarkStandard {
 public:
  explicit LandmarkStandard(std::span<const Landmarks> faces) : mean_shape_{mean_shape(faces)} {
    std::vector<double> sum(std::size_t{2} * landmark_count), squares(sum.size());
    const auto add = [&](std::size_t i, float value) {
      sum[i] += static_cast<double>(value);
      squares[i] += static_cast<double>(value) * static_cast<double>(value);
    };
    for (const Landmarks& face : faces) {
      const Landmarks p = align_shape(face, mean_shape_)(face);
      for (std::size_t k = 0; k < landmark_count; ++k) {
        const auto other = static_cast<std::size_t>(landmark_mirror[k]);
        add(2 * k, p[k].x), add(2 * k, -p[other].x);
        add(2 * k + 1, p[k].y), add(2 * k + 1, p[other].y);
      }
    }
    const double n = 2.0 * static_cast<double>(faces.size());
    for (std::size_t k = 0; k < landmark_count; ++k) {
      const auto deviation = [&](std::size_t i) {
        return static_cast<float>(std::sqrt(std::max(1e-12, squares[i] / n - sum[i] / n * (sum[i] / n))));
      };
      centre_.push_back({static_cast<float>(sum[2 * k] / n), static_cast<float>(sum[2 * k + 1] / n)});
      deviation_.push_back({deviation(2 * k), deviation(2 * k + 1)});
    }
  }

  [[nodiscard]] Landmarks operator()(std::span<const Point> landmarks) const {
    Landmarks p = align_shape(landmarks, mean_shape_)(landmarks);
    for (std::size_t k = 0; k < p.size(); ++k)
      p[k] = {(p[k].x - centre_[k].x) / deviation_[k].x, (p[k].y - centre_[k].y) / deviation_[k].y};
    return p;
  }

 private:
  Landmarks mean_shape_, centre_, deviation_;
};

/// A data set's landmarks and intensities, without its pictures.
class LandmarkData {
 public:
  template <class Data>
  explicit LandmarkData(const Data& data)
      : action_units_(data.action_units().begin(), data.action_units().end()) {
    for (int i = 0; i < data.size(); ++i) {
      samples_.push_back(data.sample(i));
      samples_.back().image = {};
    }
  }
  [[nodiscard]] int size() const { return static_cast<int>(samples_.size()); }
  [[nodiscard]] std::span<const int> action_units() const { return action_units_; }
  [[nodiscard]] const Sample& sample(int index) const { return samples_.at(static_cast<std::size_t>(index)); }
  [[nodiscard]] std::vector<Landmarks> landmarks() const {
    std::vector<Landmarks> all;
    for (const Sample& s : samples_) all.push_back(s.landmarks);
    return all;
  }
  void standardise(const LandmarkStandard& standard) {
    for (Sample& s : samples_) s.landmarks = standard(s.landmarks);
  }

 private:
  std::vector<int> action_units_;
  std::vector<Sample> samples_;
};

/// AU intensities from 136 numbers: plain regression, one 1x1 map per AU. Training mirrors every other face,
/// as it does the network's pictures. Results and score are those of AuHeatmaps.
struct LandmarkIntensities {
  AuHeatmaps<> measure;
  bool mirrored = false;    ///< evaluation sees the mirrored faces
  GaussianKernel kernel{};  // at its centre, the only pixel, it is the intensity

  using Result = AuResult;
  /// The network has the same outputs for any list of AUs; those left over are never labelled.
  static constexpr int outputs = 32;
  [[nodiscard]] int maps() const { return outputs; }

  Landmarks input(const Sample& sample, Random* random, View<float> one) const {
    const bool flip = random != nullptr ? random->chance(0.5F) : mirrored;
    for (std::size_t k = 0; k < landmark_count; ++k) {
      const Point p = sample.landmarks[flip ? static_cast<std::size_t>(landmark_mirror[k]) : k];
      one.data[2 * k] = flip ? -p.x : p.x;  // the standard is symmetric, so this is the mirrored face's
      one.data[2 * k + 1] = p.y;
    }
    return {};
  }
  void targets(const Sample& sample, const Landmarks&, const Shape&, const Shape&,
               std::span<MapTarget> to) const {
    for (std::size_t i = 0; i < to.size(); ++i)
      to[i] = MapTarget{.intensity = i < sample.intensities.size() ? sample.intensities[i]
                                                                   : std::numeric_limits<float>::quiet_NaN(),
                        .centres = 1};
  }
  [[nodiscard]] AuResult result(const Sample& sample, const Landmarks& points, const Shape& in,
                                const Shape& maps, std::span<const Peak> peaks) const {
    return measure.result(sample, points, in, maps, peaks.first(measure.action_units.size()));
  }
  [[nodiscard]] Evaluation evaluate(std::span<const AuResult> results) const {
    return measure.evaluate(results);
  }
};

/// How the rival is trained. All weight decays are tried with both widths, and what is best on the validation
/// set is taken: it shall be as good as it can.
struct RivalOptions {
  /// Cosine annealing over all of them, the best one by validation. On the synthetic faces 60 reach an ICC
  /// lower by 0.01, and more overfit.
  int epochs = 150;
  int batch = 64;
  double learning_rate = 2e-3;
  std::vector<double> weight_decays{0.1, 1, 3};  ///< AdamW's
  Seed seed{1};
  int threads = 0;
  bool mirrored = false;  ///< answers are means over the face and its mirror image, as a network's may be
  std::function<void(const std::string&)> on_trial{};  ///< told afterwards how each trial went
};

struct RivalReport {
  std::vector<AuResult> test;        ///< in the order of the test set
  std::vector<AuResult> validation;  ///< likewise of the validation set
  double validation_icc = 0;         ///< mean ICC(3,1)
  std::string chosen;                ///< "256 + 128 units, weight decay 0.1, epoch 41 of 150"
};

namespace detail {
template <class Net>
std::vector<AuResult> rival_answers(Net& net, const LandmarkIntensities& task, const LandmarkData& data,
                                    bool mirrored) {
  std::vector<AuResult> results = predict_all(net, task, data, 256);
  if (!mirrored) return results;
  LandmarkIntensities turned = task;
  turned.mirrored = true;
  const std::vector<AuResult> others = predict_all(net, turned, data, 256);
  for (std::size_t i = 0; i < results.size(); ++i)
    for (std::size_t k = 0; k < results[i].prediction.size(); ++k)
      results[i].prediction[k] = (results[i].prediction[k] + others[i].prediction[k]) / 2;
  return results;
}

/// Its convolutions are 1x1: no other kernels need compiling.
using RivalBackend = BasicCpu<Winograd::off>;

template <int Hidden>
RivalReport try_rival(double weight_decay, const LandmarkIntensities& task, const LandmarkData& train,
                      const LandmarkData& validation, const LandmarkData& test, const RivalOptions& options) {
  using Net = Network<Sequential<Conv<Hidden, 1, Bias>, BatchNorm, Relu, Conv<Hidden / 2, 1, Bias>, BatchNorm,
                                 Relu, Conv<LandmarkIntensities::outputs, 1, Bias>>,
                      Shape{2 * landmark_count, 1, 1}, RivalBackend>;
  Net net{std::make_shared<Context<RivalBackend>>(1), options.seed};  // the matrices are too small to share
  RivalReport report{
      .test = {}, .validation = {}, .validation_icc = -std::numeric_limits<double>::infinity(), .chosen = {}};
  FitOptions<AdamW> how{.epochs = options.epochs,
                        .batch = std::min(options.batch, train.size()),
                        .rule = {.learning_rate = options.learning_rate, .weight_decay = weight_decay},
                        .schedule = CosineAnnealing{.period = static_cast<double>(options.epochs)},
                        .seed = options.seed,
                        .progress = false,
                        .on_epoch = [&](const Epoch& epoch) {
                          if (!(epoch.score > report.validation_icc)) return;
                          report.validation_icc = epoch.score;
                          report.chosen = std::to_string(Hidden) + " + " + std::to_string(Hidden / 2) +
                                          " units, weight decay " + shortest(weight_decay) + ", epoch " +
                                          std::to_string(epoch.number) + " of " +
                                          std::to_string(options.epochs);
                          report.test = rival_answers(net, task, test, options.mirrored);
                          report.validation = rival_answers(net, task, validation, options.mirrored);
                        }};
  fit(net, task, train, validation, how);
  return report;
}
}  // namespace detail

/// Trains the rival on the landmarks of a data set split by person and returns what it says of the test set.
/// Pictures are read once and not kept. The trials share out `threads` (0: one per core); the result is the
/// same for any number. Throws ValueError for more than 32 AUs.
template <class Train, class Validation, class Test>
[[nodiscard]] RivalReport train_landmark_rival(const Train& train, const Validation& validation,
                                               const Test& test, const RivalOptions& options = {}) {
  const std::vector<int> aus(train.action_units().begin(), train.action_units().end());
  if (aus.size() > LandmarkIntensities::outputs)
    throw ValueError("landmark rival: " + std::to_string(aus.size()) + " AUs, expected at most " +
                     std::to_string(LandmarkIntensities::outputs));
  if (options.weight_decays.empty()) throw ValueError("landmark rival: no weight decays to try");
  LandmarkData faces{train}, chosen_by{validation}, looked_at{test};
  const LandmarkStandard standard{faces.landmarks()};
  for (LandmarkData* data : {&faces, &chosen_by, &looked_at}) data->standardise(standard);
  const LandmarkIntensities task{.measure = {.action_units = aus}};

  std::vector<RivalReport> trials(2 * options.weight_decays.size());
  Threads threads(options.threads);
  threads.run(std::ssize(trials), [&](std::ptrdiff_t i) {
    const auto trial = static_cast<std::size_t>(i);
    const double weight_decay = options.weight_decays[trial / 2];
    trials[trial] = trial % 2 == 0
                        ? detail::try_rival<512>(weight_decay, task, faces, chosen_by, looked_at, options)
                        : detail::try_rival<256>(weight_decay, task, faces, chosen_by, looked_at, options);
  });
  for (const RivalReport& trial : trials)
    if (options.on_trial)
      options.on_trial(trial.chosen + ": validation ICC " +
                       detail::format_number(trial.validation_icc, std::chars_format::fixed, 3));
  RivalReport& best = *std::ranges::max_element(trials, {}, &RivalReport::validation_icc);
  if (best.test.empty()) throw Error("landmark rival: no trial had a defined score");
  return std::move(best);
}

}  // namespace aurum
