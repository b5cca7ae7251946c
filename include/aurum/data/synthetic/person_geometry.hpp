#pragma once
#include <cmath>
#include <vector>

#include "aurum/data/synthetic/deformation.hpp"
#include "aurum/data/synthetic/noise.hpp"
#include "aurum/data/synthetic/rasteriser.hpp"

namespace aurum::synthetic {

/// Turns of the head and, less, of the body under it.
struct Pose {
  Rotation head, body;
  /// Neck and long hair follow the head above and the body below.
  [[nodiscard]] Vec3 bend(Vec3 p) const {
    const Vec3 base{0, -150, -85};
    return mix(base + body * (p - base), head * p, smooth_step(-160, -75, p.y));
  }
};

/// How open each vertex of the head lies to the light of the surroundings, 0 to 1.
inline const std::vector<float>& head_openness() {
  static const std::vector<float> openness = [] {
    const HeadTemplate& head = HeadTemplate::get();
    std::vector<float> values(head.vertices());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const float a = std::fabs(head.rest_uv[i].x), v = head.rest_uv[i].y;
      float closed = 0.32F * bell(a - 25, v - 6, 13, 5) + 0.28F * bell(a - 15, v - 1, 4, 6) +
                     0.15F * bell(a - 30, v + 10, 12, 4);
      closed += 0.2F * bell(a, v + 48.5F, 10, 3) + 0.25F * bell(a - 19.5F, v + 40, 2.5F, 6) +
                0.12F * bell(a, v + 55, 2.5F, 5);
      closed += 0.28F * bell(a, v + 83, 14, 4) + 0.25F * bell(a - 27, v + 68, 4, 4) +
                0.2F * bell(a, v + 67.5F, 20, 1.2F);
      closed +=
          0.55F * smooth_step(-110, -121, head.position[i].y - 0.5F * std::fabs(head.azimuth[i]) * 0.5F);
      closed += 0.2F * smooth_step(70, 95, std::fabs(head.azimuth[i]));
      values[i] = 1 - std::min(0.8F, closed);
    }
    return values;
  }();
  return openness;
}

inline Surface head_surface(const std::vector<Vec3>& shape, const Pose& pose) {
  const HeadTemplate& head = HeadTemplate::get();
  const std::vector<float>& openness = head_openness();
  Surface surface(head.rows(), head.columns());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    surface.position[i] = pose.head * shape[i];
    surface.vertex[i].uv = head.reference_uv[i];
    surface.vertex[i].extra = openness[i];
  }
  surface.compute_normals();
  return surface;
}

inline Surface ear_surface(const std::vector<Vec3>& shape, const Pose& pose, float side) {
  const HeadTemplate& head = HeadTemplate::get();
  constexpr int steps = 13;
  Surface surface(steps, steps);
  const Vec3 root = head.interpolate(shape, head.locate_side(side * 93, -6)) - Vec3{side * 2.5F, 0, 0};
  const Vec3 back = normalised({side * 0.62F, 0.06F, -0.78F}), up = normalised({side * 0.12F, 1, -0.16F});
  const Vec3 out = side * cross(up, back);
  for (int j = 0; j < steps; ++j)
    for (int i = 0; i < steps; ++i) {
      const float t = 1 - 2 * static_cast<float>(j) / (steps - 1), s = static_cast<float>(i) / (steps - 1);
      const float breadth =
          (t > 0 ? 33.F : 33.F - 12 * t * t) * std::sqrt(std::max(0.F, 1 - t * t * (t > 0 ? 1.F : 0.92F)));
      const float x = s * breadth - 3, y = 31 * t;
      const float border = std::min(1 - s, 1 - std::fabs(t));
      float relief = 4 * bell(border - 0.1F, 0, 0.09F, 1) - 6.5F * bell(x - 10, y + 4, 7, 9) -
                     2 * bell(x - 13, y - 14, 8, 5);
      relief += 2.5F * bell(x - 1.5F, y + 3, 3, 5) + 1.5F * bell(x - 17, y - 4, 3.5F, 12);
      const std::size_t v = surface.index(j, i);
      surface.position[v] = pose.head * (root + x * back + y * up + relief * out);
      surface.vertex[v].uv = {x, y};
      surface.vertex[v].extra = 1 - 0.75F * bell(x - 9, y + 4, 6, 8) - 0.45F * bell(x - 13, y - 14, 8, 4) -
                                0.3F * bell(x, y, 3, 20);
    }
  surface.compute_normals();
  for (Fragment& f : surface.vertex)
    if (f.normal.z < 0) f.normal = -1.F * f.normal;
  return surface;
}

/// Neck, shoulders and chest. uv: (azimuth in degrees, height in mm).
inline Surface body_surface(const Identity& person, const Pose& pose, float shoulder_width) {
  constexpr int rows = 22, columns = 27;
  Surface surface(rows, columns);
  const float neck =
      (person.masculine ? 58.F : 50.F) * (1 + 0.03F * person.shape[static_cast<std::size_t>(Shape::width)]);
  for (int j = 0; j < rows; ++j)
    for (int i = 0; i < columns; ++i) {
      const float y = -72 - 12 * static_cast<float>(j), azimuth = -104 + 8 * static_cast<float>(i),
                  angle = radians(azimuth);
      const float flare = smooth_step(-120, -192, y), slope = smooth_step(-105, -145, y);
      const float half_width = neck - 16 * smooth_step(-112, -74, y) + 10 * slope +
                               (shoulder_width - neck) * std::pow(flare, 0.8F);
      const float half_depth = 50 + 12 * slope + 42 * flare;
      const float muscle =
          3 * bell(std::fabs(azimuth) - 32 + 0.25F * (y + 120), 0, 9, 1) - 4 * bell(azimuth, y + 150, 9, 7);
      const std::size_t v = surface.index(j, i);
      surface.position[v] =
          pose.bend({half_width * std::sin(angle), y, -88 + (half_depth + muscle) * std::cos(angle)});
      surface.vertex[v].uv = {azimuth, y};
      surface.vertex[v].extra = mix(0.55F, 1, smooth_step(-105, -165, y));
    }
  surface.compute_normals();
  return surface;
}

