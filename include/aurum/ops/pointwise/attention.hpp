#pragma once
// Attention maps: where Action Units show, drawn from the heatmaps of 68 landmarks (Ntinou et al. 2020,
// section 4.4).
#include <cstddef>

#include "aurum/core/tensor.hpp"
#include "aurum/ops/pointwise/heatmap.hpp"
#include "aurum/spec/attention.hpp"

namespace aurum::pointwise {

/// Finds the peaks of an AU's landmarks and draws its map at intensity 1; index runs over image x AU.
template <class T>
struct DrawAttention {
  View<const T> landmarks;
  View<T> to;
  AttentionTable table;

  AURUM_HD void operator()(std::ptrdiff_t i) const {
    const std::ptrdiff_t n = i / table.rows, au = i % table.rows;
    const std::ptrdiff_t pixels = std::ptrdiff_t{1} * to.height * to.width;
    MapTarget target;
    target.intensity = 1;
    for (const AttentionTable::Centre& centre : table.row[au].centre) {
      if (centre.size == 0) continue;
      Point sum;
      for (int k = 0; k < centre.size; ++k) {
        const Peak peak = find_peak(landmarks.data + n * pixels * landmarks.pixel_stride + centre.landmark[k],
                                    landmarks.pixel_stride, landmarks.width, landmarks.height);
        sum.x += peak.x / static_cast<float>(centre.size);
        sum.y += peak.y / static_cast<float>(centre.size);
      }
      target.centre[target.centres++] = sum;
    }
    const float scale = reference_map_width / static_cast<float>(to.width);
    T* map = to.data + n * pixels * to.pixel_stride + au;
    for (int y = 0; y < to.height; ++y)
      for (int x = 0; x < to.width; ++x, map += to.pixel_stride)
        *map = static_cast<T>(
            map_value(target, GaussianKernel{}, static_cast<float>(x), static_cast<float>(y), scale));
  }
};

/// to = 0; index runs over the elements.
template <class T>
struct ClearView {
  View<T> to;
  AURUM_HD void operator()(std::ptrdiff_t i) const {
    to.data[i / to.channels * to.pixel_stride + i % to.channels] = T{0};
  }
};

}  // namespace aurum::pointwise
