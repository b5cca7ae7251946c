#pragma once
#include "aurum/spec/spec.hpp"

namespace aurum {

enum class Interpolation { nearest, bilinear };

/// Enlarges height and width by a whole factor. Bilinear: pixel centres agree (PyTorch's
/// align_corners=False).
template <int Factor, Interpolation Mode>
struct Upsample {
  static_assert(Factor > 0);
  using spec = Upsample;
  static constexpr int factor = Factor;
  static constexpr Interpolation interpolation = Mode;
  static constexpr Diagnosis infer(const Shape& in, Supports supports, Names = {}) {
    if (!supports(Op::upsample)) return Diagnosis::wrong(Fault::backend_lacks_this_operation, in, in);
    return Diagnosis::fine({in.channels, in.height * Factor, in.width * Factor});
  }
  static constexpr Cost cost(const Shape&) { return {}; }
};
template <int Factor>
using UpsampleNearest = Upsample<Factor, Interpolation::nearest>;
template <int Factor>
using UpsampleBilinear = Upsample<Factor, Interpolation::bilinear>;

}  // namespace aurum
