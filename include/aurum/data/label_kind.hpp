#pragma once

namespace aurum {

/// What the numbers mean that a data set labels its faces with.
enum class LabelKind {
  intensity,  ///< 0 (absent) to 5 (E)
  occurrence  ///< 0 or 1
};

}  // namespace aurum
