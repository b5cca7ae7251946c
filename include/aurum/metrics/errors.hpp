#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <ranges>

#include "aurum/metrics/pairs.hpp"

namespace aurum {

/// How far predictions lie from labels, in units of the label. NaN throughout when no frame has both.
struct ErrorMetrics {
  PairCounts counts;
  double mse = std::numeric_limits<double>::quiet_NaN();
  double rmse = std::numeric_limits<double>::quiet_NaN();  ///< FERA 2017's "MSE" tables hold this one
  double mae = std::numeric_limits<double>::quiet_NaN();
  double pearson = std::numeric_limits<double>::quiet_NaN();  ///< NaN when either side is constant, as numpy
};

/// Errors of `prediction` against `label`, same length (else ValueError). Frames without a label (`missing`)
/// or with a NaN prediction are left out and counted.
template <NumberRange Prediction, NumberRange Label>
[[nodiscard]] ErrorMetrics measure_errors(const Prediction& prediction, const Label& label,
                                          Missing missing = {}) {
  detail::check_same_size("measure_errors", std::ranges::size(prediction), std::ranges::size(label));
  ErrorMetrics result;
  double squares = 0;
  double distances = 0;
  double sum_p = 0;  // sums relative to the first pair: a constant side has a variance of exactly zero
  double sum_l = 0;
  double first_p = std::numeric_limits<double>::quiet_NaN();
  double first_l = first_p;
  result.counts = detail::for_each_pair(prediction, label, missing, [&](double p, double l) {
    if (std::isnan(first_p)) first_p = p, first_l = l;
    squares += (p - l) * (p - l);
    distances += std::abs(p - l);
    sum_p += p - first_p;
    sum_l += l - first_l;
  });
  if (result.counts.used == 0) return result;
  const auto n = static_cast<double>(result.counts.used);
  result.mse = squares / n;
  result.rmse = std::sqrt(result.mse);
  result.mae = distances / n;

  double pp = 0;
  double ll = 0;
  double pl = 0;
  detail::for_each_pair(prediction, label, missing, [&](double p, double l) {
    const double dp = p - first_p - sum_p / n;
    const double dl = l - first_l - sum_l / n;
    pp += dp * dp;
    ll += dl * dl;
    pl += dp * dl;
  });
  if (pp > 0 && ll > 0) result.pearson = std::clamp(pl / (std::sqrt(pp) * std::sqrt(ll)), -1.0, 1.0);
  return result;
}

}  // namespace aurum
