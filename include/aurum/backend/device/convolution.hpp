#pragma once
// Convolutions, element by element: for what the vendor's library does not take, and what is added to its
// results.
#include <cstddef>

#include "aurum/backend/device/elements.hpp"
#include "aurum/backend/device/sums.hpp"

namespace aurum::device {

/// How convolutions were done, since the context was made.
struct ConvolutionCounts {
  long long native = 0;   ///< by the vendor's library
  long long direct = 0;   ///< by the plain functors below: the library did not take them
  long long applied = 0;  ///< inputs with work pending, which was applied in a pass of its own
  long long added = 0;    ///< results to which a bias or a base was added in a pass of its own
};

template <class T>
struct ConvolutionForward {
  Window window;
  Signal<T> x;
  const T* filter;
  const real_t<T>* bias;
  Target<T> y;
  AURUM_HD void operator()(std::ptrdiff_t p, int o) const {
    const Place at = place_of(y.view, p);
    real_t<T> sum = bias != nullptr ? bias[o] : real_t<T>{0};
    for_each_tap(window, at, x.data, [&](int ky, int kx, int iy, int ix) {
      const T* const tap = filter + filter_index(window, x.data.channels, o, ky, kx, 0);
      const T* const in = &x.data.at(at.n, iy, ix, 0);
      for (int i = 0; i < x.data.channels; ++i) sum += tap[i] * apply_pending(x, in[i], i);
    });
    store(y, p, o, sum);
  }
};

template <class T>
struct ConvolutionBackwardData {
  Window window;
  View<const T> dy;
  const T* filter;
  Target<T> dx;
  AURUM_HD void operator()(std::ptrdiff_t p, int i) const {
    const Place at = place_of(dx.view, p);
    real_t<T> sum{0};
    for_each_covering(window, at, dy.height, dy.width, [&](int oy, int ox) {
      const int ky = at.y - (oy * window.stride - window.padding);
      const int kx = at.x - (ox * window.stride - window.padding);
      const T* const gradient = &dy.at(at.n, oy, ox, 0);
      for (int o = 0; o < dy.channels; ++o)
        sum += filter[filter_index(window, dx.view.channels, o, ky, kx, i)] * gradient[o];
    });
    store(dx, p, i, sum);
  }
};

/// What output pixel p adds to an element of the filter's gradient; `element` counts through the filter.
template <class T>
struct FilterTerm {
  using Sum = Sums<real_t<T>, 1>;
  static constexpr int most = 1;
  [[nodiscard]] int lanes() const { return 1; }
  Window window;
  Signal<T> x;
  View<const T> dy;
  template <int V>
  AURUM_HD void add(std::ptrdiff_t p, int element, Lanes<Sum, V>& sum) const {
    const int i = element % x.data.channels,
              tap = element / x.data.channels % (window.kernel * window.kernel);
    const int o = element / x.data.channels / (window.kernel * window.kernel);
    const Place at = place_of(dy, p);
    const int iy = at.y * window.stride - window.padding + tap / window.kernel;
    const int ix = at.x * window.stride - window.padding + tap % window.kernel;
    if (iy < 0 || iy >= x.data.height || ix < 0 || ix >= x.data.width) return;
    sum[0].value[0] += dy.pixel(p)[o] * apply_pending(x, x.data.at(at.n, iy, ix, i), i);
  }
};

/// copy = v (null: not wanted), y = v + base, v = activation(result + bias): what the library's convolution
/// left to do.
template <class T>
struct FinishConvolution {
  View<const T> result;   ///< may be y
  const real_t<T>* bias;  ///< null: none
  Activation activation;
  View<T> copy;
  Target<T> y;
  [[nodiscard]] int lanes() const { return lanes_of<T>(result, bias, copy, y); }
  template <int V>
  AURUM_HD void at(std::ptrdiff_t p, int c) const {
    auto v = load<V>(result.pixel(p) + c);
    if (bias != nullptr) {
      const auto b = load<V>(bias + c);
      for (int i = 0; i < V; ++i) v[i] += b[i];
    }
    for (int i = 0; i < V; ++i) v[i] = activate(activation, v[i]);
    if (copy) save<V>(copy.pixel(p) + c, v);
    store<V>(y, p, c, v);
  }
};

}  // namespace aurum::device
