#pragma once
// Batch statistics and the way back through a batch norm, element by element.
#include <cstddef>

#include "aurum/backend/device/sums.hpp"

namespace aurum::device {

/// The sums of deviations and of their squares. Deviations are from a pixel in the middle of the first image,
/// so that a mean far from zero costs no digits.
template <class T>
struct DeviationTerm {
  using Sum = Sums<real_t<T>, 2>;
  static constexpr int most = most_lanes<T>;
  Signal<T> x;

  [[nodiscard]] AURUM_HD std::ptrdiff_t origin() const {
    return (std::ptrdiff_t{x.data.height} / 2) * x.data.width + x.data.width / 2;
  }
  [[nodiscard]] int lanes() const { return lanes_of<T>(x); }
  template <int V>
  AURUM_HD void add(std::ptrdiff_t p, int c, Lanes<Sum, V>& sum) const {
    const auto v = values<V>(x, p, c), from = values<V>(x, origin(), c);
    for (int i = 0; i < V; ++i) {
      const real_t<T> d = v[i] - from[i];
      sum[i].value[0] += d;
      sum[i].value[1] += d * d;
    }
  }
};

template <class T>
struct WriteMoments {
  DeviationTerm<T> term;
  real_t<T>* mean;
  real_t<T>* variance;
  AURUM_HD void operator()(int c, const typename DeviationTerm<T>::Sum::Result& sum) const {
    const auto count = static_cast<double>(term.x.data.pixels());
    const double deviation = sum.value[0] / count;
    mean[c] = static_cast<real_t<T>>(static_cast<double>(values<1>(term.x, term.origin(), c)[0]) + deviation);
    // Rounding may leave a constant channel a trifle below zero.
    const double biased = sum.value[1] / count - deviation * deviation;
    variance[c] = static_cast<real_t<T>>(biased < 0 ? 0 : biased);
  }
};

/// What both passes of the way back know of a pixel: the normalised input, and the gradient with respect to
/// the batch norm's output, before the activation.
template <class T>
struct NormElements {
  Signal<T> x;
  BatchNormForward<T> forward;
  View<const T> dy;

  template <int V>
  struct Read {
    Lanes<real_t<T>, V> normalised, gradient;
  };
  [[nodiscard]] int lanes() const {
    return lanes_of<T>(x, dy, forward.mean, forward.inverse_deviation, forward.weight, forward.scale,
                       forward.shift);
  }
  template <int V>
  [[nodiscard]] AURUM_HD Read<V> read(std::ptrdiff_t p, int c) const {
    const auto in = values<V>(x, p, c), g = load<V>(dy.pixel(p) + c);
    const auto mean = load<V>(forward.mean + c), inverse = load<V>(forward.inverse_deviation + c),
               scale = load<V>(forward.scale + c), shift = load<V>(forward.shift + c);
    Read<V> read;
    for (int i = 0; i < V; ++i) {
      read.normalised[i] = (in[i] - mean[i]) * inverse[i];
      read.gradient[i] = g[i] * activation_derivative(forward.activation, scale[i] * in[i] + shift[i]);
    }
    return read;
  }
};

/// The sums of the gradient, and of it times the normalised input: what bias and weight get.
template <class T>
struct NormTerm {
  using Sum = Sums<real_t<T>, 2>;
  static constexpr int most = most_lanes<T>;
  NormElements<T> elements;
  [[nodiscard]] int lanes() const { return elements.lanes(); }
  template <int V>
  AURUM_HD void add(std::ptrdiff_t p, int c, Lanes<Sum, V>& sum) const {
    const auto read = elements.template read<V>(p, c);
    for (int i = 0; i < V; ++i) {
      sum[i].value[0] += read.gradient[i];
      sum[i].value[1] += read.gradient[i] * read.normalised[i];
    }
  }
};

/// Adds these sums to the parameters' gradients (null: not wanted) and writes their means.
template <class Real>
struct SpreadNormSums {
  Real* dweight;
  Real* dbias;
  double count;
  Real* mean_gradient;
  Real* mean_product;
  AURUM_HD void operator()(int c, const typename Sums<Real, 2>::Result& sums) const {
    if (dweight != nullptr) dweight[c] += static_cast<Real>(sums.value[1]);
    if (dbias != nullptr) dbias[c] += static_cast<Real>(sums.value[0]);
    mean_gradient[c] = static_cast<Real>(sums.value[0] / count);
    mean_product[c] = static_cast<Real>(sums.value[1] / count);
  }
};

/// dx = weight / deviation * (g - mean of g - normalised * mean of g * normalised); the means count only
/// where mean and deviation depend on x (null: they do not).
template <class T>
struct NormBackward {
  NormElements<T> elements;
  const real_t<T>* mean_gradient;
  const real_t<T>* mean_product;
  Target<T> dx;
  [[nodiscard]] int lanes() const {
    const int most = lanes_of<T>(dx, mean_gradient, mean_product);
    return most == 1 ? 1 : elements.lanes();
  }
  template <int V>
  AURUM_HD void at(std::ptrdiff_t p, int c) const {
    const auto read = elements.template read<V>(p, c);
    Lanes<real_t<T>, V> g = read.gradient;
    if (mean_gradient != nullptr) {
      const auto mean = load<V>(mean_gradient + c), product = load<V>(mean_product + c);
      for (int i = 0; i < V; ++i) g[i] -= mean[i] + read.normalised[i] * product[i];
    }
    const auto weight = load<V>(elements.forward.weight + c),
               inverse = load<V>(elements.forward.inverse_deviation + c);
    for (int i = 0; i < V; ++i) g[i] *= weight[i] * inverse[i];
    store<V>(dx, p, c, g);
  }
};

}  // namespace aurum::device
