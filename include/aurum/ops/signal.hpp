#pragma once
#include <cstdint>

#include "aurum/core/activation.hpp"
#include "aurum/core/bfloat16.hpp"
#include "aurum/core/tensor.hpp"

namespace aurum {

/// What flows between layers: stored feature maps and what nobody has applied to them yet, a per-channel
/// affine map (a batch norm) and an activation. Its value at channel c is activate(scale[c] * data +
/// shift[c]). Operations read signals, so a convolution can apply batch norm and activation while it loads
/// its input, and training stores only what convolutions wrote.
template <class T>
struct Signal {
  View<const T> data{};
  const real_t<T>* scale = nullptr;  ///< one per channel; null together with `shift`: none
  const real_t<T>* shift = nullptr;
  Activation activation = Activation::none;

  [[nodiscard]] AURUM_HD constexpr bool pending() const {
    return scale != nullptr || activation != Activation::none;
  }
};

/// Where an operation writes, and what it adds to its result: view = base + result. A null view: the result
/// is not wanted, or, for a module, the module may choose its own place. A null base: nothing is added; the
/// base may be the view itself.
template <class T>
struct Target {
  View<T> view{};
  View<const T> base{};

  /// Adds to what is in `view`.
  [[nodiscard]] AURUM_HD static constexpr Target adding(View<T> view) { return {view, view}; }
  [[nodiscard]] AURUM_HD constexpr explicit operator bool() const { return view.data != nullptr; }
  /// Channels [first, first + count).
  [[nodiscard]] AURUM_HD constexpr Target slice(int first, int count) const {
    return {view.slice(first, count), base ? base.slice(first, count) : base};
  }
};

/// What a batch norm did forward, for the way back: y = activation(scale x + shift).
template <class T>
struct BatchNormForward {
  const real_t<T>* mean;               ///< that it used: the batch's or the running one
  const real_t<T>* inverse_deviation;  ///< likewise
  const real_t<T>* weight;
  const real_t<T>* scale;                    ///< weight * inverse_deviation
  const real_t<T>* shift;                    ///< bias - mean * scale
  Activation activation = Activation::none;  ///< that follows it at once
  bool training = true;                      ///< mean and deviation depend on x
};

/// The value of a signal's element whose stored value is `x`.
template <class T>
[[nodiscard]] AURUM_HD constexpr real_t<T> apply_pending(const Signal<T>& s, real_t<T> x, int channel) {
  return activate(s.activation, s.scale == nullptr ? x : s.scale[channel] * x + s.shift[channel]);
}

/// Writes `value`, plus the base's element if there is one, at channel c of pixel p.
template <class T>
AURUM_HD constexpr void store(const Target<T>& y, std::ptrdiff_t p, int c, real_t<T> value) {
  y.view.pixel(p)[c] = static_cast<T>(y.base ? y.base.pixel(p)[c] + value : value);
}

/// A signal for some channels of a larger whole, from `first` on.
template <class T>
struct Part {
  Signal<T> signal{};
  int first = 0;
};

/// A square window that slides over an image: of a convolution or a pooling.
struct Window {
  int kernel = 1;
  int stride = 1;
  int padding = 0;
};
/// Where a filter {C_out, k, k, C_in} has its element for output channel o, tap (ky, kx) and input channel i.
[[nodiscard]] AURUM_HD constexpr std::ptrdiff_t filter_index(Window w, int in_channels, int o, int ky, int kx,
                                                             int i) {
  return ((static_cast<std::ptrdiff_t>(o) * w.kernel + ky) * w.kernel + kx) * in_channels + i;
}
/// Where in its window an element is: row * kernel + column.
using WindowPlace = std::uint8_t;

}  // namespace aurum
