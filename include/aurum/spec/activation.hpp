#pragma once
#include "aurum/core/activation.hpp"
#include "aurum/spec/spec.hpp"

namespace aurum {

/// A pointwise activation as a layer.
template <Activation A>
struct Activate {
  using spec = Activate;
  static constexpr Diagnosis infer(const Shape& in, Supports supports, Names = {}) {
    if (!supports(Op::activation)) return Diagnosis::wrong(Fault::backend_lacks_this_operation, in, in);
    return Diagnosis::fine(in);
  }
  static constexpr Cost cost(const Shape&) { return {}; }
};
using Relu = Activate<Activation::relu>;    ///< max(x, 0)
using Relu6 = Activate<Activation::relu6>;  ///< min(max(x, 0), 6)

}  // namespace aurum
