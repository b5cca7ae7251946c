#pragma once
#include <type_traits>

#include "aurum/spec/spec.hpp"

namespace aurum {

/// 2-D convolution (cross-correlation, as PyTorch's Conv2d) with a square kernel.
/// Options: `Stride<n>` (1), `Padding<n>` (kernel / 2), `Bias` (none).
/// Parameters: weight {C_out, C_in, k, k}; bias {C_out}.
template <int Channels, int KernelSize, class... Options>
struct Conv {
  static_assert(Channels > 0 && KernelSize > 0);
  using spec = Conv;
  static constexpr int channels = Channels;
  static constexpr int kernel = KernelSize;
  static constexpr int stride = detail::option_or<Stride, Options...>(1);
  static constexpr int padding = detail::option_or<Padding, Options...>(KernelSize / 2);
  static constexpr bool bias = (std::is_same_v<Options, Bias> || ...);
  static_assert(stride > 0 && padding >= 0);

  static constexpr Diagnosis infer(const Shape& in, Supports supports, Names = {}) {
    if (!supports(Op::convolution)) return Diagnosis::wrong(Fault::backend_lacks_this_operation, in, in);
    const Shape out{channels, windows(in.height, kernel, stride, padding),
                    windows(in.width, kernel, stride, padding)};
    if (out.height < 1 || out.width < 1)
      return Diagnosis::wrong(Fault::window_must_fit_into_the_padded_input,
                              {in.channels, kernel - 2 * padding, kernel - 2 * padding}, in);
    return Diagnosis::fine(out);
  }
  static constexpr Cost cost(const Shape& in) {
    const Shape out = infer(in, supports_everything).out;
    const long long weights = 1LL * channels * in.channels * kernel * kernel;
    return {.parameters = weights + (bias ? channels : 0),
            .multiply_adds = weights * out.height * out.width,
            .feature_maps = out.size()};
  }
};

}  // namespace aurum
