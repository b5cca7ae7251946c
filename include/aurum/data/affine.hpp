#pragma once
#include <array>
#include <cmath>
#include <numbers>
#include <span>

#include "aurum/core/error.hpp"
#include "aurum/core/geometry.hpp"

namespace aurum {

/// An affine map of the plane: (x, y) -> (xx x + xy y + x0, yx x + yy y + y0). The default is the identity.
struct Affine {
  double xx = 1, xy = 0, x0 = 0;
  double yx = 0, yy = 1, y0 = 0;

  [[nodiscard]] Point operator()(Point p) const {
    return {static_cast<float>(xx * static_cast<double>(p.x) + xy * static_cast<double>(p.y) + x0),
            static_cast<float>(yx * static_cast<double>(p.x) + yy * static_cast<double>(p.y) + y0)};
  }
  [[nodiscard]] Landmarks operator()(std::span<const Point> points) const {
    Landmarks result;
    result.reserve(points.size());
    for (const Point p : points) result.push_back((*this)(p));
    return result;
  }
  [[nodiscard]] constexpr double determinant() const { return xx * yy - xy * yx; }
};

/// `compose(outer, inner)(p)` is `outer(inner(p))`.
[[nodiscard]] constexpr Affine compose(const Affine& outer, const Affine& inner) {
  return {.xx = outer.xx * inner.xx + outer.xy * inner.yx,
          .xy = outer.xx * inner.xy + outer.xy * inner.yy,
          .x0 = outer.xx * inner.x0 + outer.xy * inner.y0 + outer.x0,
          .yx = outer.yx * inner.xx + outer.yy * inner.yx,
          .yy = outer.yx * inner.xy + outer.yy * inner.yy,
          .y0 = outer.yx * inner.x0 + outer.yy * inner.y0 + outer.y0};
}

/// The inverse map. Throws ValueError if there is none (the plane falls onto a line) or a number is not
/// finite.
[[nodiscard]] inline Affine inverse(const Affine& map) {
  const double determinant = map.determinant();
  if (!std::isfinite(determinant) || !std::isfinite(map.x0) || !std::isfinite(map.y0) ||
      std::abs(determinant) < 1e-12)
    throw ValueError("an affine map with determinant " + std::to_string(determinant) + " has no inverse");
  const double s = 1 / determinant;
  return {.xx = s * map.yy,
          .xy = -s * map.xy,
          .x0 = s * (map.xy * map.y0 - map.yy * map.x0),
          .yx = -s * map.yx,
          .yy = s * map.xx,
          .y0 = s * (map.yx * map.x0 - map.xx * map.y0)};
}

/// Turns by `degrees` (clockwise as seen, y pointing down) and scales about `from`, which moves to `to`.
[[nodiscard]] inline Affine similarity(Point from, Point to, double scale, double degrees = 0) {
  const double angle = degrees * std::numbers::pi / 180;
  const double c = scale * std::cos(angle);
  const double s = scale * std::sin(angle);
  const double x = static_cast<double>(from.x);
  const double y = static_cast<double>(from.y);
  return {.xx = c,
          .xy = -s,
          .x0 = static_cast<double>(to.x) - c * x + s * y,
          .yx = s,
          .yy = c,
          .y0 = static_cast<double>(to.y) - s * x - c * y};
}

/// The map that takes three points to three others. Throws ValueError if the first three lie on a line.
[[nodiscard]] inline Affine affine_from_points(const std::array<Point, 3>& from,
                                               const std::array<Point, 3>& to) {
  const auto frame = [](const std::array<Point, 3>& p) {  // unit triangle -> these points
    const auto d = [](float a, float b) { return static_cast<double>(a) - static_cast<double>(b); };
    return Affine{.xx = d(p[1].x, p[0].x),
                  .xy = d(p[2].x, p[0].x),
                  .x0 = static_cast<double>(p[0].x),
                  .yx = d(p[1].y, p[0].y),
                  .yy = d(p[2].y, p[0].y),
                  .y0 = static_cast<double>(p[0].y)};
  };
  return compose(frame(to), inverse(frame(from)));
}

}  // namespace aurum
