#pragma once
// How far results on few people can be trusted: frames of one person are alike, so people are what is drawn.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/random.hpp"
#include "aurum/metrics/classification.hpp"
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

/// Intervals of one measure of an AuTable.
struct MeasureIntervals {
  std::vector<Interval> units;  ///< of each AU; NaN where no draw defines it
  Interval mean;                ///< of the mean over AUs
};

/// What `bootstrap_intervals` returns.
struct AuIntervals {
  MeasureIntervals icc, mse, rmse;  ///< of ICC(3,1), MSE and RMSE
};

namespace detail {

/// All that ICC(3,1), MSE and RMSE of two raters need to know of a person's frames.
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

/// All that the F1 of two raters needs to know of a person's frames.
struct PresenceCounts {
  double hits = 0, false_alarms = 0, misses = 0;
  void add(bool predicted, bool present) {
    if (predicted || present) ++(!present ? false_alarms : predicted ? hits : misses);
  }
  PresenceCounts& operator+=(const PresenceCounts& o) {
    hits += o.hits, false_alarms += o.false_alarms, misses += o.misses;
    return *this;
  }
  [[nodiscard]] double f1() const {
    const double all = 2 * hits + false_alarms + misses;
    return all > 0 ? 2 * hits / all : PairSums::not_defined;
  }
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

/// Draws people. `add(sums, prediction, label)` takes a frame into what is known of its person and AU, a
/// `Sums`; `measure(sums)` makes an array of `count` numbers of what the drawn people know of an AU. `where`
/// stands in messages.
template <class Sums, std::size_t count, class Prediction, class Label, class Add, class Measure>
std::array<MeasureIntervals, count> draw_people(const char* where, const Prediction& prediction,
                                                const Label& label, std::span<const int> person,
                                                std::size_t units, const BootstrapOptions& options, Add add,
                                                Measure measure) {
  check_same_size(where, std::ranges::size(prediction), std::ranges::size(label));
  if (units == 0 || std::ranges::size(label) != person.size() * units)
    throw ValueError(std::string(where) + ": " + std::to_string(std::ranges::size(label)) + " labels for " +
                     std::to_string(person.size()) + " frames of " + std::to_string(units) + " AUs");
  if (options.draws < 1 || !(options.level > 0 && options.level < 1))
    throw ValueError(std::string(where) + ": expected at least one draw and a level between 0 and 1");
  std::map<int, std::vector<Sums>> of_person;
  for (std::size_t i = 0; i < person.size(); ++i) {
    auto& sums = of_person.try_emplace(person[i], units).first->second;
    for (std::size_t au = 0; au < units; ++au) {
      const auto a = static_cast<double>(std::ranges::data(prediction)[i * units + au]);
      const auto b = static_cast<double>(std::ranges::data(label)[i * units + au]);
      if (!std::isnan(a) && !std::isnan(b)) add(sums[au], a, b);
    }
  }
  if (of_person.size() < 2)
    throw ValueError(std::string(where) + ": expected two people at least, found " +
                     std::to_string(of_person.size()));
  std::vector<const std::vector<Sums>*> people;
  for (const auto& [number, sums] : of_person) people.push_back(&sums);

  struct Drawn {  // of one measure
    std::vector<std::vector<double>> units;
    std::vector<double> mean;
  };
  std::array<Drawn, count> values;
  for (Drawn& one : values) one.units.resize(units);
  Random random{options.seed, 0xB007};
  std::vector<Sums> drawn;
  for (int draw = 0; draw < options.draws; ++draw) {
    drawn.assign(units, {});
    for (std::size_t k = 0; k < people.size(); ++k) {
      const auto& one = *people[random.below(static_cast<std::uint32_t>(people.size()))];
      for (std::size_t au = 0; au < units; ++au) drawn[au] += one[au];
    }
    std::array<double, count> sum{}, defined{};
    for (std::size_t au = 0; au < units; ++au) {
      const std::array<double, count> measured = measure(drawn[au]);
      for (std::size_t m = 0; m < count; ++m) {
        values[m].units[au].push_back(measured[m]);
        if (!std::isnan(measured[m])) sum[m] += measured[m], ++defined[m];
      }
    }
    for (std::size_t m = 0; m < count; ++m)
      values[m].mean.push_back(defined[m] > 0 ? sum[m] / defined[m] : PairSums::not_defined);
  }
  std::array<MeasureIntervals, count> result;
  for (std::size_t m = 0; m < count; ++m) {
    for (auto& of_unit : values[m].units)
      result[m].units.push_back(percentiles(std::move(of_unit), options.level));
    result[m].mean = percentiles(std::move(values[m].mean), options.level);
  }
  return result;
}

}  // namespace detail

/// Percentile intervals (Efron 1979) of ICC(3,1), MSE and RMSE over people: as many people as there are,
/// drawn with replacement, all frames of each. `prediction` and `label` are frames x `units`, row after row,
/// as for `evaluate`; `person` says whose each frame is. Throws ValueError when the sizes do not fit, for
/// fewer than two people, and for options out of range.
template <NumberRange Prediction, NumberRange Label>
[[nodiscard]] AuIntervals bootstrap_intervals(const Prediction& prediction, const Label& label,
                                              std::span<const int> person, std::size_t units,
                                              const BootstrapOptions& options = {}) {
  const auto [icc, mse, rmse] = detail::draw_people<detail::PairSums, 3>(
      "bootstrap_intervals", prediction, label, person, units, options,
      [](detail::PairSums& sums, double a, double b) { sums.add(a, b); },
      [](const detail::PairSums& sums) {
        return std::array{sums.icc31(), sums.mse(), std::sqrt(sums.mse())};
      });
  return {icc, mse, rmse};
}

/// The same of F1, for labels of occurrence.
template <NumberRange Prediction, NumberRange Label>
[[nodiscard]] MeasureIntervals bootstrap_f1(const Prediction& prediction, const Label& label,
                                            std::span<const int> person, std::size_t units,
                                            const OccurrenceThresholds& thresholds = {},
                                            const BootstrapOptions& options = {}) {
  return detail::draw_people<detail::PresenceCounts, 1>(
      "bootstrap_f1", prediction, label, person, units, options,
      [&](detail::PresenceCounts& counts, double a, double b) {
        counts.add(a >= thresholds.prediction, b >= thresholds.label);
      },
      [](const detail::PresenceCounts& counts) { return std::array{counts.f1()}; })[0];
}

}  // namespace aurum
