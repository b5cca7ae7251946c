#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>
#include <string>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/geometry.hpp"
#include "aurum/core/random.hpp"
#include "aurum/core/tensor.hpp"
#include "aurum/data/affine.hpp"
#include "aurum/data/crop.hpp"
#include "aurum/data/image.hpp"
#include "aurum/data/landmarks68.hpp"
#include "aurum/data/warp.hpp"

namespace aurum {

/// How much the crops of a training set vary. Ntinou et al. 2020 (section 5.3) vary by flipping, rotation
/// of +-30 degrees, scale 0.8 to 1.2, colour jitter and random occlusion; the amounts that the paper does not
/// state are ours.
struct Augmentation {
  float flip = 0.5F;  ///< probability of exchanging left and right
  float rotation_degrees = 30;
  float least_scale = 0.8F;
  float greatest_scale = 1.2F;
  float translation = 0;    ///< up to this part of the crop's side, each way
  float brightness = 0.2F;  ///< colours times 1 +- this
  float contrast = 0.2F;    ///< distance from the mean grey times 1 +- this
  float saturation = 0.2F;  ///< distance from grey times 1 +- this
  float hue_degrees = 10;   ///< turn of the colour circle
  float occlusion = 0.5F;   ///< probability of one rectangle of noise, one colour or another part of the crop
  float least_occluder = 0.1F;  ///< its sides, in parts of the crop's side
  float greatest_occluder = 0.4F;

  /// The plain crop.
  [[nodiscard]] static constexpr Augmentation none() {
    return {.flip = 0,
            .rotation_degrees = 0,
            .least_scale = 1,
            .greatest_scale = 1,
            .brightness = 0,
            .contrast = 0,
            .saturation = 0,
            .hue_degrees = 0,
            .occlusion = 0};
  }
};

namespace detail {

/// Multiplies each colour by a 3 x 3 matrix, then stretches it about `grey`, then holds it to 0..1.
inline void change_colours(View<float> image, const std::array<std::array<float, 3>, 3>& matrix,
                           float contrast) {
  const auto apply = [&](const float* p, std::size_t row) {
    return matrix[row][0] * p[0] + matrix[row][1] * p[1] + matrix[row][2] * p[2];
  };
  double sum = 0;
  for (std::ptrdiff_t i = 0; i < image.pixels(); ++i)
    for (std::size_t c = 0; c < 3; ++c) sum += static_cast<double>(apply(image.pixel(i), c));
  const float grey = static_cast<float>(sum / (3 * static_cast<double>(image.pixels())));
  for (std::ptrdiff_t i = 0; i < image.pixels(); ++i) {
    float* p = image.pixel(i);
    const float old[3] = {p[0], p[1], p[2]};
    for (std::size_t c = 0; c < 3; ++c)
      p[c] = std::clamp(grey + contrast * (apply(old, c) - grey), 0.0F, 1.0F);
  }
}

/// Saturation, hue (a turn about the grey axis) and brightness as one matrix.
inline std::array<std::array<float, 3>, 3> colour_matrix(float brightness, float saturation,
                                                         float hue_degrees) {
  const float angle = hue_degrees * std::numbers::pi_v<float> / 180;
  const float c = std::cos(angle);
  const float s = std::sin(angle) / std::numbers::sqrt3_v<float>;
  std::array<std::array<float, 3>, 3> matrix{};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      // The part along grey stays, the part across it turns and is stretched by the saturation.
      const float across = i == j ? c * 2 / 3 : -c / 3 + (j == (i + 1) % 3 ? -s : s);
      matrix[i][j] = brightness * (1.0F / 3 + saturation * across);
    }
  return matrix;
}

/// Covers a random rectangle.
inline void occlude(View<float> image, int width, int height, Random& random) {
  const auto place = [&](int size, int part) {
    return static_cast<int>(random.below(static_cast<std::uint32_t>(size - part + 1)));
  };
  const int left = place(image.width, width);
  const int top = place(image.height, height);
  const int other_left = place(image.width, width);
  const int other_top = place(image.height, height);
  const std::uint32_t kind = random.below(3);
  const std::array<float, 3> colour = {random.uniform(), random.uniform(), random.uniform()};
  std::vector<float> patch;
  patch.reserve(std::size_t{3} * static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c)
        patch.push_back(kind == 0   ? random.uniform()
                        : kind == 1 ? colour[static_cast<std::size_t>(c)]
                                    : image.at(0, other_top + y, other_left + x, c));
  auto value = patch.begin();
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c) image.at(0, top + y, left + x, c) = *value++;
}

}  // namespace detail

