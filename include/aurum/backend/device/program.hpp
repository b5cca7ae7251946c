#pragma once
// How GPU backends run plans.
#include "aurum/backend/device/operations.hpp"
#include "aurum/plan/program.hpp"

namespace aurum::device {

/// What a plan adds to a convolution is added in one pass.
template <class B>
struct Kernels : plan::PlainKernels<B> {
  static constexpr bool needs_spare = false;
  template <class T>
  static void convolve(Context<B>& context, const plan::Convolution<T>& c, T*) {
    aurum::Operations<B>::convolution_finished(context, c.window, c.x, c.filter, c.bias, c.activation, c.copy,
                                               Target<T>{c.y, c.residual});
  }
};

}  // namespace aurum::device
