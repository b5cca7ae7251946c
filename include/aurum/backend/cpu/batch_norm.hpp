#pragma once
#include <cmath>
#include <cstddef>
#include <vector>

#include "aurum/backend/cpu/rows.hpp"
#include "aurum/backend/cpu/team.hpp"

namespace aurum::cpu {

/// Mean and biased variance per channel. Each chunk of pixels takes its own mean first and then squared
/// distances from it; chunks are joined in order in double (Chan et al. 1983), so nothing cancels and nothing
/// depends on threads.
template <class T>
void batch_norm_statistics(Team& team, const Signal<T>& x, T* mean, T* variance) {
  const int channels = x.data.channels;
  const PixelChunks chunks(x.data.pixels(), channels);
  std::vector<T> moments(static_cast<std::size_t>(chunks.count()) * static_cast<std::size_t>(2 * channels));
  team.run(chunks.count(), [&](std::ptrdiff_t i) {
    T* const sum = moments.data() + i * 2 * channels;
    T* const squares = sum + channels;
    for (std::ptrdiff_t p = chunks.first(i); p < chunks.last(i); ++p) {
      const T* const pixel = x.data.pixel(p);
      for (int c = 0; c < channels; ++c) sum[c] += pixel[c];
    }
    const T count = static_cast<T>(chunks.last(i) - chunks.first(i));
    for (int c = 0; c < channels; ++c) sum[c] /= count;
    for (std::ptrdiff_t p = chunks.first(i); p < chunks.last(i); ++p) {
      const T* const pixel = x.data.pixel(p);
      for (int c = 0; c < channels; ++c) squares[c] += (pixel[c] - sum[c]) * (pixel[c] - sum[c]);
    }
  });
  for (int c = 0; c < channels; ++c) {
    double count = 0, m = 0, squares = 0;
    for (std::ptrdiff_t i = 0; i < chunks.count(); ++i) {
      const auto n = static_cast<double>(chunks.last(i) - chunks.first(i));
      const double delta = static_cast<double>(moments[static_cast<std::size_t>(i * 2 * channels + c)]) - m;
      squares += static_cast<double>(moments[static_cast<std::size_t>(i * 2 * channels + channels + c)]) +
                 delta * delta * count * n / (count + n);
      m += delta * n / (count + n);
      count += n;
    }
    mean[c] = static_cast<T>(m);
    variance[c] = static_cast<T>(squares / count);
  }
}

/// See ops/backend.hpp. dx = a dy + b x + d per channel, with a, b and d from the two sums over all pixels.
template <class T>
void batch_norm_backward(Team& team, const Signal<T>& x, const T* mean, const T* inverse_deviation,
                         const T* weight, const View<const T>& dy, bool training, T* dweight, T* dbias,
                         Target<T> dx) {
  const int channels = x.data.channels;
  const PixelChunks chunks(x.data.pixels(), channels);
  const auto width = static_cast<std::size_t>(channels);
  std::vector<T> partial(static_cast<std::size_t>(chunks.count()) * 2 * width);
  team.run(chunks.count(), [&](std::ptrdiff_t i) {
    T* const sum = partial.data() + i * 2 * channels;
    T* const dot = sum + channels;
    for (std::ptrdiff_t p = chunks.first(i); p < chunks.last(i); ++p) {
      const T* const in = x.data.pixel(p);
      const T* const g = dy.pixel(p);
      for (int c = 0; c < channels; ++c) {
        sum[c] += g[c];
        dot[c] += g[c] * (in[c] - mean[c]);
      }
    }
  });
  std::vector<T> a(width), b(width), d(width);
  const auto count = static_cast<double>(x.data.pixels());
  for (std::size_t c = 0; c < width; ++c) {
    double sum = 0, dot = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(chunks.count()); ++i) {
      sum += static_cast<double>(partial[i * 2 * width + c]);
      dot += static_cast<double>(partial[i * 2 * width + width + c]);
    }
    const auto inverse = static_cast<double>(inverse_deviation[c]);
    if (dweight != nullptr) dweight[c] += static_cast<T>(dot * inverse);
    if (dbias != nullptr) dbias[c] += static_cast<T>(sum);
    const double gain = static_cast<double>(weight[c]) * inverse;
    a[c] = static_cast<T>(gain);
    if (training) {
      const double slope = gain * dot * inverse * inverse / count;
      b[c] = static_cast<T>(-slope);
      d[c] = static_cast<T>(-gain * sum / count + slope * static_cast<double>(mean[c]));
    }
  }
  if (!dx) return;
  team.run(chunks.count(), [&](std::ptrdiff_t i) {
    for (std::ptrdiff_t p = chunks.first(i); p < chunks.last(i); ++p) {
      const T* const in = x.data.pixel(p);
      const T* const g = dy.pixel(p);
      T* const out = dx.view.pixel(p);
      if (dx.add)
        for (std::size_t c = 0; c < width; ++c) out[c] += a[c] * g[c] + (b[c] * in[c] + d[c]);
      else
        for (std::size_t c = 0; c < width; ++c) out[c] = a[c] * g[c] + (b[c] * in[c] + d[c]);
    }
  });
}

}  // namespace aurum::cpu
