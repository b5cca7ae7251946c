#pragma once
// The input of direct convolution: rows of one image with their padding, what is pending applied, so that a
// window's row is one run of memory.
#include <cstddef>

#include "aurum/backend/cpu/rows.hpp"
#include "aurum/backend/cpu/simd.hpp"

namespace aurum::cpu {

/// How an output of `batch` images is cut into strips of whole rows of one image.
struct Strips {
  int rows;  ///< of one strip (the last of an image may have fewer)
  int per_image;
  std::ptrdiff_t count;

  /// Strips of an output of `width` x `height` pixels, each worth about `pixels`.
  Strips(int batch, int height, int width, int pixels)
      : rows{std::clamp(pixels / std::max(width, 1), 1, height)},
        per_image{(height + rows - 1) / rows},
        count{static_cast<std::ptrdiff_t>(batch) * per_image} {}
  struct Strip {
    int image, first, rows;
  };
  [[nodiscard]] Strip at(std::ptrdiff_t i, int height) const {
    const int first = static_cast<int>(i % per_image) * rows;
    return {static_cast<int>(i / per_image), first, std::min(rows, height - first)};
  }
};

/// Elements from row to row of a strip.
template <class T>
std::ptrdiff_t strip_pitch(Window w, const View<const T>& in) {
  return static_cast<std::ptrdiff_t>(in.width + 2 * w.padding) * in.channels;
}
/// Elements of a strip for `rows` output rows; whole vectors may be read from any of its pixels.
template <class T>
std::ptrdiff_t strip_size(Window w, const View<const T>& in, int rows) {
  return ((rows - 1) * w.stride + w.kernel) * strip_pitch(w, in) + 2 * lanes<T>;
}

/// Copies what output rows [first, first + rows) of an image read.
template <class T>
void gather_strip(Window w, const Signal<T>& x, const Strips::Strip& strip, T* to) {
  const View<const T>& in = x.data;
  const Reader<T> read(x);
  const int channels = in.channels, rows = (strip.rows - 1) * w.stride + w.kernel;
  const std::ptrdiff_t edge = static_cast<std::ptrdiff_t>(w.padding) * channels;
  for (int r = 0; r < rows; ++r) {
    const int y = strip.first * w.stride - w.padding + r;
    if (y < 0 || y >= in.height) {
      to = std::fill_n(to, strip_pitch(w, in), T{0});
      continue;
    }
    to = std::fill_n(to, edge, T{0});
    const T* from = &in.at(strip.image, y, 0, 0);
    if (!x.pending() && in.contiguous())
      to = std::copy_n(from, static_cast<std::ptrdiff_t>(in.width) * channels, to);
    else
      for (int c = 0; c < in.width; ++c, from += in.pixel_stride, to += channels)
        apply_pixel(read, from, to, channels);
    to = std::fill_n(to, edge, T{0});
  }
  std::fill_n(to, 2 * lanes<T>, T{0});
}

}  // namespace aurum::cpu
