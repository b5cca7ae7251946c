#pragma once
// Convolution on the CPU: which algorithm a layer gets, and the three operations of the contract.
#include <cstddef>

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

template <class T>
void pack(Team& team, Algorithm a, const Filter<T>& filter, T* packed) {
  switch (a) {
    case Algorithm::direct:
      return pack_direct(team, filter, packed);
    case Algorithm::f2:
      return pack_winograd<2>(team, filter, packed);
    case Algorithm::f4:
      return pack_winograd<4>(team, filter, packed);
  }
}

/// Packs a filter {C_out, k, k, C_in} for `convolve`.
template <class T>
void pack_filter(Team& team, Algorithm a, Window w, int in_channels, int out_channels, const T* filter,
                 T* packed) {
  pack(team, a, Filter<T>{filter, w.kernel * w.kernel, in_channels, out_channels}, packed);
}

/// y = epilogue(filter * value of x).
template <class T>
void convolve(Team& team, Algorithm a, Window w, const Signal<T>& x, const T* packed,
              const Epilogue<T>& epilogue, const View<T>& y) {
  switch (a) {
    case Algorithm::direct:
      return direct_convolve(team, w, x, packed, epilogue, y);
    case Algorithm::f2:
      return winograd_convolve<2>(team, w, x, packed, epilogue, y);
    case Algorithm::f4:
      return winograd_convolve<4>(team, w, x, packed, epilogue, y);
  }
}

/// y = epilogue(filter * value of x), or y += that, with a filter that is packed for this call.
template <class T>
void convolution(Team& team, Winograd allowed, Window w, const Signal<T>& x, Filter<T> filter,
                 Epilogue<T> epilogue, Target<T> y) {
  const Algorithm a = choose(w, x.data.shape(), y.view.shape(), allowed);
  T* const packed = team.shared<T>(packed_size<T>(a, w, filter.in, filter.out));
  pack(team, a, filter, packed);
  epilogue.residual = y.base;
  convolve(team, a, w, x, packed, epilogue, y.view);
}

template <class T>
void convolution_forward(Team& team, Winograd allowed, Window w, const Signal<T>& x, const T* filter,
                         const T* bias, Target<T> y) {
  convolution(team, allowed, w, x, Filter<T>{filter, w.kernel * w.kernel, x.data.channels, y.view.channels},
              Epilogue<T>{.bias = bias}, y);
}

/// The gradient with respect to the input. Stride 1: a convolution of dy with the filter turned by 180
/// degrees and its channels exchanged.
template <class T>
void convolution_backward_data(Team& team, Winograd allowed, Window w, const View<const T>& dy,
                               const T* filter, Target<T> dx) {
  if (w.stride != 1 || w.padding >= w.kernel) return scatter_data_gradient(team, w, dy, filter, dx);
  convolution(team, allowed, {w.kernel, 1, w.kernel - 1 - w.padding}, Signal<T>{dy},
              Filter<T>{filter, w.kernel * w.kernel, dy.channels, dx.view.channels, true}, Epilogue<T>{}, dx);
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
template <class T>
void convolution_backward_filter(Team& team, Winograd allowed, Window w, const Signal<T>& x,
                                 const View<const T>& dy, T* dfilter, T* dbias) {
  switch (choose(w, x.data.shape(), dy.shape(), allowed)) {
    case Algorithm::direct:
      direct_filter_gradient(team, w, x, dy, dfilter);
      break;
    case Algorithm::f2:
      winograd_filter_gradient<2>(team, w, x, dy, dfilter);
      break;
    case Algorithm::f4:
      winograd_filter_gradient<4>(team, w, x, dy, dfilter);
      break;
  }
  if (dbias != nullptr) bias_gradient(team, dy, dbias);
}

}  // namespace cpu
}  // namespace aurum
