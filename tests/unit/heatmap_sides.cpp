// The two sides of an AU apart: which AUs have them, how maps show them and how they are read.
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "aurum/heatmap/mirror.hpp"
#include "aurum/heatmap/render.hpp"
#include "aurum/heatmap/sides.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/faces.hpp"
#include "support/message.hpp"

namespace aurum {
namespace {

using test::contains;
using test::message;
using test::Tensor;

constexpr float missing = std::numeric_limits<float>::quiet_NaN();
constexpr int picture_size = 400, map_size = 64;
constexpr std::array<int, 11> two_sided = {1, 2, 4, 5, 6, 9, 10, 12, 14, 15, 20};

std::vector<MapTarget> targets_of(std::span<const int> aus, const std::vector<Sides<float>>& intensities,
                                  const Landmarks& face = test::uneven_face()) {
  return map_targets(aus, face, intensities, picture_size, map_size);
}

Tensor<float> drawn(const std::vector<MapTarget>& targets) {
  Tensor<float> maps(1, {static_cast<int>(targets.size()), map_size, map_size});
  render<float>(targets, maps.view);
  return maps;
}

Tensor<float> mirrored(const Tensor<float>& image) {
  Tensor<float> turned = image;
  mirror_images(image.view, turned.view);
  return turned;
}

TEST_CASE("AUs whose landmarks mirror each other have two sides, lip and chin have not", "[sides]") {
  for (const ActionUnit& unit : action_units) {
    INFO(action_unit_label(unit.number));
    CHECK(has_two_sides(unit) == (std::ranges::find(two_sided, unit.number) != two_sided.end()));
  }
  constexpr auto two = [](const LandmarkSet& left, const LandmarkSet& right) {
    return has_two_sides({.number = 1, .name = "", .left = left, .right = right});
  };
  static_assert(two({37, 38}, {43, 44}));  // in any order
  static_assert(!two({37, 38}, {44}));
  static_assert(!two({48}, {45}));
  static_assert(!two({30}, {30}));          // on the mid-line
  static_assert(!two({31, 35}, {31, 35}));  // both on both sides
  static_assert(!two({-1, 68}, {0, 16}));
  static_assert(!two({}, {}));
}

TEST_CASE("either half of a map is that half of the map for its side's intensity", "[sides]") {
  const auto maps = drawn(targets_of(two_sided, std::vector<Sides<float>>(11, {1.5F, 4})));
  const auto left = drawn(targets_of(two_sided, std::vector<Sides<float>>(11, {1.5F, 1.5F})));
  const auto right = drawn(targets_of(two_sided, std::vector<Sides<float>>(11, {4, 4})));
  for (int c = 0; c < 11; ++c) {
    const ActionUnit& unit = find_action_unit(two_sided[static_cast<std::size_t>(c)]);
    const DividingLine line = dividing_line(unit, test::uneven_face(), picture_size, map_size);
    INFO(action_unit_label(unit.number));
    int on_the_left = 0;
    bool same = true;
    for (int y = 0; y < map_size; ++y)
      for (int x = 0; x < map_size; ++x) {
        const float side = side_of(line, static_cast<float>(x), static_cast<float>(y));
        REQUIRE(side != 0);
        on_the_left += side < 0;
        same = same && maps.view.at(0, y, x, c) == (side < 0 ? left : right).view.at(0, y, x, c);
      }
    CHECK(same);
    CHECK(on_the_left > map_size * map_size / 3);
    CHECK(on_the_left < map_size * map_size * 2 / 3);
  }
}

TEST_CASE("sides of one intensity, and AUs without sides, give the maps of one intensity", "[sides]") {
  const std::array<int, 4> aus = {1, 12, 17, 25};
  const std::array<float, 4> stronger = {3, 2, 4, 5};
  const auto maps = drawn(targets_of(aus, {{3, 3}, {2, 2}, {1, 4}, {5, 0}}));
  CHECK(maps.memory == drawn(map_targets(aus, test::uneven_face(), stronger, picture_size, map_size)).memory);
}

TEST_CASE("a side that does nothing is empty, a side that is not labelled makes the map unlabelled",
          "[sides]") {
  const std::array<int, 4> aus = {12, 12, 12, 12};
  const auto targets = targets_of(aus, {{0, 4}, {missing, 4}, {4, missing}, {missing, missing}});
  const auto maps = drawn(targets);
  const DividingLine line = dividing_line(find_action_unit(12), test::uneven_face(), picture_size, map_size);
  bool empty = true, unlabelled = true;
  for (int y = 0; y < map_size; ++y)
    for (int x = 0; x < map_size; ++x) {
      if (side_of(line, static_cast<float>(x), static_cast<float>(y)) < 0)
        empty = empty && maps.view.at(0, y, x, 0) == 0;
      for (int c = 1; c < 4; ++c) unlabelled = unlabelled && std::isnan(maps.view.at(0, y, x, c));
    }
  CHECK(empty);
  CHECK(unlabelled);
  // What the loss counts depends on the places alone.
  MapTarget even = targets[0];
  even.has_sides = false;
  const CentreWeight weight{.gain = 10};
  for (const float x : {10.0F, 25.0F, 40.0F}) CHECK(weight(targets[0], x, 36, 1) == weight(even, x, 36, 1));
}

TEST_CASE("both intensities of every AU are read where the landmarks are known", "[sides]") {
  for (const Sides<float> wanted : {Sides<float>{1, 4}, {4.5F, 2}, {0, 3}, {3, 3}}) {
    const auto maps = drawn(targets_of(two_sided, std::vector<Sides<float>>(11, wanted)));
    for (int c = 0; c < 11; ++c) {
      const ActionUnit& unit = find_action_unit(two_sided[static_cast<std::size_t>(c)]);
      INFO(action_unit_label(unit.number) << ", " << wanted.left << " and " << wanted.right);
      const DividingLine line = dividing_line(unit, test::uneven_face(), picture_size, map_size);
      const auto found = intensity(find_side_peaks(maps.view, c, line));
      // The nearest pixel may lie half a pixel from the centre in either direction.
      const auto lowest = [](float a) { return a * std::exp(-0.25F / std::max(a * a, 1e-6F)) - 1e-4F; };
      CHECK(found.left <= wanted.left);
      CHECK(found.left >= lowest(wanted.left));
      CHECK(found.right <= wanted.right);
      CHECK(found.right >= lowest(wanted.right));
    }
  }
}

TEST_CASE("without landmarks the vertical middle divides the map", "[sides]") {
  const ActionUnit& smile = find_action_unit(12);
  const DividingLine middle = dividing_line(smile, map_size);
  CHECK(side_of(middle, 31, 5) < 0);
  CHECK(side_of(middle, 32, 60) > 0);
  CHECK(side_of(dividing_line(smile, 5), 2, 3) == 0);
  const std::array<int, 1> aus = {12};
  const auto maps = drawn(targets_of(aus, {{1, 4}}));
  const auto found = find_side_peaks(maps.view, 0, middle);
  CHECK(found.left.value == Approx(1).margin(0.25));
  CHECK(found.right.value == Approx(4).margin(0.1));
  CHECK(found.left.x < 32);
  CHECK(found.right.x > 31);
}

TEST_CASE("AUs without sides have the whole map's peak on both", "[sides]") {
  const std::array<int, 2> aus = {17, 25};
  const auto maps = drawn(targets_of(aus, {{1, 4}, {3, 3}}));
  for (int c = 0; c < 2; ++c) {
    const ActionUnit& unit = find_action_unit(aus[static_cast<std::size_t>(c)]);
    const Peak whole = decode(View<const float>(maps.view))[static_cast<std::size_t>(c)];
    for (const DividingLine& line : {dividing_line(unit, test::uneven_face(), picture_size, map_size),
                                     dividing_line(unit, map_size), DividingLine{{7, 7}, {7, 7}}}) {
      const auto [left, right] = find_side_peaks(maps.view, c, line);
      for (const Peak& peak : {left, right}) {
        CHECK(peak.value == whole.value);
        CHECK(peak.x == whole.x);
        CHECK(peak.y == whole.y);
        CHECK(peak.apex == whole.apex);
      }
    }
  }
}

TEST_CASE("what spills over the line is no peak to refine; NaN and parts without pixels stay NaN",
          "[sides]") {
  Tensor<float> maps(1, {1, 1, 6});
  maps.memory = {0, 1, 2, 3, 5, 4};
  const DividingLine middle{{0, 0}, {5, 0}};
  const auto [left, right] = find_side_peaks(maps.view, 0, middle);
  CHECK(left.value == 2);
  CHECK(left.x == 2);
  CHECK(left.apex == 2);
  CHECK(right.value == 5);
  CHECK(right.x == find_peak(maps.view.data, 1, 6, 1).x);
  CHECK(right.x != 4);

  const auto beside = find_side_peaks(maps.view, 0, {{-20, 0}, {0, 0}});
  CHECK(std::isnan(intensity(beside).left));
  CHECK(beside.right.value == 5);
  maps.memory[5] = missing;
  const auto [unknown, also] = find_side_peaks(maps.view, 0, middle);
  CHECK(std::isnan(unknown.value));
  CHECK(std::isnan(also.x));
  maps.memory[5] = -1;
  CHECK(intensity(find_side_peaks(maps.view, 0, {{5, 0}, {4.9F, 0}})).left == 0);  // held to 0..5
}

TEST_CASE("in the mirror the sides change places, and the flip test turns them back", "[sides]") {
  std::vector<Sides<float>> labels, exchanged;
  for (int i = 0; i < 11; ++i) {
    labels.push_back({0.4F * static_cast<float>(i + 1), 4 - 0.3F * static_cast<float>(i)});
    exchanged.push_back(labels.back().mirrored());
  }
  const Landmarks face = test::uneven_face(), other = mirror(face, picture_size);
  const auto plain = drawn(targets_of(two_sided, labels, face));
  const auto turned = drawn(targets_of(two_sided, exchanged, other));
  const auto back = mirrored(turned);
  for (std::size_t i = 0; i < plain.memory.size(); ++i)
    if (std::abs(plain.memory[i] - back.memory[i]) > 1e-3F) FAIL_CHECK("element " << i);

  auto mean = plain;
  average_with_mirrored(mean.view, turned.view, Mirror::same_map);
  for (int c = 0; c < 11; ++c) {
    const ActionUnit& unit = find_action_unit(two_sided[static_cast<std::size_t>(c)]);
    const auto line = [&](const Landmarks& points) {
      return dividing_line(unit, points, picture_size, map_size);
    };
    const auto read = find_side_peaks(plain.view, c, line(face));
    const auto averaged = find_side_peaks(mean.view, c, line(face));
    const auto seen = find_side_peaks(turned.view, c, line(other)).mirrored();
    CHECK(averaged.left.value == Approx(read.left.value).margin(1e-3));
    CHECK(averaged.right.value == Approx(read.right.value).margin(1e-3));
    CHECK(seen.left.value == Approx(read.left.value).margin(1e-3));
    CHECK(seen.right.value == Approx(read.right.value).margin(1e-3));
    CHECK(seen.left.x == Approx(map_size - 1 - read.left.x).margin(1e-2));
  }
}

TEST_CASE("sides outside 0..5, wrong counts, channels and landmarks are refused", "[sides]") {
  const std::array<int, 2> aus = {6, 12};
  const auto with = [&](std::vector<Sides<float>> sides) {
    return message<ValueError>([&] { (void)targets_of(aus, sides); });
  };
  CHECK(contains(with({{1, 2}, {-1, 3}}), "AU12, left: intensity -1"));
  CHECK(contains(with({{1, 5.5F}, {1, 3}}), "AU06: intensity 5.5"));
  CHECK(contains(with({{1, 2}}), "expected 2 intensities, found 1"));
  Tensor<float> maps(2, {3, 4, 4});
  CHECK_THROWS_AS(find_side_peaks(maps.view, 0, {}), ValueError);
  CHECK(contains(message<ValueError>([&] { (void)find_side_peaks(maps.view.images(0, 1), 3, {}); }),
                 "found 1 x 3x4x4 and channel 3"));
  CHECK_THROWS_AS(dividing_line(find_action_unit(12), Landmarks(67), 256, 64), ValueError);
}

}  // namespace
}  // namespace aurum
