#pragma once
// One output element of pooling and upsampling, forward and backward, for every backend. `Read` gives the
// value of the input (a signal's, with pending work applied) at (n, y, x, c).
#include "aurum/ops/signal.hpp"
#include "aurum/spec/upsample.hpp"

namespace aurum::pointwise {

/// Whether a value takes the place of the greatest before it. A NaN wins and stays, as in PyTorch.
template <class Real>
[[nodiscard]] AURUM_HD constexpr bool beats(Real value, Real best) {
  return value > best || (value != value && best == best);
}

/// First maximum of the window that gives output pixel (oy, ox).
template <class T>
struct Maximum {
  real_t<T> value;
  WindowPlace place;
};
template <class T>
AURUM_HD constexpr Maximum<T> first_maximum(const Signal<T>& in, Window w, int n, int oy, int ox, int c) {
  Maximum<T> best{};
  bool found = false;
  for (int ky = 0; ky < w.kernel; ++ky)
    for (int kx = 0; kx < w.kernel; ++kx) {
      const int y = oy * w.stride - w.padding + ky, x = ox * w.stride - w.padding + kx;
      if (y < 0 || y >= in.data.height || x < 0 || x >= in.data.width) continue;
      const real_t<T> value = apply_pending(in, in.data.at(n, y, x, c), c);
      if (!found || beats(value, best.value)) {
        best = {value, static_cast<WindowPlace>(ky * w.kernel + kx)};
        found = true;
      }
    }
  return best;
}

/// First and past-the-last output index whose window covers input index `i`, clipped to [0, count).
struct Range {
  int first;
  int last;
};
AURUM_HD constexpr Range covering_windows(int i, Window w, int count) {
  const int low = i + w.padding - w.kernel + 1;
  const int first = low <= 0 ? 0 : (low + w.stride - 1) / w.stride;
  const int last = (i + w.padding) / w.stride + 1;
  return {first, last < count ? last : count};
}

/// Two neighbours and the weight of the second, for enlarging by bilinear interpolation with pixel centres
/// agreeing (PyTorch's align_corners=False; the border repeats).
template <class T>
struct Neighbours {
  int first;
  int second;
  T weight;
};
template <class T>
AURUM_HD constexpr Neighbours<T> bilinear_neighbours(int output, int factor, int size) {
  const T position = (static_cast<T>(output) + T(0.5)) / static_cast<T>(factor) - T(0.5);
  const T clipped = position < T{0} ? T{0} : position;
  const int first = static_cast<int>(clipped);
  return {first, first + 1 < size ? first + 1 : first, clipped - static_cast<T>(first)};
}

template <class T>
AURUM_HD constexpr real_t<T> upsampled(const Signal<T>& in, int factor, Interpolation mode, int n, int oy,
                                       int ox, int c) {
  using Real = real_t<T>;
  const auto read = [&](int y, int x) { return apply_pending(in, in.data.at(n, y, x, c), c); };
  if (mode == Interpolation::nearest) return read(oy / factor, ox / factor);
  const auto v = bilinear_neighbours<Real>(oy, factor, in.data.height);
  const auto h = bilinear_neighbours<Real>(ox, factor, in.data.width);
  const Real top = (Real{1} - h.weight) * read(v.first, h.first) + h.weight * read(v.first, h.second);
  const Real bottom = (Real{1} - h.weight) * read(v.second, h.first) + h.weight * read(v.second, h.second);
  return (Real{1} - v.weight) * top + v.weight * bottom;
}

/// Weight of input index `i` in output index `o` of a bilinear enlargement.
template <class T>
AURUM_HD constexpr T bilinear_weight(int o, int i, int factor, int size) {
  const auto n = bilinear_neighbours<T>(o, factor, size);
  return (n.first == i ? T{1} - n.weight : T{0}) + (n.second == i ? n.weight : T{0});
}

/// The gradient of an enlargement at input pixel (y, x): gathered from the outputs that read it.
template <class T>
AURUM_HD constexpr real_t<T> upsample_gradient(const View<const T>& dy, int factor, Interpolation mode, int n,
                                               int y, int x, int c) {
  using Real = real_t<T>;
  Real sum{0};
  if (mode == Interpolation::nearest) {
    for (int oy = y * factor; oy < (y + 1) * factor; ++oy)
      for (int ox = x * factor; ox < (x + 1) * factor; ++ox) sum += dy.at(n, oy, ox, c);
    return sum;
  }
  const int height = dy.height / factor, width = dy.width / factor;
  const auto from = [&](int i) { return i * factor - factor < 0 ? 0 : i * factor - factor; };
  const auto to = [&](int i, int size) { return (i + 2) * factor < size ? (i + 2) * factor : size; };
  for (int oy = from(y); oy < to(y, dy.height); ++oy) {
    const Real v = bilinear_weight<Real>(oy, y, factor, height);
    if (v == Real{0}) continue;
    for (int ox = from(x); ox < to(x, dy.width); ++ox)
      sum += v * bilinear_weight<Real>(ox, x, factor, width) * dy.at(n, oy, ox, c);
  }
  return sum;
}

}  // namespace aurum::pointwise
