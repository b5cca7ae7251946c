#pragma once
#include <cmath>
#include <cstddef>
#include <vector>

#include "aurum/backend/cpu/rows.hpp"

namespace aurum::cpu {

/// Mean and biased variance per channel. Each chunk of pixels takes its own mean first and then squared
/// distances from it; chunks are joined in order in double (Chan et al. 1983), so nothing cancels and nothing
/// depends on threads.
template <class T>
void batch_norm_statistics(Team& team, const Signal<T>& x, T* mean, T* variance) {
  const int channels = x.data.channels;
  const PixelChunks chunks(x.data.pixels(), channels);
  T* const moments = team.shared<T>(chunks.count() * 2 * channels);
  team.run(chunks.count(), [&](std::ptrdiff_t i) {
    const std::ptrdiff_t first = chunks.first(i), last = chunks.last(i);
    const Vector<T> share(T{1} / static_cast<T>(last - first));
    for_each_vector_group<T>(channels, [&](auto vectors, int c, auto part) {
      constexpr int count = vectors;
      Line<Vector<T>, count> sum, squares;
      unroll<count>([&](auto v) { sum[v] = squares[v] = Vector<T>(T{0}); });
      for (std::ptrdiff_t p = first; p < last; ++p)
        unroll<count>([&](auto v) { sum[v] = sum[v] + load(x.data.pixel(p) + c + v * lanes<T>, part); });
      unroll<count>([&](auto v) { sum[v] = sum[v] * share; });
      for (std::ptrdiff_t p = first; p < last; ++p)
        unroll<count>([&](auto v) {
          const Vector<T> d = load(x.data.pixel(p) + c + v * lanes<T>, part) - sum[v];
          squares[v] = fma(d, d, squares[v]);
        });
      T* const to = moments + i * 2 * channels + c;
      unroll<count>([&](auto v) {
        store(to + v * lanes<T>, sum[v], part);
        store(to + channels + v * lanes<T>, squares[v], part);
      });
    });
  });
  for (int c = 0; c < channels; ++c) {
    double count = 0, m = 0, squares = 0;
    for (std::ptrdiff_t i = 0; i < chunks.count(); ++i) {
      const auto n = static_cast<double>(chunks.last(i) - chunks.first(i));
      const T* const moment = moments + i * 2 * channels + c;
      const double delta = static_cast<double>(moment[0]) - m;
      squares += static_cast<double>(moment[channels]) + delta * delta * count * n / (count + n);
      m += delta * n / (count + n);
      count += n;
    }
    mean[c] = static_cast<T>(m);
    variance[c] = static_cast<T>(squares / count);
  }
}

/// The gradient past the activation that follows a batch norm, for a group of vectors of channels.
template <class T, int Vectors>
struct PastActivation {
  Activation activation;
  Line<Vector<T>, Vectors> scale, shift;

  template <class Lanes>
  [[gnu::always_inline]] PastActivation(const BatchNormForward<T>& forward, int c, Lanes part)
      : activation{forward.activation} {
    unroll<Vectors>([&](auto v) {
      scale[v] = load(forward.scale + c + v * lanes<T>, part);
      shift[v] = load(forward.shift + c + v * lanes<T>, part);
    });
  }
  /// Of vector v, where the batch norm read `in` and the gradient of the activated value is `g`.
  template <class Index>
  [[gnu::always_inline]] Vector<T> operator()(Index v, const Vector<T>& in, const Vector<T>& g) const {
    return activation == Activation::none ? g : pass_gradient(activation, fma(scale[v], in, shift[v]), g);
  }
};

/// See ops/backend.hpp. dx = a g + b x + d per channel, g being dy past the activation, with a, b and d from
/// two sums over all pixels.
template <class T>
void batch_norm_backward(Team& team, const Signal<T>& x, const BatchNormForward<T>& forward,
                         const View<const T>& dy, T* dweight, T* dbias, const Target<T>& dx) {
  const int channels = x.data.channels;
  const PixelChunks chunks(x.data.pixels(), channels);
  T* const partial = team.shared<T>((chunks.count() * 2 + 3) * channels);
  team.run(chunks.count(), [&](std::ptrdiff_t i) {
    for_each_vector_group<T>(channels, [&](auto vectors, int c, auto part) {
      constexpr int count = vectors;
      const PastActivation<T, count> past(forward, c, part);
      Line<Vector<T>, count> sum, dot, centre;
      unroll<count>([&](auto v) {
        sum[v] = dot[v] = Vector<T>(T{0});
        centre[v] = load(forward.mean + c + v * lanes<T>, part);
      });
      for (std::ptrdiff_t p = chunks.first(i); p < chunks.last(i); ++p)
        unroll<count>([&](auto v) {
          const int channel = c + v * lanes<T>;
          const Vector<T> in = load(x.data.pixel(p) + channel, part);
          const Vector<T> g = past(v, in, load(dy.pixel(p) + channel, part));
          sum[v] = sum[v] + g;
          dot[v] = fma(g, in - centre[v], dot[v]);
        });
      T* const to = partial + i * 2 * channels + c;
      unroll<count>([&](auto v) {
        store(to + v * lanes<T>, sum[v], part);
        store(to + channels + v * lanes<T>, dot[v], part);
      });
    });
  });
  T *const a = partial + chunks.count() * 2 * channels, *const b = a + channels, *const d = b + channels;
  const auto pixels = static_cast<double>(x.data.pixels());
  for (int c = 0; c < channels; ++c) {
    double sum = 0, dot = 0;
    for (std::ptrdiff_t i = 0; i < chunks.count(); ++i) {
      sum += static_cast<double>(partial[i * 2 * channels + c]);
      dot += static_cast<double>(partial[i * 2 * channels + channels + c]);
    }
    const auto inverse = static_cast<double>(forward.inverse_deviation[c]);
    if (dweight != nullptr) dweight[c] += static_cast<T>(dot * inverse);
    if (dbias != nullptr) dbias[c] += static_cast<T>(sum);
    const double gain = static_cast<double>(forward.weight[c]) * inverse;
    const double slope = forward.training ? gain * dot * inverse * inverse / pixels : 0;
    a[c] = static_cast<T>(gain);
    b[c] = static_cast<T>(-slope);
    d[c] = forward.training
               ? static_cast<T>(-gain * sum / pixels + slope * static_cast<double>(forward.mean[c]))
               : T{0};
  }
  if (!dx) return;
  team.run(chunks.count(), [&](std::ptrdiff_t i) {
    for_each_vector_group<T>(channels, [&](auto vectors, int c, auto part) {
      constexpr int count = vectors;
      const View<const T> in = x.data, by = dy;  // copies, as in materialise_pixels
      const Target<T> to = dx;
      const PastActivation<T, count> past(forward, c, part);
      Line<Vector<T>, count> by_gradient, by_input, always;
      unroll<count>([&](auto v) {
        by_gradient[v] = load(a + c + v * lanes<T>, part);
        by_input[v] = load(b + c + v * lanes<T>, part);
        always[v] = load(d + c + v * lanes<T>, part);
      });
      for (std::ptrdiff_t p = chunks.first(i); p < chunks.last(i); ++p)
        unroll<count>([&](auto v) {
          const int channel = c + v * lanes<T>;
          const Vector<T> value = load(in.pixel(p) + channel, part);
          const Vector<T> g = past(v, value, load(by.pixel(p) + channel, part));
          put(to, p, channel, fma(by_gradient[v], g, fma(by_input[v], value, always[v])), part);
        });
    });
  });
}

}  // namespace aurum::cpu
