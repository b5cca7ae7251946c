#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "aurum/data/synthetic/noise.hpp"
#include "aurum/data/synthetic/rasteriser.hpp"

namespace aurum::synthetic {

/// Linear colours of a picture, rows from the top.
struct Painting {
  int width, height;
  std::vector<Colour> colour;
  Painting(int width_, int height_)
      : width(width_),
        height(height_),
        colour(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_)) {}
  [[nodiscard]] Colour& at(int x, int y) { return colour[static_cast<std::size_t>(y * width + x)]; }
  [[nodiscard]] Colour at(int x, int y) const { return colour[static_cast<std::size_t>(y * width + x)]; }
};

inline Colour random_colour(Random& random, float brightest) {
  const float grey = brightest * square(random.uniform()), saturation = random.uniform();
  return {grey * mix(1, random.uniform(0.3F, 1.6F), saturation),
          grey * mix(1, random.uniform(0.3F, 1.6F), saturation),
          grey * mix(1, random.uniform(0.3F, 1.6F), saturation)};
}

/// What is behind the person: a wall, clutter, leaves, or a crowd's blobs, mostly out of focus. Painted small
/// and enlarged; width and height are even.
inline Painting backdrop(int width, int height, Random random) {
  constexpr int size = 64;
  Painting small(size, size);
  const Noise& noise = Noise::get();
  const Colour first = random_colour(random, 0.8F), second = random_colour(random, 0.8F);
  const float turn = random.uniform(0, 6.28F), offset = random.uniform(0, 200),
              grain = random.uniform(0.03F, 0.35F);
  const float amount = random.chance(0.35F) ? 0.1F : 1.2F * square(random.uniform(0.3F, 1));
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x) {
      const float fx = static_cast<float>(x), fy = static_cast<float>(y);
      const float t = 0.5F + (std::cos(turn) * (fx - 32) + std::sin(turn) * (fy - 32)) / 70;
      small.at(x, y) = std::max(0.15F, 1 + amount * noise.fractal(grain * fx + offset, grain * fy)) *
                       mix(first, second, unit_clamp(t));
    }
  const std::uint32_t things = random.chance(0.4F) ? 0 : random.below(14);
  for (std::uint32_t i = 0; i < things; ++i) {
    const Colour colour = random_colour(random, 1.0F);
    const float cx = random.uniform(0, size), cy = random.uniform(0, size), a = random.uniform(2, 22),
                b = random.uniform(2, 26);
    const float cosine = random.chance(0.6F) ? 1 : random.uniform(0.5F, 1),
                sine = std::sqrt(1 - cosine * cosine);
    const bool round = random.chance(0.35F);
    const float soft = random.uniform(0.02F, 0.5F), texture = random.uniform(0, 0.5F);
    for (int y = 0; y < size; ++y)
      for (int x = 0; x < size; ++x) {
        const float dx = static_cast<float>(x) - cx, dy = static_cast<float>(y) - cy;
        const float s = (cosine * dx + sine * dy) / a, t = (cosine * dy - sine * dx) / b;
        const float reach = round ? std::sqrt(s * s + t * t) : std::max(std::fabs(s), std::fabs(t));
        if (reach > 1 + soft) continue;
        const float shade =
            1 + texture * noise(0.5F * static_cast<float>(x) + offset, 0.5F * static_cast<float>(y));
        small.at(x, y) = mix(small.at(x, y), shade * colour, smooth_step(1 + soft, 1 - soft, reach));
      }
  }
  Painting large(width, height);
  const float sx = (size - 1.01F) / static_cast<float>(width),
              sy = (size - 1.01F) / static_cast<float>(height);
  for (int y = 0; y < height; y += 2)
    for (int x = 0; x < width; x += 2) {
      const float fx = sx * static_cast<float>(x), fy = sy * static_cast<float>(y);
      const int ix = static_cast<int>(fx), iy = static_cast<int>(fy);
      const float tx = fx - static_cast<float>(ix), ty = fy - static_cast<float>(iy);
      large.at(x, y) = mix(mix(small.at(ix, iy), small.at(ix + 1, iy), tx),
                           mix(small.at(ix, iy + 1), small.at(ix + 1, iy + 1), tx), ty);
      large.at(x + 1, y) = large.at(x, y + 1) = large.at(x + 1, y + 1) = large.at(x, y);
    }
  return large;
}

}  // namespace aurum::synthetic
