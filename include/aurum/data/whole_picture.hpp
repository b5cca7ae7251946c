#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "aurum/core/error.hpp"
#include "aurum/core/geometry.hpp"
#include "aurum/data/landmarks68.hpp"

namespace aurum {

namespace detail {
/// `mean_shape` of the 200 faces of SyntheticFaces{.seed = 1, .images = 200, .identities = 200}: symmetric,
/// centred on (0, 0), its root mean square distance from there 1.
// clang-format off: a table
inline constexpr std::array<Point, landmark_count> mean_face = {
    {{-1.251F, -0.754F}, {-1.240F, -0.436F}, {-1.192F, -0.116F}, {-1.113F, 0.220F},  {-0.988F, 0.565F},
     {-0.800F, 0.962F},  {-0.585F, 1.288F},  {-0.300F, 1.514F},  {0.000F, 1.588F},   {0.300F, 1.514F},
     {0.585F, 1.288F},   {0.800F, 0.962F},   {0.988F, 0.565F},   {1.113F, 0.220F},   {1.192F, -0.116F},
     {1.240F, -0.436F},  {1.251F, -0.754F},  {-0.998F, -1.021F}, {-0.806F, -1.111F}, {-0.607F, -1.128F},
     {-0.401F, -1.096F}, {-0.209F, -1.050F}, {0.209F, -1.050F},  {0.401F, -1.096F},  {0.607F, -1.128F},
     {0.806F, -1.111F},  {0.998F, -1.021F},  {0.000F, -0.704F},  {0.000F, -0.499F},  {0.000F, -0.264F},
     {0.000F, -0.017F},  {-0.297F, 0.137F},  {-0.154F, 0.199F},  {0.000F, 0.237F},   {0.154F, 0.199F},
     {0.297F, 0.137F},   {-0.840F, -0.752F}, {-0.683F, -0.813F}, {-0.485F, -0.796F}, {-0.323F, -0.709F},
     {-0.488F, -0.679F}, {-0.686F, -0.688F}, {0.323F, -0.709F},  {0.485F, -0.796F},  {0.683F, -0.813F},
     {0.840F, -0.752F},  {0.686F, -0.688F},  {0.488F, -0.679F},  {-0.535F, 0.580F},  {-0.357F, 0.498F},
     {-0.127F, 0.441F},  {0.000F, 0.483F},   {0.127F, 0.441F},   {0.357F, 0.498F},   {0.535F, 0.580F},
     {0.353F, 0.727F},   {0.167F, 0.799F},   {0.000F, 0.822F},   {-0.167F, 0.799F},  {-0.353F, 0.727F},
     {-0.481F, 0.574F},  {-0.180F, 0.558F},  {0.000F, 0.566F},   {0.180F, 0.558F},   {0.481F, 0.574F},
     {0.179F, 0.651F},   {0.000F, 0.663F},   {-0.179F, 0.651F}}};
// clang-format on
}  // namespace detail

/// 68 landmarks of a mean face whose `face_square` is the picture of `width` x `height` pixels, or, where
/// that is not square, the square about its middle on the longer side: the crop then shows the whole picture,
/// with its edge pixels repeated beside it. For pictures that are face crops already and have no landmarks;
/// where the parts of *this* face are, they do not say. The crop of a square picture at its own size differs
/// from the picture by what single precision rounds, far below a step of 8-bit colour. Throws ValueError for
/// pictures below 4 pixels, which `face_square` would refuse.
[[nodiscard]] inline Landmarks landmarks_filling(int width, int height) {
  const int side = std::max(width, height);
  if (std::min(width, height) < 1 || side < 4)
    throw ValueError("landmarks of a whole picture: expected at least 4 pixels across, found " +
                     std::to_string(width) + " x " + std::to_string(height));
  // Exactly the mean and the spread that `face_square` measures, which the table's rounding has moved.
  double y = 0, squared = 0;
  for (const Point p : detail::mean_face) y += static_cast<double>(p.y) / landmark_count;
  for (const Point p : detail::mean_face) {
    const double dx = static_cast<double>(p.x), dy = static_cast<double>(p.y) - y;
    squared += (dx * dx + dy * dy) / landmark_count;
  }
  const double scale = side / (3.5 * std::sqrt(squared));
  Landmarks landmarks;
  landmarks.reserve(landmark_count);
  for (const Point p : detail::mean_face)
    landmarks.push_back({static_cast<float>((width - 1) / 2.0 + scale * static_cast<double>(p.x)),
                         static_cast<float>((height - 1) / 2.0 + scale * (static_cast<double>(p.y) - y))});
  return landmarks;
}

}  // namespace aurum
