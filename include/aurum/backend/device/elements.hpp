#pragma once
// One element of every operation that a GPU does itself: functors of (pixel, channel), which touch no other
// element of what they write, so they run in any order and on either side.
#include <cstddef>

#include "aurum/ops/pointwise/resample.hpp"
#include "aurum/ops/signal.hpp"

namespace aurum::device {

/// Image, row and column of a pixel's number.
struct Place {
  int n, y, x;
};
template <class T>
[[nodiscard]] AURUM_HD Place place_of(const View<T>& view, std::ptrdiff_t pixel) {
  const std::ptrdiff_t row = pixel / view.width;
  return {static_cast<int>(row / view.height), static_cast<int>(row % view.height),
          static_cast<int>(pixel % view.width)};
}

/// y = value of x
template <class T>
struct Materialise {
  Signal<T> x;
  Target<T> y;
  AURUM_HD void operator()(std::ptrdiff_t p, int c) const {
    store(y, p, c, apply_pending(x, x.data.pixel(p)[c], c));
  }
};

/// dx = dy * activation'(value of x)
template <class T>
struct ActivationBackward {
  Signal<T> x;
  Activation activation;
  View<const T> dy;
  Target<T> dx;
  AURUM_HD void operator()(std::ptrdiff_t p, int c) const {
    const T value = apply_pending(x, x.data.pixel(p)[c], c);
    store(dx, p, c, dy.pixel(p)[c] * activation_derivative(activation, value));
  }
};

template <class T>
struct MaxPool {
  Window window;
  Signal<T> x;
  Target<T> y;
  View<WindowPlace> places;
  AURUM_HD void operator()(std::ptrdiff_t p, int c) const {
    const Place at = place_of(y.view, p);
    const auto maximum = pointwise::first_maximum(x, window, at.n, at.y, at.x, c);
    store(y, p, c, maximum.value);
    if (places.data != nullptr) places.pixel(p)[c] = maximum.place;
  }
};

/// Calls f(ky, kx, input row, column) for every tap of an output pixel's window that lies inside the input.
template <class T, class F>
AURUM_HD void for_each_tap(Window w, Place at, const View<T>& in, const F& f) {
  for (int ky = 0; ky < w.kernel; ++ky)
    for (int kx = 0; kx < w.kernel; ++kx) {
      const int iy = at.y * w.stride - w.padding + ky, ix = at.x * w.stride - w.padding + kx;
      if (iy >= 0 && iy < in.height && ix >= 0 && ix < in.width) f(ky, kx, iy, ix);
    }
}

/// Calls f(output pixel's row, column) for every window that covers an input pixel.
template <class F>
AURUM_HD void for_each_covering(Window w, Place at, int height, int width, const F& f) {
  const pointwise::Range rows = pointwise::covering_windows(at.y, w, height);
  const pointwise::Range columns = pointwise::covering_windows(at.x, w, width);
  for (int oy = rows.first; oy < rows.last; ++oy)
    for (int ox = columns.first; ox < columns.last; ++ox) f(oy, ox);
}

/// Gathers what the windows that found their maximum here send back.
template <class T>
struct MaxPoolBackward {
  Window window;
  View<const WindowPlace> places;
  View<const T> dy;
  Target<T> dx;
  AURUM_HD void operator()(std::ptrdiff_t p, int c) const {
    const Place at = place_of(dx.view, p);
    T sum{0};
    for_each_covering(window, at, dy.height, dy.width, [&](int oy, int ox) {
      const int row = at.y - (oy * window.stride - window.padding);
      const int column = at.x - (ox * window.stride - window.padding);
      if (places.at(at.n, oy, ox, c) == row * window.kernel + column) sum += dy.at(at.n, oy, ox, c);
    });
    store(dx, p, c, sum);
  }
};

template <class T>
struct AveragePool {
  Window window;
  Signal<T> x;
  Target<T> y;
  AURUM_HD void operator()(std::ptrdiff_t p, int c) const {
    const Place at = place_of(y.view, p);
    T sum{0};
    for_each_tap(window, at, x.data,
                 [&](int, int, int iy, int ix) { sum += apply_pending(x, x.data.at(at.n, iy, ix, c), c); });
    store(y, p, c, sum / static_cast<T>(window.kernel * window.kernel));
  }
};

template <class T>
struct AveragePoolBackward {
  Window window;
  View<const T> dy;
  Target<T> dx;
  AURUM_HD void operator()(std::ptrdiff_t p, int c) const {
    const Place at = place_of(dx.view, p);
    T sum{0};
    for_each_covering(window, at, dy.height, dy.width,
                      [&](int oy, int ox) { sum += dy.at(at.n, oy, ox, c); });
    store(dx, p, c, sum / static_cast<T>(window.kernel * window.kernel));
  }
};

template <class T>
struct Upsample {
  int factor;
  Interpolation mode;
  Signal<T> x;
  Target<T> y;
  AURUM_HD void operator()(std::ptrdiff_t p, int c) const {
    const Place at = place_of(y.view, p);
    store(y, p, c, pointwise::upsampled(x, factor, mode, at.n, at.y, at.x, c));
  }
};

template <class T>
struct UpsampleBackward {
  int factor;
  Interpolation mode;
  View<const T> dy;
  Target<T> dx;
  AURUM_HD void operator()(std::ptrdiff_t p, int c) const {
    const Place at = place_of(dx.view, p);
    store(dx, p, c, pointwise::upsample_gradient(dy, factor, mode, at.n, at.y, at.x, c));
  }
};

}  // namespace aurum::device
