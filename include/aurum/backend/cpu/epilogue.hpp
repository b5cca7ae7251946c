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

/// An epilogue at work, a vector of channels of one pixel at a time.
template <class T>
class Writer {
 public:
  Writer(const Epilogue<T>& epilogue, const View<T>& y)
      : epilogue_{epilogue}, clip_{epilogue.activation}, y_{y} {}

  template <class Lanes>
  [[gnu::always_inline]] void operator()(std::ptrdiff_t pixel, int channel, Lanes part, Vector<T> v) const {
    if (epilogue_.bias != nullptr) v = v + load(epilogue_.bias + channel, part);
    if (epilogue_.activation != Activation::none) v = clip_(v);
    if (epilogue_.copy) store(epilogue_.copy.pixel(pixel) + channel, v, part);
    if (epilogue_.residual) v = v + load(epilogue_.residual.pixel(pixel) + channel, part);
    store(y_.pixel(pixel) + channel, v, part);
  }

 private:
  Epilogue<T> epilogue_;
  Clip<T> clip_;
  View<T> y_;
};

}  // namespace aurum::cpu
