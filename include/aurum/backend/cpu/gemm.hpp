#pragma once
// The two inner kernels that all convolutions are made of. Both keep a block of `Rows` x `Vectors` sums in
// registers. A sum's terms are added in one order, whatever block it falls into and wherever the memory lies:
// results depend neither on how a job is cut into pieces nor on the batch around an image.
#include <algorithm>
#include <cstddef>

#include "aurum/backend/cpu/simd.hpp"

namespace aurum::cpu {

/// Output channels of a panel: two vectors.
template <class T>
inline constexpr int panel_width = 2 * lanes<T>;
/// Rows of a full register block: with two vectors each, 16 of 32 registers, or 12 of 16.
#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr int block_rows = 8;
#else
inline constexpr int block_rows = 6;
#endif

/// Steps of the inner loop that panels are fetched ahead.
inline constexpr int prefetch_distance = 16;

template <class T>
constexpr int panels(int channels) {
  return (channels + panel_width<T> - 1) / panel_width<T>;
}
constexpr std::ptrdiff_t round_up(std::ptrdiff_t n, std::ptrdiff_t step) {
  return (n + step - 1) / step * step;
}

namespace detail {

/// c[r] = sum over s < segments and k < depth of a[r * a_stride + s * jump + k] * panel[s * depth + k], for
/// vectors.
template <int Rows, int Vectors, class T>
[[gnu::always_inline]] inline void multiply_block(const T* a, std::ptrdiff_t a_stride, int segments,
                                                  std::ptrdiff_t jump, std::ptrdiff_t depth, const T* panel,
                                                  T* c, std::ptrdiff_t c_stride) {
  Square<Vector<T>, Rows, Vectors> sums;
  unroll<Rows * Vectors>([&](auto i) { sums[i / Vectors][i % Vectors] = Vector<T>(T{0}); });
  for (int s = 0; s < segments; ++s, a += jump - depth)
    for (const T* const end = a + depth; a != end; ++a, panel += panel_width<T>) {
      Line<Vector<T>, Vectors> b;
      unroll<Vectors>([&](auto v) { b[v] = load(panel + v * lanes<T>); });
      __builtin_prefetch(panel + prefetch_distance * panel_width<T>);
      unroll<Rows>([&](auto r) {
        const Vector<T> value(a[r * a_stride]);
        unroll<Vectors>([&](auto v) { sums[r][v] = fma(value, b[v], sums[r][v]); });
      });
    }
  unroll<Rows * Vectors>([&](auto i) {
    store(c + (i / Vectors) * c_stride + (i % Vectors) * lanes<T>, sums[i / Vectors][i % Vectors]);
  });
}

/// c[r] += sum over t < depth of a[t * a_stride + r] * b[t * b_stride ...], for vectors.
template <int Rows, int Vectors, class T>
[[gnu::always_inline]] inline void add_products_block(const T* a, std::ptrdiff_t a_stride, const T* b,
                                                      std::ptrdiff_t b_stride, std::ptrdiff_t depth, T* c,
                                                      std::ptrdiff_t c_stride) {
  Square<Vector<T>, Rows, Vectors> sums;
  unroll<Rows * Vectors>([&](auto i) {
    sums[i / Vectors][i % Vectors] = load(c + (i / Vectors) * c_stride + (i % Vectors) * lanes<T>);
  });
  for (std::ptrdiff_t t = 0; t < depth; ++t, a += a_stride, b += b_stride) {
    Line<Vector<T>, Vectors> right;
    unroll<Vectors>([&](auto v) { right[v] = load(b + v * lanes<T>); });
    unroll<Rows>([&](auto r) {
      const Vector<T> value(a[r]);
      unroll<Vectors>([&](auto v) { sums[r][v] = fma(value, right[v], sums[r][v]); });
    });
  }
  unroll<Rows * Vectors>([&](auto i) {
    store(c + (i / Vectors) * c_stride + (i % Vectors) * lanes<T>, sums[i / Vectors][i % Vectors]);
  });
}

/// The same for `blocks` blocks of rows, one below the other: each call costs a little.
template <int Rows, int Vectors, class T>
[[gnu::noinline]] void multiply_blocks(std::ptrdiff_t blocks, const T* a, std::ptrdiff_t a_stride,
                                       int segments, std::ptrdiff_t jump, std::ptrdiff_t depth,
                                       const T* panel, T* c, std::ptrdiff_t c_stride) {
  for (; blocks > 0; --blocks, a += Rows * a_stride, c += Rows * c_stride)
    multiply_block<Rows, Vectors>(a, a_stride, segments, jump, depth, panel, c, c_stride);
}
template <int Rows, int Vectors, class T>
[[gnu::noinline]] void add_products_blocks(std::ptrdiff_t blocks, const T* a, std::ptrdiff_t a_stride,
                                           const T* b, std::ptrdiff_t b_stride, std::ptrdiff_t depth, T* c,
                                           std::ptrdiff_t c_stride) {
  for (; blocks > 0; --blocks, a += Rows, c += Rows * c_stride)
    add_products_block<Rows, Vectors>(a, a_stride, b, b_stride, depth, c, c_stride);
}

/// Calls f(integral_constant<rows of a block>, first row, blocks) for blocks that cover `count` rows: all
/// full ones, then one of 4, 2, 1.
template <class F>
void for_each_row_block(std::ptrdiff_t count, const F& f) {
  std::ptrdiff_t r = count / block_rows * block_rows;
  if (r > 0) f(std::integral_constant<int, block_rows>{}, 0, r / block_rows);
  for (; r + 4 <= count; r += 4) f(std::integral_constant<int, 4>{}, r, 1);
  for (; r + 2 <= count; r += 2) f(std::integral_constant<int, 2>{}, r, 1);
  for (; r < count; ++r) f(std::integral_constant<int, 1>{}, r, 1);
}

}  // namespace detail

/// c[r][o] = sum over s < segments and k < depth of a[r][s * jump + k] * panel[s * depth + k][o] for `rows`
/// rows and the panel's first `columns` channels; whole vectors of c are written.
template <class T>
void multiply_panel(const T* a, std::ptrdiff_t a_stride, std::ptrdiff_t rows, int segments,
                    std::ptrdiff_t jump, std::ptrdiff_t depth, const T* panel, int columns, T* c,
                    std::ptrdiff_t c_stride) {
  detail::for_each_row_block(rows, [&](auto size, std::ptrdiff_t r, std::ptrdiff_t blocks) {
    constexpr int block = size;
    const T* const from = a + r * a_stride;
    T* const to = c + r * c_stride;
    if (columns > lanes<T>)
      detail::multiply_blocks<block, 2>(blocks, from, a_stride, segments, jump, depth, panel, to, c_stride);
    else
      detail::multiply_blocks<block, 1>(blocks, from, a_stride, segments, jump, depth, panel, to, c_stride);
  });
}

/// c[r][i] += sum over t < depth of a[t][r] * b[t][i] for `rows` rows and `columns` columns; whole vectors of
/// b are read and of c written.
template <class T>
void add_products(const T* a, std::ptrdiff_t a_stride, const T* b, std::ptrdiff_t b_stride,
                  std::ptrdiff_t depth, int rows, int columns, T* c, std::ptrdiff_t c_stride) {
  for (int i = 0; i < columns; i += panel_width<T>)
    detail::for_each_row_block(rows, [&](auto size, std::ptrdiff_t r, std::ptrdiff_t blocks) {
      constexpr int block = size;
      T* const to = c + r * c_stride + i;
      if (columns - i > lanes<T>)
        detail::add_products_blocks<block, 2>(blocks, a + r, a_stride, b + i, b_stride, depth, to, c_stride);
      else
        detail::add_products_blocks<block, 1>(blocks, a + r, a_stride, b + i, b_stride, depth, to, c_stride);
    });
}

}  // namespace aurum::cpu
