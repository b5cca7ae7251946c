#pragma once
// Checks of a layer: gradients by finite differences in double on the reference backend, and the CPU backend
// against the reference, forward and gradients.
#include <algorithm>
#include <cmath>
#include <vector>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/backend/reference/reference.hpp"
#include "aurum/core/hash.hpp"
#include "aurum/model/network.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"

namespace aurum::test {

/// Makes batch norm parameters and statistics unlike their initial values.
template <class Net>
void disturb(Net& net) {
  for (const Parameter& p : net.parameters()) {
    Random random = Random{Seed{9}}.fork(hash(p.path));
    auto values = net.get(p);
    for (auto& v : values) {
      if (p.role == Role::norm_weight) v = static_cast<typename Net::value_type>(random.uniform(0.5F, 1.5F));
      if (p.role == Role::norm_bias || p.role == Role::bias || p.role == Role::running_mean)
        v = static_cast<typename Net::value_type>(random.normal(0, 0.3F));
      if (p.role == Role::running_variance)
        v = static_cast<typename Net::value_type>(random.uniform(0.5F, 2.0F));
    }
    net.set(p, values);
  }
}

template <class Net>
double loss_of(Net& net, const Tensor<double>& x, const Tensor<double>& direction, Mode mode) {
  const auto y = net.forward(x.view, mode);
  double sum = 0;
  for (std::ptrdiff_t i = 0; i < y.size(); ++i)
    sum += y.data[i] * direction.memory[static_cast<std::size_t>(i)];
  return sum;
}

template <class S, Shape In>
void check_finite_differences(Mode mode) {
  Network<S, In, Reference, double> net(Seed{2});
  disturb(net);
  Random random{Seed{11}};
  auto x = random_tensor<double>(2, In, random);
  const auto direction = random_tensor<double>(2, net.output_shape, random);
  loss_of(net, x, direction, mode);
  net.zero_gradients();
  Tensor<double> dx(2, In);
  net.backward(direction.view, dx.view);

  const double h = 1e-6;
  const auto difference = [&](auto nudge) {
    nudge(h);
    const double above = loss_of(net, x, direction, mode);
    nudge(-2 * h);
    const double below = loss_of(net, x, direction, mode);
    nudge(h);
    return (above - below) / (2 * h);
  };
  // Single inputs and single parameters rather than sums over many, so that the few whose nudge pushes some
  // ReLU or maximum over its kink can be told from a wrong gradient: nineteen of twenty must agree closely.
  std::vector<double> expected, found;
  for (int k = 0; k < 12; ++k) {
    const std::size_t i = random.below(static_cast<std::uint32_t>(x.memory.size()));
    expected.push_back(difference([&](double by) { x.memory[i] += by; }));
    found.push_back(dx.memory[i]);
  }
  for (const Parameter& p : net.parameters()) {
    if (p.storage != Storage::trainable) continue;
    const auto gradient = net.gradient(p);
    for (int k = 0; k < 3; ++k) {
      const std::size_t i = random.below(static_cast<std::uint32_t>(p.count));
      expected.push_back(
          difference([&](double by) { net.values()[static_cast<std::size_t>(p.offset) + i] += by; }));
      found.push_back(gradient[i]);
    }
  }
  double size = 0;
  std::vector<double> errors;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    size += expected[i] * expected[i] / static_cast<double>(expected.size());
    errors.push_back(std::abs(found[i] - expected[i]));
  }
  std::sort(errors.begin(), errors.end());
  CHECK(errors[errors.size() * 19 / 20] < 1e-6 * std::sqrt(size));
}

/// In float for layers and blocks. Deep networks (T = double): there rounding in float adds up, and decides
/// for some value near a kink of ReLU, or between two maxima, on which side it falls.
template <class S, Shape In, class T = float>
void check_cpu_against_reference(Mode mode) {
  constexpr bool exact = std::is_same_v<T, double>;
  const double tolerance = exact ? 1e-9 : 1e-5, gradient_tolerance = exact ? 1e-8 : 1e-3;
  Network<S, In, Reference, double> reference(Seed{2});
  Network<S, In, Cpu, T> cpu(Seed{2});
  disturb(reference);
  disturb(cpu);
  Random random{Seed{12}};
  const int batch = 3;
  const auto x = random_tensor<double>(batch, In, random);
  const auto g = random_tensor<double>(batch, reference.output_shape, random);
  const auto xf = cast<T>(x);
  const auto gf = cast<T>(g);
  const auto expected = reference.forward(x.view, mode);
  const auto got = cpu.forward(xf.view, mode);
  CHECK(relative_error(std::vector<T>(got.data, got.data + got.size()),
                       std::vector<double>(expected.data, expected.data + expected.size())) < tolerance);
  Tensor<double> dx(batch, In);
  Tensor<T> dxf(batch, In);
  reference.zero_gradients();
  cpu.zero_gradients();
  reference.backward(g.view, dx.view);
  cpu.backward(gf.view, dxf.view);
  CHECK(relative_error(dxf.memory, dx.memory) < gradient_tolerance);
  CHECK(relative_error(cpu.gradients(), reference.gradients()) < gradient_tolerance);
  for (const Parameter& p : reference.parameters()) {
    INFO(p.path);
    if (p.storage == Storage::buffer)
      CHECK(relative_error(cpu.get(cpu.parameter(p.path)), reference.get(p)) < tolerance);
  }
}

template <class S, Shape In>
void check_layer(const char* name) {
  INFO(name);
  for (const Mode mode : {Mode::training, Mode::inference}) {
    check_finite_differences<S, In>(mode);
    check_cpu_against_reference<S, In>(mode);
  }
}

/// Puts a layer between convolutions, so that its input is a signal with work pending and its gradient is
/// used.
template <class S>
using Wrapped = Sequential<Conv<4, 1, Bias>, BatchNorm, Relu, S, Conv<3, 1>>;

}  // namespace aurum::test
