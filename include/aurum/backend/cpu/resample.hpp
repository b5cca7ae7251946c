#pragma once
// Pooling and upsampling: one task per image row, a vector of channels of a pixel at a time.
#include <algorithm>
#include <cstddef>

#include "aurum/backend/cpu/rows.hpp"
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

  /// Calls f(row, column) for each pixel.
  template <class F>
  void for_each(const F& f) const {
    for (int y = y0; y < y1; ++y)
      for (int x = x0; x < x1; ++x) f(y, x);
  }
};

/// Places in windows, a byte each, from and to vectors.
template <class T, class Lanes>
[[gnu::always_inline]] inline Vector<T> load_places(const WindowPlace* from, Lanes part) {
  alignas(Vector<T>) Line<T, lanes<T>> memory = {};
  for (int i = 0; i < count_of<T>(part); ++i) memory[i] = static_cast<T>(from[i]);
  return Vector<T>::load_aligned(memory);
}
template <class T, class Lanes>
[[gnu::always_inline]] inline void store_places(WindowPlace* to, const Vector<T>& places, Lanes part) {
  alignas(Vector<T>) Line<T, lanes<T>> memory;
  places.store_aligned(memory);
  for (int i = 0; i < count_of<T>(part); ++i) to[i] = static_cast<WindowPlace>(memory[i]);
}

/// `places`: null where nobody goes back.
template <class T>
void max_pool(Team& team, Window w, const Signal<T>& x, const Target<T>& y, const View<WindowPlace>& places) {
  const View<const T>& in = x.data;
  const Reader<T> read(x);
  for_each_row(team, in.batch, y.view.height, [&](int n, int oy) {
    for (int ox = 0; ox < y.view.width; ++ox) {
      const Clipped window(w, oy, ox, in.height, in.width);
      const int top = oy * w.stride - w.padding, left = ox * w.stride - w.padding;
      for_each_vector<T>(in.channels, [&](int c, auto part) {
        Vector<T> maximum = read(&in.at(n, window.y0, window.x0, 0), c, part);
        Vector<T> best(static_cast<T>((window.y0 - top) * w.kernel + window.x0 - left));
        window.for_each([&](int iy, int ix) {
          const Vector<T> v = read(&in.at(n, iy, ix, 0), c, part);
          const auto wins = (v > maximum) || ((v != v) && (maximum == maximum));  // a NaN wins and stays
          maximum = xsimd::select(wins, v, maximum);
          best = xsimd::select(wins, Vector<T>(static_cast<T>((iy - top) * w.kernel + ix - left)), best);
        });
        put(y, pixel_of(y.view, n, oy, ox), c, maximum, part);
        if (places.data != nullptr) store_places<T>(&places.at(n, oy, ox, c), best, part);
      });
    }
  });
}

/// Back through windows that stand side by side and cover all pixels: each gives to its own.
template <class T>
void tiled_max_pool_backward(Team& team, int side, const View<const WindowPlace>& places,
                             const View<const T>& dy, const Target<T>& dx) {
  for_each_row(team, dy.batch, dy.height, [&](int n, int oy) {
    for (int ox = 0; ox < dy.width; ++ox) {
      const std::ptrdiff_t corner = pixel_of(dx.view, n, oy * side, ox * side);
      for_each_vector<T>(dy.channels, [&](int c, auto part) {
        const Vector<T> place = load_places<T>(&places.at(n, oy, ox, c), part);
        const Vector<T> g = load(&dy.at(n, oy, ox, c), part), zero(T{0});
        for (int k = 0; k < side * side; ++k) {
          const auto wins = place == Vector<T>(static_cast<T>(k));
          put(dx, corner + static_cast<std::ptrdiff_t>(k / side) * dx.view.width + k % side, c,
              xsimd::select(wins, g, zero), part);
        }
      });
    }
  });
}

/// Every input pixel gathers from the windows that cover it, so rows can be shared out freely.
template <class T>
void max_pool_backward(Team& team, Window w, const View<const WindowPlace>& places, const View<const T>& dy,
                       const Target<T>& dx) {
  if (w.stride == w.kernel && w.padding == 0 && dx.view.height == dy.height * w.stride &&
      dx.view.width == dy.width * w.stride)
    return tiled_max_pool_backward(team, w.kernel, places, dy, dx);
  for_each_row(team, dx.view.batch, dx.view.height, [&](int n, int iy) {
    const auto rows = pointwise::covering_windows(iy, w, dy.height);
    for (int ix = 0; ix < dx.view.width; ++ix) {
      const auto columns = pointwise::covering_windows(ix, w, dy.width);
      for_each_vector<T>(dy.channels, [&](int c, auto part) {
        const Vector<T> zero(T{0});
        Vector<T> sum = zero;
        for (int oy = rows.first; oy < rows.last; ++oy)
          for (int ox = columns.first; ox < columns.last; ++ox) {
            const int here = (iy - oy * w.stride + w.padding) * w.kernel + ix - ox * w.stride + w.padding;
            const auto wins =
                load_places<T>(&places.at(n, oy, ox, c), part) == Vector<T>(static_cast<T>(here));
            sum = sum + xsimd::select(wins, load(&dy.at(n, oy, ox, c), part), zero);
          }
        put(dx, pixel_of(dx.view, n, iy, ix), c, sum, part);
      });
    }
  });
}

