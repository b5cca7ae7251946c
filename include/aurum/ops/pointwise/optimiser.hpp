#pragma once
#include <cmath>

#include "aurum/core/config.hpp"

// One scalar's share of an optimiser step: `step(value, gradient, state...)` moves a parameter and the
// `states` running numbers that belong to it, which start at zero. The constants are those of one step,
// prepared in double precision by the rules of optim/optimiser.hpp; the arithmetic follows PyTorch's
// operation by operation, so that both take the same path to within rounding. The numbers of a step may also
// be vectors of T.

namespace aurum {

/// Stochastic gradient descent (torch.optim.SGD).
template <class T>
struct SgdStep {
  static constexpr int states = 1;
  T learning_rate;
  T weight_decay;
  T momentum;
  T gradient_share;  ///< 1 - dampening; 1 in the first step, which PyTorch does not damp
  bool nesterov;

  template <class V>
  AURUM_HD void operator()(V& value, V gradient, V& velocity) const {
    gradient += weight_decay * value;
    velocity = momentum * velocity + gradient_share * gradient;
    value -= learning_rate * (nesterov ? V(gradient + momentum * velocity) : velocity);
  }
};

/// RMSprop (torch.optim.RMSprop, centered=False).
template <class T>
struct RmsPropStep {
  static constexpr int states = 2;
  T learning_rate;
  T weight_decay;
  T decay;           ///< PyTorch's alpha
  T gradient_share;  ///< 1 - decay
  T epsilon;
  T momentum;

  template <class V>
  AURUM_HD void operator()(V& value, V gradient, V& mean_square, V& velocity) const {
    gradient += weight_decay * value;
    mean_square = decay * mean_square + gradient_share * gradient * gradient;
    descend(value, gradient, mean_square, velocity);
  }

  /// The half of the step that the centered form shares: `spread` is what the gradient is normalised by,
  /// squared.
  template <class V>
  AURUM_HD void descend(V& value, V gradient, V spread, V& velocity) const {
    using std::sqrt;
    velocity = momentum * velocity + gradient / (sqrt(spread) + epsilon);
    value -= learning_rate * velocity;
  }
};

/// RMSprop that normalises by the variance instead of the mean square (centered=True).
template <class T>
struct CenteredRmsPropStep {
  static constexpr int states = 3;
  RmsPropStep<T> plain;

  AURUM_HD void operator()(T& value, T gradient, T& mean_square, T& velocity, T& mean) const {
    gradient += plain.weight_decay * value;
    mean_square = plain.decay * mean_square + plain.gradient_share * gradient * gradient;
    mean = plain.decay * mean + plain.gradient_share * gradient;
    const T variance = mean_square - mean * mean;
    // Rounding may make it negative once a gradient is constant; PyTorch's root is NaN then.
    plain.descend(value, gradient, variance < T{0} ? T{0} : variance, velocity);
  }
};

/// Adam (Kingma and Ba 2015; torch.optim.Adam): weight decay is added to the gradient, and AdamW (Loshchilov
/// and Hutter 2019; torch.optim.AdamW): the weight itself shrinks. One of `weight_decay` and `shrinkage` is
/// idle.
template <class T>
struct AdamStep {
  static constexpr int states = 2;
  T step_size;     ///< learning rate / (1 - beta1^step)
  T weight_decay;  ///< coupled; 0 for AdamW
  T shrinkage;     ///< 1 - learning rate * weight decay; 1 for Adam
  T beta1;
  T beta2;
  T gradient_share;   ///< 1 - beta1
  T square_share;     ///< 1 - beta2
  T root_correction;  ///< sqrt(1 - beta2^step)
  T epsilon;

  template <class V>
  AURUM_HD void operator()(V& value, V gradient, V& mean, V& mean_square) const {
    using std::sqrt;
    gradient += weight_decay * value;
    value *= shrinkage;
    mean = beta1 * mean + gradient_share * gradient;
    mean_square = beta2 * mean_square + square_share * gradient * gradient;
    value -= step_size * mean / (sqrt(mean_square) / root_correction + epsilon);
  }
};

}  // namespace aurum
