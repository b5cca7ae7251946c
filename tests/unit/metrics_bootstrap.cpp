#include <cmath>
#include <limits>
#include <vector>

#include "aurum/metrics/bootstrap.hpp"
#include "aurum/metrics/classification.hpp"
#include "aurum/metrics/errors.hpp"
#include "aurum/metrics/icc.hpp"
#include "support/catch.hpp"

using namespace aurum;

namespace {

constexpr float none = std::numeric_limits<float>::quiet_NaN();

/// Labels and answers of so many people, `frames` each, of two AUs. People differ in how far off they are.
struct Data {
  std::vector<float> prediction, label;
  std::vector<int> person;

  Data(int people, int frames, std::uint64_t seed) {
    Random random{Seed{seed}};
    for (int p = 0; p < people; ++p) {
      const float bias = random.normal(0, 0.8F);
      for (int i = 0; i < frames; ++i) {
        person.push_back(100 - p);
        for (int au = 0; au < 2; ++au) {
          const auto truth = static_cast<float>(random.below(6));
          label.push_back(random.chance(0.1F) ? none : truth);
          prediction.push_back(truth + bias + random.normal(0, 0.5F));
        }
      }
    }
  }
  [[nodiscard]] std::vector<float> column(const std::vector<float>& of, std::size_t au) const {
    std::vector<float> values;
    for (std::size_t i = au; i < of.size(); i += 2) values.push_back(of[i]);
    return values;
  }
};

}  // namespace

TEST_CASE("sums of pairs give ICC(3,1) and MSE as the analysis of variance does", "[metrics]") {
  const Data data(5, 40, 1);
  for (std::size_t au = 0; au < 2; ++au) {
    const auto p = data.column(data.prediction, au), l = data.column(data.label, au);
    detail::PairSums sums;
    for (std::size_t i = 0; i < p.size(); ++i)
      if (!std::isnan(l[i])) sums.add(static_cast<double>(p[i]), static_cast<double>(l[i]));
    CHECK(sums.icc31() == Approx(icc31(p, l)).epsilon(1e-10));
    CHECK(sums.mse() == Approx(measure_errors(p, l).mse).epsilon(1e-10));
  }
  detail::PairSums constant;
  constant.add(2, 0), constant.add(2, 0);
  CHECK(std::isnan(constant.icc31()));
  CHECK(constant.mse() == 4);
}

TEST_CASE("intervals by people hold the value and are wider than frames alone would say", "[metrics]") {
  const Data data(12, 50, 2);
  const AuIntervals by_person = bootstrap_intervals(data.prediction, data.label, data.person, 2);
  std::vector<int> each(data.person.size());
  for (std::size_t i = 0; i < each.size(); ++i) each[i] = static_cast<int>(i);
  const AuIntervals by_frame = bootstrap_intervals(data.prediction, data.label, each, 2);
  for (std::size_t au = 0; au < 2; ++au) {
    const double value = icc31(data.column(data.prediction, au), data.column(data.label, au));
    CHECK(by_person.icc.units[au].low < value);
    CHECK(value < by_person.icc.units[au].high);
    CHECK(by_person.mse.units[au].high - by_person.mse.units[au].low >
          2 * (by_frame.mse.units[au].high - by_frame.mse.units[au].low));
  }
  CHECK(by_person.icc.mean.low < by_person.icc.mean.high);
  CHECK(by_person.mse.mean.low > 0);
  CHECK(by_person.rmse.units[0].low == std::sqrt(by_person.mse.units[0].low));
  CHECK(by_person.rmse.units[1].high == std::sqrt(by_person.mse.units[1].high));
  const AuIntervals again = bootstrap_intervals(data.prediction, data.label, data.person, 2);
  CHECK(again.icc.mean.low == by_person.icc.mean.low);
  const AuIntervals narrow = bootstrap_intervals(data.prediction, data.label, data.person, 2, {.level = 0.5});
  CHECK(narrow.icc.units[0].high - narrow.icc.units[0].low <
        by_person.icc.units[0].high - by_person.icc.units[0].low);
}

TEST_CASE("the interval holds the truth about as often as it says", "[metrics]") {
  // The mean squared error of the population: 0.8^2 + 0.5^2.
  int holds = 0;
  constexpr int trials = 60;
  for (std::uint64_t seed = 0; seed < trials; ++seed) {
    const Data data(40, 20, 100 + seed);
    const AuIntervals i = bootstrap_intervals(data.prediction, data.label, data.person, 2, {.draws = 300});
    if (i.mse.units[0].low < 0.89 && 0.89 < i.mse.units[0].high) ++holds;
  }
  CHECK(holds >= 50);  // 95 % of 60 are 57; percentile intervals of few people are a little narrow
  CHECK(holds < 60);
}

TEST_CASE("an AU that never varies has no interval, and wrong sizes are refused", "[metrics]") {
  const std::vector<float> prediction{1, 1, 1, 1}, label{0, 1, 0, 3};
  const std::vector<int> person{1, 2};
  const AuIntervals i = bootstrap_intervals(prediction, label, person, 2);
  CHECK(std::isnan(i.icc.units[0].low));
  CHECK(i.mse.units[0].low == 1);
  CHECK_THROWS_AS(bootstrap_intervals(prediction, label, person, 3), ValueError);
  CHECK_THROWS_AS(bootstrap_intervals(prediction, label, std::vector<int>{1, 1}, 2), ValueError);
  CHECK_THROWS_AS(bootstrap_intervals(prediction, label, person, 2, {.draws = 0}), ValueError);
}

TEST_CASE("F1 has an interval by people too, the value of all frames within it", "[metrics]") {
  const Data data(12, 50, 3);
  const OccurrenceThresholds from_two{.prediction = 2, .label = 2};
  const MeasureIntervals f1 = bootstrap_f1(data.prediction, data.label, data.person, 2, from_two);
  REQUIRE(f1.units.size() == 2);
  double mean = 0;
  for (std::size_t au = 0; au < 2; ++au) {
    const double value = classify(data.column(data.prediction, au), data.column(data.label, au), from_two).f1;
    mean += value / 2;
    CHECK(f1.units[au].low < value);
    CHECK(value < f1.units[au].high);
    CHECK(f1.units[au].high <= 1);
  }
  CHECK(f1.mean.low < mean);
  CHECK(mean < f1.mean.high);
  // An AU that is neither there nor seen has none; the mean is then of the others.
  const std::vector<float> prediction{2, 0, 2, 0}, label{1, 0, 1, 0};
  const MeasureIntervals half = bootstrap_f1(prediction, label, std::vector{1, 2}, 2);
  CHECK(half.units[0].low == 1);
  CHECK(std::isnan(half.units[1].low));
  CHECK(half.mean.high == 1);
  CHECK_THROWS_WITH(bootstrap_f1(prediction, label, std::vector{1, 1}, 2),
                    "bootstrap_f1: expected two people at least, found 1");
}
