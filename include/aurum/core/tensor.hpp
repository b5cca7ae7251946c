#pragma once
#include <cstddef>
#include <type_traits>

#include "aurum/core/config.hpp"
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

  [[nodiscard]] AURUM_HD constexpr std::ptrdiff_t pixels() const {
    return static_cast<std::ptrdiff_t>(batch) * height * width;
  }
  [[nodiscard]] AURUM_HD constexpr std::ptrdiff_t size() const { return pixels() * channels; }
  [[nodiscard]] AURUM_HD constexpr Shape shape() const { return {channels, height, width}; }
  [[nodiscard]] AURUM_HD constexpr bool contiguous() const { return pixel_stride == channels; }
  [[nodiscard]] AURUM_HD constexpr explicit operator bool() const { return data != nullptr; }
  [[nodiscard]] AURUM_HD constexpr T* pixel(std::ptrdiff_t index) const {
    return data + index * pixel_stride;
  }
  [[nodiscard]] AURUM_HD constexpr std::ptrdiff_t pixel_index(int n, int y, int x) const {
    return (static_cast<std::ptrdiff_t>(n) * height + y) * width + x;
  }
  [[nodiscard]] AURUM_HD constexpr T& at(int n, int y, int x, int c) const {
    return pixel(pixel_index(n, y, x))[c];
  }
  /// Channels [first, first + count) of the same pixels.
  [[nodiscard]] AURUM_HD constexpr View slice(int first, int count) const {
    return {data + first, batch, height, width, count, pixel_stride};
  }
  /// Images [first, first + count).
  [[nodiscard]] AURUM_HD constexpr View images(int first, int count) const {
    View part = *this;
    part.data = pixel(static_cast<std::ptrdiff_t>(first) * height * width);
    part.batch = count;
    return part;
  }
  /// A view that may be written is one that may be read. (A template: as a plain operator, nvcc finds that a
  /// View<const T> converts to itself.)
  template <class U>
  requires(std::is_same_v<U, const T> && !std::is_const_v<T>) AURUM_HD constexpr operator View<U>() const {
    return {data, batch, height, width, channels, pixel_stride};
  }
};

/// A contiguous view over memory for `batch` images of `shape`.
template <class T>
[[nodiscard]] AURUM_HD constexpr View<T> make_view(T* data, int batch, const Shape& shape) {
  return {data, batch, shape.height, shape.width, shape.channels, shape.channels};
}

}  // namespace aurum
