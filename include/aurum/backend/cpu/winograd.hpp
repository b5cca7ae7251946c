#pragma once
// Winograd's minimal filtering (Lavin and Gray 2016) for 3x3 filters of stride 1: an output tile of M x M
// needs (M+2)^2 products a channel pair instead of 9 M^2, 4 times fewer for M = 4 and 2.25 times for M = 2.
// The transforms in one dimension, over points 0, 1, -1, 2, -2 (M = 4) or 0, 1, -1 (M = 2) and infinity; in
// two dimensions they act on columns, then on rows.
#include "aurum/backend/cpu/simd.hpp"

namespace aurum::cpu {

/// The matrices of F(M, 3). With Y = A^T [(G g) * (B^T d)] for an input d, a filter g and an output Y:
/// input = B^T, filter = G, output = A^T, output_gradient = A, filter_gradient = G^T.
template <int M>
struct WinogradTransform;

template <>
struct WinogradTransform<4> {
  template <class V>
  [[gnu::always_inline]] static void input(const V* d, V* t) {
    using T = typename V::value_type;
    const V a = fma(V(T{-4}), d[2], d[4]), b = fma(V(T{-4}), d[1], d[3]);
    const V c = d[4] - d[2], e = d[3] - d[1];
    t[0] = fma(V(T{4}), d[0], fma(V(T{-5}), d[2], d[4]));
    t[1] = a + b;
    t[2] = a - b;
    t[3] = fma(V(T{2}), e, c);
    t[4] = fma(V(T{-2}), e, c);
    t[5] = fma(V(T{4}), d[1], fma(V(T{-5}), d[3], d[5]));
  }
  template <class V>
  [[gnu::always_inline]] static void filter(const V* g, V* u) {
    using T = typename V::value_type;
    const V ends = g[0] + g[2], far = fma(V(T{4}), g[2], g[0]), twice = g[1] + g[1];
    u[0] = V(T{1} / 4) * g[0];
    u[1] = V(T{-1} / 6) * (ends + g[1]);
    u[2] = V(T{-1} / 6) * (ends - g[1]);
    u[3] = V(T{1} / 24) * (far + twice);
    u[4] = V(T{1} / 24) * (far - twice);
    u[5] = g[2];
  }
  template <class V>
  [[gnu::always_inline]] static void output(const V* m, V* y) {
    using T = typename V::value_type;
    const V s = m[1] + m[2], d = m[1] - m[2], far_s = m[3] + m[4], far_d = m[3] - m[4];
    y[0] = (m[0] + s) + far_s;
    y[1] = fma(V(T{2}), far_d, d);
    y[2] = fma(V(T{4}), far_s, s);
    y[3] = fma(V(T{8}), far_d, d) + m[5];
  }
  template <class V>
  [[gnu::always_inline]] static void output_gradient(const V* y, V* m) {
    using T = typename V::value_type;
    const V even = y[0] + y[2], odd = y[1] + y[3];
    const V far_even = fma(V(T{4}), y[2], y[0]);
    const V far_odd = fma(V(T{8}), y[3], y[1] + y[1]);
    m[0] = y[0];
    m[1] = even + odd;
    m[2] = even - odd;
    m[3] = far_even + far_odd;
    m[4] = far_even - far_odd;
    m[5] = y[3];
  }
  template <class V>
  [[gnu::always_inline]] static void filter_gradient(const V* u, V* g) {
    using T = typename V::value_type;
    const V s = V(T{-1} / 6) * (u[1] + u[2]), d = V(T{-1} / 6) * (u[1] - u[2]);
    const V far_s = u[3] + u[4], far_d = u[3] - u[4];
    g[0] = fma(V(T{1} / 4), u[0], fma(V(T{1} / 24), far_s, s));
    g[1] = fma(V(T{1} / 12), far_d, d);
    g[2] = fma(V(T{1} / 6), far_s, s) + u[5];
  }
};

template <>
struct WinogradTransform<2> {
  template <class V>
  [[gnu::always_inline]] static void input(const V* d, V* t) {
    t[0] = d[0] - d[2];
    t[1] = d[1] + d[2];
    t[2] = d[2] - d[1];
    t[3] = d[1] - d[3];
  }
  template <class V>
  [[gnu::always_inline]] static void filter(const V* g, V* u) {
    using T = typename V::value_type;
    const V ends = g[0] + g[2];
    u[0] = g[0];
    u[1] = V(T{1} / 2) * (ends + g[1]);
    u[2] = V(T{1} / 2) * (ends - g[1]);
    u[3] = g[2];
  }
  template <class V>
  [[gnu::always_inline]] static void output(const V* m, V* y) {
    y[0] = (m[0] + m[1]) + m[2];
    y[1] = (m[1] - m[2]) - m[3];
  }
  template <class V>
  [[gnu::always_inline]] static void output_gradient(const V* y, V* m) {
    m[0] = y[0];
    m[1] = y[0] + y[1];
    m[2] = y[0] - y[1];
    m[3] = -y[1];
  }
  template <class V>
  [[gnu::always_inline]] static void filter_gradient(const V* u, V* g) {
    using T = typename V::value_type;
    const V s = V(T{1} / 2) * (u[1] + u[2]);
    g[0] = u[0] + s;
    g[1] = V(T{1} / 2) * (u[1] - u[2]);
    g[2] = s + u[3];
  }
};

/// A transform in two dimensions, From x From to To x To, of vectors kept as [row][column].
template <int From, int To, class V, class F>
[[gnu::always_inline]] inline void transform_square(const Square<V, From, From>& in, Square<V, To, To>& out,
                                                    const F& f) {
  Square<V, From, To> half;  // [column][row], the columns transformed
  unroll<From>([&](auto column) {
    Line<V, From> line;
    unroll<From>([&](auto row) { line[row] = in[row][column]; });
    f(line, half[column]);
  });
  unroll<To>([&](auto row) {
    Line<V, From> line;
    unroll<From>([&](auto column) { line[column] = half[column][row]; });
    f(line, out[row]);
  });
}

/// The output tiles of a batch, M x M pixels each, counted image by image and row by row.
template <int M>
struct TileGrid {
  int rows;     ///< of tiles in one image
  int columns;  ///< of tiles in one image
  std::ptrdiff_t count;

