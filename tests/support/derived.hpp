#pragma once
// What tests of derived networks ask of any network: that what is frozen stays, that the rest learns, and
// that a predictor says what the network says.
#include <vector>

#include "aurum/model/predictor.hpp"
#include "aurum/train/trainer.hpp"
#include "support/check_layer.hpp"

namespace aurum::test {

/// A few steps of Adam along random gradients of the output.
template <class Net>
void train_a_little(Net& net, int batch = 4, double learning_rate = 0.01) {
  Random random{Seed{4}};
  const auto x = random_tensor<float>(batch, Net::input_shape, random);
  const auto dy = random_tensor<float>(batch, Net::output_shape, random);
  Trainer trainer(net, Adam{});
  for (int i = 0; i < 3; ++i) {
    net.zero_gradients();
    net.forward(x.view, Mode::training);
    net.backward(dy.view);
    trainer.update(learning_rate);
  }
}

/// The values of all parameters that `chosen` takes.
template <class Net, class Chosen>
std::vector<std::vector<float>> values_of(const Net& net, Chosen chosen) {
  std::vector<std::vector<float>> all;
  for (const Parameter& p : net.parameters())
    if (chosen(p)) all.push_back(net.get(p));
  return all;
}

/// Trains, and checks that no bit of the parameters that `stays` takes has moved and every other one has.
template <class Net, class Stays>
void check_only_others_move(Net& net, Stays stays, int batch = 4) {
  const auto moves = [&](const Parameter& p) { return !stays(p); };
  const auto still = values_of(net, stays), before = values_of(net, moves);
  REQUIRE(!still.empty());
  train_a_little(net, batch);
  CHECK(values_of(net, stays) == still);
  const auto after = values_of(net, moves);
  for (std::size_t i = 0; i < after.size(); ++i) CHECK(after[i] != before[i]);
}

/// `predict` gives the maps of `net` in inference.
template <class Predict, class Net>
void check_predictor(Predict&& predict, Net& net) {
  Random random{Seed{6}};
  const auto x = random_tensor<float>(1, Net::input_shape, random);
  const auto expected = net.forward(x.view, Mode::inference);
  const auto& found = predict.batch(x.view).front();
  CHECK(relative_error(std::vector<float>(found.heatmaps.data, found.heatmaps.data + expected.size()),
                       std::vector<float>(expected.data, expected.data + expected.size())) < 1e-5);
}
template <class Net>
void check_predictor(Net& net) {
  check_predictor(Predictor{net}, net);
}

}  // namespace aurum::test
