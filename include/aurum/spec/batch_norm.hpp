#pragma once
#include "aurum/spec/spec.hpp"

namespace aurum {

/// PyTorch's constants of BatchNorm2d. Another policy is any type with the same two members.
struct TorchBatchNorm {
  static constexpr double epsilon = 1e-5;
  static constexpr double momentum = 0.1;  ///< running = (1 - momentum) running + momentum batch
};

/// Batch normalisation over batch, height and width. In training it uses the batch's biased variance and
/// moves the running statistics (with the unbiased variance, as PyTorch does); in inference it uses the
/// running ones. Parameters: weight {C}, bias {C}; buffers: running_mean {C}, running_var {C}.
template <class Policy>
struct BasicBatchNorm {
  using spec = BasicBatchNorm;
  using policy = Policy;
  static constexpr Diagnosis infer(const Shape& in, Supports supports, Names = {}) {
    if (!supports(Op::batch_norm)) return Diagnosis::wrong(Fault::backend_lacks_this_operation, in, in);
    return Diagnosis::fine(in);
  }
  static constexpr Cost cost(const Shape& in) { return {2LL * in.channels, 2LL * in.channels, 0}; }
};
using BatchNorm = BasicBatchNorm<TorchBatchNorm>;

}  // namespace aurum
