#pragma once
// The two sides of an Action Unit apart, read from the maps of a network that was trained to tell them
// (`AuHeatmaps::sides`). Left and right are those of the picture, as everywhere. Nothing here allocates.
#include <limits>
#include <span>
#include <string>

#include "aurum/core/error.hpp"
#include "aurum/core/geometry.hpp"
#include "aurum/core/tensor.hpp"
#include "aurum/heatmap/action_units.hpp"
#include "aurum/heatmap/decode.hpp"
#include "aurum/ops/pointwise/heatmap.hpp"

namespace aurum {

/// What divides the map of AU `unit` into left and right, in pixels of the map: each belongs to the nearer of
/// the AU's left and right centre. `landmarks`: 68 points in pixels of the network's input, `input_size`
/// pixels wide; the map is `map_size` wide. An AU without two sides (has_two_sides) gets the line that
/// divides nothing. Throws ValueError unless there are 68 finite points.
[[nodiscard]] inline DividingLine dividing_line(const ActionUnit& unit, std::span<const Point> landmarks,
                                                int input_size, int map_size) {
  if (!has_two_sides(unit)) return {};
  const Centres centres = action_unit_centres(unit, landmarks);
  const float scale = static_cast<float>(map_size) / static_cast<float>(input_size);
  return {rescale(centres.point[0], scale), rescale(centres.point[1], scale)};
}

/// The same where the landmarks are not known: the vertical middle of the map.
[[nodiscard]] constexpr DividingLine dividing_line(const ActionUnit& unit, int map_size) {
  if (!has_two_sides(unit)) return {};
  return {{0, 0}, {static_cast<float>(map_size - 1), 0}};
}

/// The peaks of the two parts of a map: channel `channel` of `maps`, those of one image. A pixel on the line
/// belongs to both parts, so that a line which divides nothing gives the peak of the whole map twice. A peak
/// that borders on something higher, across the line, is not refined to fractions of a pixel. A map with a
/// NaN has NaN for both, a part without a pixel has NaN. Throws ValueError for another number of images, a
/// channel that there is not, and maps without pixels.
[[nodiscard]] inline Sides<Peak> find_side_peaks(View<const float> maps, int channel,
                                                 const DividingLine& line) {
  if (maps.batch != 1 || channel < 0 || channel >= maps.channels || maps.height < 1 || maps.width < 1)
    throw ValueError("find_side_peaks: expected the maps of one image and one of their channels, found " +
                     std::to_string(maps.batch) + " x " + to_string(maps.shape()) + " and channel " +
                     std::to_string(channel));
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  constexpr Peak none{nan, nan, nan, nan};
  const auto at = [&](int x, int y) { return maps.at(0, y, x, channel); };
  Sides<Peak> peaks{none, none};
  for (int y = 0; y < maps.height; ++y)
    for (int x = 0; x < maps.width; ++x) {
      const float value = at(x, y);
      if (value != value) return {none, none};
      const Peak here{value, static_cast<float>(x), static_cast<float>(y), value};
      const float side = side_of(line, here.x, here.y);
      if (side <= 0 && !(value <= peaks.left.value)) peaks.left = here;
      if (side >= 0 && !(value <= peaks.right.value)) peaks.right = here;
    }
  const auto refine = [&](Peak& peak) {
    if (peak.value != peak.value) return;
    const int x = static_cast<int>(peak.x), y = static_cast<int>(peak.y);
    const bool slope = (x > 0 && at(x - 1, y) > peak.value) || (y > 0 && at(x, y - 1) > peak.value) ||
                       (x + 1 < maps.width && at(x + 1, y) > peak.value) ||
                       (y + 1 < maps.height && at(x, y + 1) > peak.value);
    if (!slope)
      peak = refine_peak(&maps.at(0, 0, 0, channel), maps.pixel_stride, maps.width, maps.height, x, y);
  };
  refine(peaks.left);
  refine(peaks.right);
  return peaks;
}

/// The intensities that the peaks of both sides tell, 0 to 5.
[[nodiscard]] inline Sides<float> intensity(const Sides<Peak>& peaks) {
  return {intensity(peaks.left), intensity(peaks.right)};
}

}  // namespace aurum
