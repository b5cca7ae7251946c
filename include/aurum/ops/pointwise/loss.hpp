#pragma once
#include "aurum/core/config.hpp"

// Losses of one element: `loss(prediction, target)`. A target of NaN means "not labelled" (heatmap rendering
// makes such maps of unlabelled AUs): no loss, no gradient, not counted. Heatmap regression and plain
// intensity regression
// ({AUs, 1, 1} per image) use the same functors.

namespace aurum {

/// One element's loss, its derivative by the prediction, and whether the element was labelled.
template <class T>
struct LossTerm {
  T value{0};
  T gradient{0};
  bool labelled = false;
};

/// (prediction - target)^2 (Ntinou et al. 2020, Eq. 2; torch.nn.MSELoss).
struct SquaredError {
  template <class T>
  [[nodiscard]] AURUM_HD LossTerm<T> operator()(T prediction, T target) const {
    const bool labelled = target == target;
    const T difference = labelled ? prediction - target : T{0};
    return {difference * difference, 2 * difference, labelled};
  }
};

/// |prediction - target| (torch.nn.L1Loss); the derivative at 0 is 0.
struct AbsoluteError {
  template <class T>
  [[nodiscard]] AURUM_HD LossTerm<T> operator()(T prediction, T target) const {
    if (target != target) return {};
    const T difference = prediction - target;
    if (difference > T{0}) return {difference, T{1}, true};
    if (difference < T{0}) return {-difference, T{-1}, true};
    return {difference, difference, true};  // 0, or a NaN that shall be seen
  }
};

/// Squared below `beta`, absolute above (torch.nn.SmoothL1Loss): d^2 / (2 beta), |d| - beta / 2; beta > 0.
struct SmoothAbsoluteError {
  double beta = 1;
  template <class T>
  [[nodiscard]] AURUM_HD LossTerm<T> operator()(T prediction, T target) const {
    if (target != target) return {};
    const T edge = static_cast<T>(beta);
    const T difference = prediction - target;
    const T distance = difference < T{0} ? -difference : difference;
    if (distance < edge) return {difference * difference / (2 * edge), difference / edge, true};
    return {distance - edge / 2, difference / distance, true};
  }
};

}  // namespace aurum
