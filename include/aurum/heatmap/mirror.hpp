#pragma once
// Looking at a face twice, as it is and in the mirror, and averaging the maps, the second turned back: the
// "flip test" of pose estimation. It takes twice the time. Ours: the AU papers do not do it.
#include "aurum/core/tensor.hpp"
#include "aurum/data/landmarks68.hpp"

namespace aurum {

/// What becomes of a network's maps when the picture is mirrored.
enum class Mirror {
  none,      ///< nothing is known of it, or it is not wanted
  same_map,  ///< every map shows the mirror image of what it showed: AUs, both sides in one map
  landmarks  ///< 68 maps exchange names (landmark_mirror)
};

/// The map that shows in the mirror what map `c` shows without.
[[nodiscard]] constexpr int mirrored_map(Mirror mirror, int c) {
  return mirror == Mirror::landmarks ? landmark_mirror[static_cast<std::size_t>(c)] : c;
}

/// `to` becomes the mirror image of `from`: pixel x of a row goes to width - 1 - x. Both of one shape.
inline void mirror_images(View<const float> from, View<float> to) {
  for (int n = 0; n < from.batch; ++n)
    for (int y = 0; y < from.height; ++y)
      for (int x = 0; x < from.width; ++x)
        for (int c = 0; c < from.channels; ++c) to.at(n, y, from.width - 1 - x, c) = from.at(n, y, x, c);
}

/// `maps` becomes the mean of itself and of `mirrored`, the maps of the mirror images.
inline void average_with_mirrored(View<float> maps, View<const float> mirrored, Mirror mirror) {
  for (int n = 0; n < maps.batch; ++n)
    for (int y = 0; y < maps.height; ++y)
      for (int x = 0; x < maps.width; ++x)
        for (int c = 0; c < maps.channels; ++c) {
          float& value = maps.at(n, y, x, c);
          value = (value + mirrored.at(n, y, maps.width - 1 - x, mirrored_map(mirror, c))) / 2;
        }
}

}  // namespace aurum
