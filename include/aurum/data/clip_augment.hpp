#pragma once
// Variation for learning without labels: the same for all frames of a clip, but for what would give the
// answer away.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/geometry.hpp"
#include "aurum/core/random.hpp"
#include "aurum/core/tensor.hpp"
#include "aurum/data/affine.hpp"
#include "aurum/data/augment.hpp"
#include "aurum/data/image.hpp"

namespace aurum {

/// `augment` for a frame of a clip. The stream is a copy: handing the same one to every frame gives them all
/// the same flip, turn, scale, shift, colour change and covered rectangle (noise too), each about that
/// frame's own face and mean grey. Shift is the same in parts of the crop; the crop follows the face.
inline Landmarks augment_in_clip(const Image& image, std::span<const Point> landmarks,
                                 const Augmentation& options, Random clip, View<float> crop) {
  return augment(image, landmarks, options, clip, crop);
}

/// Against shortcuts. A network that is to tell which frames belong together, or which comes next, may do so
/// without looking at the face: by the tint and the borders of one video, or by colours and compression noise
/// that drift from frame to frame. These take such signs away. All are ours: the paper's were not available.
struct ShortcutGuards {
  float grey = 0.3F;     ///< probability that a whole clip is turned grey
  float border = 0.05F;  ///< each margin of a clip loses from half of this part of the side to all of it
  float frame_brightness = 0.05F;  ///< each frame's colours times 1 +- this
  float frame_contrast = 0.05F;    ///< each frame's distance from its mean grey times 1 +- this
  float noise = 0.02F;  ///< each frame's pixels get lighter or darker by up to this, of the range 0..1

  /// Leaves pictures as they are.
  [[nodiscard]] static constexpr ShortcutGuards none() {
    return {.grey = 0, .border = 0, .frame_brightness = 0, .frame_contrast = 0, .noise = 0};
  }
};

namespace detail {

/// Stretches the part of the picture between the margins (left, top, right, bottom; in pixels) over all of
/// it, bilinear. Returns where points go.
inline Affine cut_margins(View<float> image, const float (&margins)[4]) {
  const double width = image.width, height = image.height;
  const double left = static_cast<double>(margins[0]), top = static_cast<double>(margins[1]);
  const double sx = width / (width - left - static_cast<double>(margins[2]));
  const double sy = height / (height - top - static_cast<double>(margins[3]));
  const Affine map{
      .xx = sx, .x0 = (0.5 - left) * sx - 0.5, .yy = sy, .y0 = (0.5 - top) * sy - 0.5};  // centres agree
  std::vector<float> before(static_cast<std::size_t>(3 * image.pixels()));
  for (std::ptrdiff_t i = 0; i < image.pixels(); ++i)
    std::copy_n(image.pixel(i), 3, &before[3 * static_cast<std::size_t>(i)]);
  const View<const float> source = make_view<const float>(before.data(), 1, {3, image.height, image.width});
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) {
      const double u = std::clamp((x - map.x0) / sx, 0.0, width - 1);
      const double v = std::clamp((y - map.y0) / sy, 0.0, height - 1);
      const int x0 = static_cast<int>(u), y0 = static_cast<int>(v);
      const int x1 = std::min(x0 + 1, image.width - 1), y1 = std::min(y0 + 1, image.height - 1);
      const float a = static_cast<float>(u - x0), b = static_cast<float>(v - y0);
      for (int c = 0; c < 3; ++c)
        image.at(0, y, x, c) = (1 - b) * ((1 - a) * source.at(0, y0, x0, c) + a * source.at(0, y0, x1, c)) +
                               b * ((1 - a) * source.at(0, y1, x0, c) + a * source.at(0, y1, x1, c));
    }
  return map;
}

}  // namespace detail

/// Applies the guards to frame `frame` (from 0) of a clip: one image of 3 channels, RGB in 0..1, which it
/// stays. What is the same for a clip depends on the stream `clip` alone, the rest on `frame` too. It reads
/// forks of the stream, so the one that `augment_in_clip` is handed will do, without being correlated with
/// it. Returns where points of the picture went (cut borders move them): `map(landmarks)`. Throws ValueError
/// for another view, options out of range and a negative frame.
inline Affine guard_against_shortcuts(View<float> image, const ShortcutGuards& options, const Random& clip,
                                      int frame) {
  if (image.channels != 3 || image.batch != 1 || image.width < 1 || image.height < 1)
    throw ValueError("shortcut guards: expected one image of 3 channels, found " +
                     std::to_string(image.batch) + " of " + std::to_string(image.channels));
  const auto in = [](float value, float greatest) { return value >= 0 && value <= greatest; };
  if (!in(options.grey, 1) || !in(options.border, 0.25F) || !in(options.frame_brightness, 1) ||
      !in(options.frame_contrast, 1) || !in(options.noise, 1))
    throw ValueError("shortcut guards: an option is out of its range (border 0 to 0.25, others 0 to 1)");
  if (frame < 0) throw ValueError("shortcut guards: frame " + std::to_string(frame) + " of a clip");
  const Random guards = clip.fork(0x677561726473);  // "guards": no fork that a caller is likely to use
  Random shared = guards.fork(0), own = guards.fork(1 + static_cast<std::uint64_t>(frame));

  const bool grey = shared.chance(options.grey);
  float margins[4];
  for (int side = 0; side < 4; ++side)
    margins[side] = static_cast<float>(side % 2 == 0 ? image.width : image.height) * options.border *
                    shared.uniform(0.5F, 1);
  const Affine map = options.border > 0 ? detail::cut_margins(image, margins) : Affine{};

  if (grey)
    for (std::ptrdiff_t i = 0; i < image.pixels(); ++i) {
      float* const p = image.pixel(i);
      // ITU-R BT.601, as OpenCV and torchvision turn pictures grey.
      p[0] = p[1] = p[2] = std::clamp(0.299F * p[0] + 0.587F * p[1] + 0.114F * p[2], 0.0F, 1.0F);
    }
  const float brightness = 1 + own.uniform(-options.frame_brightness, options.frame_brightness);
  const float contrast = 1 + own.uniform(-options.frame_contrast, options.frame_contrast);
  if (brightness != 1 || contrast != 1)
    detail::change_colours(image, {{{brightness, 0, 0}, {0, brightness, 0}, {0, 0, brightness}}}, contrast);
  if (options.noise > 0)
    for (std::ptrdiff_t i = 0; i < image.pixels(); ++i) {
      float* const p = image.pixel(i);
      const float lighter = own.uniform(-options.noise, options.noise);  // alike for all colours: grey stays
      for (int c = 0; c < 3; ++c) p[c] = std::clamp(p[c] + lighter, 0.0F, 1.0F);
    }
  return map;
}

}  // namespace aurum
