#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <vector>

#include "aurum/core/random.hpp"
#include "support/catch.hpp"

namespace aurum {
namespace {

// Known answers of philox4x32-10 from the Random123 distribution.
static_assert(philox({}, 0) == PhiloxBlock{{0x6627E8D5U, 0xE169C58DU, 0xBC57AC4CU, 0x9B00DBD8U}});
static_assert(philox({{~0U, ~0U, ~0U, ~0U}}, ~0ULL) ==
              PhiloxBlock{{0x408F276DU, 0x41C83B0EU, 0xA20BC7C6U, 0x6D5451FDU}});
static_assert(philox({{0x243F6A88U, 0x85A308D3U, 0x13198A2EU, 0x03707344U}}, 0x299F31D0A4093822U) ==
              PhiloxBlock{{0xD16CFE09U, 0x94FDCCEBU, 0x5001E420U, 0x24126EA1U}});

constexpr int draws = 200'000;

/// Pearson's correlation of pairs of uniform numbers.
double correlation(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += (static_cast<double>(a[i]) - 0.5) * (static_cast<double>(b[i]) - 0.5);
  return sum / static_cast<double>(a.size()) * 12;
}

std::vector<float> uniforms(Random random, std::size_t count) {
  std::vector<float> values(count);
  for (float& v : values) v = random.uniform();
  return values;
}

TEST_CASE("Uniform numbers fill [0, 1) evenly", "[random]") {
  Random random{Seed{1}};
  std::array<int, 16> histogram{};
  double sum = 0, squares = 0;
  float least = 1, greatest = 0;
  for (int i = 0; i < draws; ++i) {
    const float u = random.uniform();
    least = std::min(least, u);
    greatest = std::max(greatest, u);
    sum += static_cast<double>(u);
    squares += static_cast<double>(u) * static_cast<double>(u);
    ++histogram[static_cast<std::size_t>(u * 16)];
  }
  CHECK(least >= 0);
  CHECK(least < 1e-3F);
  CHECK(greatest < 1);
  CHECK(greatest > 0.999F);
  CHECK(sum / draws == Approx(0.5).margin(0.003));
  CHECK(squares / draws == Approx(1.0 / 3).margin(0.003));
  double chi_squared = 0;  // 15 degrees of freedom: above 37.7 once in a thousand seeds
  for (const int count : histogram) chi_squared += (count - draws / 16.0) * (count - draws / 16.0);
  CHECK(chi_squared / (draws / 16.0) < 37.7);
}

TEST_CASE("A range is kept: uniform(low, high), below(count), chance(p)", "[random]") {
  Random random{Seed{2}};
  std::array<int, 7> histogram{};
  int hits = 0;
  bool inside = true;
  for (int i = 0; i < 70'000; ++i) {
    const float u = random.uniform(-3, 5);
    inside = inside && u >= -3 && u < 5;
    ++histogram.at(random.below(7));
    hits += random.chance(0.25F) ? 1 : 0;
  }
  CHECK(inside);
  for (const int count : histogram) CHECK(count == Approx(10'000).margin(400));
  CHECK(hits == Approx(17'500).margin(500));
  CHECK(random.below(1) == 0);
  CHECK_FALSE(random.chance(0));
  CHECK(random.chance(1));
  // Three quarters of the 32-bit range: a remainder without rejection would favour the lower third.
  int low = 0;
  for (int i = 0; i < 30'000; ++i) low += random.below(0xC0000000U) < 0x40000000U ? 1 : 0;
  CHECK(low == Approx(10'000).margin(350));
}

TEST_CASE("Normal numbers have the moments of a normal distribution", "[random]") {
  Random random{Seed{3}};
  std::array<double, 4> moment{};
  int beyond_two = 0;
  bool finite = true;
  for (int i = 0; i < draws; ++i) {
    const double z = (static_cast<double>(random.normal(2, 3)) - 2) / 3;
    finite = finite && std::isfinite(z);
    double power = 1;
    for (double& m : moment) m += (power *= z) / draws;
    beyond_two += std::abs(z) > 2 ? 1 : 0;
  }
  CHECK(finite);
  CHECK(moment[0] == Approx(0).margin(0.01));
  CHECK(moment[1] == Approx(1).margin(0.02));
  CHECK(moment[2] == Approx(0).margin(0.05));
  CHECK(moment[3] == Approx(3).margin(0.15));
  CHECK(beyond_two == Approx(0.0455 * draws).margin(400));
}

TEST_CASE("The same seed and stream give the same numbers, others give others", "[random]") {
  CHECK(uniforms(Random{Seed{5}}, 100) == uniforms(Random{Seed{5}}, 100));
  CHECK(uniforms(Random{Seed{5}}, 100) != uniforms(Random{Seed{6}}, 100));
  CHECK(uniforms(Random{Seed{5}}, 100) != uniforms(Random(Seed{5}, 1), 100));
  CHECK(uniforms(Random{Seed{5}}, 100) != uniforms(Random{Seed{5 + (1ULL << 32)}}, 100));
  Random original{Seed{7}};
  for (int i = 0; i < 5; ++i) (void)original.bits();
  Random copy = original;  // copies its position, in the middle of a block
  CHECK(uniforms(original, 50) == uniforms(copy, 50));
}

TEST_CASE("A fork is the same however far its parent was read, and unlike parent and siblings", "[random]") {
  Random parent{Seed{8}};
  const auto early = uniforms(parent.fork(3), 1000);
  for (int i = 0; i < 77; ++i) (void)parent.bits();
  CHECK(uniforms(parent.fork(3), 1000) == early);

  constexpr std::size_t count = 20'000;  // correlations beyond 0.03 come once in 40,000
  const auto base = uniforms(Random{Seed{8}}, count);
  const auto first = uniforms(Random{Seed{8}}.fork(0), count);
  const auto second = uniforms(Random{Seed{8}}.fork(1), count);
  const auto grandchild = uniforms(Random{Seed{8}}.fork(0).fork(0), count);
  const auto other_seed = uniforms(Random{Seed{9}}.fork(0), count);
  CHECK(std::abs(correlation(base, first)) < 0.03);
  CHECK(std::abs(correlation(first, second)) < 0.03);
  CHECK(std::abs(correlation(first, grandchild)) < 0.03);
  CHECK(std::abs(correlation(first, other_seed)) < 0.03);
  CHECK(correlation(first, first) > 0.9);

  // The first numbers of many forks are as random as the numbers of one stream.
  std::vector<float> firsts;
  for (std::uint64_t id = 0; id < count; ++id) firsts.push_back(Random{Seed{8}}.fork(id).uniform());
  CHECK(std::accumulate(firsts.begin(), firsts.end(), 0.0) / count == Approx(0.5).margin(0.01));
  const std::vector<float> following(firsts.begin() + 1, firsts.end());
  firsts.pop_back();
  CHECK(std::abs(correlation(firsts, following)) < 0.03);
}

TEST_CASE("A shuffle keeps every item, repeats with the seed and favours no order", "[random]") {
  std::vector<int> items(100);
  std::iota(items.begin(), items.end(), 0);
  auto once = items, again = items, other = items;
  Random a{Seed{1}}, b{Seed{1}}, c{Seed{2}};
  shuffle(once, a);
  shuffle(again, b);
  shuffle(other, c);
  CHECK(once == again);
  CHECK(once != other);
  CHECK(once != items);
  std::sort(once.begin(), once.end());
  CHECK(once == items);

  std::map<std::array<int, 3>, int> orders;
  Random random{Seed{3}};
  for (int i = 0; i < 12'000; ++i) {
    std::array<int, 3> three{0, 1, 2};
    shuffle(three, random);
    ++orders[three];
  }
  CHECK(orders.size() == 6);
  for (const auto& [order, count] : orders) CHECK(count == Approx(2000).margin(200));

  std::vector<int> none;
  shuffle(none, random);
  CHECK(none.empty());
}

}  // namespace
}  // namespace aurum
