#pragma once
#include <cmath>
#include <cstdint>
#include <vector>

#include "aurum/core/random.hpp"
#include "aurum/data/synthetic/space.hpp"

namespace aurum::synthetic {

/// Smooth random numbers in the plane, mean 0, in about [-1, 1], periodic with 256. Tabulated once.
class Noise {
 public:
  static const Noise& get() {
    static const Noise noise;
    return noise;
  }
  /// One octave, bilinear: detail of size 1.
  [[nodiscard]] float operator()(float x, float y) const {
    const int ix = floor(x), iy = floor(y);
    const float tx = x - static_cast<float>(ix), ty = y - static_cast<float>(iy);
    return mix(mix(at(ix, iy), at(ix + 1, iy), tx), mix(at(ix, iy + 1), at(ix + 1, iy + 1), tx), ty);
  }
  /// Octaves of size 1, 1/2, 1/4 with falling weight.
  [[nodiscard]] float fractal(float x, float y) const {
    return 0.57F * (*this)(x, y) + 0.29F * (*this)(2.03F * x + 17, 2.03F * y + 31) +
           0.14F * (*this)(4.1F * x + 71, 4.1F * y + 5);
  }

 private:
  static constexpr int period = 256;
  // std::floor is a call without SSE 4.1.
  static int floor(float x) {
    const int whole = static_cast<int>(x);
    return whole - (x < static_cast<float>(whole) ? 1 : 0);
  }
  Noise() : table_(period * period) {
    Random random{Seed{0x6E6F697365}};
    for (float& value : table_) value = random.uniform(-1, 1);
  }
  [[nodiscard]] float at(int x, int y) const {
    return table_[static_cast<std::size_t>(((y & (period - 1)) << 8) | (x & (period - 1)))];
  }
  std::vector<float> table_;
};

}  // namespace aurum::synthetic
