// Scores of labels that say whether an AU is there.
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "aurum/core/random.hpp"
#include "aurum/metrics/occurrence.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"

namespace aurum {
namespace {

constexpr float none = std::numeric_limits<float>::quiet_NaN();

TEST_CASE("A table of occurrences holds each AU's own scores", "[metrics][occurrence]") {
  // AU1: one hit, one false alarm, one miss, one right silence. AU7 is never there, and never seen.
  const std::vector<float> label = {1, 0, 0, 0, 1, 0, 0, 0, none, 0};
  const std::vector<float> prediction = {2, 0, 1.5F, 0, 1, 0, 0, 0, 3, 0};
  const AuTable table = evaluate_occurrence(prediction, label, std::array{1, 7}, {.prediction = 1.5});
  CHECK(table.column("F1")[0] == Approx(0.5));
  CHECK(table.column("precision")[0] == Approx(0.5));
  CHECK(table.column("recall")[0] == Approx(0.5));
  CHECK(table.column("accuracy")[0] == Approx(0.5));
  CHECK(table.counts()[0].used == 4);
  CHECK(table.counts()[0].missing_labels == 1);
  CHECK(std::isnan(table.column("F1")[1]));
  CHECK(table.column("accuracy")[1] == 1);
  CHECK(table.mean("F1").value == Approx(0.5));
  CHECK(table.mean("F1").undefined == std::vector<int>{7});
  const AuTable coded =
      evaluate_occurrence(std::vector{2, 2}, std::vector{1, -1}, std::array{1}, {}, {.code = -1});
  CHECK(coded.counts()[0].missing_labels == 1);
  CHECK(test::contains(
      test::message<ValueError>([] {
        (void)evaluate_occurrence(std::vector<float>(3), std::vector<float>(3), std::array{1, 7});
      }),
      "evaluate_occurrence: 3 labels do not make rows of 2 AUs"));
}

TEST_CASE("The best threshold lies in the middle of the gap that parts the faces best",
          "[metrics][occurrence]") {
  CHECK(best_threshold(std::vector{0.0, 1.0, 2.0, 4.0}, std::vector{0, 0, 1, 1}) == 1.5);
  // One face with the AU answers like those without: to leave it out is better than to let three in.
  CHECK(best_threshold(std::vector{0.0, 0.1, 0.2, 0.3, 2.0, 4.0}, std::vector{1, 0, 0, 0, 1, 1}) ==
        Approx(1.15));
  // Equal answers cannot be told apart.
  CHECK(best_threshold(std::vector{1.0, 1.0, 1.0, 0.0}, std::vector{1, 0, 1, 0}) == 0.5);
  CHECK(best_threshold(std::vector<float>{3, none, 1}, std::vector<float>{none, 1, 1}) == 0.5);
}

TEST_CASE("Where nothing parts the faces all of them are present, where none is there no threshold is",
          "[metrics][occurrence]") {
  CHECK(best_threshold(std::vector{0.5, 2.0, 1.0}, std::vector{1, 0, 0}) == 0);
  CHECK(best_threshold(std::vector{0.5, 2.0}, std::vector{1, 1}) == 0);
  CHECK_FALSE(best_threshold(std::vector{0.5, 2.0}, std::vector{0, 0}));
  CHECK_FALSE(best_threshold(std::vector<double>{}, std::vector<int>{}));
  CHECK_FALSE(best_threshold(std::vector{0.5}, std::vector{none}));
  CHECK(best_threshold(std::vector{0.0, 4.0}, std::vector{1, 5}, 2) == 2);  // intensities from 2 on
  CHECK_THROWS_AS(best_threshold(std::vector{0.5}, std::vector{0, 1}), ValueError);
}

TEST_CASE("No other threshold has a greater F1", "[metrics][occurrence]") {
  Random random{Seed{3}};
  for (int trial = 0; trial < 50; ++trial) {
    std::vector<float> prediction, label;
    for (int i = 0; i < 40; ++i) {
      label.push_back(random.chance(0.3F) ? 1.0F : 0.0F);
      prediction.push_back(std::round(10 * (label.back() + random.normal(0, 1))) / 10);
    }
    const auto best = best_threshold(prediction, label);
    REQUIRE(best);
    const double f1 = classify(prediction, label, {.prediction = *best}).f1;
    for (const float other : prediction)
      CHECK(f1 >= classify(prediction, label, {.prediction = static_cast<double>(other)}).f1);
  }
}

}  // namespace
}  // namespace aurum
