#pragma once
#include "aurum/backend/cpu/simd.hpp"

namespace aurum::cpu {

/// What a convolution does with its sums: v = activation(sum + bias); copy = v; y = v + residual.
template <class T>
struct Epilogue {
  const T* bias = nullptr;  ///< one per output channel; null: none
  Activation activation = Activation::none;
  View<const T> residual{};  ///< of y's shape, may be y itself; null: none
  View<T> copy{};            ///< of y's shape; null: not wanted
};

/// An epilogue at work on one vector of channels. Made where it is used, so that all it knows stays in
/// registers: the compiler must assume that a store may change what lies in memory.
template <class T, class Lanes>
class Writer {
 public:
  [[gnu::always_inline]] Writer(const Epilogue<T>& epilogue, const View<T>& y, int channel, Lanes part)
      : biased_{epilogue.bias != nullptr},
        bias_{biased_ ? load(epilogue.bias + channel, part) : Vector<T>(T{0})},
        activation_{epilogue.activation},
        clip_{epilogue.activation},
        residual_{epilogue.residual ? epilogue.residual.slice(channel, lanes<T>) : View<const T>{}},
        copy_{epilogue.copy ? epilogue.copy.slice(channel, lanes<T>) : View<T>{}},
        y_{y.slice(channel, lanes<T>)},
        part_{part} {}

  [[gnu::always_inline]] void operator()(std::ptrdiff_t pixel, Vector<T> v) const {
    if (biased_) v = v + bias_;
    if (activation_ != Activation::none) v = clip_(v);
    if (copy_) store(copy_.pixel(pixel), v, part_);
    if (residual_) v = v + load(residual_.pixel(pixel), part_);
    store(y_.pixel(pixel), v, part_);
  }

 private:
  bool biased_;
  Vector<T> bias_;
  Activation activation_;
  Clip<T> clip_;
  View<const T> residual_;
  View<T> copy_, y_;
  Lanes part_;
};

}  // namespace aurum::cpu
