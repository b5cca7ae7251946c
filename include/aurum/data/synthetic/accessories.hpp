#pragma once
#include <algorithm>
#include <array>
#include <cmath>

#include "aurum/data/synthetic/backdrop.hpp"
#include "aurum/data/synthetic/lighting.hpp"
#include "aurum/data/synthetic/person_geometry.hpp"

namespace aurum::synthetic {

/// Where the picture may be painted over: the scene's colours with the depth of what was drawn.
struct Stage {
  const Camera& camera;
  const Canvas& canvas;
  const Lighting& light;
  Painting& painting;

  /// Paints a thick line between two points in camera axes, hidden by what is nearer.
  void rod(Vec3 from, Vec3 to, float radius, Colour colour) const {
    const int steps =
        2 + static_cast<int>(2 * camera.pixels_per_mm * std::hypot(from.x - to.x, from.y - to.y));
    for (int i = 0; i <= steps; ++i) {
      const Vec3 p = mix(from, to, static_cast<float>(i) / static_cast<float>(steps)), q = camera.project(p);
      const float r = std::max(0.7F, radius * camera.pixels_per_mm);
      for (int y = static_cast<int>(q.y - r); y <= static_cast<int>(q.y + r); ++y)
        for (int x = static_cast<int>(q.x - r); x <= static_cast<int>(q.x + r); ++x) {
          if (x < 0 || y < 0 || x >= canvas.width || y >= canvas.height) continue;
          const float dx = static_cast<float>(x) - q.x, dy = static_cast<float>(y) - q.y;
          if (dx * dx + dy * dy > r * r || canvas.depth[canvas.index(x, y)] > p.z + 3) continue;
          painting.at(x, y) = (0.8F - 0.5F * dy / r) * colour;
        }
    }
  }
};

/// Spectacles in front of the eyes, ear pieces included. `dark` from 0 (clear) to 1 (sun glasses).
inline void draw_glasses(const Identity& person, const std::array<Vec3, 2>& eyes,
                         const std::array<Vec3, 2>& ears, const Rotation& head, float dark, float glare,
                         const Stage& stage) {
  const Vec3 middle = 0.5F * (eyes[0] + eyes[1]);
  const float half_width = 24 * person.glasses_width, half_height = 16.5F * person.glasses_height;
  const float reach = std::max(0.5F * (eyes[1].x - eyes[0].x) + 0.5F, half_width + 5.5F);
  const float power = mix(5.F, 2.2F, person.glasses_roundness), rim = person.glasses_rim / half_height;
  const Colour frame =
      (1.5F * stage.light.diffuse({0, 0.5F, 0.8F}, 1, {0.3F, 0.3F, 0.3F}, 1)) * person.glasses_colour;
  std::array<Vec3, 2> centre;
  for (std::size_t s = 0; s < 2; ++s) {
    const float side = s == 0 ? -1.F : 1.F;
    centre[s] = {middle.x + side * reach, middle.y - 3, middle.z + 25.5F};
    const Vec3 across = half_width * (head * normalised(Vec3{1, 0, -0.10F * side})),
               up = half_height * (head * normalised(Vec3{0, 1, 0.10F}));
    const Vec3 c = head * centre[s];
    stage.rod(c + side * across + 0.35F * up, head * (ears[s] + Vec3{side * 3, 14, 8}),
              0.5F + 0.6F * person.glasses_rim, frame);
    const Vec3 pc = stage.camera.project(c), pa = stage.camera.project(c + across) - pc,
               pu = stage.camera.project(c + up) - pc;
    const float area = pa.x * pu.y - pa.y * pu.x;
    if (std::fabs(area) < 1) continue;
    const float extent = 1.25F;
    const float ex = extent * (std::fabs(pa.x) + std::fabs(pu.x)),
                ey = extent * (std::fabs(pa.y) + std::fabs(pu.y));
    for (int y = std::max(0, static_cast<int>(pc.y - ey));
         y <= std::min(stage.canvas.height - 1, static_cast<int>(pc.y + ey)); ++y)
      for (int x = std::max(0, static_cast<int>(pc.x - ex));
           x <= std::min(stage.canvas.width - 1, static_cast<int>(pc.x + ex)); ++x) {
        const float dx = static_cast<float>(x) - pc.x, dy = static_cast<float>(y) - pc.y;
        const float s1 = (dx * pu.y - dy * pu.x) / area, t1 = (pa.x * dy - pa.y * dx) / area;
        const float radius =
            std::pow(std::pow(std::fabs(s1), power) + std::pow(std::fabs(t1), power), 1 / power);
        if (radius > 1.02F + rim ||
            stage.canvas.depth[stage.canvas.index(x, y)] > c.z + s1 * across.z + t1 * up.z + 4)
          continue;
        Colour& pixel = stage.painting.at(x, y);
        if (radius > 1) {
          pixel = mix(frame, pixel, 0.15F);
        } else {
          pixel = mix(pixel, Colour{0.02F, 0.02F, 0.02F}, dark * 0.93F);
          const float streak = smooth_step(0.35F, 0, std::fabs(s1 - 0.5F * t1 + 0.3F * side));
          pixel += (0.03F + glare * streak) * stage.light.sky;
        }
      }
  }
  const Vec3 lift{0, 3, 0.5F};
  stage.rod(head * (centre[0] + Vec3{half_width, 0, 0} + lift),
            head * (centre[1] - Vec3{half_width, 0, 0} + lift), 0.4F + 0.5F * person.glasses_rim, frame);
}

/// Something between the camera and a part of the face: fingers, or a thing.
inline void draw_occluder(Point box_centre, float box_size, Random random, const Stage& stage) {
  const float angle = random.uniform(0, 6.2832F), away = random.uniform(0.25F, 0.6F) * box_size;
  const Point at{box_centre.x + away * std::cos(angle), box_centre.y + away * std::sin(angle)};
  const Noise& noise = Noise::get();
  const bool hand = random.chance(0.5F);
  const float pigment = random.uniform(0, 1.1F);
  const Colour colour = hand ? Colour{0.70F * std::exp(-1.25F * pigment), 0.48F * std::exp(-1.6F * pigment),
                                      0.37F * std::exp(-1.85F * pigment)}
                             : random_colour(random, 0.9F);
  const Colour second = random_colour(random, 0.9F);
  const float lean = hand ? angle + random.uniform(-0.7F, 0.7F) : random.uniform(0, 3.1416F);
  const float cosine = std::cos(lean), sine = std::sin(lean), size = random.uniform(0.14F, 0.3F) * box_size;
  const float aspect = random.uniform(0.5F, 2.2F), power = random.chance(0.5F) ? 2.F : 6.F,
              texture = random.uniform(0, 0.4F);
  const float finger = random.uniform(0.055F, 0.075F) * box_size;
  const int extent = static_cast<int>(1.3F * box_size);
  const int cx = static_cast<int>(at.x), cy = static_cast<int>(at.y);
  for (int y = std::max(0, cy - extent); y < std::min(stage.canvas.height, cy + extent); ++y)
    for (int x = std::max(0, cx - extent); x < std::min(stage.canvas.width, cx + extent); ++x) {
      const float dx = static_cast<float>(x) - at.x, dy = static_cast<float>(y) - at.y;
      const float along = cosine * dx + sine * dy, across = cosine * dy - sine * dx;
      Vec3 normal{0, 0, 1};
      float shade = 1;
      if (hand) {
        // Four fingers that point to the face, the palm away from it.
        const float which = std::clamp(std::floor(across / (2 * finger)), -2.F, 1.F);
        const float offset = across / finger - 2 * which - 1,
                    tip = -(0.2F + 0.06F * (which == -2 || which == 1 ? -1.F : 1.F)) * box_size;
        const float end = along < tip ? (tip - along) / finger : 0;
        const float reach = offset * offset + end * end;
        if (reach > 1 || along > 0.9F * box_size) continue;
        const float turn = offset * (along < 0.25F * box_size ? 1.F : 0.3F);
        normal = normalised({-sine * turn - cosine * end, -(cosine * turn - sine * end),
                             std::sqrt(std::max(0.05F, 1 - reach))});
        const float joint = along - tip;
        shade = 1 - 0.2F * (smooth_step(0.012F, 0, std::fabs(joint / box_size - 0.12F)) +
                            smooth_step(0.012F, 0, std::fabs(joint / box_size - 0.25F)));
        if (std::fabs(offset) < 0.5F && joint > 0 && joint < 0.05F * box_size) shade = 1.15F;  // nail
      } else {
        const float s = std::fabs(along) / size, t = std::fabs(across) / (aspect * size);
        const float reach = std::pow(s, power) + std::pow(t, power);
        if (reach > 1) continue;
        normal = normalised({0.7F * along / size, -0.7F * across / (aspect * size), 0.9F});
        shade = 1 + texture * noise(0.2F * along + 30, 0.2F * across);
      }
      const Colour base = hand ? colour : mix(colour, second, smooth_step(-0.1F, 0.1F, across / size + 0.3F));
      stage.painting.at(x, y) = shade * (base * stage.light.diffuse(normal, 1, {0.3F, 0.15F, 0.1F}, 0.9F));
    }
}

}  // namespace aurum::synthetic
