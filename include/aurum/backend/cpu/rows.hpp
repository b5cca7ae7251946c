#pragma once
// Pointwise passes over pixels: a row of channels at a time, in loops that the compiler turns into SIMD.
#include <algorithm>
#include <cstddef>

#include "aurum/ops/signal.hpp"

namespace aurum::cpu {

/// Elements that one chunk of a pointwise loop covers, whatever the number of threads.
inline constexpr std::ptrdiff_t chunk_elements = 1 << 15;

/// Number of chunks for `pixels` pixels of `channels` channels, and the pixels of chunk i.
struct PixelChunks {
  std::ptrdiff_t pixels;
  std::ptrdiff_t per_chunk;
  PixelChunks(std::ptrdiff_t pixels_, int channels)
      : pixels{pixels_}, per_chunk{std::max<std::ptrdiff_t>(1, chunk_elements / std::max(channels, 1))} {}
  [[nodiscard]] std::ptrdiff_t count() const { return (pixels + per_chunk - 1) / per_chunk; }
  [[nodiscard]] std::ptrdiff_t first(std::ptrdiff_t chunk) const { return chunk * per_chunk; }
  [[nodiscard]] std::ptrdiff_t last(std::ptrdiff_t chunk) const {
    return std::min(pixels, (chunk + 1) * per_chunk);
  }
};

template <Activation A, class T>
void apply_row(const Signal<T>& s, const T* in, T* out, int channels) {
  if (s.scale != nullptr)
    for (int c = 0; c < channels; ++c) out[c] = activate(A, s.scale[c] * in[c] + s.shift[c]);
  else
    for (int c = 0; c < channels; ++c) out[c] = activate(A, in[c]);
}

/// out[c] = value of the signal whose stored pixel is `in`.
template <class T>
void apply_pixel(const Signal<T>& s, const T* in, T* out, int channels) {
  switch (s.activation) {
    case Activation::none:
      return apply_row<Activation::none>(s, in, out, channels);
    case Activation::relu:
      return apply_row<Activation::relu>(s, in, out, channels);
    case Activation::relu6:
      return apply_row<Activation::relu6>(s, in, out, channels);
  }
}

/// to[c] = or += from[c].
template <class T>
void write_row(bool add, const T* from, T* to, int channels) {
  if (add)
    for (int c = 0; c < channels; ++c) to[c] += from[c];
  else
    for (int c = 0; c < channels; ++c) to[c] = from[c];
}

}  // namespace aurum::cpu
