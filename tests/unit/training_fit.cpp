// The training loop: what it learns, refuses, saves and prints.
#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

#include "aurum/model/weights.hpp"
#include "aurum/train/fit.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/temporary_directory.hpp"
#include "support/toy_task.hpp"

namespace aurum {
namespace {

using test::contains;
using test::message;
using test::TemporaryDirectory;
using test::toy_shape;
using test::ToyData;
using test::ToyNetwork;
using test::ToyTask;
using test::weights_of;

const ToyTask task;

FitOptions<> quiet(int epochs, int batch = 4) {
  return {.epochs = epochs, .batch = batch, .rule = {.learning_rate = 1e-2}, .progress = false};
}

/// A task whose validation scores are given: `scores[i]` for the i-th evaluation, then the last one.
struct Scripted : ToyTask {
  std::vector<double> scores;
  mutable std::size_t next = 0;
  [[nodiscard]] Evaluation evaluate(std::span<const AuResult>) const {
    return {scores[std::min(next++, scores.size() - 1)], "score", {}};
  }
};

/// Toy data that count how often each sample is asked for.
struct Counted : ToyData {
  mutable std::mutex mutex{};
  mutable std::map<int, int> asked{};
  [[nodiscard]] Sample sample(int index) const {
    {
      const std::scoped_lock lock{mutex};
      ++asked[index];
    }
    return ToyData::sample(index);
  }
};

std::string text_of(const std::filesystem::path& path) {
  std::ifstream stream(path);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// What `call` writes to stderr, which is a file meanwhile.
template <class Call>
std::string stderr_of(const std::filesystem::path& path, Call&& call) {
  std::fflush(stderr);
  const int saved = ::dup(STDERR_FILENO);
  const int file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  ::dup2(file, STDERR_FILENO);
  ::close(file);
  call();
  std::fflush(stderr);
  ::dup2(saved, STDERR_FILENO);
  ::close(saved);
  return text_of(path);
}

TEST_CASE("A tiny network learns: the loss falls, held-out faces are read", "[fit]") {
  const ToyData data{.count = 64}, unseen{.count = 32, .seed = 2};
  ToyNetwork net(Seed{1});
  const FitReport report = fit(net, task, data, unseen, quiet(25, 8));
  REQUIRE(report.history.size() == 25);
  CHECK(report.history.back().loss < report.history.front().loss / 10);
  CHECK(-report.history.back().score < 0.6);  // mean error; 1 for who always answers 3
  CHECK(-report.history.front().score > 2 * -report.history.back().score);
  CHECK(report.best_score >= report.history.back().score);
  CHECK_FALSE(report.stopped);
}

TEST_CASE("Every sample is seen once an epoch, in another order each time", "[fit]") {
  Counted data;
  data.count = 12;
  ToyNetwork net(Seed{1});
  fit(net, task, data, quiet(3));
  REQUIRE(data.asked.size() == 12);
  for (const auto& [index, times] : data.asked) CHECK(times == 3);
}

TEST_CASE("Epochs of so many steps show all samples before they show one again", "[fit]") {
  Counted data;
  data.count = 22;
  ToyNetwork net(Seed{1});
  auto how = quiet(11, 4);  // 11 epochs of 2 steps of 4: 88 samples, 4 rounds
  how.steps = 2;
  CHECK(fit(net, task, data, how).history.size() == 11);
  CHECK(data.asked.size() == 22);
  for (const auto& [index, times] : data.asked) CHECK(times == 4);
  // A batch may be more than there are.
  Counted few;
  few.count = 3;
  how.epochs = 3;
  CHECK(fit(net, task, few, how).history.size() == 3);
  for (const auto& [index, times] : few.asked) CHECK(times == 8);
  how.groups.assign(22, 0);
  CHECK_THROWS_WITH(fit(net, task, data, how),
                    "fit: expected steps of an epoch, 0 where groups are given, found 2");
}

TEST_CASE("The same seed trains the same bits for any number of threads, another seed others", "[fit]") {
  const ToyData data;
  const auto trained = [&](int threads, std::uint64_t seed) {
    ToyNetwork net(std::make_shared<Context<Cpu>>(threads), Seed{1});
    auto options = quiet(3);
    options.seed = Seed{seed};
    fit(net, task, data, options);
    return weights_of(net);
  };
  const auto one = trained(1, 7);
  CHECK(trained(2, 7) == one);
  CHECK(trained(3, 7) == one);
  CHECK(trained(1, 8) != one);
}

TEST_CASE("Training stops after epochs without a better score; best and last weights are kept", "[fit]") {
  const TemporaryDirectory directory;
  Scripted scripted;
  scripted.scores = {1, 3, 2, 3, 2, 9};
  ToyNetwork net(Seed{1});
  const ToyData data;
  std::vector<std::vector<float>> after_epoch;
  auto options = quiet(20);
  options.patience = 3;
  options.directory = directory.path();
  options.info.layout = "toy";
  options.on_epoch = [&](const Epoch&) { after_epoch.push_back(weights_of(net)); };
  const FitReport report = fit(net, scripted, data, data, options);
  CHECK(report.history.size() == 5);  // an equal score is no better one
  CHECK(report.best_epoch == 2);
  CHECK(report.best_score == 3);
  REQUIRE(after_epoch.size() == 5);

  ToyNetwork other(Seed{2});
  load(other, directory / "best.safetensors", options.info);
  CHECK(weights_of(other) == after_epoch[1]);
  load(other, directory / "last.safetensors", options.info);
  CHECK(weights_of(other) == after_epoch[4]);

  options.resume = true;  // patience is over: nothing is left to do
  const FitReport again = fit(net, scripted, data, data, options);
  CHECK(again.history.size() == 5);
  CHECK(weights_of(net) == after_epoch[4]);
}

TEST_CASE("A score that is not a number is never the best", "[fit]") {
  Scripted scripted;
  scripted.scores = {std::numeric_limits<double>::quiet_NaN(), -2, std::numeric_limits<double>::quiet_NaN()};
  ToyNetwork net(Seed{1});
  const ToyData data;
  const FitReport report = fit(net, scripted, data, data, quiet(3));
  CHECK(report.best_epoch == 2);
  CHECK(report.best_score == -2);
}

TEST_CASE("A loss that is not finite ends the training; the state before it is on disk", "[fit]") {
  const TemporaryDirectory directory;
  ToyData data{.count = 12, .infinite = 5};
  ToyNetwork net(Seed{1});
  auto options = quiet(2, 12);
  options.directory = directory.path();
  const auto before = weights_of(net);
  const std::string text = message<DivergenceError>([&] { fit(net, task, data, options); });
  CHECK(contains(text, "the loss is inf"));
  for (int i = 0; i < 12; ++i) CHECK(contains(text + " ", " " + std::to_string(i) + " "));
  CHECK(weights_of(net) == before);
  CHECK(directory.files() == 0);
}

TEST_CASE("What cannot be trained is refused with the reason", "[fit]") {
  ToyNetwork net(Seed{1});
  const ToyData data{.count = 12};
  const auto before = weights_of(net);
  const auto refused = [&](const ToyTask& t, int batch) {
    return message<ValueError>([&] { fit(net, t, data, quiet(1, batch)); });
  };
  CHECK(refused(task, 0) == "fit: expected a batch of at least 1, found 0");
  CHECK(refused(task, -2) == "fit: expected a batch of at least 1, found -2");
  CHECK(refused(task, 13) == "fit: the data set has 12 samples, fewer than one batch of 13");
  ToyTask other = task;
  other.map_count = 3;
  CHECK(refused(other, 4) == "fit: the network gives 2 maps, the task has 3");
  other.map_count = 0;
  CHECK(refused(other, 4) == "fit: the network gives 2 maps, the task has 0");
  const ToyData none{.count = 0}, broken{.count = 12, .broken = 3};
  CHECK_THROWS_AS(fit(net, task, none, quiet(1)), ValueError);
  CHECK(weights_of(net) == before);
  CHECK_THROWS_WITH(fit(net, task, broken, quiet(1)), "sample 3 is broken");
}

TEST_CASE("No epochs leave the network as it is", "[fit]") {
  ToyNetwork net(Seed{1});
  const auto before = weights_of(net);
  const FitReport report = fit(net, task, ToyData{}, quiet(0));
  CHECK(report.history.empty());
  CHECK(report.best_epoch == -1);
  CHECK(weights_of(net) == before);
}

TEST_CASE("The schedule and the clipping reach the optimiser", "[fit]") {
  const ToyData data;
  ToyNetwork net(Seed{1});
  auto options = quiet(4);
  options.schedule = CosineAnnealing{.period = 4};
  const FitReport report = fit(net, task, data, options);
  CHECK(report.history[0].learning_rate == Approx(1e-2));
  CHECK(report.history[2].learning_rate == Approx(0.5e-2));

  ToyNetwork still(Seed{1});
  const std::vector<float> before(still.values().begin(), still.values().end());
  FitOptions<Sgd> tiny{.epochs = 1, .batch = 4, .greatest_gradient_norm = 0, .progress = false};
  fit(still, task, data, tiny);
  CHECK(std::equal(before.begin(), before.end(), still.values().begin()));
}

TEST_CASE("Time in place of epochs: the schedule is stretched over it", "[fit]") {
  const ToyData data;
  ToyNetwork net(Seed{1});
  auto options = quiet(4);
  options.seconds = 0.5;
  options.schedule = CosineAnnealing{.period = 4};
  const FitReport report = fit(net, task, data, data, options);
  REQUIRE(report.history.size() > 1);
  CHECK_FALSE(report.stopped);
  CHECK(report.history.back().seconds >= 0.5);
  for (const Epoch& e : report.history) {
    CHECK(e.learning_rate <= 1e-2);
    CHECK(std::isfinite(e.loss));
  }
  CHECK(report.history.front().learning_rate > 0.9e-2);
  CHECK(report.history.back().learning_rate < report.history.front().learning_rate);
  CHECK(report.best_epoch >= 1);

  ToyNetwork once(Seed{1});  // hardly any time: one step, and its evaluation
  options.seconds = 1e-9;
  CHECK(fit(once, task, data, data, options).history.size() == 1);
}

TEST_CASE("The curve is a CSV file, with an empty cell for what was not measured", "[fit]") {
  const TemporaryDirectory directory;
  const ToyData data;
  ToyNetwork net(Seed{1});
  auto options = quiet(2);
  options.directory = directory / "made/by fit";
  const FitReport report = fit(net, task, data, options);
  std::istringstream csv(text_of(options.directory / "history.csv"));
  std::string line;
  std::getline(csv, line);
  CHECK(line == "epoch,learning_rate,loss,gradient_norm,score,seconds");
  for (const Epoch& e : report.history) {
    std::getline(csv, line);
    CHECK(line == std::to_string(e.number) + ",0.01," + detail::exact(e.loss) + "," +
                      detail::exact(e.gradient_norm) + ",," + detail::exact(e.seconds));
  }
  CHECK_FALSE(std::getline(csv, line));
  CHECK_FALSE(std::filesystem::exists(options.directory / "best.safetensors"));  // nothing was validated

  fit(net, task, data, data, options);
  CHECK_FALSE(contains(text_of(options.directory / "history.csv"), ",,"));
  CHECK(std::filesystem::exists(options.directory / "best.safetensors"));
}

TEST_CASE("Where nobody watches a terminal, progress is one plain line an epoch", "[fit]") {
  const TemporaryDirectory directory;
  const ToyData data;
  ToyNetwork net(Seed{1});
  auto options = quiet(2);
  options.progress = true;
  const std::string text = stderr_of(directory / "stderr", [&] { fit(net, task, data, data, options); });
  INFO(text);
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
  CHECK(text.rfind("epoch 1/2  loss ", 0) == 0);
  CHECK(contains(text, "\nepoch 2/2  loss "));
  CHECK(contains(text, "-error -"));
  CHECK(contains(text, "faces 12"));
  CHECK_FALSE(contains(text, "\r"));
  CHECK_FALSE(contains(text, "\033"));

  options.progress = false;
  CHECK(stderr_of(directory / "stderr", [&] { fit(net, task, data, data, options); }).empty());
}

TEST_CASE("Times read as clocks do", "[progress]") {
  CHECK(clock_text(-1) == "0:00");
  CHECK(clock_text(59.6) == "1:00");
  CHECK(clock_text(3599) == "59:59");
  CHECK(clock_text(3723) == "1:02:03");
}

}  // namespace
}  // namespace aurum
