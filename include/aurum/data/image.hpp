#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace aurum {

/// An 8-bit RGB picture, rows from the top, pixels interleaved: pixel (x, y) is `pixels[3 * (y * width +
/// x)]`.
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;

  Image() = default;
  /// A black picture.
  Image(int width_, int height_)
      : width(width_),
        height(height_),
        pixels(std::size_t{3} * static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_)) {}
  [[nodiscard]] std::uint8_t* at(int x, int y) {
    return pixels.data() + 3 * (static_cast<std::ptrdiff_t>(y) * width + x);
  }
  [[nodiscard]] const std::uint8_t* at(int x, int y) const {
    return pixels.data() + 3 * (static_cast<std::ptrdiff_t>(y) * width + x);
  }
  [[nodiscard]] bool empty() const { return pixels.empty(); }
};

namespace detail {

/// The byte nearest to a colour in 0..255; half a step goes up.
[[nodiscard]] inline std::uint8_t to_byte(float colour) {
  return static_cast<std::uint8_t>(colour + 0.5F);  // NOLINT(bugprone-incorrect-roundings): lround is slow
}

}  // namespace detail

}  // namespace aurum
