#pragma once
// Needs Boost.Math (F distribution); the point estimates of icc.hpp do not.
#include <array>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <tuple>
#include <utility>

#include "aurum/core/error.hpp"
#include "aurum/metrics/icc.hpp"

namespace aurum {

/// An ICC with the F test of the hypothesis that it is zero and a two-sided confidence interval.
struct IccInference {
  IccForm form = IccForm::icc31;
  double value = 0;
  double f = 0;    ///< BMS/WMS for the forms 1, BMS/EMS for the forms 2 and 3
  double df1 = 0;  ///< degrees of freedom of the numerator
  double df2 = 0;  ///< and of the denominator
  double p = 0;    ///< one-sided: P(F >= f) if targets do not differ
  double lower = 0;
  double upper = 0;
};

namespace detail {

/// Errors become NaN: all that can go wrong here is that an approximation has no degrees of freedom left.
using QuietPolicy = boost::math::policies::policy<
    boost::math::policies::domain_error<boost::math::policies::ignore_error>,
    boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::evaluation_error<boost::math::policies::ignore_error>>;

/// The point that F exceeds with probability `tail`, by way of the beta distribution.
[[nodiscard]] inline double f_quantile(double df1, double df2, double tail) {
  double rest = std::numeric_limits<double>::quiet_NaN();
  if (!(df1 > 0) || !(df2 > 0)) return rest;
  const double x = boost::math::ibetac_inv(df1 / 2, df2 / 2, tail, &rest, QuietPolicy());
  return df2 * x / (df1 * rest);
}

/// The probability that F exceeds `f`.
[[nodiscard]] inline double f_tail(double df1, double df2, double f) {
  if (!(df1 > 0) || !(df2 > 0) || std::isnan(f)) return std::numeric_limits<double>::quiet_NaN();
  const double rest = 1 / (1 + df1 * f / df2);  // 0 where f is infinite
  return boost::math::ibeta(df2 / 2, df1 / 2, rest, QuietPolicy());
}

/// Limits of ICC(2,1), or of ICC(2,k) if `mean`: Shrout and Fleiss (1979), by Satterthwaite's approximation
/// (McGraw and Wong 1996 give the same in other letters). Multiplied through by EMS, so that EMS = 0 needs no
/// division, and 1 minus the rest of it, so that no rounding turns the limits round.
[[nodiscard]] inline std::pair<double, double> icc2_limits(const MeanSquares& squares, bool mean,
                                                           double tail) {
  const double value = icc(squares, IccForm::icc21);
  if (value >= 1) return {1, 1};
  const auto n = static_cast<double>(squares.targets);
  const auto k = static_cast<double>(squares.raters);
  const double bms = squares.between_targets;
  const double jms = squares.between_raters;
  const double ems = squares.residual;
  const double a = k * value * jms;
  const double b = (n * (1 + (k - 1) * value) - k * value) * ems;
  const double df = (n - 1) * (k - 1) * (a + b) * (a + b) / ((n - 1) * a * a + b * b);
  // The estimate's formula with a limit of BMS in its place; k times the numbers where it is of one rating.
  const double error = jms + (n - 1) * ems;
  const auto limit = [&](double targets) {
    const double whole = mean ? n * targets + (jms - ems) : n * targets + (k * jms + (k * n - k - n) * ems);
    return whole > 0 ? 1 - (mean ? error : k * error) / whole : reliability(targets - ems, whole);
  };
  return {limit(bms / f_quantile(n - 1, df, tail)), limit(bms * f_quantile(df, n - 1, tail))};
}

}  // namespace detail

/// Test and interval of one form, from Shrout and Fleiss (1979); checked against pingouin.
/// `level` is that of the two-sided interval, in (0, 1), else ValueError. (Some versions of R's psych::ICC do
/// not halve alpha and print a 90 % interval under the name of 95 %.) The intervals of ICC(2,.) are
/// approximate; they are NaN where the approximation has no degrees of freedom left. Equal raters: F is
/// infinite, p is 0 and the interval is [1, 1]. An undefined ICC(1,.) or (3,.) has NaN throughout.
[[nodiscard]] inline IccInference icc_inference(const MeanSquares& squares, IccForm form,
                                                double level = 0.95) {
  if (!(level > 0 && level < 1))
    throw ValueError("icc_inference: the level " + std::to_string(level) + " is not between 0 and 1");
  const auto n = static_cast<double>(squares.targets);
  const auto k = static_cast<double>(squares.raters);
  const double tail = (1 - level) / 2;
  const bool one_way = form == IccForm::icc11 || form == IccForm::icc1k;
  const bool random_raters = form == IccForm::icc21 || form == IccForm::icc2k;
  const bool mean = form == IccForm::icc1k || form == IccForm::icc2k || form == IccForm::icc3k;

  IccInference result{.form = form, .value = icc(squares, form)};
  result.df1 = n - 1;
  result.df2 = one_way ? n * (k - 1) : (n - 1) * (k - 1);
  result.f = squares.between_targets / (one_way ? squares.within_targets : squares.residual);
  result.p = detail::f_tail(result.df1, result.df2, result.f);
  if (random_raters) {
    std::tie(result.lower, result.upper) = detail::icc2_limits(squares, mean, tail);
  } else {  // (F - 1) / (F + k - 1) and (F - 1) / F, written so that an infinite F gives 1
    const auto limit = [&](double f) { return mean ? 1 - 1 / f : 1 - k / (f + k - 1); };
    result.lower = limit(result.f / detail::f_quantile(result.df1, result.df2, tail));
    result.upper = limit(result.f * detail::f_quantile(result.df2, result.df1, tail));
  }
  return result;
}

/// All six forms, in the order of `icc_forms`.
[[nodiscard]] inline std::array<IccInference, 6> icc_inference(const MeanSquares& squares,
                                                               double level = 0.95) {
  std::array<IccInference, 6> table;
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = icc_inference(squares, icc_forms[i], level);
  return table;
}

}  // namespace aurum
