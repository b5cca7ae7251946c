#pragma once
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <ranges>
#include <string>
#include <type_traits>

#include "aurum/core/error.hpp"

namespace aurum {

/// Numbers in a row: a vector, array or span of float, double or an integer type.
template <class Range>
concept NumberRange = std::ranges::contiguous_range<Range> && std::ranges::sized_range<Range> &&
    std::is_arithmetic_v<std::ranges::range_value_t<Range>>;

/// What counts as a missing rating: NaN always does, and so does `code` where the data set has one
/// (9 in BP4D and FERA, -1 in Aff-Wild2).
struct Missing {
  double code = std::numeric_limits<double>::quiet_NaN();
  [[nodiscard]] bool operator()(double rating) const {
    return std::isnan(rating) || (rating >= code && rating <= code);
  }
};

/// How many frames a number was computed from, and how many were left out and why. Frames without a
/// prediction (face not found) flatter a method when they are left out: look at this count before comparing.
struct PairCounts {
  std::size_t used = 0;
  std::size_t missing_labels = 0;
  std::size_t missing_predictions = 0;  ///< labelled, but the prediction is NaN
};

namespace detail {

inline void check_same_size(const char* where, std::size_t predictions, std::size_t labels) {
  if (predictions != labels)
    throw ValueError(std::string(where) + ": " + std::to_string(predictions) + " predictions but " +
                     std::to_string(labels) + " labels");
}

/// Calls `visit(prediction, label)`, both double, for every frame that has both. `missing` judges the labels;
/// a prediction is missing only when it is NaN.
template <NumberRange Prediction, NumberRange Label, class Visit>
PairCounts for_each_pair(const Prediction& prediction, const Label& label, Missing missing, Visit visit) {
  PairCounts counts;
  const auto* p = std::ranges::data(prediction);
  const auto* l = std::ranges::data(label);
  for (std::size_t i = 0; i < std::ranges::size(prediction); ++i) {
    const auto predicted = static_cast<double>(p[i]);
    const auto truth = static_cast<double>(l[i]);
    if (missing(truth)) {
      ++counts.missing_labels;
    } else if (std::isnan(predicted)) {
      ++counts.missing_predictions;
    } else {
      ++counts.used;
      visit(predicted, truth);
    }
  }
  return counts;
}

}  // namespace detail
}  // namespace aurum