/// Where hair grows and how far it hangs, at azimuth `degrees`: hair covers what is higher than this.
inline float hair_edge_at(const Identity& person, float degrees) {
  const float a = std::fabs(degrees);
  float front = person.hairline;
  switch (person.hair_style) {
    case HairStyle::bald:
      front = 150;
      break;
    case HairStyle::receding:
      front += 17 - 8 * smooth_step(30, 0, a);
      break;
    case HairStyle::fringe:
      front = 30 + 0.004F * person.parting * degrees + 4 * smooth_step(0, 45, a);
      break;
    case HairStyle::bob:
    case HairStyle::long_:
      front -= 16 * smooth_step(10, 55, std::fabs(degrees - 0.7F * person.parting)) - 4;
      break;
    case HairStyle::cropped:
    case HairStyle::short_:
      front += 6 * smooth_step(10, 30, a) - 3 + 0.0015F * person.parting * degrees;
      break;
  }
  if (person.hair_style == HairStyle::bald) return a > 75 && person.age > 0.3F ? 12.F : 150.F;
  if (person.hair_style == HairStyle::bob || person.hair_style == HairStyle::long_) {
    const float side = 62 + 8 * (person.hair_volume - 1);
    return mix(front, person.hair_end, smooth_step(side - 10, side + 3, a));
  }
  const float temple = mix(front, 36, smooth_step(30, 60, a));
  const float burn = mix(temple, -6 - 12 * (person.masculine ? 1.F : 0.2F), smooth_step(60, 70, a));
  const float over_ear = mix(burn, 22, smooth_step(78, 84, a));
  return mix(over_ear, -28, smooth_step(108, 118, a));
}

/// The same for many queries: tabulated by the degree.
class HairEdge {
 public:
  explicit HairEdge(const Identity& person) {
    for (std::size_t i = 0; i < edge_.size(); ++i)
      edge_[i] = hair_edge_at(person, static_cast<float>(i) - 190);
  }
  [[nodiscard]] float operator()(float degrees) const {
    const float x = std::clamp(degrees + 190, 0.F, static_cast<float>(edge_.size()) - 1.01F);
    const auto i = static_cast<std::size_t>(x);
    return mix(edge_[i], edge_[i + 1], x - static_cast<float>(i));
  }

 private:
  std::array<float, 381> edge_{};
};

inline Surface hair_surface(const Identity& person, const Pose& pose) {
  constexpr int columns = 67;
  std::vector<float> heights;
  const bool hangs = person.hair_style == HairStyle::bob || person.hair_style == HairStyle::long_;
  for (float y = 112; y > (hangs ? person.hair_end - 10 : -70.F); y -= y > 85 ? 3.F : y > 0 ? 5.F : 9.F)
    heights.push_back(y);
  Surface surface(static_cast<int>(heights.size()), columns);
  const auto shape = [&](Shape s) { return person.shape[static_cast<std::size_t>(s)]; };
  const float scale_x = 1 + 0.035F * shape(Shape::width), scale_y = 1 + 0.03F * shape(Shape::height);
  const float full = person.hair_style == HairStyle::cropped || person.hair_style == HairStyle::bald ? 2.5F
                     : person.hair_style == HairStyle::receding                                      ? 5
                                                                : 6 + 7 * person.hair_volume;
  const Noise& noise = Noise::get();
  for (int j = 0; j < surface.rows; ++j)
    for (int i = 0; i < columns; ++i) {
      const int from_middle = i - columns / 2;
      const float y = heights[static_cast<std::size_t>(j)], degrees = 5 * static_cast<float>(from_middle);
      const float edge = hair_edge_at(person, degrees), a = std::fabs(degrees);
      float thickness = full * (0.25F + 0.75F * smooth_step(edge - 4, edge + 22, y)) +
                        (hangs ? 5 * smooth_step(50, 75, a) : 0);
      // Short hair lies close at the sides, so that the ears stand out.
      if (!hangs) thickness *= mix(1, 0.3F, smooth_step(45, 75, a) * smooth_step(75, 25, y));
      thickness += person.hair_curl * 5 * noise(0.16F * degrees + person.fold_phase, 0.12F * y) *
                   smooth_step(0, 12, full);
      Vec3 p = HeadTemplate::skull(degrees, HeadTemplate::profile_row(std::max(y, -2.F)));
      p.z -= 5 * shape(Shape::forehead_slope) * smooth_step(20, 85, p.y) * smooth_step(110, 70, a);
      p = {p.x * scale_x, p.y * scale_y, p.z};
      const Vec3 out = normalised({p.x, 0.9F * (p.y - 10) * smooth_step(20, 90, y), p.z + 85});
      p += (thickness + 1.2F) * out;
      if (y < -2) {
        p.y = y;
        const float fall = smooth_step(0, -150, y);
        p.x *=
            1 + (0.05F + 0.12F * person.hair_volume) * fall - (hangs ? 0.F : 0.3F * smooth_step(-2, -60, y));
      }
      const std::size_t v = surface.index(j, i);
      surface.position[v] = hangs ? pose.bend(p) : pose.head * p;
      surface.vertex[v].uv = {degrees, y};
      surface.vertex[v].extra = mix(0.45F, 1, smooth_step(edge - 6, edge + 14, y));
    }
  surface.compute_normals();
  return surface;
}

}  // namespace aurum::synthetic