  TileGrid(int batch, int height, int width)
      : rows{(height + M - 1) / M},
        columns{(width + M - 1) / M},
        count{static_cast<std::ptrdiff_t>(batch) * rows * columns} {}

  /// Tiles side by side.
  struct Run {
    int image, row, column, tiles;
  };
  /// Calls f(run, tiles before it) for the runs that make up tiles [first, last).
  template <class F>
  void for_each_run(std::ptrdiff_t first, std::ptrdiff_t last, const F& f) const {
    for (std::ptrdiff_t t = first; t < last;) {
      const int column = static_cast<int>(t % columns);
      const std::ptrdiff_t line = t / columns;
      const int tiles = static_cast<int>(std::min<std::ptrdiff_t>(columns - column, last - t));
      f(Run{static_cast<int>(line / rows), static_cast<int>(line % rows), column, tiles}, t - first);
      t += tiles;
    }
  }
};

/// Where the transformed tiles of a block lie: [(M+2)^2 planes][tile][channel].
struct Planes {
  std::ptrdiff_t tile;   ///< elements from tile to tile: the channels, rounded up to whole vectors
  std::ptrdiff_t plane;  ///< elements from plane to plane
  /// The extra elements keep the planes of one channel apart in the cache, which would else map all of them
  /// to the same few sets.
  Planes(std::ptrdiff_t channels, std::ptrdiff_t tiles) : tile{channels}, plane{channels * tiles + parting} {}
  static constexpr std::ptrdiff_t parting = 16;
};

}  // namespace aurum::cpu
