#pragma once
// Batch statistics and the way back through a batch norm, element by element.
#include <cstddef>

#include "aurum/backend/device/sums.hpp"

namespace aurum::device {

template <class T>
struct MomentsTerm {
  using Sum = Moments<T>;
  Signal<T> x;
  AURUM_HD void operator()(std::ptrdiff_t p, int c, Sum& sum) const {
    sum.add(apply_pending(x, x.data.pixel(p)[c], c));
  }
};

template <class T>
struct WriteMoments {
  const typename Moments<T>::Result* moments;
  T* mean;
  T* variance;
  AURUM_HD void operator()(std::ptrdiff_t c) const {
    mean[c] = static_cast<T>(moments[c].mean);
    // Rounding may leave a constant channel a trifle below zero.
    const double biased = moments[c].squares / moments[c].count;
    variance[c] = static_cast<T>(biased < 0 ? 0 : biased);
  }
};

/// What both passes of the way back know of an element.
template <class T>
struct NormElement {
  Signal<T> x;
  BatchNormForward<T> forward;
  View<const T> dy;

  [[nodiscard]] AURUM_HD T normalised(std::ptrdiff_t p, int c) const {
    return (apply_pending(x, x.data.pixel(p)[c], c) - forward.mean[c]) * forward.inverse_deviation[c];
  }
  /// With respect to the batch norm's output, before the activation.
  [[nodiscard]] AURUM_HD T gradient(std::ptrdiff_t p, int c) const {
    const T y = forward.scale[c] * apply_pending(x, x.data.pixel(p)[c], c) + forward.shift[c];
    return dy.pixel(p)[c] * activation_derivative(forward.activation, y);
  }
};

/// The sums of the gradient, and of it times the normalised input: what bias and weight get.
template <class T>
struct NormTerm {
  using Sum = Sums<T, 2>;
  NormElement<T> element;
  AURUM_HD void operator()(std::ptrdiff_t p, int c, Sum& sum) const {
    const T g = element.gradient(p, c);
    sum.value[0] += g;
    sum.value[1] += g * element.normalised(p, c);
  }
};

template <class T>
struct AddNormGradients {
  const typename Sums<T, 2>::Result* sums;
  T* dweight;
  T* dbias;
  AURUM_HD void operator()(std::ptrdiff_t c) const {
    if (dweight != nullptr) dweight[c] += static_cast<T>(sums[c].value[1]);
    if (dbias != nullptr) dbias[c] += static_cast<T>(sums[c].value[0]);
  }
};

/// dx = weight / deviation * (g - mean of g - normalised * mean of g * normalised); the means count only
/// where mean and deviation depend on x. `sums` null: they do not.
template <class T>
struct NormBackward {
  NormElement<T> element;
  const typename Sums<T, 2>::Result* sums;
  Target<T> dx;
  AURUM_HD void operator()(std::ptrdiff_t p, int c) const {
    const BatchNormForward<T>& forward = element.forward;
    T g = element.gradient(p, c);
    if (sums != nullptr) {
      const auto count = static_cast<double>(dx.view.pixels());
      g -= static_cast<T>(sums[c].value[0] / count) +
           element.normalised(p, c) * static_cast<T>(sums[c].value[1] / count);
    }
    store(dx, p, c, forward.weight[c] * forward.inverse_deviation[c] * g);
  }
};

}  // namespace aurum::device
