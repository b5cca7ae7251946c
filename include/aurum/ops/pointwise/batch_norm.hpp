#pragma once
#include <cmath>
#include <cstddef>

#include "aurum/core/config.hpp"

namespace aurum::pointwise {

/// From a channel's mean and variance to the affine map that normalises it: scale = weight / sqrt(variance +
/// epsilon), shift = bias - mean * scale.
template <class T>
struct FoldBatchNorm {
  const T* mean;
  const T* variance;
  const T* weight;
  const T* bias;
  T* inverse_deviation;
  T* scale;
  T* shift;
  double epsilon;
  AURUM_HD void operator()(std::ptrdiff_t c) const {
    inverse_deviation[c] = static_cast<T>(1 / std::sqrt(static_cast<double>(variance[c]) + epsilon));
    scale[c] = weight[c] * inverse_deviation[c];
    shift[c] = bias[c] - mean[c] * scale[c];
  }
};

/// Moves running statistics towards a batch's. `unbiased` = n / (n - 1) turns the biased variance into what
/// PyTorch keeps.
template <class T>
struct MoveRunningStatistics {
  const T* mean;
  const T* variance;
  T* running_mean;
  T* running_variance;
  T momentum;
  T unbiased;
  AURUM_HD void operator()(std::ptrdiff_t c) const {
    running_mean[c] += momentum * (mean[c] - running_mean[c]);
    running_variance[c] += momentum * (variance[c] * unbiased - running_variance[c]);
  }
};

/// Both for each channel: statistics move, and the batch's fold.
template <class T>
struct MoveAndFold {
  MoveRunningStatistics<T> move;
  FoldBatchNorm<T> fold;
  AURUM_HD void operator()(std::ptrdiff_t c) const {
    move(c);
    fold(c);
  }
};

}  // namespace aurum::pointwise
