#pragma once
// A network against PyTorch: output, loss, every parameter's gradient and the running statistics.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/io/named_tensor.hpp"
#include "aurum/loss/loss.hpp"
#include "aurum/model/network.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/golden.hpp"
#include "support/golden_parameters.hpp"
#include "support/hash_weights.hpp"
#include "support/on_backend.hpp"

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

/// The parameter called `path` of a network, or of its weights alone.
template <class Net>
[[nodiscard]] const Parameter& parameter_of(const Net& net, const std::string& path) {
  for (const Parameter& p : net.parameters())
    if (p.path == path) return p;
  throw ValueError("no parameter '" + path + "'");
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
    if (is_filter(p.role)) from_pytorch_order<T>(shape, values, ordered);
    net.set(p, ordered);
  }
}

/// Moves single weights and biases, so that no activation lies where a gradient jumps, by the file's rows
/// {index in `parameters` and then `still`, channel or -1 for all, steps of 2^-8}.
template <class Net>
void move_weights(Net& net, const Golden& golden) {
  using T = typename Net::value_type;
  std::vector<std::string> paths = golden.lines("parameters");
  if (golden.has_text("still"))
    for (const std::string& path : golden.lines("still")) paths.push_back(path);
  const std::vector<double> rows = golden.doubles("moves");
  for (std::size_t row = 0; row < rows.size(); row += 3) {
    const Parameter& p = parameter_of(net, paths.at(static_cast<std::size_t>(rows[row])));
    const bool all = rows[row + 1] < 0;
    std::vector<T> values = net.get(p);
    for (std::size_t channel = 0; channel < values.size(); ++channel)
      if (all || static_cast<double>(channel) == rows[row + 1])
        values[channel] =
            static_cast<T>(static_cast<float>(static_cast<double>(values[channel]) + rows[row + 2] * 0x1p-8));
    net.set(p, values);
  }
}

/// The paths of a network's parameters in this storage, in alphabetical order.
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

/// The network `S` on images `In`, on backend B, next to what a golden file says of it. Its members are the
/// steps that the file holds, in their order; each checks, and returns the greatest error that it saw.
template <class S, Shape In, class T, class B>
class GoldenNetwork {
 public:
  /// Hashed and moved weights. Names, sizes and the output's shape are the file's.
  explicit GoldenNetwork(const std::string& name, double bound = network_bound<T>)
      : file{name}, parameters_{file.lines("parameters")}, buffers_{file.lines("buffers")}, bound_{bound} {
    const Shape out = net.output_shape;
    REQUIRE(parameters_ == sorted_paths(net, Storage::trainable));
    REQUIRE(buffers_ == sorted_paths(net, Storage::buffer));
    CHECK(file.text("parameter_count") == std::to_string(parameter_count<S, In>));
    REQUIRE(file.doubles("shape") == std::vector<double>{2, static_cast<double>(out.channels),
                                                         static_cast<double>(out.height),
                                                         static_cast<double>(out.width)});
    set_hashed_weights(net);
    move_weights(net, file);
    Tensor<T> input(2, net.input_shape);
    from_nchw(hashed_values("input", input.memory.size()), input.view);
    input_ = on_.view(input);
    input_gradient_ = on_.view(input);
    gradient_ = on_.view(target_);
    from_nchw(hashed_values("target", target_.memory.size()), target_.view);
  }

  double check_inference() { return check_output("eval", net.forward(input_, Mode::inference)); }

  /// Output and loss of a training step. Leaves the gradients in the network.
  double check_training() {
    const double error = check_output("train", net.forward(input_, Mode::training));
    net.zero_gradients();
    net.backward(gradient_, input_gradient_);
    return error;
  }

  double check_input_gradient() { return check("train.input_gradient", to_nchw(host(input_gradient_).view)); }

