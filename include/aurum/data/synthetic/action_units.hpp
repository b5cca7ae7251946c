#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace aurum {

/// The AUs that the synthetic faces show.
inline constexpr std::array<int, 14> synthetic_action_units{1, 2, 4, 5, 6, 9, 10, 12, 14, 15, 17, 20, 25, 26};

}  // namespace aurum

namespace aurum::synthetic {

inline constexpr std::size_t action_unit_count = synthetic_action_units.size();
inline constexpr std::size_t not_an_action_unit = action_unit_count;

/// Place of an AU in `synthetic_action_units`; `not_an_action_unit` where there is none.
constexpr std::size_t action_unit_index(int action_unit) {
  std::size_t i = 0;
  while (i < action_unit_count && synthetic_action_units[i] != action_unit) ++i;
  return i;
}

/// A smooth push of the skin around (u, v): mm to the outside, up and forward at full strength. Given for
/// u >= 0, mirrored for the other half of the face.
struct Push {
  float u, v, width_u, width_v, outward, up, forward;
};

/// Where each AU moves the skin at intensity 5, in the order of `synthetic_action_units` (after Ekman,
/// Friesen and Hager, FACS, 2002). Lids, lips and jaw have motions of their own, see expression.hpp.
inline std::span<const Push> action_unit_pushes(std::size_t action_unit) {
  static const std::array<std::vector<Push>, action_unit_count> pushes{{
      /* 1*/ {{12, 20, 11, 9, 0, 7.0F, 0.5F}, {14, 36, 15, 12, 0, 4, 0}, {20, 8, 10, 5, 0, 1.5F, 0}},
      /* 2*/ {{43, 20, 13, 9, 0, 7.5F, 0.5F}, {40, 36, 16, 12, 0, 3.5F, 0}, {42, 8, 10, 5, 0, 2, 0}},
      /* 4*/
      {{13, 16, 12, 8, -4.5F, -6, 1.5F},
       {38, 19, 14, 8, -2, -2.5F, 0},
       {8, 22, 6, 9, -0.5F, -1, 1.5F},
       {26, 8, 12, 5, 0, -2, 0.5F}},
      /* 5*/ {{31, 12, 14, 5, 0, 1.2F, -0.8F}},
      /* 6*/ {{40, -23, 16, 11, -1, 4.5F, 3.5F}, {32, -12, 14, 5, 0, 2, 1.2F}, {51, 6, 8, 8, -1.5F, -2, 0}},
      /* 9*/
      {{11, -37, 7, 9, 0.8F, 4, 1},
       {7, -12, 8, 10, 0, 3, 1.2F},
       {11, 15, 10, 8, -1.5F, -3.5F, 1},
       {12, -58, 12, 8, 0, 3, 0.8F},
       {20, -22, 10, 10, 0, 2.5F, 2.5F}},
      /*10*/
      {{13, -58, 10, 8, 1, 3.5F, 0.6F}, {14, -40, 7, 7, 1.5F, 1.5F, 0.6F}, {25, -40, 10, 10, 0, 2.5F, 3}},
      /*12*/
      {{27, -67.5F, 11, 10, 7, 6.5F, -4},
       {37, -47, 13, 12, 2.5F, 4, 4.5F},
       {14, -63, 8, 6, 2, 1, -1},
       {14, -75, 8, 6, 2.5F, 0.5F, -1},
       {14, -41, 6, 5, 1.5F, 0.5F, 0}},
      /*14*/ {{28, -67.5F, 8, 9, 3, 1, -5}, {38, -66, 7, 12, -1, 0, 2.5F}},
      /*15*/ {{26, -69, 10, 8, 1.5F, -6.5F, -1}, {34, -82, 9, 9, 0, -2, 2.5F}, {10, -80, 10, 6, 0, 0.5F, 1}},
      /*17*/
      {{6, -99, 14, 11, 0, 5, 3},
       {6, -84, 14, 7, 0, 4, 2.5F},
       {6, -69, 15, 7, 0, 3.5F, 3},
       {27, -70, 7, 7, 0, -1, 0}},
      /*20*/
      {{28, -69, 12, 9, 10.5F, -1.5F, -4},
       {37, -75, 10, 14, 3, -1, -0.5F},
       {13, -76, 8, 6, 3.5F, 1.2F, -1.5F},
       {13, -61, 8, 5, 3, -0.8F, -1.5F}},
      /*25*/ {{4, -86, 16, 7, 0, -1.5F, 0}},
      /*26*/ {{40, -55, 10, 16, -1.5F, 0, -1.5F}},
  }};
  return pushes[action_unit];
}

}  // namespace aurum::synthetic
