#pragma once
#include <cmath>
#include <cstddef>
#include <vector>

#include "aurum/backend/cpu/rows.hpp"

namespace aurum::cpu {

/// Calls f(integral_constant<vectors>, first channel, lanes) for groups of four vectors, then for single
/// ones: loops over pixels inside f read whole cache lines and keep their sums in registers.
template <class T, class F>
void for_each_vector_group(int channels, const F& f) {
  constexpr int group = 4 * lanes<T>;
  int c = 0;
  for (; c + group <= channels; c += group) f(std::integral_constant<int, 4>{}, c, AllLanes{});
  for_each_vector<T>(channels - c,
                     [&](int rest, auto part) { f(std::integral_constant<int, 1>{}, c + rest, part); });
}

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

/// See ops/backend.hpp. dx = a g + b x + d per channel, g being dy past the activation, with a, b and d from
/// two sums over all pixels.
template <class T>
void batch_norm_backward(Team& team, const Signal<T>& x, const BatchNormForward<T>& forward,
                         const View<const T>& dy, T* dweight, T* dbias, const Target<T>& dx) {
  const int channels = x.data.channels;
  const PixelChunks chunks(x.data.pixels(), channels);
  /// dy past the activation, where the batch norm read `in`.
  const auto gradient = [&](const Vector<T>& in, std::ptrdiff_t p, int c, auto part)
      __attribute__((always_inline)) {
    const Vector<T> g = load(dy.pixel(p) + c, part);
    if (forward.activation == Activation::none) return g;
    const Vector<T> value = fma(load(forward.scale + c, part), in, load(forward.shift + c, part));
    return pass_gradient(forward.activation, value, g);
  };
  T* const partial = team.shared<T>((chunks.count() * 2 + 3) * channels);
  team.run(chunks.count(), [&](std::ptrdiff_t i) {
    for_each_vector_group<T>(channels, [&](auto vectors, int c, auto part) {
      constexpr int count = vectors;
      Line<Vector<T>, count> sum, dot, centre;
      unroll<count>([&](auto v) {
        sum[v] = dot[v] = Vector<T>(T{0});
        centre[v] = load(forward.mean + c + v * lanes<T>, part);
      });
      for (std::ptrdiff_t p = chunks.first(i); p < chunks.last(i); ++p)
        unroll<count>([&](auto v) {
          const int channel = c + v * lanes<T>;
          const Vector<T> in = load(x.data.pixel(p) + channel, part);
          const Vector<T> g = gradient(in, p, channel, part);
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
  const auto count = static_cast<double>(x.data.pixels());
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
    const double slope = forward.training ? gain * dot * inverse * inverse / count : 0;
    a[c] = static_cast<T>(gain);
    b[c] = static_cast<T>(-slope);
    d[c] = forward.training
               ? static_cast<T>(-gain * sum / count + slope * static_cast<double>(forward.mean[c]))
               : T{0};
  }
  if (!dx) return;
  for_each_pixel<T>(team, x.data, [&](std::ptrdiff_t p, int c, auto part) {
    const Vector<T> in = load(x.data.pixel(p) + c, part);
    const Vector<T> rest = fma(load(b + c, part), in, load(d + c, part));
    put(dx, p, c, fma(load(a + c, part), gradient(in, p, c, part), rest), part);
  });
}

}  // namespace aurum::cpu
