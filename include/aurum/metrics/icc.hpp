#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <ranges>
#include <string>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/metrics/pairs.hpp"

namespace aurum {

/// The six intraclass correlations of Shrout and Fleiss, "Intraclass correlations: uses in assessing rater
/// reliability", Psychological Bulletin 86 (1979). The first index is the model: 1, every target has its own
/// raters; 2, the raters are a random sample (agreement); 3, the raters are the only ones of interest
/// (consistency). The second: the reliability of one rating, or of the mean of all k.
enum class IccForm { icc11, icc21, icc31, icc1k, icc2k, icc3k };

inline constexpr std::array<IccForm, 6> icc_forms = {IccForm::icc11, IccForm::icc21, IccForm::icc31,
                                                     IccForm::icc1k, IccForm::icc2k, IccForm::icc3k};

/// "ICC(3,1)" and so on, as Shrout and Fleiss write it.
[[nodiscard]] inline std::string to_string(IccForm form) {
  constexpr std::array names = {"ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)"};
  return names[static_cast<std::size_t>(form)];
}

/// The two-way analysis of variance that every ICC is made of; the names are Shrout and Fleiss's. With fewer
/// than two complete targets the mean squares are NaN.
struct MeanSquares {
  std::size_t targets = 0;  ///< rated by all raters, and used
  std::size_t raters = 0;
  std::size_t missing = 0;  ///< targets left out because at least one rating is missing
  double between_targets = std::numeric_limits<double>::quiet_NaN();  ///< BMS
  double within_targets = std::numeric_limits<double>::quiet_NaN();   ///< WMS
  double between_raters = std::numeric_limits<double>::quiet_NaN();   ///< JMS
  double residual = std::numeric_limits<double>::quiet_NaN();         ///< EMS
};

namespace detail {

/// `rating(target, rater)` is a double, NaN: missing. Ratings are taken relative to those of the first target
/// and deviations within a target relative to its first rater, so that constant ratings and equal raters give
/// a variance of exactly zero, whatever their size.
template <class Rating>
[[nodiscard]] MeanSquares mean_squares(std::size_t targets, std::size_t raters, const Rating& rating) {
  std::vector<std::size_t> complete;
  complete.reserve(targets);
  for (std::size_t i = 0; i < targets; ++i) {
    bool all = true;
    for (std::size_t j = 0; j < raters && all; ++j) all = !std::isnan(rating(i, j));
    if (all) complete.push_back(i);
  }
  MeanSquares result{.targets = complete.size(), .raters = raters, .missing = targets - complete.size()};
  if (complete.size() < 2) return result;

  const auto n = static_cast<double>(complete.size());
  const auto k = static_cast<double>(raters);
  const std::size_t first = complete.front();
  std::vector<double> mean(raters);  // of each rater, relative to the first target
  for (std::size_t i : complete)
    for (std::size_t j = 0; j < raters; ++j) mean[j] += rating(i, j) - rating(first, j);
  for (double& m : mean) m /= n;

  /// The mean of f(0..k-1) and the sum of squares about it.
  struct Spread {
    double mean;
    double squares;
  };
  const auto spread = [&](const auto& f) {
    const double origin = f(std::size_t{0});
    double sum = 0;
    double squares = 0;
    for (std::size_t j = 0; j < raters; ++j) sum += f(j) - origin;
    for (std::size_t j = 0; j < raters; ++j) {
      const double deviation = f(j) - origin - sum / k;
      squares += deviation * deviation;
    }
    return Spread{origin + sum / k, squares};
  };

  double target_squares = 0;
  double residual_squares = 0;
  for (std::size_t i : complete) {
    const Spread row = spread([&](std::size_t j) { return rating(i, j) - rating(first, j) - mean[j]; });
    target_squares += k * row.mean * row.mean;
    residual_squares += row.squares;
  }
  const double rater_squares =
      n * spread([&](std::size_t j) { return rating(first, j) - rating(first, 0) + mean[j]; }).squares;

  result.between_targets = target_squares / (n - 1);
  result.within_targets = (rater_squares + residual_squares) / (n * (k - 1));
  result.between_raters = rater_squares / (k - 1);
  result.residual = residual_squares / ((n - 1) * (k - 1));
  return result;
}

/// A variance ratio whose denominator, an estimate of a variance, may come out as zero or less: minus
/// infinity then (the limit), and NaN when there is no variance at all.
[[nodiscard]] inline double reliability(double numerator, double denominator) {
  if (denominator > 0) return numerator / denominator;
  return numerator < 0 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace detail

/// Mean squares of `ratings`, n targets x `raters` (at least 2), row after row. A target with a missing
/// rating is left out whole and counted. Throws ValueError for fewer than two raters or an incomplete last
/// row.
template <NumberRange Ratings>
[[nodiscard]] MeanSquares mean_squares(const Ratings& ratings, std::size_t raters, Missing missing = {}) {
  const std::size_t size = std::ranges::size(ratings);
  if (raters < 2 || size % raters != 0)
    throw ValueError("mean_squares: " + std::to_string(size) + " ratings do not make rows of " +
                     std::to_string(raters) + " raters (at least 2)");
  const auto* data = std::ranges::data(ratings);
  return detail::mean_squares(size / raters, raters, [&](std::size_t i, std::size_t j) {
    const auto value = static_cast<double>(data[i * raters + j]);
    return missing(value) ? std::numeric_limits<double>::quiet_NaN() : value;
  });
}

/// Mean squares of the two raters `prediction` and `label`, same length. `missing` judges the labels; NaN
/// predictions are missing too. Throws ValueError when the lengths differ.
template <NumberRange Prediction, NumberRange Label>
[[nodiscard]] MeanSquares mean_squares(const Prediction& prediction, const Label& label,
                                       Missing missing = {}) {
  detail::check_same_size("mean_squares", std::ranges::size(prediction), std::ranges::size(label));
  const auto* p = std::ranges::data(prediction);
  const auto* l = std::ranges::data(label);
  return detail::mean_squares(std::ranges::size(label), 2, [&](std::size_t i, std::size_t j) {
    const double value = j == 0 ? static_cast<double>(p[i]) : static_cast<double>(l[i]);
    return j == 1 && missing(value) ? std::numeric_limits<double>::quiet_NaN() : value;
  });
}

/// The point estimate of Shrout and Fleiss (1979). What comes out where there is little variance:
///
/// * one rater constant, the other not: 0, the formula's own value;
/// * nothing varies between targets, or fewer than two complete targets: ICC(3,.) is 0/0, hence NaN,
///   "undefined". numpy, pingouin and R say NaN too. No number stands in for it: 0 would punish a network
///   that rightly says "never" for an AU that never occurs, 1 would reward one that says so blindly.
/// * more disagreement than chance: ICC(.,1) goes down to -1/(k-1), ICC(.,k) to minus infinity. The
///   denominators of ICC(2,.) can then be zero or negative, and the printed formula jumps to large positive
///   values (pingouin gives ICC(2,k) = 3 for a rater and its mirror image); here it stays minus infinity.
///
/// An infinite rating gives NaN.
[[nodiscard]] inline double icc(const MeanSquares& squares, IccForm form) {
  const auto n = static_cast<double>(squares.targets);
  const auto k = static_cast<double>(squares.raters);
  const double bms = squares.between_targets;
  const double wms = squares.within_targets;
  const double jms = squares.between_raters;
  const double ems = squares.residual;
  switch (form) {
    case IccForm::icc11:
      return detail::reliability(bms - wms, bms + (k - 1) * wms);
    case IccForm::icc21:
      return detail::reliability(bms - ems, bms + (k - 1) * ems + k * (jms - ems) / n);
    case IccForm::icc31:
      return detail::reliability(bms - ems, bms + (k - 1) * ems);
    case IccForm::icc1k:
      return detail::reliability(bms - wms, bms);
    case IccForm::icc2k:
      return detail::reliability(bms - ems, bms + (jms - ems) / n);
    case IccForm::icc3k:
      return detail::reliability(bms - ems, bms);
  }
  throw ValueError("icc: unknown form " + std::to_string(static_cast<int>(form)));
}

/// ICC(3,1) of predictions with labels, the measure of the Action Unit papers: in [-1, 1], NaN when undefined
/// (see `icc`). Frames with a missing label or prediction are left out.
template <NumberRange Prediction, NumberRange Label>
[[nodiscard]] double icc31(const Prediction& prediction, const Label& label, Missing missing = {}) {
  return icc(mean_squares(prediction, label, missing), IccForm::icc31);
}

}  // namespace aurum
