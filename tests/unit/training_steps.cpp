// Single steps of a trainer: against the reference backend and by hand, and when they go wrong.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aurum/backend/reference/reference.hpp"
#include "aurum/heatmap/render.hpp"
#include "aurum/train/evaluate.hpp"
#include "aurum/train/settle_statistics.hpp"
#include "aurum/train/trainer.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/message.hpp"
#include "support/toy_task.hpp"

namespace aurum {
namespace {

using test::contains;
using test::message;
using test::relative_error;
using test::toy_batch;
using test::toy_shape;
using test::ToyData;
using test::ToyNet;
using test::ToyNetwork;
using test::ToyTask;
using test::weights_of;

const ToyTask task;
const Batch batch = toy_batch(task, {}, 4);

/// The parameters after `steps` steps on batches that take turns, on backend B.
template <class B, class T>
std::vector<double> train(int steps, std::vector<double>* losses = nullptr) {
  Network<ToyNet, toy_shape, B, T> net(Seed{1});
  Trainer trainer(net, Adam{.learning_rate = 1e-2, .weight_decay = 1e-3});
  const std::vector<Batch> batches{batch, toy_batch(task, {}, 4, 4), toy_batch(task, {}, 4, 8)};
  for (int i = 0; i < steps; ++i) {
    const StepReport report = trainer.step(batches[static_cast<std::size_t>(i % 3)], 2, task.kernel, 1e-2);
    if (losses != nullptr) losses->push_back(report.loss);
  }
  std::vector<double> values(net.values().begin(), net.values().end());
  values.insert(values.end(), net.statistics().begin(), net.statistics().end());
  return values;
}

TEST_CASE("Training steps on the CPU are those of the reference", "[trainer]") {
  for (const int steps : {1, 20}) {
    std::vector<double> expected_losses, losses;
    const auto expected = train<Reference, double>(steps, &expected_losses);
    const auto found = train<Cpu, double>(steps, &losses);
    CHECK(relative_error(found, expected) < 1e-10);
    CHECK(relative_error(losses, expected_losses) < 1e-10);
    losses.clear();
    const auto in_float = train<Cpu, float>(steps, &losses);
    CHECK(relative_error(in_float, expected) < 1e-3);  // Adam follows the sign of the smallest gradients too
    CHECK(relative_error(losses, expected_losses) < 1e-3);
  }
}

TEST_CASE("A step is forward, loss, backward and the optimiser's update", "[trainer]") {
  using Net = Network<ToyNet, toy_shape, Reference, double>;
  Net net(Seed{1}), by_hand(Seed{1});
  Trainer<Net, Sgd> trainer(net, Sgd{.learning_rate = 0.1});
  const StepReport report = trainer.step(batch, 2, task.kernel, 0.1);

  test::Tensor<double> input(4, toy_shape), target(4, net.output_shape), gradient(4, net.output_shape);
  std::copy(batch.input.begin(), batch.input.end(), input.memory.begin());
  render<double>(batch.targets, target.view, task.kernel);
  const auto output = by_hand.forward(input.view, Mode::training);
  const LossValue loss = evaluate_loss<double>(output, target.view, gradient.view);
  by_hand.backward(gradient.view);
  double squares = 0;
  for (std::size_t i = 0; i < by_hand.values().size(); ++i) {
    squares += by_hand.gradients()[i] * by_hand.gradients()[i];
    by_hand.values()[i] -= 0.1 * by_hand.gradients()[i];
  }
  CHECK(report.loss == Approx(loss.value).epsilon(1e-12));
  CHECK(report.gradient_norm == Approx(std::sqrt(squares)).epsilon(1e-12));
  CHECK(relative_error(net.values(), by_hand.values()) < 1e-14);
  CHECK(relative_error(net.statistics(), by_hand.statistics()) == 0);
}

TEST_CASE("A long gradient is shortened to the greatest norm, a short one is left alone", "[trainer]") {
  const auto moved = [](double greatest) {
    ToyNetwork net(Seed{1});
    const std::vector<float> before(net.values().begin(), net.values().end());
    Trainer<ToyNetwork, Sgd> trainer(net, Sgd{});
    const StepReport report = trainer.step(batch, 2, task.kernel, 1.0, greatest);
    double squares = 0;
    for (std::size_t i = 0; i < before.size(); ++i)
      squares += std::pow(static_cast<double>(net.values()[i]) - static_cast<double>(before[i]), 2);
    return std::pair{report.gradient_norm, std::sqrt(squares)};
  };
  const auto [norm, way] = moved(std::numeric_limits<double>::infinity());
  CHECK(way == Approx(norm).epsilon(1e-4));
  const auto [full_norm, short_way] = moved(norm / 10);
  CHECK(full_norm == norm);
  CHECK(short_way == Approx(norm / 10).epsilon(1e-4));
  CHECK(moved(norm * 2).second == way);
}

TEST_CASE("A label that is missing gives its map no gradient and no part in the loss", "[trainer]") {
  ToyTask one = task;
  one.second_labelled = false;
  const auto last_gradient = [](const Batch& b, StepReport& report) {
    ToyNetwork net(Seed{1});
    Trainer<ToyNetwork, Sgd> trainer(net, Sgd{});
    report = trainer.step(b, 2, task.kernel, 0.0);
    return net.gradient(net.parameter("4.weight"));  // {2, 8, 1, 1}: map 0, then map 1
  };
  StepReport both_report, one_report;
  const auto both = last_gradient(batch, both_report);
  const auto first = last_gradient(toy_batch(one, {}, 4), one_report);
  for (std::size_t i = 0; i < 8; ++i) {
    CHECK(both[8 + i] != 0);
    CHECK(first[8 + i] == 0);
    CHECK(first[i] == Approx(2 * both[i]).epsilon(1e-4));  // a mean over half as many elements
  }
  CHECK(one_report.loss > 0);
  CHECK(std::isfinite(one_report.loss));
}

TEST_CASE("A batch without any label trains nothing", "[trainer]") {
  Batch none = batch;
  for (MapTarget& t : none.targets) t.intensity = std::numeric_limits<float>::quiet_NaN();
  ToyNetwork net(Seed{1});
  const std::vector<float> before(net.values().begin(), net.values().end());
  Trainer<ToyNetwork, Sgd> trainer(net, Sgd{});
  const StepReport report = trainer.step(none, 2, task.kernel, 1.0);
  CHECK(report.loss == 0);
  CHECK(report.gradient_norm == 0);
  CHECK(std::equal(before.begin(), before.end(), net.values().begin()));
}

TEST_CASE("The maps of every stack are held to the same targets", "[trainer]") {
  struct Stacks : Sequential<Conv<8, 3, Stride<2>>, BatchNorm, Relu, Concat<Conv<2, 1>, Conv<2, 1>>> {};
  using Net = Network<Stacks, toy_shape, Cpu>;
  Net net(Seed{1});
  const auto& first = net.parameter("3.0.weight");
  const auto& second = net.parameter("3.1.weight");
  net.set(second, net.get(first));
  Trainer<Net, Sgd> trainer(net, Sgd{});
  trainer.step(batch, 2, task.kernel, 0.1);
  CHECK(net.get(second) == net.get(first));  // equal stacks, equal gradients
  CHECK(net.gradient(first) != std::vector<float>(16, 0.0F));
}

TEST_CASE("A loss or gradient that is not finite names the batch and moves nothing", "[trainer]") {
  ToyNetwork net(Seed{1});
  Trainer<ToyNetwork, Adam> trainer(net, Adam{});
  trainer.step(batch, 2, task.kernel, 1e-2);
  const auto before = weights_of(net);
  const auto state = trainer.state(0);
  const auto check = [&](const Batch& bad, const char* what) {
    const std::string text = message<DivergenceError>([&] { trainer.step(bad, 2, task.kernel, 1e-2); });
    INFO(text);
    CHECK(contains(text, what));
    CHECK(contains(text, "samples of the batch: 4 5 6 7"));
    CHECK(weights_of(net) == before);
    CHECK(trainer.state(0) == state);
    CHECK(trainer.optimiser().steps() == 1);
  };
  Batch bad = toy_batch(task, {}, 4, 4);
  bad.input[100] = std::numeric_limits<float>::quiet_NaN();
  check(bad, "the loss is");
  bad.input[100] = std::numeric_limits<float>::infinity();
  check(bad, "the loss is");
  bad = toy_batch(task, {.infinite = 5}, 4, 4);
  check(bad, "the loss is inf");
  // The loss is finite, in double, where its gradient is not in float.
  bad = toy_batch(task, {}, 4, 4);
  bad.targets[0].intensity = 3e19F;
  check(bad, "is");

  const StepReport good = trainer.step(batch, 2, task.kernel, 1e-2);  // and training can go on
  CHECK(std::isfinite(good.loss));
  CHECK(weights_of(net) != before);
}

TEST_CASE("A trainer's state can be read and set, in the right size", "[trainer]") {
  ToyNetwork net(Seed{1});
  Trainer<ToyNetwork, Adam> trainer(net, Adam{});
  const auto zeros = trainer.state(1);
  CHECK(zeros == std::vector<float>(net.values().size(), 0.0F));
  trainer.step(batch, 2, task.kernel, 1e-2);
  CHECK(trainer.state(1) != zeros);
  trainer.set_state(1, zeros);
  CHECK(trainer.state(1) == zeros);
  CHECK_THROWS_AS(trainer.set_state(0, std::vector<float>(3)), ValueError);
}

TEST_CASE("Layers may learn at rates of their own", "[trainer]") {
  const auto after_a_step = [](double rate, const std::vector<LayerRate>& rates) {
    ToyNetwork net(Seed{1});
    Trainer trainer(net, Adam{.weight_decay = 1e-3}, SquaredError{}, CentreWeight{}, Reduction::mean, rates);
    trainer.step(batch, 2, task.kernel, rate);
    std::map<std::string, std::vector<float>> values;
    for (const Parameter& p : net.parameters()) values[p.path] = net.get(p);
    return values;
  };
  // Adam's first step is as long as the rate, whatever the other layers do.
  const auto start = after_a_step(0, {});
  const auto full = after_a_step(1e-2, {}), tenth = after_a_step(1e-3, {});
  const auto mixed = after_a_step(1e-2, {{"", 0.1}, {"4", 1}, {"3.conv1", 0}});
  for (const auto& [path, values] : mixed) {
    INFO(path);
    if (path.starts_with("0.running") || path.find("running") != std::string::npos)
      CHECK(values == full.at(path));
    else
      CHECK(values == (path.starts_with("4.")         ? full
                       : path.starts_with("3.conv1.") ? start
                                                      : tenth)
                          .at(path));
  }
  CHECK(mixed.contains("3.conv1.weight"));
  CHECK(mixed.contains("4.weight"));
}

TEST_CASE("Rates of layers that are none, or that are no numbers, are refused", "[trainer]") {
  ToyNetwork net(Seed{1});
  const auto refusal = [&](const LayerRate& rate) {
    return message<ValueError>([&] { (void)rate_parts(net.parameters(), net.values().size(), {rate}); });
  };
  CHECK(contains(refusal({"conv9", 1}), "layer 'conv9': the network has no trainable parameter"));
  CHECK(contains(refusal({"4", -1}), "of layer '4' to be finite and at least 0, found -1"));
  CHECK(contains(refusal({"4", std::numeric_limits<double>::quiet_NaN()}), "layer '4'"));
}

TEST_CASE("Statistics settle where batches of the data have them, and nothing else moves", "[trainer]") {
  ToyNetwork net(Seed{2});
  const std::vector<float> values(net.values().begin(), net.values().end());
  const ToyData data{.count = 24};
  settle_statistics(net, task, data, Seed{3}, 100, 8);
  CHECK(std::equal(values.begin(), values.end(), net.values().begin()));
  // What the first norm sees has, over all of the data, the mean and variance that it now holds.
  Network<Sequential<Conv<8, 3, Stride<2>>>, toy_shape, Cpu> first(Seed{2});
  first.set(first.parameter("0.weight"), net.get(net.parameter("0.weight")));
  const Batch all = toy_batch(task, data, 24);
  const View<const float> maps = first.forward(make_view(all.input.data(), 24, toy_shape), Mode::inference);
  const auto mean = net.get(net.parameter("1.running_mean")),
             variance = net.get(net.parameter("1.running_var"));
  for (int c = 0; c < 8; ++c) {
    double sum = 0, squares = 0;
    const auto count = static_cast<double>(maps.size() / 8);
    for (int n = 0; n < 24; ++n)
      for (int y = 0; y < maps.height; ++y)
        for (int x = 0; x < maps.width; ++x) {
          const double v = maps.at(n, y, x, c);
          sum += v, squares += v * v;
        }
    INFO(c);
    CHECK(mean[static_cast<std::size_t>(c)] == Approx(sum / count).margin(0.02));
    CHECK(variance[static_cast<std::size_t>(c)] ==
          Approx(squares / count - sum * sum / count / count).epsilon(0.15));
  }
  CHECK(contains(message<ValueError>([&] { settle_statistics(net, task, data, Seed{1}, 10, 25); }),
                 "at least one batch of 25 samples, found 24"));
}

TEST_CASE("Evaluation varies every face by its own stream, the same for any network", "[trainer]") {
  ToyNetwork net(Seed{2});
  const ToyData data{.count = 6};
  const auto answers = [&](std::optional<Random> variation) {
    std::vector<float> values;
    for (const AuResult& r : predict_all(net, task, data, 4, false, variation))
      values.push_back(r.prediction[0]);
    return values;
  };
  const auto plain = answers({}), varied = answers(Random{Seed{7}});
  CHECK(plain != varied);
  CHECK(varied == answers(Random{Seed{7}}));
  CHECK(varied != answers(Random{Seed{8}}));
}

}  // namespace
}  // namespace aurum
