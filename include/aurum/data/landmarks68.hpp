#pragma once
#include <array>
#include <cmath>
#include <span>
#include <string>

#include "aurum/core/error.hpp"
#include "aurum/core/geometry.hpp"

namespace aurum {

/// Number of points in the iBUG (300-W) mark-up: jaw 0-16, brows 17-26, nose 27-35, eyes 36-47, outer lip
/// 48-59, inner lip 60-67. "Left" is the left of the picture, the person's right.
inline constexpr int landmark_count = 68;

/// The mark-up of some trackers (DISFA's landmarks): the 68 points without the inner mouth corners 60 and 64.
inline constexpr int short_landmark_count = 66;

/// `landmark_mirror[k]` is the point that k becomes when the picture is exchanged left for right.
inline constexpr std::array<int, landmark_count> landmark_mirror = {
    16, 15, 14, 13, 12, 11, 10, 9,  8,  7,  6,  5,  4, 3, 2, 1, 0,  // jaw
    26, 25, 24, 23, 22, 21, 20, 19, 18, 17,                         // brows
    27, 28, 29, 30, 35, 34, 33, 32, 31,                             // nose
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,                 // eyes
    54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55,                 // outer lip
    64, 63, 62, 61, 60, 67, 66, 65};                                // inner lip

/// Throws ValueError unless there are 68 finite points.
inline void check_landmarks(std::span<const Point> landmarks) {
  if (landmarks.size() != landmark_count)
    throw ValueError("landmarks: expected 68 points, found " + std::to_string(landmarks.size()));
  for (std::size_t k = 0; k < landmarks.size(); ++k)
    if (!std::isfinite(landmarks[k].x) || !std::isfinite(landmarks[k].y))
      throw ValueError("landmarks: point " + std::to_string(k) + " is not finite");
}

/// The 68-point mark-up from 68 points (as they are) or 66 points. The two inner mouth corners, which the
/// latter lacks, are set a quarter of the way from the outer corner to the next point of the upper inner lip;
/// no AU centre of the built-in table reads them. Throws ValueError for any other number and for points
/// that are not finite.
[[nodiscard]] inline Landmarks to_landmarks68(std::span<const Point> points) {
  Landmarks result(points.begin(), points.end());
  if (points.size() == short_landmark_count) {
    const auto corner = [&](std::size_t outer, std::size_t inner) {
      return 0.75F * points[outer] + 0.25F * points[inner];
    };
    result.insert(result.begin() + 60, corner(48, 60));
    result.insert(result.begin() + 64, corner(54, 62));
  }
  if (result.size() != landmark_count)
    throw ValueError("landmarks: expected 68 points (or 66), found " + std::to_string(points.size()));
  check_landmarks(result);
  return result;
}

/// The landmarks of the mirrored picture, `width` pixels wide: places mirrored and names exchanged.
[[nodiscard]] inline Landmarks mirror(std::span<const Point> landmarks, int width) {
  check_landmarks(landmarks);
  Landmarks result(landmarks.size());
  for (std::size_t k = 0; k < result.size(); ++k) {
    const Point p = landmarks[static_cast<std::size_t>(landmark_mirror[k])];
    result[k] = {static_cast<float>(width - 1) - p.x, p.y};
  }
  return result;
}

}  // namespace aurum
