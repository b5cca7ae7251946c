#pragma once
#include "aurum/spec/spec.hpp"

namespace aurum {

/// The centres of up to 32 AUs as means of landmarks: heatmap/action_units.hpp in a form that any backend can
/// take by value.
struct AttentionTable {
  static constexpr int most = 32;
  struct Centre {
    int landmark[4] = {};
    int size = 0;  ///< 0: no such centre
  };
  struct Row {
    Centre centre[3] = {};
  };
  Row row[most] = {};
  int rows = 0;
};

inline constexpr int attention_landmarks = 68;

/// Attention maps (Ntinou et al. 2020, section 4.4): finds the peaks of 68 landmark heatmaps (the last 68
/// channels: of stacked networks, the last stack's) and draws every AU where the table puts it, at intensity
/// 1, whatever its intensity is. No gradient passes through an arg-max: it is 0. `Rows::table()` gives the
/// AttentionTable; heatmap/attention.hpp makes one from AU numbers.
template <class Rows>
struct AttentionMaps {
  using spec = AttentionMaps;
  static constexpr AttentionTable table = Rows::table();
  static constexpr Diagnosis infer(const Shape& in, Supports, Names = {}) {
    if (in.channels < attention_landmarks || in.channels % attention_landmarks != 0)
      return Diagnosis::wrong(Fault::attention_needs_the_maps_of_68_landmarks,
                              {attention_landmarks, in.height, in.width}, in);
    return Diagnosis::fine({table.rows, in.height, in.width});
  }
  static constexpr Cost cost(const Shape&) { return {}; }
};

}  // namespace aurum
