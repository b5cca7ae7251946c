#pragma once
// How far results on few people can be trusted: frames of one person are alike, so people are what is drawn.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/random.hpp"
#include "aurum/metrics/pairs.hpp"

namespace aurum {

struct Interval {
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
};

struct BootstrapOptions {
  int draws = 2000;
  double level = 0.95;
  Seed seed{1};
};

/// Intervals of the measures of an AuTable, per AU and of their mean.
struct AuIntervals {
  std::vector<Interval> icc, mse;  ///< ICC(3,1) and MSE of each AU; NaN where no draw defines it
  Interval mean_icc, mean_mse;
};

namespace detail {

/// All that ICC(3,1) and MSE of two raters need to know of a person's frames.
struct PairSums {
  double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  void add(double a, double b) { n += 1, x += a, y += b, xx += a * a, yy += b * b, xy += a * b; }
  PairSums& operator+=(const PairSums& o) {
    n += o.n, x += o.x, y += o.y, xx += o.xx, yy += o.yy, xy += o.xy;
    return *this;
  }
  [[nodiscard]] double mse() const { return n > 0 ? std::max(0.0, (xx - 2 * xy + yy) / n) : not_defined; }
  /// (BMS - EMS) / (BMS + EMS) of two raters is twice their covariance over the sum of their variances.
  [[nodiscard]] double icc31() const {
    const double covariance = xy - x * y / n, variances = xx - x * x / n + yy - y * y / n;
    return n >= 2 && variances > 1e-12 * (xx + yy) ? 2 * covariance / variances : not_defined;
  }
  static constexpr double not_defined = std::numeric_limits<double>::quiet_NaN();
};

/// The middle `level` of the values that are numbers.
[[nodiscard]] inline Interval percentiles(std::vector<double> values, double level) {
  std::erase_if(values, [](double v) { return std::isnan(v); });
  if (values.empty()) return {};
  std::ranges::sort(values);
  const double last = static_cast<double>(values.size()) - 1;
  const auto at = [&](double share) { return values[static_cast<std::size_t>(std::lround(share * last))]; };
  return {at((1 - level) / 2), at((1 + level) / 2)};
}

}  // namespace detail

/// Percentile intervals (Efron 1979) of ICC(3,1) and MSE over people: as many people as there are, drawn with
/// replacement, all frames of each. `prediction` and `label` are frames x `units`, row after row, as for
/// `evaluate`; `person` says whose each frame is. Throws ValueError when the sizes do not fit, for fewer than
/// two people, and for options out of range.
template <NumberRange Prediction, NumberRange Label>
[[nodiscard]] AuIntervals bootstrap_intervals(const Prediction& prediction, const Label& label,
                                              std::span<const int> person, std::size_t units,
                                              const BootstrapOptions& options = {}) {
  detail::check_same_size("bootstrap_intervals", std::ranges::size(prediction), std::ranges::size(label));
  if (units == 0 || std::ranges::size(label) != person.size() * units)
    throw ValueError("bootstrap_intervals: " + std::to_string(std::ranges::size(label)) + " labels for " +
                     std::to_string(person.size()) + " frames of " + std::to_string(units) + " AUs");
  if (options.draws < 1 || !(options.level > 0 && options.level < 1))
    throw ValueError("bootstrap_intervals: expected at least one draw and a level between 0 and 1");
  std::map<int, std::vector<detail::PairSums>> of_person;
  for (std::size_t i = 0; i < person.size(); ++i) {
    auto& sums = of_person.try_emplace(person[i], units).first->second;
    for (std::size_t au = 0; au < units; ++au) {
      const auto a = static_cast<double>(std::ranges::data(prediction)[i * units + au]);
      const auto b = static_cast<double>(std::ranges::data(label)[i * units + au]);
      if (!std::isnan(a) && !std::isnan(b)) sums[au].add(a, b);
    }
  }
  if (of_person.size() < 2)
    throw ValueError("bootstrap_intervals: expected two people at least, found " +
                     std::to_string(of_person.size()));
  std::vector<const std::vector<detail::PairSums>*> people;
  for (const auto& [number, sums] : of_person) people.push_back(&sums);

  std::vector<std::vector<double>> icc(units), mse(units);
  std::vector<double> mean_icc, mean_mse;
  Random random{options.seed, 0xB007};
  std::vector<detail::PairSums> drawn;
  const auto mean = [](const std::vector<std::vector<double>>& values) {
    double sum = 0, count = 0;
    for (const auto& of_unit : values)
      if (!std::isnan(of_unit.back())) sum += of_unit.back(), count += 1;
    return count > 0 ? sum / count : detail::PairSums::not_defined;
  };
  for (int draw = 0; draw < options.draws; ++draw) {
    drawn.assign(units, {});
    for (std::size_t k = 0; k < people.size(); ++k) {
      const auto& one = *people[random.below(static_cast<std::uint32_t>(people.size()))];
      for (std::size_t au = 0; au < units; ++au) drawn[au] += one[au];
    }
    for (std::size_t au = 0; au < units; ++au) {
      icc[au].push_back(drawn[au].icc31());
      mse[au].push_back(drawn[au].mse());
    }
    mean_icc.push_back(mean(icc));
    mean_mse.push_back(mean(mse));
  }
  AuIntervals result;
  for (std::size_t au = 0; au < units; ++au) {
    result.icc.push_back(detail::percentiles(std::move(icc[au]), options.level));
    result.mse.push_back(detail::percentiles(std::move(mse[au]), options.level));
  }
  result.mean_icc = detail::percentiles(std::move(mean_icc), options.level);
  result.mean_mse = detail::percentiles(std::move(mean_mse), options.level);
  return result;
}

}  // namespace aurum
