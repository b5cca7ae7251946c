#pragma once
// Where AUs show that the data sets label and the papers' table lacks.
#include <algorithm>
#include <array>

#include "aurum/heatmap/action_units.hpp"

namespace aurum {

/// The papers' table (`action_units`) and three AUs more, which the sets of occurrences label. No paper says
/// where those show; the places are ours, after what the Facial Action Coding System says of them: AU7 lifts
/// the lower lids, AU23 narrows the lips from both sides, AU24 presses them together.
inline constexpr auto placed_action_units = [] {
  constexpr std::array<ActionUnit, 3> ours = {{
      {.number = 7, .name = "Lid tightener", .left = {40, 41}, .right = {46, 47}},
      {.number = 23, .name = "Lip tightener", .left = {49, 59}, .right = {53, 55}},
      {.number = 24, .name = "Lip pressor", .centre = {62, 66}},
  }};
  std::array<ActionUnit, action_units.size() + ours.size()> all{};
  std::ranges::copy(ours, std::ranges::copy(action_units, all.begin()).out);
  return all;
}();

}  // namespace aurum
