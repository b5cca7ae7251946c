#pragma once
#include <string>
#include <vector>

#include "aurum/core/geometry.hpp"
#include "aurum/data/image.hpp"

namespace aurum {

/// One labelled face. A data set is anything with `size()`, `action_units()` (the numbers, in order) and a
/// const, thread-safe `sample(index)` that returns this.
struct Sample {
  Image image;
  Landmarks landmarks;                ///< 68 points in pixels of `image`
  std::vector<float> intensities;     ///< one per AU of the data set, 0 to 5; NaN: not labelled
  std::vector<Sides<float>> sides{};  ///< the same for either side of the face; empty: not known
  int subject = 0;                    ///< identity, for splits by person
  std::string name;                   ///< where it came from, for messages
};

}  // namespace aurum
