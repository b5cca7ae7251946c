#pragma once
// How GPU backends run plans.
#include <vector>

#include "aurum/backend/device/operations.hpp"
#include "aurum/backend/device/peaks.hpp"
#include "aurum/plan/program.hpp"

namespace aurum::device {

/// What a plan adds to a convolution is added in one pass.
template <class B>
struct Kernels : plan::PlainKernels<B> {
  static constexpr bool needs_spare = false;
  /// Filters of half precision take half of their place.
  template <class T>
  static void pack(Context<B>& context, Window w, const Shape& in, const Shape& out, const real_t<T>* filter,
                   real_t<T>* packed) {
    const std::ptrdiff_t size = plan::PlainKernels<B>::template packed_size<T>(w, in, out);
    const std::vector<T> values(filter, filter + size);
    aurum::Operations<B>::upload(context, reinterpret_cast<T*>(packed), values.data(), size);
  }
  template <class T>
  static void find_peaks(Context<B>& context, View<const T> maps, Peak* peaks) {
    const PeakTerm<T> term{maps};
    aurum::Operations<B>::reduce(context, std::ptrdiff_t{1} * maps.height * maps.width,
                                 maps.batch * maps.channels, term, WritePeak<T>{term, peaks});
  }
  template <class T>
  static void convolve(Context<B>& context, const plan::Convolution<T>& c, T*) {
    aurum::Operations<B>::convolution_finished(context, c.window, c.x, reinterpret_cast<const T*>(c.filter),
                                               c.bias, c.activation, c.copy, Target<T>{c.y, c.residual});
  }
};

}  // namespace aurum::device
