#pragma once
#include "aurum/spec/conv.hpp"

namespace aurum {

/// A convolution whose frozen filters are multiplied along their output mode by a learnable matrix (Ntinou et
/// al. 2020, section 4.5, Eq. 3): filter'[o] = sum over c of projection[o, c] * filter[c]. Only the
/// projection {C_out, C_out} is trained; it starts as the identity. A bias stays as it is. Parameters: weight
/// and bias, frozen, those of the convolution; projection.
template <class Convolution>
struct Reparametrised;

template <int Channels, int KernelSize, class... Options>
struct Reparametrised<Conv<Channels, KernelSize, Options...>> {
  using spec = Reparametrised;
  using convolution = Conv<Channels, KernelSize, Options...>;
  static constexpr Diagnosis infer(const Shape& in, Supports supports, Names = {}) {
    return convolution::infer(in, supports);
  }
  static constexpr Cost cost(const Shape& in) {
    return convolution::cost(in).all_frozen() + Cost{.parameters = 1LL * Channels * Channels};
  }
};

}  // namespace aurum
