#pragma once
#include <algorithm>
#include <string>
#include <string_view>

#include "aurum/core/error.hpp"
#include "aurum/core/tensor.hpp"

namespace aurum {

/// What is done to a crop before a network sees it. A model's weights are worth nothing with another one.
enum class Normalisation {
  unit,    ///< colours divided by 255: 0..1
  min_max  ///< every image stretched so that its least value is 0 and its greatest 1 (Ntinou's public code)
};

/// The name that a weights file carries.
[[nodiscard]] constexpr std::string_view to_string(Normalisation normalisation) {
  return normalisation == Normalisation::unit ? "unit" : "min_max";
}

/// The reverse of `to_string`. Throws ValueError for other names.
[[nodiscard]] inline Normalisation parse_normalisation(std::string_view text) {
  for (const Normalisation known : {Normalisation::unit, Normalisation::min_max})
    if (text == to_string(known)) return known;
  throw ValueError("normalisation '" + std::string(text) + "' is unknown; known are unit, min_max");
}

/// Normalises images whose colours are in 0..1 (as `warp` gives them), in place, each by itself over all its
/// channels. An image of one colour becomes 0 under min_max.
inline void normalise(View<float> images, Normalisation normalisation) {
  if (normalisation == Normalisation::unit) return;
  for (int n = 0; n < images.batch; ++n) {
    const View<float> image = images.images(n, 1);
    float low = image.data[0];
    float high = low;
    for (std::ptrdiff_t i = 0; i < image.pixels(); ++i)
      for (int c = 0; c < image.channels; ++c) {
        low = std::min(low, image.pixel(i)[c]);
        high = std::max(high, image.pixel(i)[c]);
      }
    const float scale = high > low ? 1 / (high - low) : 0.0F;
    for (std::ptrdiff_t i = 0; i < image.pixels(); ++i)
      for (int c = 0; c < image.channels; ++c) image.pixel(i)[c] = (image.pixel(i)[c] - low) * scale;
  }
}

}  // namespace aurum
