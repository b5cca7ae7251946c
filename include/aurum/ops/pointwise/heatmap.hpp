#pragma once
#include <cmath>
#include <cstddef>

#include "aurum/core/config.hpp"
#include "aurum/core/geometry.hpp"

namespace aurum {

/// What one heatmap shall show: an AU of this intensity at these centres, in pixels of the map. NaN
/// intensity: not labelled, the whole map is NaN and the loss skips it. Intensity 0: the map is zero.
///
/// An AU that is not equally strong on both sides of the face says so by `has_sides`: either half of its map
/// then is that half of the map for the intensity of its own side. The halves are what is nearer to
/// centre[0], the left one, and what is nearer to centre[1], the right one; `intensity` is the stronger
/// side's.
struct MapTarget {
  float intensity = 0;
  int centres = 0;
  Point centre[3] = {};
  bool has_sides = false;
  Sides<float> side{};
};

/// The line between two places, of which each point is as far from one as from the other: what is nearer to
/// `left` lies left of it. Where both places are the same, every point lies on it.
using DividingLine = Sides<Point>;

/// On which side of the line (x, y) lies: negative: left; 0: on it; positive: right.
[[nodiscard]] AURUM_HD inline float side_of(const DividingLine& line, float x, float y) {
  const auto squared_distance = [&](Point p) { return (x - p.x) * (x - p.x) + (y - p.y) * (y - p.y); };
  return squared_distance(line.left) - squared_distance(line.right);
}

/// Maps are described at this width, the papers' (a quarter of 256); on others distances are scaled to it.
inline constexpr float reference_map_width = 64;

/// A kernel gives the height of a blob of intensity a > 0 at a squared distance from its centre, in pixels of
/// a 64-pixel-wide map. It must be greatest at distance 0, where it is a, and never grow with the distance.
///
/// a exp(-d^2 / (2 a^2)): amplitude and width both grow with the intensity. Our reading of Ntinou et al.
/// 2020, Eq. (1), which prints a exp(d / a^2).
struct GaussianKernel {
  AURUM_HD float operator()(float a, float squared_distance) const {
    const float exponent = squared_distance / (2 * a * a);
    return exponent < 80 ? a * std::exp(-exponent) : 0.0F;  // subnormal numbers are slow and mean nothing
  }
};

/// a exp(-d / a^2): Eq. (1) as printed but for the sign.
struct ExponentialKernel {
  AURUM_HD float operator()(float a, float squared_distance) const {
    const float exponent = std::sqrt(squared_distance) / (a * a);
    return exponent < 80 ? a * std::exp(-exponent) : 0.0F;
  }
};

/// a exp(-d^2 / (2 deviation^2)): the same width for every intensity, as landmark heatmaps have it.
struct FixedGaussianKernel {
  float deviation = 2;
  AURUM_HD float operator()(float a, float squared_distance) const {
    const float exponent = squared_distance / (2 * deviation * deviation);
    return exponent < 80 ? a * std::exp(-exponent) : 0.0F;
  }
};

/// Another kernel, zero further than `radius` times a from the centre. (Sanchez et al. 2018 cut at 6; the
/// author: optional.)
template <class Kernel = GaussianKernel>
struct TruncatedKernel {
  Kernel kernel{};
  float radius = 6;
  AURUM_HD float operator()(float a, float squared_distance) const {
    return squared_distance > radius * radius * a * a ? 0.0F : kernel(a, squared_distance);
  }
};

/// The value of a target map at pixel (x, y): the highest of its blobs (section 3.2), which is the blob of
/// the nearest centre. `scale` is 64 / width of the map.
template <class Kernel>
AURUM_HD float map_value(const MapTarget& target, const Kernel& kernel, float x, float y, float scale) {
  if (!(target.intensity > 0) || target.centres == 0)
    return target.intensity != target.intensity ? target.intensity : 0.0F;
  float nearest = 0;
  for (int i = 0; i < target.centres; ++i) {
    const float dx = x - target.centre[i].x;
    const float dy = y - target.centre[i].y;
    const float squared = dx * dx + dy * dy;
    if (i == 0 || squared < nearest) nearest = squared;
  }
  float intensity = target.intensity;
  if (target.has_sides) {
    const float side = side_of({target.centre[0], target.centre[1]}, x, y);
    if (side != 0) intensity = side < 0 ? target.side.left : target.side.right;
    if (!(intensity > 0)) return 0.0F;
  }
  return kernel(intensity, nearest * scale * scale);
}

/// How much more the loss counts near an AU's centres, whether or not the AU shows: 1 + gain exp(-d^2 / (2
/// deviation^2)), d in pixels of a 64-pixel-wide map. Maps are zero nearly everywhere, so that a network
/// which answers zero is at first hard to leave behind; weights that grew with the target itself (Wang et
/// al., "Adaptive Wing Loss", ICCV 2019) would bias every peak upwards. Ours; gain 0 is the papers' plain
/// squared error.
struct CentreWeight {
  float gain = 0;
  float deviation = 3;
  AURUM_HD float operator()(const MapTarget& target, float x, float y, float scale) const {
    MapTarget unit = target;
    unit.intensity = 1;
    unit.has_sides = false;
    return 1 + gain * map_value(unit, FixedGaussianKernel{deviation}, x, y, scale);
  }
};

/// The highest place of a map. `value` is the greatest pixel, `x`, `y` its place refined to fractions of a
/// pixel, `apex` the height of the blob there: above `value` where the centre lies between pixels. A map with
/// a NaN has NaN in all four.
struct Peak {
  float value = 0;
  float x = 0;
  float y = 0;
  float apex = 0;
};

/// A parabola through three neighbouring values, the middle one greatest: where its top lies from the middle
/// (-0.5..0.5) and how far above.
struct Vertex {
  float offset = 0;
  float rise = 0;
};

AURUM_HD inline Vertex vertex(float before, float middle, float after) {
  const float curvature = 2 * middle - before - after;
  if (!(curvature > 0)) return {};  // flat, or no maximum
  const float offset = 0.5F * (after - before) / curvature;
  return {offset, 0.25F * (after - before) * offset};
}

/// Refines the greatest pixel (x, y) of a channels-last map. The logarithm of a Gaussian is a parabola, so
/// the fit through the logarithms of the neighbours is exact for the default kernel; where a neighbour is
/// below a thousandth of the peak (noise of a network, or not positive) the values themselves are fitted. No
/// refinement along a direction in which the peak touches the border.
template <class T>
AURUM_HD Peak refine_peak(const T* map, std::ptrdiff_t pixel_stride, int width, int height, int x, int y) {
  const auto at = [&](int column, int row) {
    return static_cast<float>(map[(static_cast<std::ptrdiff_t>(row) * width + column) * pixel_stride]);
  };
  const float value = at(x, y);
  const float floor = 1e-3F * value;
  float apex = value;
  const auto fit = [&](float before, float after) {
    if (before > floor && after > floor && value > 0) {
      const Vertex v = vertex(std::log(before / value), 0.0F, std::log(after / value));
      apex *= std::exp(v.rise);
      return v.offset;
    }
    const Vertex v = vertex(before, value, after);
    apex += v.rise;
    return v.offset;
  };
  Peak peak{value, static_cast<float>(x), static_cast<float>(y), value};
  if (x > 0 && x + 1 < width) peak.x += fit(at(x - 1, y), at(x + 1, y));
  if (y > 0 && y + 1 < height) peak.y += fit(at(x, y - 1), at(x, y + 1));
  peak.apex = apex;
  return peak;
}

/// The peaks of N neighbouring channels-last maps, found in one walk: `maps` points at the first pixel of the
/// first, pixels lie `pixel_stride` apart. Of equal maxima the first in row order counts; a map with a NaN
/// has one for a peak. Width and height at least 1.
template <int N, class T>
AURUM_HD void find_peaks(const T* maps, std::ptrdiff_t pixel_stride, int width, int height, Peak* peaks) {
  float best[std::size_t{N}];
  int where[std::size_t{N}] = {};
  for (int c = 0; c < N; ++c) best[c] = static_cast<float>(maps[c]);
  const int pixels = width * height;
  const T* pixel = maps;
  for (int i = 0; i < pixels; ++i, pixel += pixel_stride)
    for (int c = 0; c < N; ++c) {  // without branches, so that compilers make vectors of it
      const float value = static_cast<float>(pixel[c]);
      const bool better = (value > best[c]) | (value != value);
      best[c] = better ? value : best[c];
      where[c] = better ? i : where[c];
    }
  for (int c = 0; c < N; ++c)
    peaks[c] = best[c] != best[c]
                   ? Peak{best[c], best[c], best[c], best[c]}
                   : refine_peak(maps + c, pixel_stride, width, height, where[c] % width, where[c] / width);
}

/// The peak of one.
template <class T>
AURUM_HD Peak find_peak(const T* map, std::ptrdiff_t pixel_stride, int width, int height) {
  Peak peak;
  find_peaks<1>(map, pixel_stride, width, height, &peak);
  return peak;
}

}  // namespace aurum
