#pragma once
// Initial values of parameters. Every parameter draws from a stream named by its path, so a layer starts the
// same whatever stands around it, on every backend.
#include <cmath>
#include <span>
#include <vector>

#include "aurum/core/hash.hpp"
#include "aurum/core/parameter.hpp"
#include "aurum/core/random.hpp"

namespace aurum {

/// How filters start; biases and norm biases start at 0, norm weights and running variances at 1, projections
/// as the identity. Filters of recurrent layers always start as torch.nn.GRU's, uniform in +-1 / sqrt(Hidden
/// k k).
enum class Initialiser {
  kaiming,     ///< normal, deviation sqrt(2 / fan_in) (He et al. 2015); the papers do not say: our default
  xavier,      ///< normal, deviation sqrt(2 / (fan_in + fan_out)) (Glorot and Bengio 2010)
  normal_002,  ///< normal, deviation 0.02: the public code of Ntinou 2020
};

/// The initial values of one parameter, in memory order.
template <class T>
std::vector<T> initial_values(const Parameter& p, Seed seed, Initialiser initialiser) {
  std::vector<T> values(static_cast<std::size_t>(p.count), T{0});
  if (p.role == Role::norm_weight || p.role == Role::running_variance) values.assign(values.size(), T{1});
  if (p.role == Role::projection)
    for (std::size_t i = 0, step = static_cast<std::size_t>(p.shape[0]) + 1; i < values.size(); i += step)
      values[i] = T{1};
  if (!is_filter(p.role)) return values;
  const double area = p.shape.size() == 4 ? p.shape[2] * p.shape[3] : 1;
  const double fan_in = area * p.shape[1], fan_out = area * p.shape[0];
  double deviation = 0.02;
  if (initialiser == Initialiser::kaiming) deviation = std::sqrt(2 / fan_in);
  if (initialiser == Initialiser::xavier) deviation = std::sqrt(2 / (fan_in + fan_out));
  Random random = Random{seed}.fork(hash(p.path));
  if (p.role == Role::gates) {
    const auto bound = static_cast<float>(1 / std::sqrt(fan_out / 3));  // of Hidden k k
    for (T& value : values) value = static_cast<T>(random.uniform(-bound, bound));
    return values;
  }
  for (T& value : values) value = static_cast<T>(random.normal(0, static_cast<float>(deviation)));
  return values;
}

}  // namespace aurum
