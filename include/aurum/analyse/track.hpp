#pragma once
// One person's AU intensities over a video, and what may be done to them afterwards.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "aurum/core/error.hpp"

namespace aurum {

/// The frames in which a person was seen, in the order of time.
struct AuTrack {
  std::size_t units = 0;           ///< number of AUs
  std::vector<double> seconds;     ///< when each frame was
  std::vector<float> intensities;  ///< frames x AUs, 0 to 5; NaN: unknown

  [[nodiscard]] std::size_t frames() const { return seconds.size(); }
  [[nodiscard]] std::span<const float> frame(std::size_t i) const {
    return std::span(intensities).subspan(i * units, units);
  }
  /// Throws ValueError for intensities that do not fill frames, and frames that go back in time.
  void check() const {
    if (units == 0 || intensities.size() != seconds.size() * units)
      throw ValueError("track: " + std::to_string(intensities.size()) + " intensities for " +
                       std::to_string(seconds.size()) + " frames of " + std::to_string(units) + " AUs");
    if (!std::ranges::is_sorted(seconds))
      throw ValueError("track: frames must come in the order of their time");
  }
};

/// The track with every value the mean of those around it, by a Gaussian window whose deviation is `sigma`
/// seconds (cut at three of them): frames need not be evenly spaced, and what is unknown takes no part and
/// stays unknown. Throws ValueError for a track that is none, and a deviation that is not above 0.
[[nodiscard]] inline AuTrack smoothed(const AuTrack& track, double sigma) {
  track.check();
  if (!(sigma > 0) || !std::isfinite(sigma))
    throw ValueError("smoothing: expected a deviation above 0 s, found " + std::to_string(sigma));
  AuTrack result = track;
  const double reach = 3 * sigma * (1 + 1e-9);  // frames at equal distances on both sides count alike
  std::size_t first = 0, last = 0;
  for (std::size_t i = 0; i < track.frames(); ++i) {
    while (track.seconds[i] - track.seconds[first] > reach) ++first;
    while (last < track.frames() && track.seconds[last] - track.seconds[i] <= reach) ++last;
    for (std::size_t au = 0; au < track.units; ++au) {
      if (std::isnan(track.frame(i)[au])) continue;
      double sum = 0, weights = 0;
      for (std::size_t k = first; k < last; ++k) {
        const auto value = static_cast<double>(track.frame(k)[au]);
        if (std::isnan(value)) continue;
        const double distance = (track.seconds[k] - track.seconds[i]) / sigma;
        const double weight = std::exp(-distance * distance / 2);
        sum += weight * value;
        weights += weight;
      }
      result.intensities[i * track.units + au] = static_cast<float>(sum / weights);
    }
  }
  return result;
}

/// What a person's face shows at rest: the median of each AU over the quiet frames, which are the quarter (at
/// least one) with the least sum of intensities. A network that reads wrinkles, a heavy lid or a drooping lip
/// as action is wrong by that much in every frame. NaN for an AU that is unknown in all quiet frames. Throws
/// ValueError for a track without frames.
[[nodiscard]] inline std::vector<float> quiet_baseline(const AuTrack& track) {
  track.check();
  if (track.frames() == 0) throw ValueError("baseline: the track has no frames");
  std::vector<double> activity(track.frames());
  for (std::size_t i = 0; i < track.frames(); ++i)
    for (const float value : track.frame(i))
      if (!std::isnan(value)) activity[i] += static_cast<double>(value);
  std::vector<std::size_t> order(track.frames());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return activity[i]; });
  order.resize(std::max<std::size_t>(1, order.size() / 4));
  std::vector<float> baseline;
  for (std::size_t au = 0; au < track.units; ++au) {
    std::vector<float> values;
    for (const std::size_t i : order)
      if (!std::isnan(track.frame(i)[au])) values.push_back(track.frame(i)[au]);
    if (values.empty()) {
      baseline.push_back(std::numeric_limits<float>::quiet_NaN());
      continue;
    }
    const auto middle = values.begin() + std::ssize(values) / 2;
    std::ranges::nth_element(values, middle);
    baseline.push_back(*middle);
  }
  return baseline;
}

/// The track without a baseline, one value per AU (NaN: left as it is), held to 0 and more. Throws ValueError
/// for another number of values.
[[nodiscard]] inline AuTrack without_baseline(AuTrack track, std::span<const float> baseline) {
  track.check();
  if (baseline.size() != track.units)
    throw ValueError("baseline: expected " + std::to_string(track.units) + " values, found " +
                     std::to_string(baseline.size()));
  for (std::size_t i = 0; i < track.intensities.size(); ++i)
    if (const float rest = baseline[i % track.units]; !std::isnan(rest) && !std::isnan(track.intensities[i]))
      track.intensities[i] = std::max(0.0F, track.intensities[i] - rest);
  return track;
}

}  // namespace aurum
