#pragma once
// Labels that say whether an AU is there, not how strong it is.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "aurum/metrics/classification.hpp"
#include "aurum/metrics/pairs.hpp"
#include "aurum/metrics/table.hpp"

namespace aurum {

/// The same as `evaluate`, for labels of occurrence: the columns "F1", "precision", "recall" and "accuracy",
/// each NaN where `classify` says so. `prediction` and `label` are frames x AUs, row after row, of the AUs
/// `numbers`. Throws ValueError when the sizes do not fit.
template <NumberRange Prediction, NumberRange Label>
[[nodiscard]] AuTable evaluate_occurrence(const Prediction& prediction, const Label& label,
                                          std::span<const int> numbers,
                                          const OccurrenceThresholds& thresholds = {}, Missing missing = {}) {
  std::vector<PairCounts> counts;
  std::vector<double> f1, precision, recall, accuracy;
  detail::for_each_unit("evaluate_occurrence", prediction, label, numbers.size(),
                        [&](const auto& predicted, const auto& truth) {
                          const ClassificationMetrics unit = classify(predicted, truth, thresholds, missing);
                          counts.push_back(unit.counts);
                          f1.push_back(unit.f1);
                          precision.push_back(unit.precision);
                          recall.push_back(unit.recall);
                          accuracy.push_back(unit.accuracy);
                        });
  AuTable table({numbers.begin(), numbers.end()}, std::move(counts));
  table.add_column("F1", std::move(f1));
  table.add_column("precision", std::move(precision));
  table.add_column("recall", std::move(recall));
  table.add_column("accuracy", std::move(accuracy));
  return table;
}

/// From which predicted intensity on an AU should count as present, so that F1 is greatest on these frames:
/// in the middle between the smallest prediction above and the greatest below, or 0.5 below the smallest of
/// all where "always present" is best. Of equally good ones the greatest. Nothing where the AU never occurs
/// (a label of at least `present`). Throws ValueError where the lengths differ.
template <NumberRange Prediction, NumberRange Label>
[[nodiscard]] std::optional<double> best_threshold(const Prediction& prediction, const Label& label,
                                                   double present = 1, Missing missing = {}) {
  detail::check_same_size("best_threshold", std::ranges::size(prediction), std::ranges::size(label));
  std::vector<std::pair<double, bool>> frames;  // prediction, whether the AU is there
  detail::for_each_pair(prediction, label, missing,
                        [&](double p, double l) { frames.emplace_back(p, l >= present); });
  std::ranges::sort(frames, std::ranges::greater{});
  const auto positives =
      static_cast<double>(std::ranges::count(frames, true, &std::pair<double, bool>::second));
  if (positives < 1) return std::nullopt;
  std::optional<double> best;
  double best_f1 = 0, hits = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (frames[i].second) ++hits;
    const bool last = i + 1 == frames.size();
    if (!last && frames[i + 1].first >= frames[i].first) continue;  // equal predictions are told alike
    const double f1 = 2 * hits / (static_cast<double>(i + 1) + positives);
    if (f1 <= best_f1) continue;
    best_f1 = f1;
    best = last ? frames[i].first - 0.5 : (frames[i].first + frames[i + 1].first) / 2;
  }
  return best;
}

}  // namespace aurum
