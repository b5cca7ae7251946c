#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include "aurum/data/sampling.hpp"
#include "support/catch.hpp"

using namespace aurum;

TEST_CASE("rare labels are drawn oftener, within bounds", "[data]") {
  constexpr float none = std::numeric_limits<float>::quiet_NaN();
  // Two AUs: the first is 0 sixteen times, 3 four times, 5 once; the second is never anything but 0 or
  // unknown.
  std::vector<float> labels;
  for (int i = 0; i < 21; ++i)
    labels.insert(labels.end(), {i < 16 ? 0.F : i < 20 ? 3.F : 5.F, i % 2 == 0 ? 0.F : none});
  const std::vector<float> weights = balanced_weights(labels, 2);
  REQUIRE(weights.size() == 21);
  CHECK(weights[0] == 1);
  CHECK(weights[16] == 2);  // (16 / 4)^0.5
  CHECK(weights[20] == 4);
  CHECK(balanced_weights(labels, 2, {.power = 1})[20] == 10);  // 16, held to 10
  CHECK(balanced_weights(labels, 2, {.power = 0})[20] == 1);
  CHECK(balanced_weights(std::vector<float>{none, none}, 2) == std::vector<float>{1});
  CHECK_THROWS_AS(balanced_weights(labels, 4), ValueError);
  CHECK_THROWS_AS(balanced_weights(labels, 2, {.power = 2}), ValueError);

  Random random{Seed{1}};
  std::map<int, int> times;
  const std::vector<int> drawn = draw_indices(weights, 56, random);  // 28 of weight in all
  REQUIRE(drawn.size() == 56);
  for (const int i : drawn) ++times[i];
  for (int i = 0; i < 21; ++i)
    CHECK(std::abs(times[i] - 2 * static_cast<int>(weights[static_cast<std::size_t>(i)])) <= 1);
  Random same{Seed{1}};
  CHECK(draw_indices(weights, 56, same) == drawn);
  CHECK(draw_indices(weights, 0, random).empty());
}

TEST_CASE("equal weights draw each sample once", "[data]") {
  Random random{Seed{4}};
  std::vector<int> drawn = draw_indices(std::vector<float>(1000, 3.0F), 1000, random);
  CHECK(drawn[0] != 0);
  std::ranges::sort(drawn);
  std::vector<int> all(1000);
  std::iota(all.begin(), all.end(), 0);
  CHECK(drawn == all);
  CHECK_THROWS_AS(draw_indices({}, 3, random), ValueError);
  CHECK_THROWS_AS(draw_indices(std::vector<float>{1, 0}, 3, random), ValueError);
}

TEST_CASE("an endless order shows all before it shows one again, wherever it is cut", "[data]") {
  const Random stream{Seed{5}};
  const std::vector<int> whole = endless_order(7, 0, 23, stream);
  REQUIRE(whole.size() == 23);
  for (std::ptrdiff_t round = 0; round < 3; ++round) {
    std::vector<int> shown(whole.begin() + 7 * round, whole.begin() + 7 * round + 7);
    if (round > 0) CHECK_FALSE(std::equal(shown.begin(), shown.end(), whole.begin()));
    std::ranges::sort(shown);
    CHECK(shown == std::vector<int>{0, 1, 2, 3, 4, 5, 6});
  }
  std::vector<int> parts;
  for (const auto& [first, count] : {std::pair{0, 5}, {5, 11}, {16, 0}, {16, 7}}) {
    const std::vector<int> part = endless_order(7, first, count, stream);
    parts.insert(parts.end(), part.begin(), part.end());
  }
  CHECK(parts == whole);
  CHECK(endless_order(7, 0, 23, Random{Seed{6}}) != whole);
  CHECK_THROWS_AS(endless_order(0, 0, 1, stream), ValueError);
}

TEST_CASE("runs hold one group each, lose nobody, and come in an order that the stream decides", "[data]") {
  const std::vector<int> groups{0, 1, 0, 1, 0, 1, 0, 1, 0, 2};  // five, four and one
  std::vector<int> order(groups.size());
  std::iota(order.begin(), order.end(), 0);
  std::set<std::vector<int>> orders;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random random{Seed{seed}};
    const std::vector<int> runs = in_runs(order, groups, 2, random);
    std::vector<int> sorted = runs;
    std::ranges::sort(sorted);
    CHECK(sorted == order);
    for (std::size_t i = 0; i < 8; i += 2)  // two runs of either group; what is left comes behind them
      CHECK(groups[static_cast<std::size_t>(runs[i])] == groups[static_cast<std::size_t>(runs[i + 1])]);
    CHECK(std::vector<int>(runs.end() - 2, runs.end()) == std::vector<int>{8, 9});
    orders.insert(runs);
  }
  CHECK(orders.size() > 2);
}
