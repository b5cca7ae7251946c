// needs: io
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "aurum/optim/optimiser.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/hash_weights.hpp"
#include "support/message.hpp"

using namespace aurum;
using test::Golden;

namespace {

/// An optimiser with the values it moves.
template <class T, class Rule>
struct Run {
  Optimiser<Rule, T> optimiser;
  std::vector<T> values;
  std::array<std::vector<T>, Optimiser<Rule, T>::states> state{};

  Run(Rule rule, const std::vector<double>& start) : optimiser(rule), values(start.begin(), start.end()) {
    for (auto& array : state) array.assign(values.size(), T{0});
  }
  void step(const std::vector<double>& gradient) {
    const std::vector<T> gradients(gradient.begin(), gradient.end());
    std::array<std::span<T>, Optimiser<Rule, T>::states> spans;
    for (std::size_t i = 0; i < spans.size(); ++i) spans[i] = state[i];
    optimiser.step(optimiser.rule().learning_rate, values, gradients, spans);
  }
};

/// The greatest deviation from PyTorch over all steps, relative to each element or to 0.01 where one crosses
/// zero (there PyTorch's own float and double runs differ by 2e-5 of the element).
template <class T, class Rule>
double deviation(const std::string& name, Rule rule) {
  const Golden golden("optimisers");
  Run<T, Rule> run(rule, golden.doubles("start"));
  const auto steps = static_cast<std::size_t>(golden.shape(name).at(0));
  REQUIRE(steps == 20);
  double greatest = 0;
  for (std::size_t step = 0; step < steps; ++step) {
    run.step(golden.row("gradients", step));
    const std::vector<double> expected = golden.row(name, step);
    for (std::size_t i = 0; i < expected.size(); ++i)
      greatest = std::max(greatest, std::abs(static_cast<double>(run.values[i]) - expected[i]) /
                                        std::max(std::abs(expected[i]), 0.01));
  }
  return greatest;
}

template <class Rule>
void check(const std::string& name, Rule rule) {
  INFO(name);
  CHECK(deviation<double>(name, rule) < 1e-11);
  CHECK(deviation<float>(name, rule) < 1e-5);
}

}  // namespace

TEST_CASE("Every optimiser takes PyTorch's path over 20 steps", "[optim]") {
  check("sgd", Sgd{.learning_rate = 0.1});
  check("sgd_momentum", Sgd{.learning_rate = 0.1, .momentum = 0.9});
  check("sgd_dampening", Sgd{.learning_rate = 0.05, .momentum = 0.8, .dampening = 0.3, .weight_decay = 0.01});
  check("sgd_dampening_only", Sgd{.learning_rate = 0.05, .dampening = 0.3});
  check("sgd_nesterov", Sgd{.learning_rate = 0.05, .momentum = 0.9, .weight_decay = 0.02, .nesterov = true});
  check("rmsprop", RmsProp{});
  check(
      "rmsprop_momentum",
      RmsProp{.learning_rate = 2.5e-3, .alpha = 0.9, .epsilon = 1e-6, .momentum = 0.9, .weight_decay = 0.01});
  check("rmsprop_centered", CenteredRmsProp{.learning_rate = 1e-3, .alpha = 0.95});
  check("rmsprop_centered_momentum",
        CenteredRmsProp{.learning_rate = 1e-3, .momentum = 0.5, .weight_decay = 0.1});
  check("adam", Adam{});
  check("adam_decay",
        Adam{.learning_rate = 0.02, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-6, .weight_decay = 0.05});
  check("adam_ntinou2020", Adam{.weight_decay = 1e-6});
  check("adamw", AdamW{});
  check("adamw_decay", AdamW{.learning_rate = 0.02, .beta1 = 0.5, .beta2 = 0.9, .weight_decay = 0.3});
}

TEST_CASE("A wrong option is seen by the comparison with PyTorch", "[optim]") {
  CHECK(
      deviation<double>(
          "adam_decay",
          AdamW{.learning_rate = 0.02, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-6, .weight_decay = 0.05}) >
      1e-4);
  CHECK(deviation<double>("rmsprop_centered", RmsProp{.learning_rate = 1e-3, .alpha = 0.95}) > 1e-4);
}

