#pragma once
#include "aurum/core/config.hpp"

namespace aurum {

/// Pointwise activations.
enum class Activation { none, relu, relu6 };

template <class T>
[[nodiscard]] AURUM_HD constexpr T activate(Activation activation, T x) {
  if (activation == Activation::none) return x;
  if (!(x > T{0})) return x != x ? x : T{0};  // a NaN stays one, as in PyTorch
  return activation == Activation::relu6 && x > T{6} ? T{6} : x;
}

/// Derivative with respect to x; 0 at the kinks, as PyTorch has it.
template <class T>
[[nodiscard]] AURUM_HD constexpr T activation_derivative(Activation activation, T x) {
  if (activation == Activation::none) return T{1};
  return x > T{0} && !(activation == Activation::relu6 && x >= T{6}) ? T{1} : T{0};
}

}  // namespace aurum