  /// Every parameter's gradient: error and path, the smallest error first.
  std::vector<std::pair<double, std::string>> check_gradients() {
    // Biases right before a batch norm have a gradient of rounding errors only: those count against the rest.
    double greatest_norm = 0;
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      greatest_norm = std::max(greatest_norm, file.row("train.gradient", i)[0]);
    std::vector<std::pair<double, std::string>> errors;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      INFO("gradient of " << parameters_[i]);
      const Parameter& p = net.parameter(parameters_[i]);
      const std::vector<double> expected = file.row("train.gradient", i);
      const double norm = expected[0] > 1e-9 * greatest_norm ? expected[0] : greatest_norm;
      const double error =
          digest_error(digest_of(p.path, in_pytorch_order(p, net.gradient(p))), expected, norm, p.count);
      CHECK(error < bound_);
      errors.emplace_back(error, p.path);
    }
    std::sort(errors.begin(), errors.end());
    return errors;
  }

  /// The running statistics, after the first step ("train.buffer") or the last ("steps.buffer").
  double check_buffers(const std::string& what) {
    double greatest = 0;
    for (std::size_t i = 0; i < buffers_.size(); ++i)
      greatest =
          std::max(greatest, check_row(what, i, buffers_[i], net.get(net.parameter(buffers_[i])), bound_));
    return greatest;
  }

  /// `values` of parameter or buffer `path` against the digest in row `index` of the tensor `what`.
  double check_row(const std::string& what, std::size_t index, const std::string& path,
                   const std::vector<T>& values, double bound) {
    INFO(what << " of " << path);
    const Parameter& p = net.parameter(path);
    const std::vector<double> expected = file.row(what, index);
    const double error =
        digest_error(digest_of(path, in_pytorch_order(p, values)), expected, expected[0], p.count);
    CHECK(error < bound);
    return error;
  }

  /// A further training step, without the input's gradient; returns its loss.
  double step() {
    const double loss = loss_of(host(net.forward(input_, Mode::training)));
    net.zero_gradients();
    net.backward(gradient_);
    return loss;
  }

  Network<S, In, B, T> net;
  Golden file;

 private:
  double check(const std::string& what, const std::vector<double>& values) {
    INFO(what);
    const std::vector<double> expected = file.doubles(what + ".digest");
    const std::vector<double> expected_sample = file.doubles(what + ".sample");
    REQUIRE(expected_sample.size() == sample_of(values).size());
    const double error =
        std::max(digest_error(digest_of(what, values), expected, expected[0], std::ssize(values)),
                 relative_error(sample_of(values), expected_sample));
    CHECK(error < bound_);
    return error;
  }
  /// Output and loss, whose gradient it keeps.
  double check_output(const std::string& pass, const View<const T>& maps) {
    const Tensor<T> output = host(maps);
    const std::vector<double> values = to_nchw(View<const T>(output.view));
    const double error = std::max(check(pass + ".output", values),
                                  greatest_error(sample_of(values), file.doubles(pass + ".output.sample")));
    CHECK(error < bound_);
    CHECK(loss_of(output) == Approx(file.doubles(pass + ".loss")[0]).epsilon(bound_));
    return error;
  }

  Tensor<T> host(const View<const T>& view) { return on_host_of<B, T>(net.context(), view); }
  /// The loss of an output, whose gradient goes to the backend.
  double loss_of(const Tensor<T>& output) {
    Tensor<T> gradient(2, net.output_shape);
    const double loss = evaluate_loss<T>(output.view, target_.view, gradient.view).value;
    Operations<B>::upload(net.context(), gradient_.data, gradient.memory.data(), std::ssize(gradient.memory));
    return loss;
  }

  std::vector<std::string> parameters_, buffers_;
  double bound_;
  On<B, T> on_{net.context()};
  Tensor<T> target_{2, net.output_shape};
  View<T> input_, gradient_, input_gradient_;  // on the backend
};

/// Inference, then one training step's outputs, loss, gradients and running statistics; says how far they
/// were off.
template <class S, Shape In, class T, class B>
std::string check_golden_pass(GoldenNetwork<S, In, T, B>& golden) {
  std::ostringstream text;
  text << "errors: inference " << golden.check_inference();
  text << ", training " << golden.check_training();
  text << ", input gradient " << golden.check_input_gradient();
  const auto gradients = golden.check_gradients();
  text << ", parameter gradients: median " << gradients[gradients.size() / 2].first << ", worst "
       << gradients.back().first << " (" << gradients.back().second << ")";
  text << ", running statistics " << golden.check_buffers("train.buffer");
  return text.str();
}

/// The preset `S` against network_<name>.
template <class B, class S, class T>
void check_golden_network(const std::string& name) {
  INFO(name);
  GoldenNetwork<S, Shape{3, 128, 128}, T, B> golden("network_" + name);
  SUCCEED(check_golden_pass(golden));
}

}  // namespace aurum::test
