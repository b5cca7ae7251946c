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

/// The order of a pixel's three bytes.
enum class PixelOrder {
  rgb,
  bgr  ///< as OpenCV and most cameras have it
};

/// Somebody else's 8-bit picture, to be read where it lies: three bytes a pixel, rows from the top, `row`
/// bytes from one row to the next. Valid as long as those pixels are.
struct ImageView {
  const std::uint8_t* pixels = nullptr;
  int width = 0;
  int height = 0;
  std::ptrdiff_t row = 0;
  PixelOrder order = PixelOrder::rgb;

  ImageView() = default;
  ImageView(const std::uint8_t* pixels_, int width_, int height_, std::ptrdiff_t row_,
            PixelOrder order_ = PixelOrder::rgb)
      : pixels{pixels_}, width{width_}, height{height_}, row{row_}, order{order_} {}
  ImageView(const Image& image)  // NOLINT(google-explicit-constructor): an image is one to look at
      : ImageView(image.pixels.data(), image.empty() ? 0 : image.width, image.empty() ? 0 : image.height,
                  std::ptrdiff_t{3} * image.width) {}
  [[nodiscard]] const std::uint8_t* at(int x, int y) const { return pixels + y * row + 3 * x; }
  [[nodiscard]] bool empty() const { return width < 1 || height < 1; }
};

namespace detail {

/// The byte nearest to a colour in 0..255; half a step goes up.
[[nodiscard]] inline std::uint8_t to_byte(float colour) {
  return static_cast<std::uint8_t>(colour + 0.5F);  // NOLINT(bugprone-incorrect-roundings): lround is slow
}

}  // namespace detail

}  // namespace aurum
