#pragma once
// The plain backend: loops that can be read against the definitions, float and double, one thread. Every
// other backend is tested against it. ops/backend.hpp says what each operation is.
#include <cmath>
#include <cstddef>

#include "aurum/backend/reference/convolution.hpp"
#include "aurum/ops/backend.hpp"
#include "aurum/ops/pointwise/resample.hpp"

namespace aurum {

struct Reference {};

template <>
class Context<Reference> {};

template <>
struct Operations<Reference> {
  using C = Context<Reference>;

  template <class T>
  static T* allocate(C&, std::ptrdiff_t count) {
    return new T[static_cast<std::size_t>(count)];
  }
  template <class T>
  static void release(C&, T* memory) {
    delete[] memory;
  }
  template <class T>
  static void upload(C&, T* to, const T* from, std::ptrdiff_t count) {
    for (std::ptrdiff_t i = 0; i < count; ++i) to[i] = from[i];
  }
  template <class T>
  static void download(C& context, T* to, const T* from, std::ptrdiff_t count) {
    upload(context, to, from, count);
  }
  template <class T>
  static void fill(C&, T* memory, std::ptrdiff_t count, T value) {
    for (std::ptrdiff_t i = 0; i < count; ++i) memory[i] = value;
  }
  template <class F>
  static void for_each_index(C&, std::ptrdiff_t count, const F& f) {
    for (std::ptrdiff_t i = 0; i < count; ++i) f(i);
  }
  template <class F>
  static double sum_over(C&, std::ptrdiff_t count, const F& f) {
    double sum = 0;
    for (std::ptrdiff_t i = 0; i < count; ++i) sum += static_cast<double>(f(i));
    return sum;
  }

  template <class T>
  static void convolution_forward(C&, Window w, const Signal<T>& x, const T* filter, const T* bias,
                                  Target<T> y) {
    reference::convolution_forward(w, x, filter, bias, y);
  }
  template <class T>
  static void convolution_backward_data(C&, Window w, View<const T> dy, const T* filter, Target<T> dx) {
    reference::convolution_backward_data(w, dy, filter, dx);
  }
  template <class T>
  static void convolution_backward_filter(C&, Window w, const Signal<T>& x, View<const T> dy, T* dfilter,
                                          T* dbias) {
    reference::convolution_backward_filter(w, x, dy, dfilter, dbias);
  }

  template <class T>
  static void batch_norm_statistics(C&, const Signal<T>& x, T* mean, T* variance) {
    const auto count = static_cast<double>(x.data.pixels());
    for (int c = 0; c < x.data.channels; ++c) {
      double sum = 0, squares = 0;
      for (std::ptrdiff_t p = 0; p < x.data.pixels(); ++p) sum += static_cast<double>(value(x, p, c));
      const double m = sum / count;
      for (std::ptrdiff_t p = 0; p < x.data.pixels(); ++p) {
        const double d = static_cast<double>(value(x, p, c)) - m;
        squares += d * d;
      }
      mean[c] = static_cast<T>(m);
      variance[c] = static_cast<T>(squares / count);
    }
  }

  template <class T>
  static void batch_norm_backward(C&, const Signal<T>& x, const BatchNormForward<T>& forward,
                                  View<const T> dy, T* dweight, T* dbias, Target<T> dx) {
    const std::ptrdiff_t pixels = x.data.pixels();
    const auto count = static_cast<double>(pixels);
    for (int c = 0; c < x.data.channels; ++c) {
      const auto normalised = [&](std::ptrdiff_t p) {
        return (static_cast<double>(value(x, p, c)) - static_cast<double>(forward.mean[c])) *
               static_cast<double>(forward.inverse_deviation[c]);
      };
      const auto gradient = [&](std::ptrdiff_t p) {
        const T y = forward.scale[c] * value(x, p, c) + forward.shift[c];
        return static_cast<double>(dy.pixel(p)[c] * activation_derivative(forward.activation, y));
      };
      double sum = 0, dot = 0;
      for (std::ptrdiff_t p = 0; p < pixels; ++p) {
        sum += gradient(p);
        dot += gradient(p) * normalised(p);
      }
      if (dweight != nullptr) dweight[c] += static_cast<T>(dot);
      if (dbias != nullptr) dbias[c] += static_cast<T>(sum);
      if (!dx) continue;
      const double gain =
          static_cast<double>(forward.weight[c]) * static_cast<double>(forward.inverse_deviation[c]);
      for (std::ptrdiff_t p = 0; p < pixels; ++p) {
        double g = gradient(p);
        if (forward.training) g -= sum / count + normalised(p) * dot / count;
        aurum::store(dx, p, c, static_cast<T>(gain * g));
      }
    }
  }

