#pragma once
// Filters as the kernels want them: panels of output channels side by side, for every input channel in turn.
#include <algorithm>
#include <cstddef>

#include "aurum/backend/cpu/gemm.hpp"
#include "aurum/backend/cpu/team.hpp"
#include "aurum/backend/cpu/winograd.hpp"

namespace aurum::cpu {

/// A filter {C_out, k, k, C_in} in one of its two uses: as it stands, or turned by 180 degrees with its
/// channels exchanged, which is what the gradient of the input is convolved with.
template <class T>
struct Filter {
  const T* data;
  int taps;  ///< k * k
  int in;    ///< input channels of this use
  int out;   ///< output channels of this use
  bool turned = false;

  /// to[i * panel_width + o] = the value at `tap` for input channel `first` + i, of `count`, and output
  /// channel o of the panel; zeros past the last output channel.
  void gather(int panel, int tap, int first, int count, T* to) const {
    constexpr int width = panel_width<T>;
    const int first_out = panel * width, outputs = std::min(width, out - first_out);
    if (outputs < width) std::fill_n(to, static_cast<std::ptrdiff_t>(count) * width, T{0});
    if (turned) {
      for (int i = 0; i < count; ++i)
        std::copy_n(data + (static_cast<std::ptrdiff_t>(first + i) * taps + taps - 1 - tap) * out + first_out,
                    outputs, to + i * width);
    } else {  // along the rows of the filter: what is written, a few lines, stays in the cache meanwhile
      for (int o = 0; o < outputs; ++o) {
        const T* const row = data + (static_cast<std::ptrdiff_t>(first_out + o) * taps + tap) * in + first;
        for (int i = 0; i < count; ++i) to[i * width + o] = row[i];
      }
    }
  }
};

/// Packs for multiply_panel: [panel][tap][input channel][panel_width].
template <class T>
void pack_direct(Team& team, const Filter<T>& filter, T* packed) {
  team.run(panels<T>(filter.out) * filter.taps, [&](std::ptrdiff_t n, Scratch&) {
    const int part = static_cast<int>(n);
    filter.gather(part / filter.taps, part % filter.taps, 0, filter.in,
                  packed + n * filter.in * panel_width<T>);
  });
}

/// Transforms 3x3 filters and packs them: [(M+2)^2 planes][panel][input channel][panel_width].
template <int M, class T>
void pack_winograd(Team& team, const Filter<T>& filter, T* packed) {
  constexpr int size = M + 2;
  constexpr int width = panel_width<T>;
  constexpr int chunk = 8;  // input channels at a time
  using V = Vector<T>;
  const int chunks = (filter.in + chunk - 1) / chunk;
  const std::ptrdiff_t plane = static_cast<std::ptrdiff_t>(panels<T>(filter.out)) * filter.in * width;
  team.run(
      static_cast<std::ptrdiff_t>(panels<T>(filter.out)) * chunks, [&](std::ptrdiff_t n, Scratch& scratch) {
        const int panel = static_cast<int>(n) / chunks, first = static_cast<int>(n) % chunks * chunk;
        const int count = std::min(chunk, filter.in - first);
        T* const values = scratch.get<T>(9 * chunk * width);
        for (int tap = 0; tap < 9; ++tap)
          filter.gather(panel, tap, first, count, values + tap * chunk * width);
        T* const to = packed + (static_cast<std::ptrdiff_t>(panel) * filter.in + first) * width;
        for (int i = 0; i < count * width; i += lanes<T>) {
          Square<V, 3, 3> taps;
          Square<V, size, size> out;
          unroll<9>([&](auto tap) { taps[tap / 3][tap % 3] = load(values + tap * chunk * width + i); });
          transform_square<3, size, V>(
              taps, out,
              [](const V* g, V* u) __attribute__((always_inline)) { WinogradTransform<M>::filter(g, u); });
          unroll<size * size>([&](auto p) { store(to + p * plane + i, out[p / size][p % size]); });
        }
      });
}

}  // namespace aurum::cpu
