#pragma once
// A transfer method against PyTorch: what golden_network.hpp compares, three steps of Adam, that what is
// frozen stays as it is to the bit, and a predictor's maps.
#include <algorithm>
#include <cstddef>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "aurum/model/network_weights.hpp"
#include "aurum/model/predictor.hpp"
#include "aurum/train/trainer.hpp"
#include "support/golden_network.hpp"

namespace aurum::test {

/// The images of method_<name>.safetensors.
inline constexpr Shape method_input{3, 64, 64};

/// Three optimiser steps on one batch, from the gradients that check_golden_pass left: losses, how far every
/// trainable parameter moved, and the running statistics; says how far they were off. No parameter is left
/// out: with weight decay even a bias right before a batch norm, whose own gradient is rounding errors only,
/// goes one way in every program.
template <class S, Shape In, class T, class B>
std::string check_golden_steps(GoldenNetwork<S, In, T, B>& golden, double bound) {
  auto& net = golden.net;
  const std::vector<std::string> paths = golden.file.lines("parameters");
  const std::vector<double> losses = golden.file.doubles("steps.loss");
  const auto values_of = [&](const std::string& path) { return net.get(net.parameter(path)); };
  std::vector<std::vector<T>> before;
  for (const std::string& path : paths) before.push_back(values_of(path));

  Trainer trainer(net, Adam{.weight_decay = 1e-6});
  trainer.update(1e-3);
  for (std::size_t step = 1; step < losses.size(); ++step) {
    INFO("step " << step);
    CHECK(golden.step() == Approx(losses[step]).epsilon(bound));
    trainer.update(1e-3);
  }

  // Adam divides rounding errors by gradients as small as its epsilon, and ResNet-18 has millions. Movements
  // are a hundredth of the values, so these still agree to 1e-9.
  const double movement_bound = std::max(bound, 1e-7);
  std::pair<double, std::string> worst;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    std::vector<T> movement = values_of(paths[i]);
    for (std::size_t k = 0; k < movement.size(); ++k) movement[k] -= before[i][k];
    const double error = golden.check_row("steps.movement", i, paths[i], movement, movement_bound);
    worst = std::max(worst, {error, paths[i]});
  }
  std::ostringstream text;
  text << "; after " << losses.size() << " steps: movement " << worst.first << " (" << worst.second
       << "), running statistics " << golden.check_buffers("steps.buffer");
  return text.str();
}

/// The method `S` in double precision against method_<name>. `bound`: of all relative errors.
template <class B, class S>
void check_golden_method(const std::string& name, double bound = network_bound<double>) {
  INFO(name);
  GoldenNetwork<S, method_input, double, B> golden("method_" + name, bound);
  const std::vector<std::string> still = golden.file.lines("still");
  const auto still_values = [&] {
    std::vector<std::vector<double>> values;
    for (const std::string& path : still) values.push_back(golden.net.get(golden.net.parameter(path)));
    return values;
  };
  // What PyTorch's network does not move: parameters without a gradient, frozen batch norms' statistics.
  std::vector<std::string> frozen;
  std::copy_if(still.begin(), still.end(), std::back_inserter(frozen), [&](const std::string& path) {
    return golden.net.parameter(path).storage != Storage::buffer;
  });
  REQUIRE(frozen == sorted_paths(golden.net, Storage::frozen));
  const auto before = still_values();
  std::string report = check_golden_pass(golden);
  report += check_golden_steps(golden, bound);
  const auto after = still_values();
  for (std::size_t i = 0; i < still.size(); ++i) {
    INFO(still[i] << " is frozen");
    CHECK(after[i] == before[i]);
  }
  SUCCEED(report << "; " << still.size() << " tensors stayed");
}

/// The heatmaps of a predictor for the method `S`, made from weights alone, in float.
template <class B, class S>
void check_golden_predictor(const std::string& name, double bound = 1e-5) {
  INFO(name);
  const Golden golden("method_" + name);
  NetworkWeights<S, method_input, B> weights;
  set_hashed_weights(weights);
  move_weights(weights, golden);
  Predictor predict(weights, {.max_batch = 2});
  Tensor<float> input(2, method_input);
  from_nchw(hashed_values("input", input.memory.size()), input.view);
  std::vector<double> maps;
  for (const Prediction& p : predict.batch(input.view))
    for (const double value : to_nchw(p.heatmaps)) maps.push_back(value);
  const std::vector<double> expected = golden.doubles("eval.output.sample");
  REQUIRE(sample_of(maps).size() == expected.size());
  const double error = relative_error(sample_of(maps), expected);
  CHECK(error < bound);
  SUCCEED("error of the predictor: " << error);
}

}  // namespace aurum::test
