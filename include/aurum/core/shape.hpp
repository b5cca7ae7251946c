#pragma once
#include <cstddef>
#include <string>

#include "aurum/core/config.hpp"

namespace aurum {

/// Channels, height and width of one image's feature maps; the batch is a run-time matter.
struct Shape {
  int channels = 0;
  int height = 0;
  int width = 0;
  friend constexpr bool operator==(const Shape&, const Shape&) = default;
  [[nodiscard]] AURUM_HD constexpr long long size() const { return 1LL * channels * height * width; }
};

[[nodiscard]] inline std::string to_string(const Shape& shape) {
  return std::to_string(shape.channels) + "x" + std::to_string(shape.height) + "x" +
         std::to_string(shape.width);
}

}  // namespace aurum
