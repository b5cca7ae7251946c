#pragma once
// Pooling and upsampling: one task per image row, all channels of a pixel at a time.
#include <algorithm>
#include <cstddef>
#include <vector>

#include "aurum/backend/cpu/rows.hpp"
#include "aurum/backend/cpu/team.hpp"
#include "aurum/ops/pointwise/resample.hpp"

namespace aurum::cpu {

/// Calls f(image, row) for every row of a batch.
template <class F>
void for_each_row(Team& team, int batch, int height, const F& f) {
  team.run(static_cast<std::ptrdiff_t>(batch) * height,
           [&](std::ptrdiff_t i) { f(static_cast<int>(i / height), static_cast<int>(i % height)); });
}

/// The part of window `w` at output (oy, ox) that lies inside an input: rows [y0, y1), columns [x0, x1).
struct Clipped {
  int y0, y1, x0, x1;
  Clipped(Window w, int oy, int ox, int height, int width)
      : y0{std::max(0, oy * w.stride - w.padding)},
        y1{std::min(height, oy * w.stride - w.padding + w.kernel)},
        x0{std::max(0, ox * w.stride - w.padding)},
        x1{std::min(width, ox * w.stride - w.padding + w.kernel)} {}
};

/// Memory of one pixel's channels.
template <class T>
struct PixelScratch {
  explicit PixelScratch(int channels) : memory(static_cast<std::size_t>(channels)) {}
  std::vector<T> memory;
  T* data() { return memory.data(); }
};

template <class T>
void max_pool(Team& team, Window w, const Signal<T>& x, Target<T> y) {
  const View<const T>& in = x.data;
  for_each_row(team, in.batch, y.view.height, [&](int n, int oy) {
    PixelScratch<T> value(in.channels), maximum(in.channels);
    T *const v = value.data(), *const m = maximum.data();
    for (int ox = 0; ox < y.view.width; ++ox) {
      const Clipped part(w, oy, ox, in.height, in.width);
      apply_pixel(x, &in.at(n, part.y0, part.x0, 0), m, in.channels);
      for (int iy = part.y0; iy < part.y1; ++iy)
        for (int ix = part.x0; ix < part.x1; ++ix) {
          apply_pixel(x, &in.at(n, iy, ix, 0), v, in.channels);
          for (int c = 0; c < in.channels; ++c) m[c] = v[c] > m[c] || v[c] != v[c] ? v[c] : m[c];
        }
      write_row(y.add, m, &y.view.at(n, oy, ox, 0), in.channels);
    }
  });
}

/// Windows side by side: each output row owns its input rows, all channels of a window are searched at once.
template <class T>
void max_pool_backward_apart(Team& team, Window w, const Signal<T>& x, const View<const T>& dy,
                             Target<T> dx) {
  const View<const T>& in = x.data;
  const int rest = in.height > dy.height * w.stride ? 1 : 0;  // rows that no window covers
  for_each_row(team, in.batch, dy.height + rest, [&](int n, int oy) {
    if (!dx.add)
      for (int iy = oy * w.stride; iy < std::min(in.height, (oy + 1) * w.stride); ++iy)
        for (int ix = 0; ix < in.width; ++ix) std::fill_n(&dx.view.at(n, iy, ix, 0), in.channels, T{0});
    if (oy >= dy.height) return;
    PixelScratch<T> value(in.channels), maximum(in.channels);
    PixelScratch<int> where(in.channels);
    T *const v = value.data(), *const m = maximum.data();
    int* const best = where.data();
    for (int ox = 0; ox < dy.width; ++ox) {
      const int taps = w.kernel * w.kernel;
      for (int k = 0; k < taps; ++k) {
        apply_pixel(x, &in.at(n, oy * w.stride + k / w.kernel, ox * w.stride + k % w.kernel, 0), v,
                    in.channels);
        for (int c = 0; c < in.channels; ++c) {
          const bool wins = k == 0 || v[c] > m[c] || (v[c] != v[c] && m[c] == m[c]);
          m[c] = wins ? v[c] : m[c];
          best[c] = wins ? k : best[c];
        }
      }
      const T* const g = &dy.at(n, oy, ox, 0);
      for (int k = 0; k < taps; ++k) {
        T* const out = &dx.view.at(n, oy * w.stride + k / w.kernel, ox * w.stride + k % w.kernel, 0);
        for (int c = 0; c < in.channels; ++c) out[c] += best[c] == k ? g[c] : T{0};
      }
    }
  });
}

/// Every input pixel gathers from the windows that cover it, so rows can be shared out freely.
template <class T>
void max_pool_backward(Team& team, Window w, const Signal<T>& x, const View<const T>& dy, Target<T> dx) {
  const View<const T>& in = x.data;
  if (w.stride == w.kernel && w.padding == 0) return max_pool_backward_apart(team, w, x, dy, dx);
  for_each_row(team, in.batch, in.height, [&](int n, int iy) {
    const auto rows = pointwise::covering_windows(iy, w, dy.height);
    for (int ix = 0; ix < in.width; ++ix) {
      const auto columns = pointwise::covering_windows(ix, w, dy.width);
      for (int c = 0; c < in.channels; ++c) {
        T sum{0};
        for (int oy = rows.first; oy < rows.last; ++oy)
          for (int ox = columns.first; ox < columns.last; ++ox) {
            const auto place = pointwise::first_maximum(x, w, n, oy, ox, c);
            if (place.y == iy && place.x == ix) sum += dy.at(n, oy, ox, c);
          }
        T& out = dx.view.at(n, iy, ix, c);
        out = dx.add ? out + sum : sum;
      }
    }
  });
}

template <class T>
void average_pool(Team& team, Window w, const Signal<T>& x, Target<T> y) {
  const View<const T>& in = x.data;
  const T share = T{1} / static_cast<T>(w.kernel * w.kernel);
  for_each_row(team, in.batch, y.view.height, [&](int n, int oy) {
    PixelScratch<T> value(in.channels), sum(in.channels);
    T *const v = value.data(), *const s = sum.data();
    for (int ox = 0; ox < y.view.width; ++ox) {
      const Clipped part(w, oy, ox, in.height, in.width);
      std::fill_n(s, in.channels, T{0});
      for (int iy = part.y0; iy < part.y1; ++iy)
        for (int ix = part.x0; ix < part.x1; ++ix) {
          apply_pixel(x, &in.at(n, iy, ix, 0), v, in.channels);
          for (int c = 0; c < in.channels; ++c) s[c] += v[c];
        }
      for (int c = 0; c < in.channels; ++c) s[c] *= share;
      write_row(y.add, s, &y.view.at(n, oy, ox, 0), in.channels);
    }
  });
}

template <class T>
void average_pool_backward(Team& team, Window w, const View<const T>& dy, Target<T> dx) {
  const T share = T{1} / static_cast<T>(w.kernel * w.kernel);
  for_each_row(team, dx.view.batch, dx.view.height, [&](int n, int iy) {
    PixelScratch<T> sum(dy.channels);
    T* const s = sum.data();
    const auto rows = pointwise::covering_windows(iy, w, dy.height);
    for (int ix = 0; ix < dx.view.width; ++ix) {
      const auto columns = pointwise::covering_windows(ix, w, dy.width);
      std::fill_n(s, dy.channels, T{0});
      for (int oy = rows.first; oy < rows.last; ++oy)
        for (int ox = columns.first; ox < columns.last; ++ox) {
          const T* const g = &dy.at(n, oy, ox, 0);
          for (int c = 0; c < dy.channels; ++c) s[c] += share * g[c];
        }
      write_row(dx.add, s, &dx.view.at(n, iy, ix, 0), dy.channels);
    }
  });
}

/// Rows of an enlarged picture are mixed from at most four pixels each.
template <class T>
void upsample(Team& team, int factor, Interpolation mode, const Signal<T>& x, Target<T> y) {
  const View<const T>& in = x.data;
  for_each_row(team, in.batch, y.view.height, [&](int n, int oy) {
    PixelScratch<T> value(in.channels), sum(in.channels);
    T *const v = value.data(), *const s = sum.data();
    const auto rows = pointwise::bilinear_neighbours<T>(oy, factor, in.height);
    for (int ox = 0; ox < y.view.width; ++ox) {
      T* const out = &y.view.at(n, oy, ox, 0);
      if (mode == Interpolation::nearest) {
        apply_pixel(x, &in.at(n, oy / factor, ox / factor, 0), v, in.channels);
        write_row(y.add, v, out, in.channels);
        continue;
      }
      const auto columns = pointwise::bilinear_neighbours<T>(ox, factor, in.width);
      std::fill_n(s, in.channels, T{0});
      const auto mix = [&](int iy, int ix, T weight) {
        if (weight == T{0}) return;
        apply_pixel(x, &in.at(n, iy, ix, 0), v, in.channels);
        for (int c = 0; c < in.channels; ++c) s[c] += weight * v[c];
      };
      mix(rows.first, columns.first, (T{1} - rows.weight) * (T{1} - columns.weight));
      mix(rows.first, columns.second, (T{1} - rows.weight) * columns.weight);
      mix(rows.second, columns.first, rows.weight * (T{1} - columns.weight));
      mix(rows.second, columns.second, rows.weight * columns.weight);
      write_row(y.add, s, out, in.channels);
    }
  });
}

template <class T>
void upsample_backward(Team& team, int factor, Interpolation mode, const View<const T>& dy, Target<T> dx) {
  const int channels = dy.channels, height = dx.view.height, width = dx.view.width;
  const bool nearest = mode == Interpolation::nearest;
  const auto weight = [&](int o, int i, int size) {
    return nearest ? T(o / factor == i) : pointwise::bilinear_weight<T>(o, i, factor, size);
  };
  for_each_row(team, dx.view.batch, height, [&](int n, int iy) {
    PixelScratch<T> sum(channels);
    T* const s = sum.data();
    for (int ix = 0; ix < width; ++ix) {
      std::fill_n(s, channels, T{0});
      for (int oy = std::max(0, (iy - 1) * factor); oy < std::min(dy.height, (iy + 2) * factor); ++oy) {
        const T v = weight(oy, iy, height);
        if (v == T{0}) continue;
        for (int ox = std::max(0, (ix - 1) * factor); ox < std::min(dy.width, (ix + 2) * factor); ++ox) {
          const T h = v * weight(ox, ix, width);
          if (h == T{0}) continue;
          const T* const g = &dy.at(n, oy, ox, 0);
          for (int c = 0; c < channels; ++c) s[c] += h * g[c];
        }
      }
      write_row(dx.add, s, &dx.view.at(n, iy, ix, 0), channels);
    }
  });
}

}  // namespace aurum::cpu
