#pragma once
// One element of every operation that a GPU does itself: functors of (pixel, channel), which touch no other
// element of what they write, so they run in any order and on either side. What only moves memory has
// `at<V>(p, c)` instead, which does channels c to c + V - 1, and `lanes()`, which says whether it may.
#include <cstddef>
#include <cstdint>

#include "aurum/backend/device/lanes.hpp"
#include "aurum/ops/pointwise/resample.hpp"

namespace aurum::device {

/// Image, row and column of a pixel's number.
struct Place {
  int n, y, x;
};
template <class T>
[[nodiscard]] AURUM_HD Place place_of(const View<T>& view, std::ptrdiff_t pixel) {
  // (GPUs divide numbers of 64 bits in a hundred instructions; the whole batch has fewer pixels than 2^32.)
  const auto p = static_cast<std::uint32_t>(pixel), width = static_cast<std::uint32_t>(view.width),
             height = static_cast<std::uint32_t>(view.height);
  const std::uint32_t row = p / width, image = row / height;
  return {static_cast<int>(image), static_cast<int>(row - image * height), static_cast<int>(p - row * width)};
}

/// y = value of x
template <class T>
struct Materialise {
  Signal<T> x;
  Target<T> y;
  [[nodiscard]] int lanes() const { return lanes_of<T>(x, y); }
  template <int V>
  AURUM_HD void at(std::ptrdiff_t p, int c) const {
    store<V>(y, p, c, values<V>(x, p, c));
  }
};

/// dx = dy * activation'(value of x)
template <class T>
struct ActivationBackward {
  Signal<T> x;
  Activation activation;
  View<const T> dy;
  Target<T> dx;
  [[nodiscard]] int lanes() const { return lanes_of<T>(x, dy, dx); }
  template <int V>
  AURUM_HD void at(std::ptrdiff_t p, int c) const {
    const auto in = values<V>(x, p, c);
    auto g = load<V>(dy.pixel(p) + c);
    for (int i = 0; i < V; ++i) g[i] *= activation_derivative(activation, in[i]);
    store<V>(dx, p, c, g);
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

/// Lanes of views of T that go with the places of maxima, one for each element.
template <class T, class Number, class... Parts>
[[nodiscard]] int lanes_with(const View<Number>& places, const Parts&... parts) {
  const int most = lanes_of<T>(parts...);
  return detail::aligned(places.data) && places.pixel_stride % most == 0 ? most : 1;
}

template <class T>
struct MaxPool {
  Window window;
  Signal<T> x;
  Target<T> y;
  View<WindowPlace> places;
  [[nodiscard]] int lanes() const { return lanes_with<T>(places, x, y); }
  template <int V>
  AURUM_HD void at(std::ptrdiff_t p, int c) const {
    const Place here = place_of(y.view, p);
    Lanes<real_t<T>, V> best{};
    Lanes<WindowPlace, V> place{};
    bool first = true;
    for_each_tap(window, here, x.data, [&](int ky, int kx, int iy, int ix) {
      const auto v = values<V>(x, x.data.pixel_index(here.n, iy, ix), c);
      for (int i = 0; i < V; ++i)
        if (first || pointwise::beats(v[i], best[i])) {
          best[i] = v[i];
          place[i] = static_cast<WindowPlace>(ky * window.kernel + kx);
        }
      first = false;
    });
    store<V>(y, p, c, best);
    if (places.data != nullptr) save<V>(places.pixel(p) + c, place);
  }
};

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
  [[nodiscard]] int lanes() const { return lanes_with<T>(places, dy, dx); }
  template <int V>
  AURUM_HD void at(std::ptrdiff_t p, int c) const {
    const Place here = place_of(dx.view, p);
    Lanes<real_t<T>, V> sum{};
    for_each_covering(window, here, dy.height, dy.width, [&](int oy, int ox) {
      const int row = here.y - (oy * window.stride - window.padding);
      const int column = here.x - (ox * window.stride - window.padding);
      const auto gradient = load<V>(&dy.at(here.n, oy, ox, c));
      const auto place = load<V>(&places.at(here.n, oy, ox, c));
      for (int i = 0; i < V; ++i)
        if (place[i] == row * window.kernel + column) sum[i] += gradient[i];
    });
    store<V>(dx, p, c, sum);
  }
};

template <class T>
struct AveragePool {
  Window window;
  Signal<T> x;
  Target<T> y;
  AURUM_HD void operator()(std::ptrdiff_t p, int c) const {
    const Place at = place_of(y.view, p);
    real_t<T> sum{0};
    for_each_tap(window, at, x.data,
                 [&](int, int, int iy, int ix) { sum += apply_pending(x, x.data.at(at.n, iy, ix, c), c); });
    store(y, p, c, sum / static_cast<real_t<T>>(window.kernel * window.kernel));
  }
};

template <class T>
struct AveragePoolBackward {
  Window window;
  View<const T> dy;
  Target<T> dx;
  AURUM_HD void operator()(std::ptrdiff_t p, int c) const {
    const Place at = place_of(dx.view, p);
    real_t<T> sum{0};
    for_each_covering(window, at, dy.height, dy.width,
                      [&](int oy, int ox) { sum += dy.at(at.n, oy, ox, c); });
    store(dx, p, c, sum / static_cast<real_t<T>>(window.kernel * window.kernel));
  }
};

template <class T>
struct Upsample {
  int factor;
  Interpolation mode;
  Signal<T> x;
  Target<T> y;
  [[nodiscard]] int lanes() const { return mode == Interpolation::nearest ? lanes_of<T>(x, y) : 1; }
  template <int V>
  AURUM_HD void at(std::ptrdiff_t p, int c) const {
    const Place here = place_of(y.view, p);
    if constexpr (V > 1)
      store<V>(y, p, c, values<V>(x, x.data.pixel_index(here.n, here.y / factor, here.x / factor), c));
    else
      store(y, p, c, pointwise::upsampled(x, factor, mode, here.n, here.y, here.x, c));
  }
};

template <class T>
struct UpsampleBackward {
  int factor;
  Interpolation mode;
  View<const T> dy;
  Target<T> dx;
  [[nodiscard]] int lanes() const { return mode == Interpolation::nearest ? lanes_of<T>(dy, dx) : 1; }
  template <int V>
  AURUM_HD void at(std::ptrdiff_t p, int c) const {
    const Place here = place_of(dx.view, p);
    if constexpr (V == 1) {
      store(dx, p, c, pointwise::upsample_gradient(dy, factor, mode, here.n, here.y, here.x, c));
    } else {
      Lanes<real_t<T>, V> sum{};
      for (int oy = here.y * factor; oy < (here.y + 1) * factor; ++oy)
        for (int ox = here.x * factor; ox < (here.x + 1) * factor; ++ox) {
          const auto g = load<V>(&dy.at(here.n, oy, ox, c));
          for (int i = 0; i < V; ++i) sum[i] += g[i];
        }
      store<V>(dx, p, c, sum);
    }
  }
};

}  // namespace aurum::device
