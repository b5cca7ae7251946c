#pragma once
#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/geometry.hpp"
#include "aurum/core/tensor.hpp"
#include "aurum/heatmap/render.hpp"
#include "aurum/ops/pointwise/heatmap.hpp"

namespace aurum {

/// Finds the peak of every map; `peaks[n * channels + c]` is that of channel c of image n. Never allocates.
template <class T>
void decode(View<T> maps, std::span<Peak> peaks) {
  if (std::ssize(peaks) != static_cast<std::ptrdiff_t>(maps.batch) * maps.channels)
    throw ValueError("decode: expected room for " + std::to_string(maps.batch) + " x " +
                     std::to_string(maps.channels) + " peaks, found " + std::to_string(peaks.size()));
  if (maps.height < 1 || maps.width < 1) throw ValueError("decode: the maps have no pixels");
  constexpr int several = 8;
  Peak* peak = peaks.data();
  for (int n = 0; n < maps.batch; ++n) {
    int c = 0;
    for (; c + several <= maps.channels; c += several, peak += several)
      find_peaks<several>(&maps.at(n, 0, 0, c), maps.pixel_stride, maps.width, maps.height, peak);
    for (; c < maps.channels; ++c, ++peak)
      *peak = find_peak(&maps.at(n, 0, 0, c), maps.pixel_stride, maps.width, maps.height);
  }
}

template <class T>
[[nodiscard]] std::vector<Peak> decode(View<T> maps) {
  std::vector<Peak> peaks(static_cast<std::size_t>(maps.batch) * static_cast<std::size_t>(maps.channels));
  decode(maps, std::span<Peak>(peaks));
  return peaks;
}

/// The AU intensity that a peak tells: the greatest value of the map (Ntinou et al. 2020, section 3.4), held
/// to 0..5. NaN stays NaN.
[[nodiscard]] AURUM_HD inline float intensity(const Peak& peak) {
  return peak.value < 0 ? 0.0F : peak.value > greatest_intensity ? greatest_intensity : peak.value;
}

/// Where a peak of a `map_size`-wide map lies in the network's `input_size`-wide input.
[[nodiscard]] inline Point to_input(const Peak& peak, int map_size, int input_size) {
  return rescale({peak.x, peak.y}, static_cast<float>(input_size) / static_cast<float>(map_size));
}

}  // namespace aurum
