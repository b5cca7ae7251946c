#pragma once
#include <cstddef>
#include <limits>
#include <ranges>

#include "aurum/metrics/pairs.hpp"

namespace aurum {

/// An AU occurs where its intensity is at least this. The defaults are for labels of 0 and 1 and predicted
/// intensities from 0 to 5 (FACS coders commonly call B, 2, and above present). Labels that are intensities
/// too: `{.prediction = 2, .label = 2}`.
struct OccurrenceThresholds {
  double prediction = 2;
  double label = 1;
};

/// Detection of one AU. A ratio without cases is NaN: recall when the AU never occurs, precision when it is
/// never predicted, F1 when both (scikit-learn writes 0 for all three and warns).
struct ClassificationMetrics {
  PairCounts counts;
  std::size_t true_positives = 0;
  std::size_t false_positives = 0;
  std::size_t false_negatives = 0;
  std::size_t true_negatives = 0;
  double precision = std::numeric_limits<double>::quiet_NaN();
  double recall = std::numeric_limits<double>::quiet_NaN();
  double f1 = std::numeric_limits<double>::quiet_NaN();
  double accuracy = std::numeric_limits<double>::quiet_NaN();
};

/// Occurrence of one AU, same lengths (else ValueError). Frames without a label (`missing`) or with a NaN
/// prediction are left out and counted.
template <NumberRange Prediction, NumberRange Label>
[[nodiscard]] ClassificationMetrics classify(const Prediction& prediction, const Label& label,
                                             OccurrenceThresholds thresholds = {}, Missing missing = {}) {
  detail::check_same_size("classify", std::ranges::size(prediction), std::ranges::size(label));
  ClassificationMetrics result;
  result.counts = detail::for_each_pair(prediction, label, missing, [&](double p, double l) {
    const bool predicted = p >= thresholds.prediction;
    if (l >= thresholds.label)
      ++(predicted ? result.true_positives : result.false_negatives);
    else
      ++(predicted ? result.false_positives : result.true_negatives);
  });
  const auto ratio = [](std::size_t part, std::size_t whole) {
    return whole == 0 ? std::numeric_limits<double>::quiet_NaN()
                      : static_cast<double>(part) / static_cast<double>(whole);
  };
  const std::size_t hits = result.true_positives;
  result.precision = ratio(hits, hits + result.false_positives);
  result.recall = ratio(hits, hits + result.false_negatives);
  result.f1 = ratio(2 * hits, 2 * hits + result.false_positives + result.false_negatives);
  result.accuracy = ratio(hits + result.true_negatives, result.counts.used);
  return result;
}

}  // namespace aurum
