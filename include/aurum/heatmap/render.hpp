#pragma once
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/geometry.hpp"
#include "aurum/core/tensor.hpp"
#include "aurum/heatmap/action_units.hpp"
#include "aurum/ops/pointwise/heatmap.hpp"

namespace aurum {

inline constexpr float greatest_intensity = 5;

/// Throws ValueError unless `intensity` lies in 0..5 or is NaN (not labelled).
inline void check_intensity(float intensity, const std::string& where) {
  if (intensity < 0 || intensity > greatest_intensity)
    throw ValueError(where + ": intensity " + std::to_string(intensity) + " is outside 0 to 5");
}

/// The target maps of one face, one per AU of `aus` in that order (Ntinou et al. 2020, section 3).
/// `landmarks`: 68 or 66 points in pixels of the network's input, `input_size` pixels wide and high;
/// `intensities`: one per AU, 0 to 5 or NaN; ones give the papers' attention maps. Maps are `map_size` wide
/// and high. Throws ValueError for an unknown AU, other intensities, and landmarks that are not such.
[[nodiscard]] inline std::vector<MapTarget> map_targets(std::span<const int> aus,
                                                        std::span<const Point> landmarks,
                                                        std::span<const float> intensities, int input_size,
                                                        int map_size,
                                                        std::span<const ActionUnit> table = action_units) {
  if (intensities.size() != aus.size())
    throw ValueError("heatmap targets: expected " + std::to_string(aus.size()) + " intensities, found " +
                     std::to_string(intensities.size()));
  if (input_size < 1 || map_size < 1) throw ValueError("heatmap targets: sizes must be at least 1 pixel");
  const Landmarks points = to_landmarks68(landmarks);
  const float scale = static_cast<float>(map_size) / static_cast<float>(input_size);
  std::vector<MapTarget> targets;
  targets.reserve(aus.size());
  for (std::size_t i = 0; i < aus.size(); ++i) {
    check_intensity(intensities[i], action_unit_label(aus[i]));
    const Centres centres = action_unit_centres(find_action_unit(aus[i], table), points);
    MapTarget target{.intensity = intensities[i], .centres = centres.size};
    for (int k = 0; k < centres.size; ++k)
      target.centre[k] = rescale(centres.point[static_cast<std::size_t>(k)], scale);
    targets.push_back(target);
  }
  return targets;
}

/// The same for labels that tell the sides of the face apart, one pair per AU. AUs that have no two sides by
/// the table (has_two_sides) show the stronger one; an AU of which one side is NaN counts as not labelled.
[[nodiscard]] inline std::vector<MapTarget> map_targets(std::span<const int> aus,
                                                        std::span<const Point> landmarks,
                                                        std::span<const Sides<float>> intensities,
                                                        int input_size, int map_size,
                                                        std::span<const ActionUnit> table = action_units) {
  std::vector<float> stronger;
  stronger.reserve(intensities.size());
  for (const auto& [left, right] : intensities)
    stronger.push_back(std::isnan(left) || left > right ? left : right);
  std::vector<MapTarget> targets = map_targets(aus, landmarks, stronger, input_size, map_size, table);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const Sides<float>& side = intensities[i];
    check_intensity(side.left, action_unit_label(aus[i]) + ", left");
    check_intensity(side.right, action_unit_label(aus[i]) + ", right");
    targets[i].has_sides = side.left != side.right && has_two_sides(find_action_unit(aus[i], table));
    targets[i].side = side;
  }
  return targets;
}

/// Draws the maps: target n * channels + c becomes channel c of image n. Throws ValueError unless there is
/// one target per map.
template <class T, class Kernel = GaussianKernel>
void render(std::span<const MapTarget> targets, View<T> maps, const Kernel& kernel = {}) {
  if (std::ssize(targets) != static_cast<std::ptrdiff_t>(maps.batch) * maps.channels)
    throw ValueError("render: expected " + std::to_string(maps.batch) + " x " +
                     std::to_string(maps.channels) + " targets, found " + std::to_string(targets.size()));
  const float scale = reference_map_width / static_cast<float>(maps.width);
  for (int n = 0; n < maps.batch; ++n) {
    const auto image = targets.subspan(static_cast<std::size_t>(n) * static_cast<std::size_t>(maps.channels),
                                       static_cast<std::size_t>(maps.channels));
    for (int y = 0; y < maps.height; ++y)
      for (int x = 0; x < maps.width; ++x) {
        T* pixel = &maps.at(n, y, x, 0);
        for (std::size_t c = 0; c < image.size(); ++c)
          pixel[c] = static_cast<T>(
              map_value(image[c], kernel, static_cast<float>(x), static_cast<float>(y), scale));
      }
  }
}

}  // namespace aurum
