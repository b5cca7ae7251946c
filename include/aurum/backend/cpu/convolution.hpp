#pragma once
// Convolution on the CPU: which algorithm a layer gets, and the three operations of the contract.
#include <cstddef>
#include <type_traits>

#include "aurum/backend/cpu/columns.hpp"
#include "aurum/backend/cpu/direct_convolution.hpp"
#include "aurum/backend/cpu/winograd_convolution.hpp"
#include "aurum/core/shape.hpp"

namespace aurum {

/// The largest Winograd tile that the CPU backend may use. Relative RMS error of one layer in float, against
/// double: off 2 to 4e-7, f2 2 to 3e-7, f4 1 to 2e-6; products per 3x3 filter and pixel: 9, 4, 2.25.
enum class Winograd { off, f2, f4 };

namespace cpu {

/// How a convolution is computed: by direct sums, or by Winograd tiles of 2x2 or 4x4.
enum class Algorithm { direct, f2, f4 };

/// The policy. Winograd needs a 3x3 filter of stride 1 and enough channels to be worth its transforms; tiles
/// of 4x4 need maps of more than one tile.
constexpr Algorithm choose(Window w, Shape in, Shape out, Winograd allowed) {
  if (allowed == Winograd::off || w.kernel != 3 || w.stride != 1) return Algorithm::direct;
  if (in.channels < 8 || out.channels < 8 || out.height < 2 || out.width < 2) return Algorithm::direct;
  return allowed == Winograd::f4 && out.height > 4 && out.width > 4 ? Algorithm::f4 : Algorithm::f2;
}

/// Elements of a packed filter.
template <class T>
constexpr std::ptrdiff_t packed_size(Algorithm a, Window w, int in_channels, int out_channels) {
  const std::ptrdiff_t planes = a == Algorithm::f4 ? 36 : a == Algorithm::f2 ? 16 : w.kernel * w.kernel;
  return planes * panels<T>(out_channels) * panel_width<T> * in_channels;
}

/// Calls f(tile) with the tile that an algorithm works on, a constant: 0 (direct sums), 2 or 4. Programs that
/// allow no Winograd do not compile it.
template <Winograd Allowed, class F>
void with_tile(Algorithm a, F f) {
  if constexpr (Allowed == Winograd::f4)
    if (a == Algorithm::f4) return f(std::integral_constant<int, 4>{});
  if constexpr (Allowed != Winograd::off)
    if (a == Algorithm::f2) return f(std::integral_constant<int, 2>{});
  f(std::integral_constant<int, 0>{});
}

template <Winograd Allowed, class T>
void pack(Team& team, Algorithm a, const Filter<T>& filter, T* packed) {
  with_tile<Allowed>(a, [&](auto tile) {
    if constexpr (tile == 0)
      pack_direct(team, filter, packed);
    else
      pack_winograd<tile>(team, filter, packed);
  });
}

/// Packs a filter {C_out, k, k, C_in} for `convolve`.
template <Winograd Allowed = Winograd::f4, class T>
void pack_filter(Team& team, Algorithm a, Window w, int in_channels, int out_channels, const T* filter,
                 T* packed) {
  pack<Allowed>(team, a, Filter<T>{filter, w.kernel * w.kernel, in_channels, out_channels}, packed);
}

/// y = epilogue(filter * value of x).
template <Winograd Allowed = Winograd::f4, class T>
void convolve(Team& team, Algorithm a, Window w, const Signal<T>& x, const T* packed,
              const Epilogue<T>& epilogue, const View<T>& y) {
  with_tile<Allowed>(a, [&](auto tile) {
    if constexpr (tile == 0)
      direct_convolve(team, w, x, packed, epilogue, y);
    else
      winograd_convolve<tile>(team, w, x, packed, epilogue, y);
  });
}

/// y = epilogue(filter * value of x), or y += that, with a filter that is packed for this call.
template <Winograd Allowed, class T>
void convolution(Team& team, Window w, const Signal<T>& x, Filter<T> filter, Epilogue<T> epilogue,
                 Target<T> y) {
  const Algorithm a = choose(w, x.data.shape(), y.view.shape(), Allowed);
  T* const packed = team.shared<T>(packed_size<T>(a, w, filter.in, filter.out));
  pack<Allowed>(team, a, filter, packed);
  epilogue.residual = y.base;
  convolve<Allowed>(team, a, w, x, packed, epilogue, y.view);
}

template <Winograd Allowed, class T>
void convolution_forward(Team& team, Window w, const Signal<T>& x, const T* filter, const T* bias,
                         Target<T> y) {
  convolution<Allowed>(team, w, x, Filter<T>{filter, w.kernel * w.kernel, x.data.channels, y.view.channels},
                       Epilogue<T>{.bias = bias}, y);
}

/// The gradient with respect to the input. Stride 1: a convolution of dy with the filter turned by 180
/// degrees and its channels exchanged.
template <Winograd Allowed, class T>
void convolution_backward_data(Team& team, Window w, const View<const T>& dy, const T* filter, Target<T> dx) {
  if (w.stride != 1 || w.padding >= w.kernel) return scatter_data_gradient(team, w, dy, filter, dx);
  convolution<Allowed>(team, {w.kernel, 1, w.kernel - 1 - w.padding}, Signal<T>{dy},
                       Filter<T>{filter, w.kernel * w.kernel, dy.channels, dx.view.channels, true},
                       Epilogue<T>{}, dx);
}

/// dbias += the sum of dy over all pixels, the same bits for any number of threads.
template <class T>
void bias_gradient(Team& team, const View<const T>& dy, T* dbias) {
  const PixelChunks chunks(dy.pixels(), dy.channels);
  T* const sums = team.shared<T>(chunks.count() * dy.channels);
  team.run(chunks.count(), [&](std::ptrdiff_t i) {
    for_each_vector<T>(dy.channels, [&](int c, auto part) {
      Vector<T> sum(T{0});
      for (std::ptrdiff_t p = chunks.first(i); p < chunks.last(i); ++p)
        sum = sum + load(dy.pixel(p) + c, part);
      store(sums + i * dy.channels + c, sum, part);
    });
  });
  for (std::ptrdiff_t i = 0; i < chunks.count(); ++i) add_row(sums + i * dy.channels, dbias, dy.channels);
}

/// Adds the gradients of filter and, unless null, bias.
template <Winograd Allowed, class T>
void convolution_backward_filter(Team& team, Window w, const Signal<T>& x, const View<const T>& dy,
                                 T* dfilter, T* dbias) {
  if (suits_columns<T>(w, x.data.channels, dy.channels, dy.pixels()))
    columns_filter_gradient(team, w, x, dy, dfilter);
  else
    with_tile<Allowed>(choose(w, x.data.shape(), dy.shape(), Allowed), [&](auto tile) {
      if constexpr (tile == 0)
        direct_filter_gradient(team, w, x, dy, dfilter);
      else
        winograd_filter_gradient<tile>(team, w, x, dy, dfilter);
    });
  if (dbias != nullptr) bias_gradient(team, dy, dbias);
}

}  // namespace cpu
}  // namespace aurum
