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

  /// to[tap * stride + o] = the filter's values for input channel `i`; zeros from `out` up to `stride`.
  void gather(int i, T* to, std::ptrdiff_t stride) const {
    for (int tap = 0; tap < taps; ++tap, to += stride) {
      if (turned)
        std::copy_n(data + (static_cast<std::ptrdiff_t>(i) * taps + taps - 1 - tap) * out, out, to);
      else
        for (int o = 0; o < out; ++o) to[o] = data[(static_cast<std::ptrdiff_t>(o) * taps + tap) * in + i];
      std::fill(to + out, to + stride, T{0});
    }
  }
};

/// Packs for multiply_panel: [panel][tap][input channel][panel_width].
template <class T>
void pack_direct(Team& team, const Filter<T>& filter, T* packed) {
  const int width = panel_width<T>;
  const std::ptrdiff_t padded = static_cast<std::ptrdiff_t>(panels<T>(filter.out)) * width;
  const std::ptrdiff_t depth = static_cast<std::ptrdiff_t>(filter.taps) * filter.in;
  team.run(filter.in, [&](std::ptrdiff_t i, Scratch& scratch) {
    T* const values = scratch.get<T>(filter.taps * padded);
    filter.gather(static_cast<int>(i), values, padded);
    for (int tap = 0; tap < filter.taps; ++tap)
      for (std::ptrdiff_t o = 0; o < padded; o += width)
        std::copy_n(values + tap * padded + o, width,
                    packed + (o / width * depth + static_cast<std::ptrdiff_t>(tap) * filter.in + i) * width);
  });
}

/// Transforms 3x3 filters and packs them: [(M+2)^2 planes][panel][input channel][panel_width].
template <int M, class T>
void pack_winograd(Team& team, const Filter<T>& filter, T* packed) {
  constexpr int size = M + 2;
  const int width = panel_width<T>;
  const std::ptrdiff_t padded = static_cast<std::ptrdiff_t>(panels<T>(filter.out)) * width;
  using V = Vector<T>;
  constexpr int chunk = 8;
  team.run((filter.in + chunk - 1) / chunk, [&](std::ptrdiff_t n, Scratch& scratch) {
    T* const values = scratch.get<T>(9 * padded);
    for (int i = static_cast<int>(n) * chunk; i < std::min<int>(filter.in, (static_cast<int>(n) + 1) * chunk);
         ++i) {
      filter.gather(i, values, padded);
      for (std::ptrdiff_t o = 0; o < padded; o += lanes<T>) {
        Square<V, 3, 3> taps;
        Square<V, size, size> out;
        unroll<9>([&](auto tap) { taps[tap / 3][tap % 3] = load(values + tap * padded + o); });
        transform_square<3, size, V>(
            taps, out,
            [](const V* g, V* u) __attribute__((always_inline)) { WinogradTransform<M>::filter(g, u); });
        T* const to = packed + (o / width * filter.in + i) * width + o % width;
        unroll<size * size>([&](auto p) { store(to + p * filter.in * padded, out[p / size][p % size]); });
      }
    }
  });
}

}  // namespace aurum::cpu
