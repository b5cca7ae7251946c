#pragma once
#include <cstddef>

#include "aurum/ops/signal.hpp"

namespace aurum::reference {

/// The base, or zeros: what terms are then added to.
template <class T>
void start(const Target<T>& y) {
  for (std::ptrdiff_t p = 0; p < y.view.pixels(); ++p)
    for (int c = 0; c < y.view.channels; ++c) y.view.pixel(p)[c] = y.base ? y.base.pixel(p)[c] : T{0};
}

/// Calls f(n, oy, ox, ky, kx, iy, ix) for every output pixel and every filter tap that lies inside the input.
template <class V, class F>
void for_each_tap(Window w, const V& in, int out_height, int out_width, F f) {
  for (int n = 0; n < in.batch; ++n)
    for (int oy = 0; oy < out_height; ++oy)
      for (int ox = 0; ox < out_width; ++ox)
        for (int ky = 0; ky < w.kernel; ++ky)
          for (int kx = 0; kx < w.kernel; ++kx) {
            const int iy = oy * w.stride - w.padding + ky, ix = ox * w.stride - w.padding + kx;
            if (iy >= 0 && iy < in.height && ix >= 0 && ix < in.width) f(n, oy, ox, ky, kx, iy, ix);
          }
}

template <class T>
void convolution_forward(Window w, const Signal<T>& x, const T* filter, const T* bias, Target<T> y) {
  const View<T>& out = y.view;
  for (std::ptrdiff_t p = 0; p < out.pixels(); ++p)
    for (int o = 0; o < out.channels; ++o)
      out.pixel(p)[o] = (y.base ? y.base.pixel(p)[o] : T{0}) + (bias != nullptr ? bias[o] : T{0});
  const int channels = x.data.channels;
  for_each_tap(w, x.data, out.height, out.width, [&](int n, int oy, int ox, int ky, int kx, int iy, int ix) {
    for (int o = 0; o < out.channels; ++o) {
      T sum{0};
      for (int i = 0; i < channels; ++i)
        sum += filter[filter_index(w, channels, o, ky, kx, i)] * apply_pending(x, x.data.at(n, iy, ix, i), i);
      out.at(n, oy, ox, o) += sum;
    }
  });
}

template <class T>
void convolution_backward_data(Window w, const View<const T>& dy, const T* filter, Target<T> dx) {
  const View<T>& in = dx.view;
  start(dx);
  for_each_tap(w, in, dy.height, dy.width, [&](int n, int oy, int ox, int ky, int kx, int iy, int ix) {
    for (int o = 0; o < dy.channels; ++o)
      for (int i = 0; i < in.channels; ++i)
        in.at(n, iy, ix, i) += filter[filter_index(w, in.channels, o, ky, kx, i)] * dy.at(n, oy, ox, o);
  });
}

template <class T>
void convolution_backward_filter(Window w, const Signal<T>& x, const View<const T>& dy, T* dfilter,
                                 T* dbias) {
  const int channels = x.data.channels;
  for_each_tap(w, x.data, dy.height, dy.width, [&](int n, int oy, int ox, int ky, int kx, int iy, int ix) {
    for (int o = 0; o < dy.channels; ++o)
      for (int i = 0; i < channels; ++i)
        dfilter[filter_index(w, channels, o, ky, kx, i)] +=
            dy.at(n, oy, ox, o) * apply_pending(x, x.data.at(n, iy, ix, i), i);
  });
  if (dbias == nullptr) return;
  for (std::ptrdiff_t p = 0; p < dy.pixels(); ++p)
    for (int o = 0; o < dy.channels; ++o) dbias[o] += dy.pixel(p)[o];
}

}  // namespace aurum::reference
