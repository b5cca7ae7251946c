#pragma once
#include "aurum/spec/spec.hpp"

namespace aurum {

namespace detail {
template <Op operation, int Window, class... Options>
struct Pool {
  static_assert(Window > 0);
  static constexpr int window = Window;
  static constexpr int stride = option_or<Stride, Options...>(Window);
  static constexpr int padding = option_or<Padding, Options...>(0);
  static_assert(stride > 0 && padding >= 0 && 2 * padding <= Window, "padding is at most half the window");

  static constexpr Diagnosis infer(const Shape& in, Supports supports, Names = {}) {
    if (!supports(operation)) return Diagnosis::wrong(Fault::backend_lacks_this_operation, in, in);
    const Shape out{in.channels, windows(in.height, window, stride, padding),
                    windows(in.width, window, stride, padding)};
    if (out.height < 1 || out.width < 1)
      return Diagnosis::wrong(Fault::window_must_fit_into_the_padded_input,
                              {in.channels, window - 2 * padding, window - 2 * padding}, in);
    return Diagnosis::fine(out);
  }
  static constexpr Cost cost(const Shape&) { return {}; }
};
}  // namespace detail

/// Maximum over windows; padding counts as minus infinity. Options: `Stride<n>` (the window), `Padding<n>`
/// (0). A size that the stride does not divide is rounded down, as PyTorch does by default.
template <int Window, class... Options>
struct MaxPool : detail::Pool<Op::max_pool, Window, Options...> {
  using spec = MaxPool;
  static_assert(Window <= 16, "aurum: MaxPool: windows of at most 16 x 16 pixels (places in them are bytes)");
};

/// Mean over windows; padding counts as zeros (PyTorch's count_include_pad). Options as for MaxPool.
template <int Window, class... Options>
struct AveragePool : detail::Pool<Op::average_pool, Window, Options...> {
  using spec = AveragePool;
};

/// Mean over the whole map, to one pixel. Maps are square.
struct GlobalAveragePool {
  using spec = GlobalAveragePool;
  static constexpr Diagnosis infer(const Shape& in, Supports supports, Names = {}) {
    if (!supports(Op::average_pool)) return Diagnosis::wrong(Fault::backend_lacks_this_operation, in, in);
    if (in.height != in.width)
      return Diagnosis::wrong(Fault::global_pooling_needs_a_square_map, {in.channels, in.height, in.height},
                              in);
    return Diagnosis::fine({in.channels, 1, 1});
  }
  static constexpr Cost cost(const Shape&) { return {}; }
};

}  // namespace aurum
