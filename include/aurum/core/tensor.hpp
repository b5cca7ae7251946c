#pragma once
#include <cstddef>
#include <type_traits>

#include "aurum/core/shape.hpp"

namespace aurum {

/// A batch of feature maps, channels last (NHWC), that somebody else owns. Pixel (n, y, x) starts at
/// `data + ((n * height + y) * width + x) * pixel_stride`; rows and images follow each other without gaps,
/// so a slice of channels is a view too (same stride, fewer channels) and concat costs nothing.
template <class T>
struct View {
  T* data = nullptr;
  int batch = 0;
  int height = 0;
  int width = 0;
  int channels = 0;
  std::ptrdiff_t pixel_stride = 0;

  [[nodiscard]] constexpr std::ptrdiff_t pixels() const {
    return static_cast<std::ptrdiff_t>(batch) * height * width;
  }
  [[nodiscard]] constexpr std::ptrdiff_t size() const { return pixels() * channels; }
  [[nodiscard]] constexpr Shape shape() const { return {channels, height, width}; }
  [[nodiscard]] constexpr bool contiguous() const { return pixel_stride == channels; }
  [[nodiscard]] constexpr explicit operator bool() const { return data != nullptr; }
  [[nodiscard]] constexpr T* pixel(std::ptrdiff_t index) const { return data + index * pixel_stride; }
  [[nodiscard]] constexpr T& at(int n, int y, int x, int c) const {
    return data[((static_cast<std::ptrdiff_t>(n) * height + y) * width + x) * pixel_stride + c];
  }
  /// Channels [first, first + count) of the same pixels.
  [[nodiscard]] constexpr View slice(int first, int count) const {
    return {data + first, batch, height, width, count, pixel_stride};
  }
  /// Images [first, first + count).
  [[nodiscard]] constexpr View images(int first, int count) const {
    View part = *this;
    part.data = pixel(static_cast<std::ptrdiff_t>(first) * height * width);
    part.batch = count;
    return part;
  }
  constexpr operator View<const T>() const requires(!std::is_const_v<T>) {
    return {data, batch, height, width, channels, pixel_stride};
  }
};

/// A contiguous view over memory for `batch` images of `shape`.
template <class T>
[[nodiscard]] constexpr View<T> make_view(T* data, int batch, const Shape& shape) {
  return {data, batch, shape.height, shape.width, shape.channels, shape.channels};
}

}  // namespace aurum
