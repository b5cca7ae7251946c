#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "aurum/core/error.hpp"
#include "aurum/core/geometry.hpp"
#include "aurum/data/landmarks68.hpp"

namespace aurum {

/// A centre is the mean of these landmarks (0-based indices of the 68-point mark-up); none: no such centre.
struct LandmarkSet {
  std::array<int, 4> index{};
  int size = 0;

  constexpr LandmarkSet() = default;
  constexpr LandmarkSet(std::initializer_list<int> indices) : size{static_cast<int>(indices.size())} {
    std::copy(indices.begin(), indices.end(), index.begin());  // more than four: a compile error in constants
  }
};

/// Where an Action Unit shows in the face. Left and right are those of the picture.
struct ActionUnit {
  int number = 0;
  std::string_view name;  ///< as in the Facial Action Coding System
  LandmarkSet left{};
  LandmarkSet right{};
  LandmarkSet centre{};
};

/// Table 1 of Ntinou et al. 2020, in 68 points. The table prints AU25 and AU26 as 61,64: those are the
/// middles of the inner lips in a 66-point mark-up, 62 and 66 in 68 points. The two points of AU17 (lower lip
/// and chin) are not two sides of the face, but the paper lists them as left and right. The table is data:
/// pass your own rows wherever a `std::span<const ActionUnit>` is taken.
inline constexpr std::array<ActionUnit, 14> action_units = {{
    {.number = 1, .name = "Inner brow raiser", .left = {21}, .right = {22}, .centre = {21, 22, 27}},
    {.number = 2, .name = "Outer brow raiser", .left = {18}, .right = {25}},
    {.number = 4, .name = "Brow lowerer", .left = {21}, .right = {22}, .centre = {21, 22, 27}},
    {.number = 5, .name = "Upper lid raiser", .left = {37, 38}, .right = {43, 44}},
    {.number = 6, .name = "Cheek raiser", .left = {1, 41, 31}, .right = {15, 46, 35}},
    {.number = 9, .name = "Nose wrinkler", .left = {31}, .right = {35}, .centre = {28}},
    {.number = 10, .name = "Upper lip raiser", .left = {31}, .right = {35}, .centre = {51}},
    {.number = 12, .name = "Lip corner puller", .left = {48}, .right = {54}},
    {.number = 14, .name = "Dimpler", .left = {48}, .right = {54}},
    {.number = 15, .name = "Lip corner depressor", .left = {48}, .right = {54}},
    {.number = 17, .name = "Chin raiser", .left = {57}, .right = {8}},
    {.number = 20, .name = "Lip stretcher", .left = {48}, .right = {54}, .centre = {51}},
    {.number = 25, .name = "Lips part", .centre = {62, 66}},
    {.number = 26, .name = "Jaw drop", .centre = {62, 66}},
}};

/// AUs whose intensities the data sets label, in the order of the papers' tables.
inline constexpr std::array<int, 5> bp4d_aus = {6, 10, 12, 14, 17};
inline constexpr std::array<int, 12> disfa_aus = {1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26};
inline constexpr std::array<int, 7> fera2017_aus = {1, 4, 6, 10, 12, 14, 17};

/// The row of AU `number`; null where the table has none.
[[nodiscard]] constexpr const ActionUnit* lookup_action_unit(
    int number, std::span<const ActionUnit> table = action_units) {
  for (const ActionUnit& unit : table)
    if (unit.number == number) return &unit;
  return nullptr;
}

/// The same; ValueError, which names the known ones, where the table has none.
[[nodiscard]] inline const ActionUnit& find_action_unit(int number,
                                                        std::span<const ActionUnit> table = action_units) {
  if (const ActionUnit* const unit = lookup_action_unit(number, table)) return *unit;
  std::string known;
  for (const ActionUnit& unit : table) known += (known.empty() ? "" : ", ") + std::to_string(unit.number);
  throw ValueError("AU" + std::to_string(number) + " is not in the table of Action Units; known are " +
                   known);
}

/// Whether the table places AU `unit` on the left and on the right of the face: its right landmarks are the
/// mirror images of its left ones. (AU17 has none: its two points, lip and chin, lie one below the other.)
[[nodiscard]] constexpr bool has_two_sides(const ActionUnit& unit) {
  const auto contains = [](const LandmarkSet& set, int landmark) {
    return std::find(set.index.begin(), set.index.begin() + set.size, landmark) !=
           set.index.begin() + set.size;
  };
  const auto on_the_right_only = [&](int landmark) {
    return landmark >= 0 && landmark < landmark_count && !contains(unit.right, landmark) &&
           contains(unit.right, landmark_mirror[static_cast<std::size_t>(landmark)]);
  };
  return unit.left.size > 0 && unit.left.size == unit.right.size &&
         std::all_of(unit.left.index.begin(), unit.left.index.begin() + unit.left.size, on_the_right_only);
}

/// "AU01", "AU12": two digits, as labels and files write it.
[[nodiscard]] inline std::string action_unit_label(int number) {
  return (number < 10 ? "AU0" : "AU") + std::to_string(number);
}

/// Up to three places of one AU, in the pixels that the landmarks are in.
struct Centres {
  std::array<Point, 3> point{};
  int size = 0;
};

/// Where AU `unit` shows on a face with these 68 landmarks, in the order left, right, centre; absent ones are
/// left out. Throws ValueError unless there are 68 finite points and the row's indices lie in 0..67.
[[nodiscard]] inline Centres action_unit_centres(const ActionUnit& unit, std::span<const Point> landmarks) {
  check_landmarks(landmarks);
  Centres centres;
  for (const LandmarkSet* set : {&unit.left, &unit.right, &unit.centre}) {
    if (set->size == 0) continue;
    Point sum;
    for (int i = 0; i < set->size; ++i) {
      const int k = set->index[static_cast<std::size_t>(i)];
      if (k < 0 || k >= landmark_count)
        throw ValueError(action_unit_label(unit.number) + ": landmark " + std::to_string(k) +
                         " is outside 0..67");
      sum = sum + landmarks[static_cast<std::size_t>(k)];
    }
    centres.point[static_cast<std::size_t>(centres.size++)] = (1.0F / static_cast<float>(set->size)) * sum;
  }
  return centres;
}

}  // namespace aurum
