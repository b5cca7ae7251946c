#pragma once
#include "aurum/spec/spec.hpp"

namespace aurum {

template <int N>
struct Recompute {};

/// Network `Net` for every frame by itself. Every network of images is that already, since the frames of
/// clips are a batch's images; this says so, and may trade time for memory: with `Recompute<n>` n images go
/// through `Net` at a time, what it keeps of them is dropped, and made again when gradients come back. Batch
/// norms that train then take the statistics of n images, and follow those of each once.
template <Spec Net, class... Options>
struct TimeDistributed {
  using spec = TimeDistributed;
  static constexpr int at_once = detail::option_or<Recompute, Options...>(0);  ///< 0: all
  static constexpr Diagnosis infer(const Shape& in, Supports supports, Names names = {}) {
    return resolve_t<Net>::infer(in, supports, names);
  }
  static constexpr Cost cost(const Shape& in) { return Net::cost(in); }
};

}  // namespace aurum
