#pragma once
#include <array>
#include <vector>

#include "aurum/core/config.hpp"

namespace aurum {

/// A point in pixels: x to the right, y down, (0, 0) the centre of the top left pixel.
struct Point {
  float x = 0;
  float y = 0;
  friend constexpr bool operator==(const Point&, const Point&) = default;
  AURUM_HD friend constexpr Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }
  AURUM_HD friend constexpr Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
  AURUM_HD friend constexpr Point operator*(float s, Point p) { return {s * p.x, s * p.y}; }
};

/// Facial landmarks in the iBUG order (68 points; DISFA's tracker gives 66). See heatmap/action_units.hpp.
using Landmarks = std::vector<Point>;

/// An axis-parallel box in pixels, as detectors give it.
struct Box {
  float left = 0;
  float top = 0;
  float width = 0;
  float height = 0;
};

/// Something of either half of a face: left and right are those of the picture.
template <class T>
struct Sides {
  T left{};
  T right{};
  friend constexpr bool operator==(const Sides&, const Sides&) = default;
  /// What it becomes when the picture is mirrored.
  [[nodiscard]] constexpr Sides mirrored() const { return {right, left}; }
};

/// A point scaled between an image and a map of another size so that pixel *centres* agree: the map's
/// pixel (0, 0) covers the image's first `1/scale` pixels. (Ntinou 2020, section 3.2, prints p <- 0.25 p,
/// which is not symmetric under mirroring; this is, and differs by 3/8 of a map pixel at scale 1/4.)
[[nodiscard]] AURUM_HD constexpr Point rescale(Point p, float scale) {
  return {(p.x + 0.5F) * scale - 0.5F, (p.y + 0.5F) * scale - 0.5F};
}

}  // namespace aurum
