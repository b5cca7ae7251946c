#pragma once
// A preset against PyTorch: output, loss, every parameter's gradient and the running statistics.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/io/named_tensor.hpp"
#include "aurum/loss/loss.hpp"
#include "aurum/model/network.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/golden.hpp"
#include "support/hash_weights.hpp"

namespace aurum::test {

/// Every stride-th number, at most about 1024 of them.
[[nodiscard]] inline std::vector<double> sample_of(const std::vector<double>& values) {
  const std::size_t stride = ((values.size() + 1023) / 1024) | 1U;
  std::vector<double> kept;
  for (std::size_t i = 0; i < values.size(); i += stride) kept.push_back(values[i]);
  return kept;
}

/// L2 norm, dot product with a hashed direction, the first eight numbers.
[[nodiscard]] inline std::vector<double> digest_of(const std::string& name,
                                                   const std::vector<double>& values) {
  const std::uint32_t seed = seed_of("direction." + name);
  std::vector<double> digest(10, 0.0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    digest[0] += values[i] * values[i];
    digest[1] += values[i] * static_cast<double>(hashed(seed, i));
    if (i < 8) digest[2 + i] = values[i];
  }
  digest[0] = std::sqrt(digest[0]);
  return digest;
}

/// How far two digests of a tensor are apart: of norm and dot product in units of the norm, of the first
/// numbers in units of the tensor's RMS (the mean over them, so that one of them near zero does not decide).
[[nodiscard]] inline double digest_error(const std::vector<double>& found,
                                         const std::vector<double>& expected, double norm,
                                         std::ptrdiff_t count) {
  double first = 0;
  for (std::size_t i = 2; i < 10; ++i) first += (found[i] - expected[i]) * (found[i] - expected[i]);
  const auto counted = static_cast<double>(std::min<std::ptrdiff_t>(count, 8));
  const double rms = norm / std::sqrt(static_cast<double>(count));
  const double error = std::max({std::abs(found[0] - expected[0]) / norm,
                                 std::abs(found[1] - expected[1]) / norm, std::sqrt(first / counted) / rms});
  return std::isnan(error) ? 1e30 : error;
}

/// A parameter's values or gradient as PyTorch orders them.
template <class T>
[[nodiscard]] std::vector<double> in_pytorch_order(const Parameter& p, const std::vector<T>& values) {
  std::vector<T> ordered = values;
  const std::vector<std::int64_t> shape(p.shape.begin(), p.shape.end());
  if (p.role == Role::filter) to_pytorch_order<T>(shape, values, ordered);
  return {ordered.begin(), ordered.end()};
}

/// Gives every parameter and buffer its hashed values.
template <class Net>
void set_hashed_weights(Net& net) {
  using T = typename Net::value_type;
  for (const Parameter& p : net.parameters()) {
    const std::vector<std::int64_t> shape(p.shape.begin(), p.shape.end());
    const std::vector<float> hash = hashed_parameter(p.path, shape);
    const std::vector<T> values(hash.begin(), hash.end());
    std::vector<T> ordered = values;
    if (p.role == Role::filter) from_pytorch_order<T>(shape, values, ordered);
    net.set(p, ordered);
  }
}

/// The paths of a network's trainable parameters, or of its buffers, in alphabetical order.
template <class Net>
[[nodiscard]] std::vector<std::string> sorted_paths(const Net& net, Storage storage) {
  std::vector<std::string> paths;
  for (const Parameter& p : net.parameters())
    if (p.storage == storage) paths.push_back(p.path);
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// What a comparison allows, as relative errors.
struct NetworkBounds {
  double output;          ///< outputs, loss and running statistics: the greatest deviation
  double gradient;        ///< by the input and by the median parameter: RMS deviation
  double worst_gradient;  ///< by the worst parameter
};

/// Double precision agrees closely. In single precision a few activations near zero fall on the other side of
/// ReLU's kink, and each switches a path of the gradient on or off: up to 0.9 % of a parameter's gradient in
/// PyTorch itself (float_error.* in the golden files), by chance in which activations it happens. So
/// gradients have more room there; layer by layer, without kinks, they are held to 1e-4 (golden_layers.cpp).
template <class T>
inline constexpr NetworkBounds network_bounds{.output = 1e-9, .gradient = 1e-9, .worst_gradient = 1e-9};
template <>
inline constexpr NetworkBounds network_bounds<float>{.output = 1e-4, .gradient = 1e-2, .worst_gradient = 0.2};

/// Names, inference, one training step's outputs, loss, gradients and running statistics of the network `S`.
template <class S, class T>
void check_golden_network(const std::string& name) {
  constexpr NetworkBounds bounds = network_bounds<T>;
  INFO(name);
  const Golden golden("network_" + name);
  Network<S, Shape{3, 128, 128}, Cpu, T> net;
  const Shape out = net.output_shape;
  REQUIRE(golden.lines("parameters") == sorted_paths(net, Storage::trainable));
  REQUIRE(golden.lines("buffers") == sorted_paths(net, Storage::buffer));
  CHECK(golden.text("parameter_count") == std::to_string(parameter_count<S, Shape{3, 128, 128}>));
  REQUIRE(golden.doubles("shape") == std::vector<double>{2, static_cast<double>(out.channels),
                                                         static_cast<double>(out.height),
                                                         static_cast<double>(out.width)});
  set_hashed_weights(net);

  Tensor<T> input(2, net.input_shape), target(2, out), gradient(2, out), input_gradient(2, net.input_shape);
  from_nchw(hashed_values("input", input.memory.size()), input.view);
  from_nchw(hashed_values("target", target.memory.size()), target.view);
  const auto compare = [&](const std::string& what, const std::vector<double>& values, double bound) {
    INFO(what);
    const std::vector<double> expected = golden.doubles(what + ".digest");
    CHECK(digest_error(digest_of(what, values), expected, expected[0], std::ssize(values)) < bound);
    const std::vector<double> expected_sample = golden.doubles(what + ".sample");
    REQUIRE(expected_sample.size() == sample_of(values).size());
    CHECK(relative_error(sample_of(values), expected_sample) < bound);
    return greatest_error(sample_of(values), expected_sample);
  };

  const View<const T> eval = net.forward(input.view, Mode::inference);
  const double eval_error = compare("eval.output", to_nchw(eval), bounds.output);
  CHECK(eval_error < bounds.output);
  CHECK(evaluate_loss<T>(eval, target.view).value ==
        Approx(golden.doubles("eval.loss")[0]).epsilon(bounds.output));

  const View<const T> train = net.forward(input.view, Mode::training);
  const double train_error = compare("train.output", to_nchw(train), bounds.output);
  CHECK(train_error < bounds.output);
  CHECK(evaluate_loss<T>(train, target.view, gradient.view).value ==
        Approx(golden.doubles("train.loss")[0]).epsilon(bounds.output));

  net.zero_gradients();
  net.backward(gradient.view, input_gradient.view);
  const double input_error = compare("train.input_gradient", to_nchw(input_gradient.view), bounds.gradient);

  // Biases right before a batch norm have a gradient of rounding errors only: those count against the rest.
  const std::vector<std::string> parameters = golden.lines("parameters");
  double greatest_norm = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    greatest_norm = std::max(greatest_norm, golden.row("train.gradient", i)[0]);
  std::vector<double> errors;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    INFO("gradient of " << parameters[i]);
    const Parameter& p = net.parameter(parameters[i]);
    const std::vector<double> expected = golden.row("train.gradient", i);
    const double norm = expected[0] > 1e-9 * greatest_norm ? expected[0] : greatest_norm;
    const double error =
        digest_error(digest_of(p.path, in_pytorch_order(p, net.gradient(p))), expected, norm, p.count);
    CHECK(error < bounds.worst_gradient);
    errors.push_back(error);
  }
  std::sort(errors.begin(), errors.end());
  CHECK(errors[errors.size() / 2] < bounds.gradient);

  const std::vector<std::string> buffers = golden.lines("buffers");
  double buffer_error = 0;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    INFO(buffers[i]);
    const Parameter& p = net.parameter(buffers[i]);
    const std::vector<double> expected = golden.row("train.buffer", i);
    const double error =
        digest_error(digest_of(p.path, in_pytorch_order(p, net.get(p))), expected, expected[0], p.count);
    CHECK(error < bounds.output);
    buffer_error = std::max(buffer_error, error);
  }
  SUCCEED("errors: inference " << eval_error << ", training " << train_error << ", input gradient "
                               << input_error << ", median parameter gradient " << errors[errors.size() / 2]
                               << ", worst " << errors.back() << ", running statistics " << buffer_error);
}

}  // namespace aurum::test
