#pragma once
// Pointwise passes over pixels, a vector of channels at a time.
#include <algorithm>
#include <cstddef>
#include <span>

#include "aurum/backend/cpu/simd.hpp"
#include "aurum/backend/cpu/team.hpp"

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

/// Index of the pixel at row y and column x of image n.
template <class T>
std::ptrdiff_t pixel_of(const View<T>& v, int n, int y, int x) {
  return (static_cast<std::ptrdiff_t>(n) * v.height + y) * v.width + x;
}

/// Reads values of a signal.
template <class T>
class Reader {
 public:
  explicit Reader(const Signal<T>& x) : pending_{x}, plain_{!x.pending()} {}
  /// The value at `channel` and after of the pixel stored at `pixel`.
  template <class Lanes>
  [[gnu::always_inline]] Vector<T> operator()(const T* pixel, int channel, Lanes part) const {
    const Vector<T> stored = load(pixel + channel, part);
    return plain_ ? stored : pending_(stored, channel, part);
  }

 private:
  Pending<T> pending_;
  bool plain_;
};

/// Writes a vector of a pixel's result: the base is added.
template <class T, class Lanes>
[[gnu::always_inline]] inline void put(const Target<T>& y, std::ptrdiff_t pixel, int channel,
                                       const Vector<T>& v, Lanes part) {
  const Vector<T> sum = y.base ? load(y.base.pixel(pixel) + channel, part) + v : v;
  store(y.view.pixel(pixel) + channel, sum, part);
}

/// out[c] = value of the signal whose stored pixel is `in`.
template <class T>
void apply_pixel(const Reader<T>& read, const T* in, T* out, int channels) {
  for_each_vector<T>(channels, [&](int c, auto part) { store(out + c, read(in, c, part), part); });
}

/// to[c] += from[c].
template <class T>
void add_row(const T* from, T* to, int channels) {
  for_each_vector<T>(
      channels, [&](int c, auto part) { store(to + c, load(to + c, part) + load(from + c, part), part); });
}

/// to[i] += the sum of from[s * elements + i] over s < sums, added in order. No sums: nothing.
template <class T>
void add_sums(Team& team, const T* from, std::ptrdiff_t sums, std::ptrdiff_t elements, T* to) {
  if (sums == 0) return;
  const std::ptrdiff_t most = std::max<std::ptrdiff_t>(chunk_elements / sums, 1);
  team.run((elements + most - 1) / most, [&](std::ptrdiff_t chunk) {
    const std::ptrdiff_t first = chunk * most, last = std::min(elements, first + most);
    for_each_vector<T>(static_cast<int>(last - first), [&](int i, auto part) {
      const T* const at = from + first + i;
      Vector<T> total = load(at, part);
      for (std::ptrdiff_t s = 1; s < sums; ++s) total = total + load(at + s * elements, part);
      store(to + first + i, load(to + first + i, part) + total, part);
    });
  });
}

/// Calls f(pixel, first channel, lanes) for all pixels and channels of a batch.
template <class T, class F>
void for_each_pixel(Team& team, const View<const T>& shape, const F& f) {
  const PixelChunks chunks(shape.pixels(), shape.channels);
  team.run(chunks.count(), [&](std::ptrdiff_t i) {
    for (std::ptrdiff_t p = chunks.first(i); p < chunks.last(i); ++p)
      for_each_vector<T>(shape.channels, [&](int c, auto part) { f(p, c, part); });
  });
}

/// Calls f(integral_constant<vectors>, first channel, lanes) for groups of four vectors, then for single
/// ones: loops over pixels inside f read whole cache lines and keep in registers what channels need.
template <class T, class F>
void for_each_vector_group(int channels, const F& f) {
  constexpr int group = 4 * lanes<T>;
  int c = 0;
  for (; c + group <= channels; c += group) f(std::integral_constant<int, 4>{}, c, AllLanes{});
  for_each_vector<T>(channels - c,
                     [&](int rest, auto part) { f(std::integral_constant<int, 1>{}, c + rest, part); });
}

/// y = base + value of x, for pixels [first, last).
template <class T>
void materialise_pixels(const Signal<T>& x, const Target<T>& y, std::ptrdiff_t first, std::ptrdiff_t last) {
  for_each_vector_group<T>(x.data.channels, [&](auto vectors, int c, auto part) {
    constexpr int count = vectors;
    // Copies: a store might change what is reached by address.
    const View<const T> in = x.data;
    const Target<T> to = y;
    const bool mapped = x.scale != nullptr, clipped = x.activation != Activation::none;
    const Clip<T> clip(x.activation);
    Line<Vector<T>, count> scale, shift;
    unroll<count>([&](auto v) {
      scale[v] = mapped ? load(x.scale + c + v * lanes<T>, part) : Vector<T>(T{1});
      shift[v] = mapped ? load(x.shift + c + v * lanes<T>, part) : Vector<T>(T{0});
    });
    for (std::ptrdiff_t p = first; p < last; ++p)
      unroll<count>([&](auto v) {
        const int channel = c + v * lanes<T>;
        Vector<T> value = load(in.pixel(p) + channel, part);
        if (mapped) value = fma(scale[v], value, shift[v]);
        if (clipped) value = clip(value);
        put(to, p, channel, value, part);
      });
  });
}

/// See ops/backend.hpp. A few pixels at a time: what the parts of the first term write is still in the
/// nearest cache when those of the next are added.
template <class T>
void materialise_sum(Team& team, std::span<const Part<T>> parts, const Target<T>& y) {
  constexpr std::ptrdiff_t elements_at_a_time = 1 << 12;
  const int channels = y.view.channels;
  const PixelChunks chunks(y.view.pixels(), channels);
  const std::ptrdiff_t pixels = std::max<std::ptrdiff_t>(1, elements_at_a_time / channels);
  team.run(chunks.count(), [&](std::ptrdiff_t i) {
    for (std::ptrdiff_t p = chunks.first(i); p < chunks.last(i); p += pixels) {
      int covered = 0;
      for (const Part<T>& part : parts) {
        const Target<T> whole = covered < channels ? y : Target<T>::adding(y.view);
        const int width = part.signal.data.channels;
        materialise_pixels(part.signal, whole.slice(part.first, width), p,
                           std::min(p + pixels, chunks.last(i)));
        covered += width;
      }
    }
  });
}

template <class T>
void materialise(Team& team, const Signal<T>& x, const Target<T>& y) {
  const Part<T> all{x};
  materialise_sum<T>(team, {&all, 1}, y);
}

/// 1 where an activation lets gradients through, for its argument `x`; 0 at the kinks.
template <class T>
[[gnu::always_inline]] inline Vector<T> pass_gradient(Activation a, const Vector<T>& x, const Vector<T>& g) {
  const Vector<T> zero(T{0});
  if (a == Activation::none) return g;
  if (a == Activation::relu) return xsimd::select(x > zero, g, zero);
  return xsimd::select((x > zero) && (x < Vector<T>(T{6})), g, zero);
}

template <class T>
void activation_backward(Team& team, const Signal<T>& x, Activation a, const View<const T>& dy,
                         const Target<T>& dx) {
  const Reader<T> read(x);
  for_each_pixel<T>(team, dy, [&](std::ptrdiff_t p, int c, auto part) {
    const Vector<T> g = pass_gradient(a, read(x.data.pixel(p), c, part), load(dy.pixel(p) + c, part));
    put(dx, p, c, g, part);
  });
}

}  // namespace aurum::cpu
