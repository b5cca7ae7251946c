#pragma once
// Whole-array passes made of the one-element functors: what a backend's for_each_index and sum_over run.
#include <cstddef>

#include "aurum/core/bfloat16.hpp"
#include "aurum/core/tensor.hpp"
#include "aurum/ops/pointwise/heatmap.hpp"
#include "aurum/ops/pointwise/loss.hpp"

namespace aurum::pointwise {

/// Draws map c of image n from target n * channels + c, and, unless `weights` is null, what the loss of each
/// element counts; index runs over the elements of contiguous maps.
template <class T, class Kernel>
struct RenderMaps {
  const MapTarget* targets;
  Kernel kernel;
  CentreWeight weight;
  View<T> maps;
  T* weights;
  AURUM_HD void operator()(std::ptrdiff_t i) const {
    const std::ptrdiff_t channel = i % maps.channels, pixel = i / maps.channels;
    const std::ptrdiff_t row = pixel / maps.width, n = row / maps.height;
    const float x = static_cast<float>(pixel % maps.width), y = static_cast<float>(row % maps.height);
    const float scale = reference_map_width / static_cast<float>(maps.width);
    const MapTarget& target = targets[n * maps.channels + channel];
    maps.data[i] = static_cast<T>(map_value(target, kernel, x, y, scale));
    if (weights != nullptr) weights[i] = static_cast<T>(weight(target, x, y, scale));
  }
};

/// Finds the peak of every map; index runs over image x channel.
template <class T>
struct FindPeaks {
  View<const T> maps;
  Peak* peaks;
  AURUM_HD void operator()(std::ptrdiff_t i) const {
    const std::ptrdiff_t n = i / maps.channels, c = i % maps.channels;
    const T* const map = maps.data + n * maps.height * maps.width * maps.pixel_stride + c;
    peaks[i] = find_peak(map, maps.pixel_stride, maps.width, maps.height);
  }
};

/// The loss of predictions against targets, both contiguous. A prediction may repeat the target's channels
/// (the maps of stacked hourglasses); index runs over the prediction's elements.
template <class T, class Loss>
struct LossTerms {
  using Real = real_t<T>;
  const T* prediction;
  const Real* target;
  const Real* weight;  ///< of each target; null: 1
  int prediction_channels;
  int target_channels;
  Loss loss;
  [[nodiscard]] AURUM_HD LossTerm<Real> term(std::ptrdiff_t i) const {
    const std::ptrdiff_t t = target_of(i);
    LossTerm<Real> term = loss(static_cast<Real>(prediction[i]), target[t]);
    if (weight != nullptr) {
      term.value *= weight[t];
      term.gradient *= weight[t];
    }
    return term;
  }

 private:
  [[nodiscard]] AURUM_HD std::ptrdiff_t target_of(std::ptrdiff_t i) const {
    if (prediction_channels == target_channels) return i;  // without a division, compilers make vectors of it
    const std::ptrdiff_t pixel = i / prediction_channels, channel = i % prediction_channels;
    return pixel * target_channels + channel % target_channels;
  }
};
template <class T, class Loss>
struct LossSum {
  LossTerms<T, Loss> terms;
  AURUM_HD double operator()(std::ptrdiff_t i) const { return static_cast<double>(terms.term(i).value); }
};
template <class T, class Loss>
struct LabelledCount {
  LossTerms<T, Loss> terms;
  AURUM_HD double operator()(std::ptrdiff_t i) const { return terms.term(i).labelled ? 1 : 0; }
};
template <class T, class Loss>
struct LossGradient {
  LossTerms<T, Loss> terms;
  real_t<T> scale;
  T* gradient;
  AURUM_HD void operator()(std::ptrdiff_t i) const {
    gradient[i] = static_cast<T>(scale * terms.term(i).gradient);
  }
};

template <class T>
struct SquaredElement {
  const T* values;
  AURUM_HD double operator()(std::ptrdiff_t i) const {
    return static_cast<double>(values[i]) * static_cast<double>(values[i]);
  }
};
template <class T>
struct Multiply {
  T* values;
  T factor;
  AURUM_HD void operator()(std::ptrdiff_t i) const { values[i] *= factor; }
};

template <class From, class To = From>
struct Add {
  const From* from;
  To* to;
  AURUM_HD void operator()(std::ptrdiff_t i) const { to[i] += static_cast<To>(from[i]); }
};

template <class From, class To = From>
struct Copy {
  const From* from;
  To* to;
  AURUM_HD void operator()(std::ptrdiff_t i) const { to[i] = static_cast<To>(from[i]); }
};

/// One optimiser step of element i; `Functor` is a functor of ops/pointwise/optimiser.hpp with that many
/// states. `several<Simd>(i)` is the step of Simd::lanes elements from i on: compilers do not make vectors of
/// square roots by themselves.
template <class Functor, class T, int States = Functor::states>
struct Update;
template <class Functor, class T>
struct Update<Functor, T, 1> {
  using value_type = T;
  Functor functor;
  T* values;
  const T* gradients;
  T* first;
  AURUM_HD void operator()(std::ptrdiff_t i) const { functor(values[i], gradients[i], first[i]); }
  template <class Simd>
  void several(std::ptrdiff_t i) const {
    auto value = Simd::load(values + i), a = Simd::load(first + i);
    functor(value, Simd::load(gradients + i), a);
    Simd::store(values + i, value), Simd::store(first + i, a);
  }
};
template <class Functor, class T>
struct Update<Functor, T, 2> {
  using value_type = T;
  Functor functor;
  T* values;
  const T* gradients;
  T *first, *second;
  AURUM_HD void operator()(std::ptrdiff_t i) const { functor(values[i], gradients[i], first[i], second[i]); }
  template <class Simd>
  void several(std::ptrdiff_t i) const {
    auto value = Simd::load(values + i), a = Simd::load(first + i), b = Simd::load(second + i);
    functor(value, Simd::load(gradients + i), a, b);
    Simd::store(values + i, value), Simd::store(first + i, a), Simd::store(second + i, b);
  }
};
template <class Functor, class T>  // (the centered RMSprop compares; it is left to the compiler)
struct Update<Functor, T, 3> {
  Functor functor;
  T* values;
  const T* gradients;
  T *first, *second, *third;
  AURUM_HD void operator()(std::ptrdiff_t i) const {
    functor(values[i], gradients[i], first[i], second[i], third[i]);
  }
};

}  // namespace aurum::pointwise
