#pragma once
// The filter gradient of few pixels and many channels, as in the last stages of a residual network: one
// matrix product over all pixels. The filter is then larger than what it is convolved with, and cutting the
// pixels into sums of the filter's size would cost more than the products.
#include "aurum/backend/cpu/gemm.hpp"
#include "aurum/backend/cpu/strip.hpp"

namespace aurum::cpu {

/// Whether the filter gradient is better computed so: the filter is beyond the cache, the pixels are not.
template <class T>
constexpr bool suits_columns(Window w, int in, int out, std::ptrdiff_t pixels) {
  return w.kernel > 1 && in % lanes<T> == 0 && pixels <= 768 &&
         static_cast<std::ptrdiff_t>(sizeof(T)) * w.kernel * w.kernel * in * out >= std::ptrdiff_t{1} << 20;
}

/// The windows of all pixels of `y`, each from `pitch` to `pitch` elements: kernel x kernel x C_in values,
/// what is pending applied, zeros outside the image.
template <class T>
void gather_columns(Team& team, Window w, const Signal<T>& x, const View<const T>& y, std::ptrdiff_t pitch,
                    T* to) {
  const View<const T>& in = x.data;
  const Reader<T> read(x);
  const int channels = in.channels;
  team.run(y.pixels(), [&](std::ptrdiff_t p) {
    const int column = static_cast<int>(p % y.width), row = static_cast<int>(p / y.width % y.height);
    const int image = static_cast<int>(p / y.width / y.height);
    T* value = to + p * pitch;
    for (int tap = 0; tap < w.kernel * w.kernel; ++tap, value += channels) {
      const int v = row * w.stride - w.padding + tap / w.kernel;
      const int u = column * w.stride - w.padding + tap % w.kernel;
      if (v >= 0 && v < in.height && u >= 0 && u < in.width)
        apply_pixel(read, &in.at(image, v, u, 0), value, channels);
      else
        std::fill_n(value, channels, T{0});
    }
  });
}

/// dfilter += the gradient of the filter {C_out, k, k, C_in}; C_in fills whole vectors. Every chunk has
/// values of the filter for its own: nothing is added up afterwards.
template <class T>
void columns_filter_gradient(Team& team, Window w, const Signal<T>& x, const View<const T>& dy, T* dfilter) {
  const int values = w.kernel * w.kernel * x.data.channels;
  // Windows a power of two apart would fall into the same few sets of the cache.
  const std::ptrdiff_t pitch = values + panel_width<T>;
  T* const columns = team.shared<T>(dy.pixels() * pitch);
  gather_columns(team, w, x, dy, pitch, columns);
  constexpr int most = 4 * panel_width<T>;
  team.run((values + most - 1) / most, [&](std::ptrdiff_t chunk) {
    const int first = static_cast<int>(chunk) * most;
    add_products(dy.data, dy.pixel_stride, columns + first, pitch, dy.pixels(), dy.channels,
                 std::min(most, values - first), dfilter + first, values);
  });
}

}  // namespace aurum::cpu