TEST_CASE("An optimiser that is saved and restored goes on as if nothing had happened", "[optim]") {
  const Golden golden("optimisers");
  const std::vector<double> start = golden.doubles("start");
  Run<float, Adam> whole(Adam{}, start), first(Adam{}, start), second(Adam{}, start);
  for (std::size_t step = 0; step < 20; ++step) whole.step(golden.row("gradients", step));
  for (std::size_t step = 0; step < 7; ++step) first.step(golden.row("gradients", step));

  const auto metadata = first.optimiser.metadata();
  CHECK(metadata.at("optimiser") == "adam");
  CHECK(metadata.at("optimiser.steps") == "7");
  CHECK(metadata.at("optimiser.beta2") == "0.999");
  CHECK(Optimiser<Adam>::state_name(1) == "optimiser.exp_avg_sq");
  CHECK(Optimiser<Adam>::state_name(0, "conv1.weight") == "optimiser.exp_avg.conv1.weight");
  second.optimiser.restore(metadata);
  second.values = first.values;
  second.state = first.state;
  for (std::size_t step = 7; step < 20; ++step) second.step(golden.row("gradients", step));
  CHECK(second.values == whole.values);
}

TEST_CASE("State of another rule or without steps is refused and changes nothing", "[optim]") {
  using test::contains;
  Optimiser<Adam> optimiser;
  optimiser.restore({{"optimiser", "adam"}, {"optimiser.steps", "3"}});
  const auto refusal = [&](const std::map<std::string, std::string>& metadata) {
    return test::message<ValueError>([&] { optimiser.restore(metadata); });
  };
  CHECK(contains(refusal({{"optimiser", "sgd"}, {"optimiser.steps", "4"}}),
                 "expected the state of 'adam', found sgd"));
  CHECK(contains(refusal({}), "found nothing"));
  for (const char* steps : {"", "-1", "4.5", "many"})
    CHECK(contains(refusal({{"optimiser", "adam"}, {"optimiser.steps", steps}}), "optimiser.steps"));
  CHECK(optimiser.steps() == 3);
}

TEST_CASE("Options and sizes out of range are refused", "[optim]") {
  using test::contains;
  const auto refusal = [](auto rule) {
    return test::message<ValueError>([&] { Optimiser<decltype(rule)>{rule}; });
  };
  CHECK(contains(refusal(Adam{.beta1 = 1}), "adam: expected beta1 in [0, 1), found 1"));
  CHECK(contains(refusal(AdamW{.learning_rate = -1}), "adamw: expected learning_rate"));
  CHECK(contains(refusal(Sgd{.nesterov = true}), "sgd: expected momentum above 0 for nesterov"));
  CHECK(contains(refusal(RmsProp{.alpha = std::numeric_limits<double>::quiet_NaN()}), "alpha"));
  std::array<float, 3> values{}, state{};
  std::array<float, 2> gradients{};
  Optimiser<Sgd> optimiser;
  CHECK_THROWS_AS(optimiser.step(0.1, values, gradients, {state}), ValueError);
  CHECK_THROWS_AS(optimiser.step(0.1, gradients, gradients, {state}), ValueError);
  CHECK(optimiser.steps() == 0);
}

TEST_CASE("The loop over the parameters is the caller's, and each part has its rate", "[optim]") {
  std::array<float, 4> values{1, 1, 1, 1}, gradients{1, 2, 3, 4}, velocity{};
  Optimiser<Sgd> optimiser;
  const std::array<RatePart, 2> parts{{{0, 1, 0.5}, {1, 3, 1}}};
  optimiser.step(0.5, parts, values.data(), gradients.data(), {velocity.data()},
                 [](const auto& functor, std::size_t count, float* v, const float* g, float* s) {
                   for (std::size_t i = count; i-- > 0;) functor(v[i], g[i], s[i]);
                 });
  CHECK(values == std::array{0.75F, 0.0F, -0.5F, -1.0F});
  CHECK(optimiser.steps() == 1);
}

TEST_CASE("Centered RMSprop survives a gradient that never changes", "[optim]") {
  std::array<float, 1> value{0}, gradient{0.3F}, square{}, velocity{}, mean{};
  Optimiser<CenteredRmsProp> optimiser(CenteredRmsProp{.alpha = 0.5, .epsilon = 1e-3});
  for (int i = 0; i < 500; ++i) optimiser.step(1e-3, value, gradient, {square, velocity, mean});
  CHECK(std::isfinite(value[0]));
}
