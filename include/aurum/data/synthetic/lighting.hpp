#pragma once
#include <algorithm>
#include <cmath>

#include "aurum/core/random.hpp"
#include "aurum/data/synthetic/rasteriser.hpp"

namespace aurum::synthetic {

/// One lamp that casts shadows, one that does not, and the light of sky and ground. Linear RGB, camera axes.
struct Lighting {
  Vec3 key_direction{0, 0, 1}, fill_direction{0, 0, 1};
  Colour key{}, fill{}, sky{}, ground{};
  float shadow = 1;  ///< how dark cast shadows are

  static Lighting random(Random random) {
    const auto tint = [&](float strength) {  // warm to cold
      const float t = std::clamp(random.normal(), -2.F, 2.F) * strength;
      return Colour{1 + t, 1 + 0.1F * t, 1 - t};
    };
    Lighting light;
    const float side = radians(std::clamp(random.normal(0, 45), -95.F, 95.F)),
                height = radians(random.uniform(-12, 65));
    light.key_direction = {std::sin(side) * std::cos(height), std::sin(height),
                           std::cos(side) * std::cos(height)};
    const float other = radians(random.uniform(-100, 100));
    light.fill_direction = normalised({std::sin(other), 0.3F, std::cos(other)});
    const float contrast = random.uniform();  // 0 overcast, 1 a single lamp
    light.key = mix(0.5F, 2.4F, contrast) * tint(0.12F);
    const float fill_strength = random.uniform(0, 0.5F), ground_strength = random.uniform(0.25F, 0.75F);
    light.fill = fill_strength * tint(0.15F);
    light.sky = mix(0.75F, 0.22F, contrast) * tint(0.12F);
    light.ground = ground_strength * light.sky * tint(0.1F);
    light.shadow = random.uniform(0.35F, 0.9F);
    return light;
  }

  /// Light that a matt surface sends back. `wrap` lets light creep around edges, as under skin.
  [[nodiscard]] Colour diffuse(Vec3 normal, float visible, Colour wrap, float open) const {
    const float c = dot(normal, key_direction), f = dot(normal, fill_direction);
    const Colour lit{std::max(0.F, (c + wrap.x) / (1 + wrap.x)), std::max(0.F, (c + wrap.y) / (1 + wrap.y)),
                     std::max(0.F, (c + wrap.z) / (1 + wrap.z))};
    return visible * (key * lit) +
           open * (std::max(0.F, f) * fill + mix(ground, sky, 0.5F + 0.5F * normal.y));
  }
  /// Gloss of the key light: a broad lobe or, with `narrow` 1, a narrow one.
  [[nodiscard]] Colour gloss(Vec3 normal, Vec3 to_camera, float visible, float narrow) const {
    const float cosine = std::max(0.F, dot(normal, normalised(key_direction + to_camera)));
    const float c2 = cosine * cosine, c4 = c2 * c2, c8 = c4 * c4, c16 = c8 * c8;
    return (visible * mix(c8 * c2, c16 * c16, narrow)) * key;
  }
};

/// How much of the key light reaches a pixel, found by walking towards the lamp over the depth picture.
inline float key_visibility(const Canvas& canvas, const Camera& camera, const Lighting& light, int x, int y) {
  const float z = canvas.depth[canvas.index(x, y)];
  if (z == Canvas::nothing) return 1;
  const Vec3 step = light.key_direction;
  float blocked = 0;
  float distance = 4;
  for (int i = 0; i < 9; ++i, distance *= 1.38F) {
    const int sx = static_cast<int>(static_cast<float>(x) + 0.5F + camera.pixels_per_mm * step.x * distance);
    const int sy = static_cast<int>(static_cast<float>(y) + 0.5F - camera.pixels_per_mm * step.y * distance);
    if (sx < 0 || sy < 0 || sx >= canvas.width || sy >= canvas.height) break;
    const float above = canvas.depth[canvas.index(sx, sy)] - (z + step.z * distance);
    if (above > 0.8F && above < 60)
      blocked = std::max(blocked, std::min(1.F, (above - 0.8F) / (1.0F + 0.2F * distance)));
  }
  return 1 - light.shadow * blocked;
}

}  // namespace aurum::synthetic
