#pragma once
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/geometry.hpp"
#include "aurum/data/affine.hpp"
#include "aurum/data/landmarks68.hpp"

namespace aurum {

/// The similarity (turn, scale and shift, no mirroring) that brings `from` closest to `to` by least squares,
/// point by point (Procrustes). Throws ValueError for different numbers of points, or if `from` is one place.
[[nodiscard]] inline Affine align_shape(std::span<const Point> from, std::span<const Point> to) {
  if (from.size() != to.size() || from.empty())
    throw ValueError("align_shape: " + std::to_string(from.size()) + " points against " +
                     std::to_string(to.size()));
  const auto mean = [](std::span<const Point> points) {
    double x = 0, y = 0;
    for (const Point p : points) x += static_cast<double>(p.x), y += static_cast<double>(p.y);
    const auto n = static_cast<double>(points.size());
    return std::pair{x / n, y / n};
  };
  const auto [from_x, from_y] = mean(from);
  const auto [to_x, to_y] = mean(to);
  double dot = 0, cross = 0, square = 0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const double px = static_cast<double>(from[i].x) - from_x, py = static_cast<double>(from[i].y) - from_y;
    const double qx = static_cast<double>(to[i].x) - to_x, qy = static_cast<double>(to[i].y) - to_y;
    dot += px * qx + py * qy;
    cross += px * qy - py * qx;
    square += px * px + py * py;
  }
  if (!(square > 0)) throw ValueError("align_shape: all points are at one place");
  const double c = dot / square, s = cross / square;
  return {.xx = c,
          .xy = -s,
          .x0 = to_x - c * from_x + s * from_y,
          .yx = s,
          .yy = c,
          .y0 = to_y - s * from_x - c * from_y};
}

/// The mean of many faces' 68 landmarks after each was aligned to it (generalised Procrustes analysis),
/// centred on (0, 0), its root mean square distance from there 1. Mirrored faces count too, so the mean is
/// symmetric: mirrored (x negated, names exchanged) it is itself. Throws ValueError for no faces.
[[nodiscard]] inline Landmarks mean_shape(std::span<const Landmarks> faces) {
  if (faces.empty()) throw ValueError("mean_shape: no faces");
  Landmarks mean = faces[0];
  for (int pass = 0; pass < 4; ++pass) {  // the second changes it by parts in a thousand already
    std::vector<double> sum(std::size_t{2} * landmark_count);
    for (const Landmarks& face : faces) {
      check_landmarks(face);
      const Landmarks aligned = align_shape(face, mean)(face);
      for (std::size_t k = 0; k < landmark_count; ++k) {
        sum[2 * k] += static_cast<double>(aligned[k].x);
        sum[2 * k + 1] += static_cast<double>(aligned[k].y);
      }
    }
    double middle_x = 0, middle_y = 0;
    for (std::size_t k = 0; k < landmark_count; ++k) {
      middle_x += sum[2 * k] / landmark_count;
      middle_y += sum[2 * k + 1] / landmark_count;
    }
    double square = 0;
    std::vector<double> symmetric(sum.size());
    for (std::size_t k = 0; k < landmark_count; ++k) {
      const auto other = static_cast<std::size_t>(landmark_mirror[k]);
      symmetric[2 * k] = ((sum[2 * k] - middle_x) - (sum[2 * other] - middle_x)) / 2;
      symmetric[2 * k + 1] = ((sum[2 * k + 1] - middle_y) + (sum[2 * other + 1] - middle_y)) / 2;
      square += (symmetric[2 * k] * symmetric[2 * k] + symmetric[2 * k + 1] * symmetric[2 * k + 1]) /
                landmark_count;
    }
    const double scale = 1 / std::sqrt(square);
    for (std::size_t k = 0; k < landmark_count; ++k)
      mean[k] = {static_cast<float>(scale * symmetric[2 * k]),
                 static_cast<float>(scale * symmetric[2 * k + 1])};
  }
  return mean;
}

}  // namespace aurum
