#pragma once
// The peaks of heatmaps, by as many threads as a sum over pixels has.
#include <cstddef>

#include "aurum/backend/device/sums.hpp"
#include "aurum/ops/pointwise/heatmap.hpp"

namespace aurum::device {

/// The greatest pixel of a map, the first of equal ones; a NaN is greater than all.
struct Highest {
  struct Result {
    float value;
    int after;  ///< the pixel's number and 1; 0: none yet
    AURUM_HD void merge(const Result& other) {
      if (other.after == 0) return;
      const bool nan = value != value, other_nan = other.value != other.value;
      const bool greater = other_nan ? !nan : other.value > value;
      const bool equal = other_nan ? nan : other.value == value;
      if (after == 0 || greater || (equal && other.after < after)) *this = other;
    }
  };
  Result found;
  AURUM_HD void add(float value, int pixel) { found.merge({value, pixel + 1}); }
  [[nodiscard]] AURUM_HD Result result() const { return found; }
};

template <class T>
struct PeakTerm {
  using Sum = Highest;
  static constexpr int most = 1;

  View<const T> maps;

  [[nodiscard]] int lanes() const { return 1; }
  /// Pixel p of an image, map i of all.
  template <int V>
  AURUM_HD void add(std::ptrdiff_t p, int i, Lanes<Sum, V>& sum) const {
    sum[0].add(static_cast<float>(maps_of(i)[p * maps.pixel_stride]), static_cast<int>(p));
  }
  [[nodiscard]] AURUM_HD const T* maps_of(int i) const {
    const int n = i / maps.channels, c = i - n * maps.channels;
    return maps.data + std::ptrdiff_t{n} * maps.height * maps.width * maps.pixel_stride + c;
  }
};

template <class T>
struct WritePeak {
  PeakTerm<T> term;
  Peak* peaks;
  AURUM_HD void operator()(int i, const Highest::Result& found) const {
    const View<const T>& maps = term.maps;
    peaks[i] = found.value != found.value
                   ? Peak{found.value, found.value, found.value, found.value}
                   : refine_peak(term.maps_of(i), maps.pixel_stride, maps.width, maps.height,
                                 (found.after - 1) % maps.width, (found.after - 1) / maps.width);
  }
};

}  // namespace aurum::device
