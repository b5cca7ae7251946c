#pragma once
#include "aurum/spec/spec.hpp"

namespace aurum {

/// S as it is: nothing in it is trained. Its parameters keep their names and values, have no gradients, and
/// are stored apart from those that the optimiser moves; filter gradients are skipped; batch norms use their
/// running statistics and leave them alone, in training too. Gradients pass through to what comes before.
template <Spec S>
struct Frozen {
  using spec = Frozen;
  static constexpr Diagnosis infer(const Shape& in, Supports supports, Names names = {}) {
    return resolve_t<S>::infer(in, supports, names);
  }
  static constexpr Cost cost(const Shape& in) { return S::cost(in).all_frozen(); }
};

/// A batch norm with frozen scale and shift that still takes batch statistics in training, and follows them.
template <Spec Norm>
struct FrozenAffine {
  using spec = FrozenAffine;
  static constexpr Diagnosis infer(const Shape& in, Supports supports, Names = {}) {
    return Norm::infer(in, supports);
  }
  static constexpr Cost cost(const Shape& in) { return Norm::cost(in).all_frozen(); }
};

}  // namespace aurum
