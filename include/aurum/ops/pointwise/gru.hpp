#pragma once
#include <cmath>
#include <cstddef>

#include "aurum/core/bfloat16.hpp"
#include "aurum/core/tensor.hpp"

// The gates of a GRU (spec/gru.hpp), one element of a step's state at a time.

namespace aurum::pointwise {

/// One step of all clips. The two products, with their biases, hold the channels of r, z and n one after the
/// other.
template <class T>
struct GruStep {
  using Real = real_t<T>;
  View<T> from_input;    ///< frames x 3 H: W_i x + b_i
  View<T> from_state;    ///< clips x 3 H: W_h h + b_h
  View<const T> before;  ///< clips x H: h
  const int* row;        ///< for each clip, its image of `from_input`, -1: none; null: in their order
  int first_row;         ///< from this one on

  struct Gates {
    Real reset, update, candidate, from_state;
  };
  /// Where an index of [0, before.size()) is.
  struct Place {
    std::ptrdiff_t pixel;        ///< of the clips' maps
    std::ptrdiff_t input_pixel;  ///< of the frames' maps; negative: the frame is missing
    int channel;
  };

  [[nodiscard]] AURUM_HD Place place(std::ptrdiff_t i) const {
    const std::ptrdiff_t pixel = i / before.channels;
    const std::ptrdiff_t area = static_cast<std::ptrdiff_t>(before.height) * before.width;
    const auto clip = static_cast<int>(pixel / area);
    const int image = row == nullptr ? first_row + clip : row[clip];
    return {pixel, image < 0 ? -1 : image * area + pixel % area, static_cast<int>(i % before.channels)};
  }
  [[nodiscard]] AURUM_HD Gates gates(const Place& at) const {
    const T* const x = from_input.pixel(at.input_pixel) + at.channel;
    const T* const h = from_state.pixel(at.pixel) + at.channel;
    const int size = before.channels;
    const auto sum = [&](int gate) {
      return static_cast<Real>(x[gate * size]) + static_cast<Real>(h[gate * size]);
    };
    const Real reset = sigmoid(sum(0)), update = sigmoid(sum(1)), remembered = static_cast<Real>(h[2 * size]);
    return {reset, update, std::tanh(static_cast<Real>(x[2 * size]) + reset * remembered), remembered};
  }

 private:
  [[nodiscard]] static AURUM_HD Real sigmoid(Real x) { return 1 / (1 + std::exp(-x)); }
};

/// after = h', or h where the frame is missing. `after` may be `before`.
template <class T>
struct GruForward {
  GruStep<T> step;
  View<T> after;
  AURUM_HD void operator()(std::ptrdiff_t i) const {
    const auto at = step.place(i);
    const auto h = static_cast<real_t<T>>(step.before.pixel(at.pixel)[at.channel]);
    real_t<T> next = h;
    if (at.input_pixel >= 0) {
      const auto gate = step.gates(at);
      next = (1 - gate.update) * gate.candidate + gate.update * h;
    }
    after.pixel(at.pixel)[at.channel] = static_cast<T>(next);
  }
};

/// From the gradient of h' to those of the products, which take the products' places, and to that part of the
/// gradient of h that does not pass through W_h. A missing frame passes the gradient on.
template <class T>
struct GruBackward {
  GruStep<T> step;
  View<T> state_gradient;         ///< clips x H: of h' from later steps; becomes that of h
  View<const T> output_gradient;  ///< frames x H: of h' as the output; null: none
  int first_output;               ///< the image of `from_input` that its first one belongs to
  AURUM_HD void operator()(std::ptrdiff_t i) const {
    using Real = real_t<T>;
    const auto at = step.place(i);
    const int size = step.before.channels;
    T* const by_state = step.from_state.pixel(at.pixel) + at.channel;
    if (at.input_pixel < 0) {
      for (int gate = 0; gate < 3; ++gate) by_state[gate * size] = T(0);
      return;
    }
    const auto gate = step.gates(at);
    const auto h = static_cast<Real>(step.before.pixel(at.pixel)[at.channel]);
    T& gradient = state_gradient.pixel(at.pixel)[at.channel];
    auto d = static_cast<Real>(gradient);
    if (output_gradient) {
      const std::ptrdiff_t area = static_cast<std::ptrdiff_t>(step.before.height) * step.before.width;
      d += static_cast<Real>(output_gradient.pixel(at.input_pixel - first_output * area)[at.channel]);
    }
    const Real candidate = d * (1 - gate.update) * (1 - gate.candidate * gate.candidate);
    const Real update = d * (h - gate.candidate) * gate.update * (1 - gate.update);
    const Real reset = candidate * gate.from_state * gate.reset * (1 - gate.reset);
    T* const by_input = step.from_input.pixel(at.input_pixel) + at.channel;
    by_input[0] = by_state[0] = static_cast<T>(reset);
    by_input[size] = by_state[size] = static_cast<T>(update);
    by_input[2 * size] = static_cast<T>(candidate);
    by_state[2 * size] = static_cast<T>(candidate * gate.reset);
    gradient = static_cast<T>(d * gate.update);
  }
};

}  // namespace aurum::pointwise