template <class T>
void average_pool(Team& team, Window w, const Signal<T>& x, const Target<T>& y) {
  const View<const T>& in = x.data;
  const Reader<T> read(x);
  const Vector<T> share(T{1} / static_cast<T>(w.kernel * w.kernel));
  for_each_row(team, in.batch, y.view.height, [&](int n, int oy) {
    for (int ox = 0; ox < y.view.width; ++ox) {
      const Clipped window(w, oy, ox, in.height, in.width);
      for_each_vector<T>(in.channels, [&](int c, auto part) {
        Vector<T> sum(T{0});
        window.for_each([&](int iy, int ix) { sum = sum + read(&in.at(n, iy, ix, 0), c, part); });
        put(y, pixel_of(y.view, n, oy, ox), c, sum * share, part);
      });
    }
  });
}

template <class T>
void average_pool_backward(Team& team, Window w, const View<const T>& dy, const Target<T>& dx) {
  const Vector<T> share(T{1} / static_cast<T>(w.kernel * w.kernel));
  for_each_row(team, dx.view.batch, dx.view.height, [&](int n, int iy) {
    const auto rows = pointwise::covering_windows(iy, w, dy.height);
    for (int ix = 0; ix < dx.view.width; ++ix) {
      const auto columns = pointwise::covering_windows(ix, w, dy.width);
      for_each_vector<T>(dy.channels, [&](int c, auto part) {
        Vector<T> sum(T{0});
        for (int oy = rows.first; oy < rows.last; ++oy)
          for (int ox = columns.first; ox < columns.last; ++ox)
            sum = fma(share, load(&dy.at(n, oy, ox, c), part), sum);
        put(dx, pixel_of(dx.view, n, iy, ix), c, sum, part);
      });
    }
  });
}

/// Each pixel repeated factor x factor times: an input row owns the output rows it gives.
template <class T>
void upsample_nearest(Team& team, int factor, const Signal<T>& x, const Target<T>& y) {
  const View<const T>& in = x.data;
  const Reader<T> read(x);
  for_each_row(team, in.batch, in.height, [&](int n, int iy) {
    for (int ix = 0; ix < in.width; ++ix)
      for_each_vector<T>(in.channels, [&](int c, auto part) {
        const Vector<T> v = read(&in.at(n, iy, ix, 0), c, part);
        for (int oy = iy * factor; oy < (iy + 1) * factor; ++oy)
          for (int ox = ix * factor; ox < (ix + 1) * factor; ++ox)
            put(y, pixel_of(y.view, n, oy, ox), c, v, part);
      });
  });
}

/// Rows of an enlarged picture are mixed from at most four pixels each.
template <class T>
void upsample(Team& team, int factor, Interpolation mode, const Signal<T>& x, const Target<T>& y) {
  if (mode == Interpolation::nearest) return upsample_nearest(team, factor, x, y);
  const View<const T>& in = x.data;
  const Reader<T> read(x);
  for_each_row(team, in.batch, y.view.height, [&](int n, int oy) {
    const auto rows = pointwise::bilinear_neighbours<T>(oy, factor, in.height);
    for (int ox = 0; ox < y.view.width; ++ox) {
      const auto columns = pointwise::bilinear_neighbours<T>(ox, factor, in.width);
      for_each_vector<T>(in.channels, [&](int c, auto part) {
        Vector<T> sum(T{0});
        const auto mix = [&](int iy, int ix, T weight) {
          if (weight != T{0}) sum = fma(Vector<T>(weight), read(&in.at(n, iy, ix, 0), c, part), sum);
        };
        mix(rows.first, columns.first, (T{1} - rows.weight) * (T{1} - columns.weight));
        mix(rows.first, columns.second, (T{1} - rows.weight) * columns.weight);
        mix(rows.second, columns.first, rows.weight * (T{1} - columns.weight));
        mix(rows.second, columns.second, rows.weight * columns.weight);
        put(y, pixel_of(y.view, n, oy, ox), c, sum, part);
      });
    }
  });
}

template <class T>
void upsample_backward(Team& team, int factor, Interpolation mode, const View<const T>& dy,
                       const Target<T>& dx) {
  const int height = dx.view.height, width = dx.view.width;
  const bool nearest = mode == Interpolation::nearest;
  // Outputs beyond a pixel's own factor x factor that may read it.
  const int reach = nearest ? 0 : factor;
  const auto weight = [&](int o, int i, int size) {
    return nearest ? T{1} : pointwise::bilinear_weight<T>(o, i, factor, size);
  };
  for_each_row(team, dx.view.batch, height, [&](int n, int iy) {
    const int top = std::max(0, iy * factor - reach), bottom = std::min(dy.height, (iy + 1) * factor + reach);
    for (int ix = 0; ix < width; ++ix) {
      const int left = std::max(0, ix * factor - reach),
                right = std::min(dy.width, (ix + 1) * factor + reach);
      for_each_vector<T>(dy.channels, [&](int c, auto part) {
        Vector<T> sum(T{0});
        for (int oy = top; oy < bottom; ++oy) {
          const T v = weight(oy, iy, height);
          if (v == T{0}) continue;
          for (int ox = left; ox < right; ++ox)
            sum = fma(Vector<T>(v * weight(ox, ix, width)), load(&dy.at(n, oy, ox, c), part), sum);
        }
        put(dx, pixel_of(dx.view, n, iy, ix), c, sum, part);
      });
    }
  });
}

}  // namespace aurum::cpu