/// Whether `augment` mirrors the picture when it is handed this stream: labels that tell the sides of the
/// face apart are to be exchanged then.
[[nodiscard]] inline bool mirrors(const Augmentation& options, Random random) {
  return random.chance(options.flip);
}

/// The crop of a face (see `face_square`), varied at random: one warp from the source picture into `crop`,
/// one square image of 3 channels, RGB in 0..1. Returns the 68 landmarks in pixels of the crop; after a flip
/// they carry their new names (36 is always the outer eye corner on the left of the picture). AU intensities
/// do not change; labels that tell sides apart do, see `mirrors`. The same stream gives the same crop. Throws
/// ValueError for landmarks that are not 68 finite points, a picture without pixels and options out of range.
inline Landmarks augment(const Image& image, std::span<const Point> landmarks, const Augmentation& options,
                         Random& random, View<float> crop) {
  if (crop.width != crop.height || crop.width < 1)
    throw ValueError("augment: expected a square crop, found " + std::to_string(crop.width) + " x " +
                     std::to_string(crop.height));
  if (!(options.least_scale > 0) || options.greatest_scale < options.least_scale ||
      options.greatest_occluder < options.least_occluder || options.least_occluder < 0 ||
      options.greatest_occluder > 1 || options.brightness < 0 || options.brightness > 1 ||
      options.contrast < 0 || options.contrast > 1 || options.saturation < 0 || options.saturation > 1)
    throw ValueError("augment: an option is out of its range");
  const int size = crop.width;
  const auto vary = [&](float amount) { return random.uniform(-amount, amount); };

  const bool flip = random.chance(options.flip);  // first of all, as `mirrors` has it
  const float degrees = vary(options.rotation_degrees);
  const float scale = random.uniform(options.least_scale, options.greatest_scale);
  const Point middle{static_cast<float>(size - 1) / 2, static_cast<float>(size - 1) / 2};
  const float reach = options.translation * static_cast<float>(size);
  const Point moved = middle + Point{vary(reach), vary(reach)};
  const Affine map =
      compose(similarity(middle, moved, static_cast<double>(scale), static_cast<double>(degrees)),
              crop_transform(face_square(landmarks), size));
  const Affine mirror_map{.xx = -1, .x0 = static_cast<double>(size - 1)};
  warp(image, flip ? compose(mirror_map, map) : map, crop);

  const float brightness = 1 + vary(options.brightness);
  const float contrast = 1 + vary(options.contrast);
  const float saturation = 1 + vary(options.saturation);
  const float hue_degrees = vary(options.hue_degrees);
  if (brightness != 1 || contrast != 1 || saturation != 1 || hue_degrees != 0)
    detail::change_colours(crop, detail::colour_matrix(brightness, saturation, hue_degrees), contrast);

  if (random.chance(options.occlusion)) {
    const auto side = [&] {
      const float part = random.uniform(options.least_occluder, options.greatest_occluder);
      return std::clamp(static_cast<int>(part * static_cast<float>(size)), 1, size);
    };
    const int width = side();
    const int height = side();
    detail::occlude(crop, width, height, random);
  }
  const Landmarks result = map(landmarks);
  return flip ? mirror(result, size) : result;
}

/// The plain crop: `augment` without variation.
inline Landmarks crop_face(const Image& image, std::span<const Point> landmarks, View<float> crop) {
  Random unused{Seed{}};
  return augment(image, landmarks, Augmentation::none(), unused, crop);
}

}  // namespace aurum
