#pragma once
#include <algorithm>
#include <array>
#include <cmath>

namespace aurum::synthetic {

/// Millimetres in the head's frame: x to the picture's right, y up, z towards the camera; the origin lies
/// between the eyes at the depth of the glabella. Also used for linear RGB.
struct Vec3 {
  float x = 0;
  float y = 0;
  float z = 0;
  friend constexpr Vec3 operator+(Vec3 a, Vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
  friend constexpr Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
  friend constexpr Vec3 operator*(Vec3 a, Vec3 b) { return {a.x * b.x, a.y * b.y, a.z * b.z}; }
  friend constexpr Vec3 operator*(float s, Vec3 a) { return {s * a.x, s * a.y, s * a.z}; }
  constexpr Vec3& operator+=(Vec3 b) { return *this = *this + b; }
};
using Colour = Vec3;

constexpr float dot(Vec3 a, Vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
constexpr Vec3 cross(Vec3 a, Vec3 b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
/// Unit vector; the z axis where `a` has no length.
inline Vec3 normalised(Vec3 a) {
  const float squared = dot(a, a);
  return squared > 1e-12F ? (1 / std::sqrt(squared)) * a : Vec3{0, 0, 1};
}
constexpr float mix(float a, float b, float t) { return a + (b - a) * t; }
constexpr Vec3 mix(Vec3 a, Vec3 b, float t) { return a + t * (b - a); }
constexpr float unit_clamp(float t) { return t < 0 ? 0 : t > 1 ? 1 : t; }
constexpr float square(float t) { return t * t; }
/// 0 at `from`, 1 at `to` (which may be the smaller), smooth in between.
constexpr float smooth_step(float from, float to, float t) {
  const float s = unit_clamp((t - from) / (to - from));
  return s * s * (3 - 2 * s);
}
/// A Gaussian bell with separate widths.
inline float bell(float x, float y, float width_x, float width_y) {
  const float squared = square(x / width_x) + square(y / width_y);
  return squared < 18 ? std::exp(-0.5F * squared) : 0;
}
inline float radians(float degrees) { return degrees * 0.0174532925F; }

/// Piecewise linear curve through (x, y) knots with increasing x, constant outside.
template <std::size_t N>
constexpr float curve(const std::array<std::array<float, 2>, N>& knots, float x) {
  if (x <= knots[0][0]) return knots[0][1];
  for (std::size_t i = 1; i < N; ++i)
    if (x < knots[i][0])
      return mix(knots[i - 1][1], knots[i][1], (x - knots[i - 1][0]) / (knots[i][0] - knots[i - 1][0]));
  return knots[N - 1][1];
}

struct Rotation {
  std::array<Vec3, 3> row{Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}};
  /// Yaw turns the nose to the picture's right, pitch lifts it, roll tilts the head clockwise in the picture.
  static Rotation from_degrees(float yaw, float pitch, float roll) {
    const float cy = std::cos(radians(yaw)), sy = std::sin(radians(yaw));
    const float cp = std::cos(radians(pitch)), sp = std::sin(radians(pitch));
    const float cr = std::cos(radians(roll)), sr = std::sin(radians(roll));
    const Rotation turn{{Vec3{cy, 0, sy}, Vec3{0, 1, 0}, Vec3{-sy, 0, cy}}};
    const Rotation nod{{Vec3{1, 0, 0}, Vec3{0, cp, sp}, Vec3{0, -sp, cp}}};
    const Rotation tilt{{Vec3{cr, sr, 0}, Vec3{-sr, cr, 0}, Vec3{0, 0, 1}}};
    return tilt * (nod * turn);
  }
  friend Vec3 operator*(const Rotation& r, Vec3 v) {
    return {dot(r.row[0], v), dot(r.row[1], v), dot(r.row[2], v)};
  }
  [[nodiscard]] Vec3 inverse(Vec3 v) const { return v.x * row[0] + v.y * row[1] + v.z * row[2]; }
  friend Rotation operator*(const Rotation& a, const Rotation& b) {
    Rotation c;
    for (std::size_t i = 0; i < 3; ++i) c.row[i] = b.inverse(a.row[i]);
    return c;
  }
};

}  // namespace aurum::synthetic
