#pragma once
// Convolution as matrix products (Eigen) over tiles of output rows: the patches of a tile are gathered into a
// matrix that stays in the cache, with pending batch norm and activation applied on the way. Tiles depend on
// the shapes alone and lie within one image, so an image's output depends neither on the threads nor on its
// batch.
#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "aurum/backend/cpu/rows.hpp"
#include "aurum/backend/cpu/threads.hpp"

namespace aurum::cpu {

template <class T>
using RowMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T>
using StridedMap = Eigen::Map<RowMatrix<T>, 0, Eigen::OuterStride<>>;
template <class T>
using ConstStridedMap = Eigen::Map<const RowMatrix<T>, 0, Eigen::OuterStride<>>;

/// Whether Eigen would leave its blocked matrix product for a vector or coefficient-wise one. Those peel
/// loops by alignment, so their last bit depends on where the memory lies; the blocked one packs its operands
/// first.
constexpr bool too_small_to_block(std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t depth) {
  return rows == 1 || columns == 1 || rows + columns + depth < 20;
}

/// The sum of a[i] * b[i] in a fixed order: sixteen running sums, which SIMD can hold, then those.
template <class T>
T dot(const T* a, const T* b, std::ptrdiff_t count) {
  constexpr std::ptrdiff_t lanes = 16;
  T sums[lanes] = {};
  std::ptrdiff_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (std::ptrdiff_t lane = 0; lane < lanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  for (; i < count; ++i) sums[i % lanes] += a[i] * b[i];
  T total{0};
  for (const T sum : sums) total += sum;
  return total;
}

/// result (+)= a b^T with the same bits wherever the operands lie. All row-major.
template <class T>
void multiply_transposed(const ConstStridedMap<T>& a, const ConstStridedMap<T>& b, bool add,
                         StridedMap<T>& result) {
  if (!too_small_to_block(result.rows(), result.cols(), a.cols())) {
    if (!add) result.setZero();
    result.noalias() += a * b.transpose();
    return;
  }
  for (std::ptrdiff_t r = 0; r < result.rows(); ++r)
    for (std::ptrdiff_t c = 0; c < result.cols(); ++c) {
      const T value = dot(a.data() + r * a.outerStride(), b.data() + c * b.outerStride(), a.cols());
      T& place = result.data()[r * result.outerStride() + c];
      place = add ? place + value : value;
    }
}

/// result += a b (or a^T b) likewise, row by row of b.
template <bool TransposeA, class T>
void multiply_add(const ConstStridedMap<T>& a, const ConstStridedMap<T>& b, StridedMap<T>& result) {
  if (!too_small_to_block(result.rows(), result.cols(), b.rows())) {
    if constexpr (TransposeA)
      result.noalias() += a.transpose() * b;
    else
      result.noalias() += a * b;
    return;
  }
  for (std::ptrdiff_t r = 0; r < result.rows(); ++r)
    for (std::ptrdiff_t k = 0; k < b.rows(); ++k) {
      const T factor = TransposeA ? a.data()[k * a.outerStride() + r] : a.data()[r * a.outerStride() + k];
      const T* const from = b.data() + k * b.outerStride();
      T* const to = result.data() + r * result.outerStride();
      for (std::ptrdiff_t c = 0; c < result.cols(); ++c) to[c] += factor * from[c];
    }
}

/// How an output of `batch` images is cut into tiles of whole rows.
struct Tiles {
  int rows;  ///< of one tile (the last of an image may have fewer)
  int per_image;
  std::ptrdiff_t count;

  Tiles(int batch, int height, int width, int taps) {
    constexpr int patch_elements = 96 * 1024;  // 384 KiB of floats: leaves room for the filter in a 1 MiB L2
    const int pixels = std::max(1, patch_elements / std::max(taps, 1));
    rows = std::clamp(pixels / std::max(width, 1), 1, height);
    per_image = (height + rows - 1) / rows;
    count = static_cast<std::ptrdiff_t>(batch) * per_image;
  }
  struct Tile {
    int image;
    int first;
    int rows;
  };
  [[nodiscard]] Tile at(std::ptrdiff_t i, int height) const {
    const int first = static_cast<int>(i % per_image) * rows;
    return {static_cast<int>(i / per_image), first, std::min(rows, height - first)};
  }
};

/// Memory of the calling thread that grows and stays.
template <class T, int Slot>
T* scratch(std::ptrdiff_t count) {
  thread_local std::vector<T> memory;
  if (static_cast<std::ptrdiff_t>(memory.size()) < count) memory.resize(static_cast<std::size_t>(count));
  return memory.data();
}

/// Gathers the patches of output rows [first, first + rows) of one image: one row per output pixel, k x k x
/// C_in values; zeros outside the image. The input rows are first copied into a padded strip, with pending
/// work applied once a pixel; a patch is then k plain copies.
template <class T>
void gather_patches(Window w, const Signal<T>& x, int image, int first, int rows, int out_width, T* patches) {
  const View<const T>& in = x.data;
  const int channels = in.channels;
  const std::ptrdiff_t pitch = static_cast<std::ptrdiff_t>(in.width + 2 * w.padding) * channels;
  const int strip_rows = (rows - 1) * w.stride + w.kernel;
  T* const strip = scratch<T, 1>(strip_rows * pitch);
  for (int r = 0; r < strip_rows; ++r) {
    T* to = strip + r * pitch;
    const int iy = first * w.stride - w.padding + r;
    if (iy < 0 || iy >= in.height) {
      std::fill(to, to + pitch, T{0});
      continue;
    }
    std::fill(to, to + w.padding * channels, T{0});
    to += w.padding * channels;
    const T* from = &in.at(image, iy, 0, 0);
    if (!x.pending() && in.contiguous())
      to = std::copy(from, from + static_cast<std::ptrdiff_t>(in.width) * channels, to);
    else
      for (int ix = 0; ix < in.width; ++ix, from += in.pixel_stride, to += channels)
        apply_pixel(x, from, to, channels);
    std::fill(to, strip + (r + 1) * pitch, T{0});
  }
  const std::ptrdiff_t run = static_cast<std::ptrdiff_t>(w.kernel) * channels;
  for (int r = 0; r < rows; ++r)
    for (int ox = 0; ox < out_width; ++ox)
      for (int ky = 0; ky < w.kernel; ++ky, patches += run)
        std::memcpy(
            patches,
            strip + (r * w.stride + ky) * pitch + static_cast<std::ptrdiff_t>(ox) * w.stride * channels,
            sizeof(T) * static_cast<std::size_t>(run));
}

/// A tile's patches as a matrix: the input itself for a 1x1 convolution with nothing pending, gathered
/// otherwise.
template <class T>
ConstStridedMap<T> patches_of(Window w, const Signal<T>& x, Tiles::Tile tile, int out_width) {
  const int taps = w.kernel * w.kernel * x.data.channels;
  const int pixels = tile.rows * out_width;
  if (w.kernel == 1 && w.stride == 1 && w.padding == 0 && !x.pending())
    return {&x.data.at(tile.image, tile.first, 0, 0), pixels, taps,
            Eigen::OuterStride<>(x.data.pixel_stride)};
  T* const memory = scratch<T, 0>(static_cast<std::ptrdiff_t>(pixels) * taps);
  gather_patches(w, x, tile.image, tile.first, tile.rows, out_width, memory);
  return {memory, pixels, taps, Eigen::OuterStride<>(taps)};
}

template <class T>
void convolution_forward(Threads& threads, Window w, const Signal<T>& x, const T* filter, const T* bias,
                         Target<T> y) {
  const View<T>& out = y.view;
  const int taps = w.kernel * w.kernel * x.data.channels;
  const Tiles tiles(out.batch, out.height, out.width, taps);
  const ConstStridedMap<T> weights(filter, out.channels, taps, Eigen::OuterStride<>(taps));
  threads.run(tiles.count, [&](std::ptrdiff_t i) {
    const auto tile = tiles.at(i, out.height);
    const auto patches = patches_of(w, x, tile, out.width);
    StridedMap<T> result(&out.at(tile.image, tile.first, 0, 0), tile.rows * out.width, out.channels,
                         Eigen::OuterStride<>(out.pixel_stride));
    multiply_transposed(patches, weights, y.add, result);
    if (bias != nullptr)
      result.rowwise() += Eigen::Map<const Eigen::Matrix<T, 1, Eigen::Dynamic>>(bias, out.channels);
  });
}

/// The gradient with respect to the input. Stride 1: a convolution of dy with the filter turned by 180
/// degrees and its channels exchanged. Other strides: each image's patches of gradients are scattered back.
template <class T>
void convolution_backward_data(Threads& threads, Window w, const View<const T>& dy, const T* filter,
                               Target<T> dx) {
  const View<T>& in = dx.view;
  const int taps = w.kernel * w.kernel;
  if (w.stride == 1 && w.padding < w.kernel) {
    std::vector<T> turned(static_cast<std::size_t>(taps) *
                          static_cast<std::size_t>(dy.channels * in.channels));
    for (int o = 0; o < dy.channels; ++o)
      for (int tap = 0; tap < taps; ++tap)
        for (int i = 0; i < in.channels; ++i)
          turned[static_cast<std::size_t>((i * taps + taps - 1 - tap) * dy.channels + o)] =
              filter[(o * taps + tap) * in.channels + i];
    convolution_forward<T>(threads, {w.kernel, 1, w.kernel - 1 - w.padding}, Signal<T>{dy}, turned.data(),
                           nullptr, dx);
    return;
  }
  const ConstStridedMap<T> weights(filter, dy.channels, taps * in.channels,
                                   Eigen::OuterStride<>(taps * in.channels));
  threads.run(in.batch, [&](std::ptrdiff_t n) {
    const int image = static_cast<int>(n);
    if (!dx.add)
      for (std::ptrdiff_t p = 0; p < static_cast<std::ptrdiff_t>(in.height) * in.width; ++p)
        std::fill_n(&in.at(image, 0, 0, 0) + p * in.pixel_stride, in.channels, T{0});
    T* const memory = scratch<T, 2>(static_cast<std::ptrdiff_t>(dy.width) * taps * in.channels);
    StridedMap<T> patches(memory, dy.width, taps * in.channels, Eigen::OuterStride<>(taps * in.channels));
    for (int oy = 0; oy < dy.height; ++oy) {
      const ConstStridedMap<T> row(&dy.at(image, oy, 0, 0), dy.width, dy.channels,
                                   Eigen::OuterStride<>(dy.pixel_stride));
      patches.setZero();
      multiply_add<false>(row, weights, patches);
      const T* from = memory;
      for (int ox = 0; ox < dy.width; ++ox)
        for (int ky = 0; ky < w.kernel; ++ky)
          for (int kx = 0; kx < w.kernel; ++kx, from += in.channels) {
            const int iy = oy * w.stride - w.padding + ky, ix = ox * w.stride - w.padding + kx;
            if (iy < 0 || iy >= in.height || ix < 0 || ix >= in.width) continue;
            write_row(true, from, &in.at(image, iy, ix, 0), in.channels);
          }
    }
  });
}

/// Adds the gradients of filter and bias. Tiles are dealt to a fixed number of partial sums, which are then
/// added in order, so the result has the same bits for any number of threads.
template <class T>
void convolution_backward_filter(Threads& threads, Window w, const Signal<T>& x, const View<const T>& dy,
                                 T* dfilter, T* dbias) {
  const int taps = w.kernel * w.kernel * x.data.channels;
  const Tiles tiles(dy.batch, dy.height, dy.width, taps);
  constexpr std::ptrdiff_t most_sums = 8;
  const std::ptrdiff_t sums = std::min(tiles.count, most_sums);
  const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(dy.channels) * taps;
  std::vector<T> partial(static_cast<std::size_t>(sums * (size + dy.channels)));
  threads.run(sums, [&](std::ptrdiff_t s) {
    T* const memory = partial.data() + s * (size + dy.channels);
    StridedMap<T> filter(memory, dy.channels, taps, Eigen::OuterStride<>(taps));
    for (std::ptrdiff_t i = s * tiles.count / sums; i < (s + 1) * tiles.count / sums; ++i) {
      const auto tile = tiles.at(i, dy.height);
      const auto patches = patches_of(w, x, tile, dy.width);
      const ConstStridedMap<T> gradient(&dy.at(tile.image, tile.first, 0, 0), tile.rows * dy.width,
                                        dy.channels, Eigen::OuterStride<>(dy.pixel_stride));
      multiply_add<true>(gradient, patches, filter);
      if (dbias == nullptr) continue;
      for (std::ptrdiff_t p = 0; p < gradient.rows(); ++p)
        write_row(true, gradient.data() + p * gradient.outerStride(), memory + size, dy.channels);
    }
  });
  for (std::ptrdiff_t s = 0; s < sums; ++s) {
    const T* const memory = partial.data() + s * (size + dy.channels);
    for (std::ptrdiff_t i = 0; i < size; ++i) dfilter[i] += memory[i];
    if (dbias != nullptr)
      for (int o = 0; o < dy.channels; ++o) dbias[o] += memory[size + o];
  }
}

}  // namespace aurum::cpu
