#pragma once
// A preset against PyTorch: output, loss, every parameter's gradient and the running statistics.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
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

/// Moves single weights and biases, so that no activation lies where a gradient jumps, by the file's rows
/// {index in `parameters`, channel or -1 for all, steps of 2^-8}.
template <class Net>
void move_weights(Net& net, const Golden& golden) {
  using T = typename Net::value_type;
  const std::vector<std::string> paths = golden.lines("parameters");
  const std::vector<double> rows = golden.doubles("moves");
  for (std::size_t row = 0; row < rows.size(); row += 3) {
    const Parameter& p = net.parameter(paths.at(static_cast<std::size_t>(rows[row])));
    const bool all = rows[row + 1] < 0;
    std::vector<T> values = net.get(p);
    for (std::size_t channel = 0; channel < values.size(); ++channel)
      if (all || static_cast<double>(channel) == rows[row + 1])
        values[channel] =
            static_cast<T>(static_cast<float>(static_cast<double>(values[channel]) + rows[row + 2] * 0x1p-8));
    net.set(p, values);
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

/// The greatest relative error allowed. Gradients can be compared this closely in float because no activation
/// of these networks lies within rounding of a kink or a tie (generate/kinks.py).
template <class T>
inline constexpr double network_bound = std::is_same_v<T, float> ? 1e-4 : 1e-9;

/// Names, inference, one training step's outputs, loss, gradients and running statistics of the network `S`.
template <class S, class T, class B = Cpu>
void check_golden_network(const std::string& name) {
  constexpr double bound = network_bound<T>;
  INFO(name);
  const Golden golden("network_" + name);
  Network<S, Shape{3, 128, 128}, B, T> net;
  const Shape out = net.output_shape;
  REQUIRE(golden.lines("parameters") == sorted_paths(net, Storage::trainable));
  REQUIRE(golden.lines("buffers") == sorted_paths(net, Storage::buffer));
  CHECK(golden.text("parameter_count") == std::to_string(parameter_count<S, Shape{3, 128, 128}>));
  REQUIRE(golden.doubles("shape") == std::vector<double>{2, static_cast<double>(out.channels),
                                                         static_cast<double>(out.height),
                                                         static_cast<double>(out.width)});
  set_hashed_weights(net);
  move_weights(net, golden);

  Tensor<T> input(2, net.input_shape), target(2, out), gradient(2, out), input_gradient(2, net.input_shape);
  from_nchw(hashed_values("input", input.memory.size()), input.view);
  from_nchw(hashed_values("target", target.memory.size()), target.view);
  const auto compare = [&](const std::string& what, const std::vector<double>& values) {
    INFO(what);
    const std::vector<double> expected = golden.doubles(what + ".digest");
    const std::vector<double> expected_sample = golden.doubles(what + ".sample");
    REQUIRE(expected_sample.size() == sample_of(values).size());
    const double error =
        std::max(digest_error(digest_of(what, values), expected, expected[0], std::ssize(values)),
                 relative_error(sample_of(values), expected_sample));
    CHECK(error < bound);
    return error;
  };
  const auto compare_output = [&](const std::string& pass, View<const T> output) {
    const std::vector<double> values = to_nchw(output);
    const double error = std::max(compare(pass + ".output", values),
                                  greatest_error(sample_of(values), golden.doubles(pass + ".output.sample")));
    CHECK(error < bound);
    CHECK(evaluate_loss<T>(output, target.view, gradient.view).value ==
          Approx(golden.doubles(pass + ".loss")[0]).epsilon(bound));
    return error;
  };

  const double eval_error = compare_output("eval", net.forward(input.view, Mode::inference));
  const double train_error = compare_output("train", net.forward(input.view, Mode::training));
  net.zero_gradients();
  net.backward(gradient.view, input_gradient.view);
  const double input_error = compare("train.input_gradient", to_nchw(input_gradient.view));

  // Biases right before a batch norm have a gradient of rounding errors only: those count against the rest.
  const std::vector<std::string> parameters = golden.lines("parameters");
  double greatest_norm = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    greatest_norm = std::max(greatest_norm, golden.row("train.gradient", i)[0]);
  std::vector<std::pair<double, std::string>> errors;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    INFO("gradient of " << parameters[i]);
    const Parameter& p = net.parameter(parameters[i]);
    const std::vector<double> expected = golden.row("train.gradient", i);
    const double norm = expected[0] > 1e-9 * greatest_norm ? expected[0] : greatest_norm;
    const double error =
        digest_error(digest_of(p.path, in_pytorch_order(p, net.gradient(p))), expected, norm, p.count);
    CHECK(error < bound);
    errors.emplace_back(error, p.path);
  }
  std::sort(errors.begin(), errors.end());

  const std::vector<std::string> buffers = golden.lines("buffers");
  double buffer_error = 0;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    INFO(buffers[i]);
    const Parameter& p = net.parameter(buffers[i]);
    const std::vector<double> expected = golden.row("train.buffer", i);
    const double error =
        digest_error(digest_of(p.path, in_pytorch_order(p, net.get(p))), expected, expected[0], p.count);
    CHECK(error < bound);
    buffer_error = std::max(buffer_error, error);
  }
  SUCCEED("errors: inference " << eval_error << ", training " << train_error << ", input gradient "
                               << input_error << ", parameter gradients: median "
                               << errors[errors.size() / 2].first << ", worst " << errors.back().first << " ("
                               << errors.back().second << "), running statistics " << buffer_error);
}

}  // namespace aurum::test
