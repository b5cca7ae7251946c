#pragma once
// Filters multiplied along their output mode by a matrix (spec/reparametrised.hpp), and the gradient of that.
#include <cstddef>

#include "aurum/core/config.hpp"

namespace aurum::pointwise {

/// to[o, k] = sum over c of projection[o, c] * filter[c, k]; index runs over o x k, k in [0, width).
template <class T>
struct ProjectFilter {
  using value_type = T;
  const T* projection;
  const T* filter;
  T* to;
  std::ptrdiff_t channels, width;

  AURUM_HD void operator()(std::ptrdiff_t i) const {
    const std::ptrdiff_t o = i / width, k = i % width;
    T sum{0};
    for (std::ptrdiff_t c = 0; c < channels; ++c) sum += projection[o * channels + c] * filter[c * width + k];
    to[i] = sum;
  }
  template <class Simd>
  void several(std::ptrdiff_t i) const {
    const std::ptrdiff_t o = i / width, k = i % width;
    if (k + Simd::lanes > width) {  // the next output channel begins within
      for (std::ptrdiff_t lane = 0; lane < Simd::lanes; ++lane) (*this)(i + lane);
      return;
    }
    auto sum = projection[o * channels] * Simd::load(filter + k);
    for (std::ptrdiff_t c = 1; c < channels; ++c)
      sum = sum + projection[o * channels + c] * Simd::load(filter + c * width + k);
    Simd::store(to + i, sum);
  }
};

/// gradient[o, c] += sum over k of filter_gradient[o, k] * filter[c, k]; index runs over o x c.
template <class T>
struct ProjectionGradient {
  const T* filter_gradient;
  const T* filter;
  T* gradient;
  std::ptrdiff_t channels, width;

  AURUM_HD void operator()(std::ptrdiff_t i) const {
    const T* const a = filter_gradient + i / channels * width;
    const T* const b = filter + i % channels * width;
    constexpr std::ptrdiff_t strands = 16;  // sums that do not wait for one another
    T sum[strands] = {};
    std::ptrdiff_t k = 0;
    for (; k + strands <= width; k += strands)
      for (std::ptrdiff_t s = 0; s < strands; ++s) sum[s] += a[k + s] * b[k + s];
    T total{0};
    for (; k < width; ++k) total += a[k] * b[k];
    for (const T part : sum) total += part;
    gradient[i] += total;
  }
};

}  // namespace aurum::pointwise