  template <class T>
  static void materialise(C&, const Signal<T>& x, Target<T> y) {
    for (std::ptrdiff_t p = 0; p < x.data.pixels(); ++p)
      for (int c = 0; c < x.data.channels; ++c) aurum::store(y, p, c, value(x, p, c));
  }
  template <class T>
  static void activation_backward(C&, const Signal<T>& x, Activation a, View<const T> dy, Target<T> dx) {
    for (std::ptrdiff_t p = 0; p < x.data.pixels(); ++p)
      for (int c = 0; c < x.data.channels; ++c)
        aurum::store(dx, p, c, dy.pixel(p)[c] * activation_derivative(a, value(x, p, c)));
  }

  template <class T>
  static void max_pool(C&, Window w, const Signal<T>& x, Target<T> y, View<WindowPlace> places = {}) {
    for_each_element(y.view, [&](int n, int oy, int ox, int c) {
      const auto maximum = pointwise::first_maximum(x, w, n, oy, ox, c);
      store(y, n, oy, ox, c, maximum.value);
      if (places.data != nullptr) places.at(n, oy, ox, c) = maximum.place;
    });
  }
  template <class T>
  static void max_pool_backward(C&, Window w, View<const WindowPlace> places, View<const T> dy,
                                Target<T> dx) {
    reference::start(dx);
    for_each_element(dy, [&](int n, int oy, int ox, int c) {
      const int place = places.at(n, oy, ox, c);
      const int iy = oy * w.stride - w.padding + place / w.kernel;
      const int ix = ox * w.stride - w.padding + place % w.kernel;
      dx.view.at(n, iy, ix, c) += dy.at(n, oy, ox, c);
    });
  }
  template <class T>
  static void average_pool(C&, Window w, const Signal<T>& x, Target<T> y) {
    for_each_element(y.view, [&](int n, int oy, int ox, int c) {
      T sum{0};
      for_each_in_window(w, x.data, oy, ox,
                         [&](int iy, int ix) { sum += apply_pending(x, x.data.at(n, iy, ix, c), c); });
      store(y, n, oy, ox, c, sum / static_cast<T>(w.kernel * w.kernel));
    });
  }
  template <class T>
  static void average_pool_backward(C&, Window w, View<const T> dy, Target<T> dx) {
    reference::start(dx);
    for_each_element(dy, [&](int n, int oy, int ox, int c) {
      const T share = dy.at(n, oy, ox, c) / static_cast<T>(w.kernel * w.kernel);
      for_each_in_window(w, dx.view, oy, ox, [&](int iy, int ix) { dx.view.at(n, iy, ix, c) += share; });
    });
  }

  template <class T>
  static void upsample(C&, int factor, Interpolation mode, const Signal<T>& x, Target<T> y) {
    for_each_element(y.view, [&](int n, int oy, int ox, int c) {
      store(y, n, oy, ox, c, pointwise::upsampled(x, factor, mode, n, oy, ox, c));
    });
  }
  template <class T>
  static void upsample_backward(C&, int factor, Interpolation mode, View<const T> dy, Target<T> dx) {
    for_each_element(dx.view, [&](int n, int row, int column, int c) {
      store(dx, n, row, column, c, pointwise::upsample_gradient(dy, factor, mode, n, row, column, c));
    });
  }

 private:
  template <class T>
  static T value(const Signal<T>& x, std::ptrdiff_t pixel, int c) {
    return apply_pending(x, x.data.pixel(pixel)[c], c);
  }
  template <class T>
  static void store(const Target<T>& y, int n, int row, int column, int c, T v) {
    aurum::store(y, (static_cast<std::ptrdiff_t>(n) * y.view.height + row) * y.view.width + column, c, v);
  }
  template <class V, class F>
  static void for_each_element(const V& v, F f) {
    for (int n = 0; n < v.batch; ++n)
      for (int y = 0; y < v.height; ++y)
        for (int x = 0; x < v.width; ++x)
          for (int c = 0; c < v.channels; ++c) f(n, y, x, c);
  }
  template <class V, class F>
  static void for_each_in_window(Window w, const V& in, int oy, int ox, F f) {
    for (int ky = 0; ky < w.kernel; ++ky)
      for (int kx = 0; kx < w.kernel; ++kx) {
        const int iy = oy * w.stride - w.padding + ky, ix = ox * w.stride - w.padding + kx;
        if (iy >= 0 && iy < in.height && ix >= 0 && ix < in.width) f(iy, ix);
      }
  }
};

}  // namespace aurum
