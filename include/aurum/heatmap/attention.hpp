#pragma once
#include <cstddef>
#include <span>
#include <string>

#include "aurum/heatmap/action_units.hpp"
#include "aurum/spec/attention.hpp"

namespace aurum {

/// Rows of an AU table for AttentionMaps, in the order of `numbers`. In constants, an AU that the table lacks
/// is a compile error.
constexpr AttentionTable attention_table(std::span<const int> numbers,
                                         std::span<const ActionUnit> table = action_units) {
  AttentionTable rows;
  for (const int number : numbers) {
    const ActionUnit* const found = lookup_action_unit(number, table);
    if (found == nullptr)
      throw ValueError("attention_table: AU" + std::to_string(number) +
                       " is not in the table of Action Units");
    if (rows.rows == AttentionTable::most) throw ValueError("attention_table: more than 32 AUs");
    AttentionTable::Row& row = rows.row[rows.rows++];
    int place = 0;
    for (const LandmarkSet* set : {&found->left, &found->right, &found->centre}) {
      AttentionTable::Centre& centre = row.centre[place++];
      centre.size = set->size;
      for (int k = 0; k < set->size; ++k) centre.landmark[k] = set->index[static_cast<std::size_t>(k)];
    }
  }
  return rows;
}

/// The AUs that data sets label, for AttentionMaps.
struct Bp4dAus {
  static constexpr AttentionTable table() { return attention_table(bp4d_aus); }
};
struct DisfaAus {
  static constexpr AttentionTable table() { return attention_table(disfa_aus); }
};
struct Fera2017Aus {
  static constexpr AttentionTable table() { return attention_table(fera2017_aus); }
};

}  // namespace aurum
