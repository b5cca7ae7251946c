#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/tensor.hpp"
#include "aurum/data/affine.hpp"
#include "aurum/data/image.hpp"

namespace aurum {

/// What a warp sees outside the source picture.
enum class Border {
  replicate,  ///< the nearest pixel of the picture: no hard edge beside a face at the picture's border
  blank       ///< black
};

/// Memory for the intermediate picture of `warp`, for callers that warp often.
struct WarpMemory {
  Image reduced{};
  std::vector<std::uint32_t> sums{};

  /// Lets it hold what upright crops of `width` x `height` pixels need; others let it grow.
  void reserve(int width, int height) {
    const auto blocks = [](int size) { return 3 * (static_cast<std::size_t>(size) * 3 / 2 + 6); };
    reduced.pixels.reserve(blocks(width) * blocks(height) / 3);
    sums.reserve(blocks(width));
  }
};

namespace detail {

/// Reduces a picture by a whole factor: every pixel of `memory.reduced`, its bytes in the order of the
/// source, is the mean of a block of the source. Only the part that a warp reads is made: `source` pixels
/// [left, right) x [top, bottom).
inline void reduce(const ImageView& source, int factor, int left, int top, int right, int bottom,
                   WarpMemory& memory) {
  Image& result = memory.reduced;
  result.width = (right - left + factor - 1) / factor;
  result.height = (bottom - top + factor - 1) / factor;
  const std::size_t row_size = std::size_t{3} * static_cast<std::size_t>(result.width);
  result.pixels.resize(row_size * static_cast<std::size_t>(result.height));
  std::vector<std::uint32_t>& sums = memory.sums;
  sums.resize(row_size);
  for (int y = 0; y < result.height; ++y) {
    std::fill(sums.begin(), sums.end(), 0U);
    const int first_row = top + y * factor;
    const int rows = std::min(factor, source.height - first_row);  // the last blocks may be smaller
    const auto columns = [&](int x) { return std::min(factor, source.width - (left + x * factor)); };
    for (int row = first_row; row < first_row + rows; ++row) {
      const std::uint8_t* pixel = source.at(left, row);
      for (int x = 0; x < result.width; ++x) {
        std::uint32_t red = 0, green = 0, blue = 0;
        for (int column = columns(x); column > 0; --column, pixel += 3) {
          red += pixel[0];
          green += pixel[1];
          blue += pixel[2];
        }
        std::uint32_t* sum = sums.data() + 3 * x;
        sum[0] += red;
        sum[1] += green;
        sum[2] += blue;
      }
    }
    for (int x = 0; x < result.width; ++x) {
      const std::uint32_t area = static_cast<std::uint32_t>(rows * columns(x));
      for (std::size_t c = 0; c < 3; ++c)
        result.at(x, y)[c] =
            static_cast<std::uint8_t>((sums[3 * static_cast<std::size_t>(x) + c] + area / 2) / area);
    }
  }
}

/// Calls `store(x, y, rgb)` with the bilinear colour (float[3], 0..255) for every pixel of the output;
/// `back` takes output pixels to source pixels.
template <class Store>
void sample_bilinear(const ImageView& source, const Affine& back, int width, int height, Border border,
                     Store store) {
  const float last_x = static_cast<float>(source.width - 1);
  const float last_y = static_cast<float>(source.height - 1);
  for (int y = 0; y < height; ++y) {
    const double row_x = back.xy * y + back.x0;
    const double row_y = back.yy * y + back.y0;
    for (int x = 0; x < width; ++x) {
      float u = static_cast<float>(back.xx * x + row_x);
      float v = static_cast<float>(back.yx * x + row_y);
      float rgb[3] = {0, 0, 0};
      const bool inside = u >= 0 && v >= 0 && u <= last_x && v <= last_y;
      if (inside || border == Border::replicate) {
        u = std::clamp(u, 0.0F, last_x);
        v = std::clamp(v, 0.0F, last_y);
        const int left = static_cast<int>(u);
        const int top = static_cast<int>(v);
        const float right_weight = u - static_cast<float>(left);
        const float bottom_weight = v - static_cast<float>(top);
        const std::uint8_t* a = source.at(left, top);
        const std::uint8_t* b = left + 1 < source.width ? a + 3 : a;
        const std::ptrdiff_t down = top + 1 < source.height ? source.row : 0;
        for (int c = 0; c < 3; ++c) {
          const float upper = static_cast<float>(a[c]) + right_weight * static_cast<float>(b[c] - a[c]);
          const float lower =
              static_cast<float>(a[c + down]) + right_weight * static_cast<float>(b[c + down] - a[c + down]);
          rgb[c] = upper + bottom_weight * (lower - upper);
        }
      }
      if (source.order == PixelOrder::bgr) std::swap(rgb[0], rgb[2]);
      store(x, y, rgb);
    }
  }
}

template <class Store>
void warp(const ImageView& source, const Affine& source_to_output, int width, int height, Border border,
          WarpMemory& memory, Store store) {
  if (source.empty()) throw ValueError("warp: the source picture has no pixels");
  Affine back = inverse(source_to_output);
  const double step = std::min(std::hypot(back.xx, back.yx), std::hypot(back.xy, back.yy));
  const int factor = static_cast<int>(std::min(step, 1e4));
  if (factor < 2) return sample_bilinear(source, back, width, height, border, store);

  // One output pixel covers several source pixels: average blocks of them first. The blocks' borders are the
  // same wherever the output window lies, so that a picture warps alike into one window and another.
  double low_x = 1e9, high_x = -1e9, low_y = 1e9, high_y = -1e9;
  for (const double x : {0.0, static_cast<double>(width - 1)})
    for (const double y : {0.0, static_cast<double>(height - 1)}) {
      low_x = std::min(low_x, back.xx * x + back.xy * y + back.x0);
      high_x = std::max(high_x, back.xx * x + back.xy * y + back.x0);
      low_y = std::min(low_y, back.yx * x + back.yy * y + back.y0);
      high_y = std::max(high_y, back.yx * x + back.yy * y + back.y0);
    }
  const auto first = [&](double low, int size) {
    const int blocks = (size - 1) / factor;
    return static_cast<int>(std::clamp(low / factor - 1, 0.0, static_cast<double>(blocks))) * factor;
  };
  const auto past = [&](double high, int start, int size) {
    return std::clamp(static_cast<int>(std::clamp(high + 2.0 * factor, 0.0, static_cast<double>(size))),
                      start + 1, size);
  };
  const int left = first(low_x, source.width);
  const int top = first(low_y, source.height);
  reduce(source, factor, left, top, past(high_x, left, source.width), past(high_y, top, source.height),
         memory);
  // Source pixel u lies at (u - left - (factor - 1) / 2) / factor of the reduced picture.
  const double middle = (factor - 1) / 2.0;
  const Affine shrink{.xx = 1.0 / factor,
                      .x0 = -(left + middle) / factor,
                      .yy = 1.0 / factor,
                      .y0 = -(top + middle) / factor};
  ImageView reduced = memory.reduced;
  reduced.order = source.order;
  sample_bilinear(reduced, compose(shrink, back), width, height, border, store);
}

}  // namespace detail

/// Draws `source` through an affine map into one image of `output` (3 channels, RGB in 0..1): output pixel q
/// shows source point p with source_to_output(p) = q, bilinear between pixels. Where an output pixel covers
/// two source pixels or more, blocks of the source are averaged first, so that small crops of large pictures
/// do not alias. Throws ValueError unless the map has an inverse and `output` is one image of 3 channels.
inline void warp(const ImageView& source, const Affine& source_to_output, View<float> output,
                 WarpMemory& memory, Border border = Border::replicate) {
  if (output.channels != 3 || output.batch != 1)
    throw ValueError("warp: expected one image of 3 channels, found " + std::to_string(output.batch) +
                     " of " + std::to_string(output.channels));
  detail::warp(source, source_to_output, output.width, output.height, border, memory,
               [&](int x, int y, const float* rgb) {
                 float* pixel = &output.at(0, y, x, 0);
                 for (int c = 0; c < 3; ++c) pixel[c] = rgb[c] * (1.0F / 255);
               });
}
inline void warp(const ImageView& source, const Affine& source_to_output, View<float> output,
                 Border border = Border::replicate) {
  WarpMemory memory;
  warp(source, source_to_output, output, memory, border);
}

/// The same into an 8-bit picture of `width` x `height` pixels.
[[nodiscard]] inline Image warp(const ImageView& source, const Affine& source_to_output, int width,
                                int height, Border border = Border::replicate) {
  Image output(width, height);
  WarpMemory memory;
  detail::warp(source, source_to_output, width, height, border, memory, [&](int x, int y, const float* rgb) {
    std::uint8_t* pixel = output.at(x, y);
    for (int c = 0; c < 3; ++c) pixel[c] = detail::to_byte(rgb[c]);
  });
  return output;
}

/// The picture at another size, pixel centres agreeing (see `rescale`).
[[nodiscard]] inline Image resize(const ImageView& source, int width, int height) {
  if (source.empty() || width < 1 || height < 1) throw ValueError("resize: a picture has at least one pixel");
  const double sx = static_cast<double>(width) / source.width;
  const double sy = static_cast<double>(height) / source.height;
  return warp(source, {.xx = sx, .x0 = sx / 2 - 0.5, .yy = sy, .y0 = sy / 2 - 0.5}, width, height);
}

/// An 8-bit picture as floats: RGB in 0..1 into one image of the same size.
inline void to_float(const ImageView& image, View<float> output) {
  if (output.width != image.width || output.height != image.height)
    throw ValueError("to_float: the picture is " + std::to_string(image.width) + " x " +
                     std::to_string(image.height) + ", the output " + std::to_string(output.width) + " x " +
                     std::to_string(output.height));
  warp(image, Affine{}, output);
}

/// One image of floats, RGB in 0..1 (held to that), as an 8-bit picture.
[[nodiscard]] inline Image to_image(View<const float> image) {
  if (image.channels != 3 || image.batch != 1) throw ValueError("to_image: expected one image of 3 channels");
  Image output(image.width, image.height);
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x)
      for (int c = 0; c < 3; ++c)
        output.at(x, y)[c] = detail::to_byte(255 * std::clamp(image.at(0, y, x, c), 0.0F, 1.0F));
  return output;
}

}  // namespace aurum
