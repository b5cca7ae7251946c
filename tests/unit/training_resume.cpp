// Interrupted trainings go on with the very bits of an unbroken one, and take up no other run's state.
#include <fstream>
#include <sstream>

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
using test::ToyData;
using test::ToyNetwork;
using test::ToyTask;
using test::weights_of;

const ToyTask task;
const ToyData data{.count = 14};  // 3 steps of 4 an epoch, 2 samples left over
const ToyData validation{.count = 5, .seed = 2};

/// Toy data that give 9 samples and no more: two batches and a bit.
struct Dying : ToyData {
  mutable std::atomic<int> left{9};
  [[nodiscard]] Sample sample(int index) const {
    if (left-- == 0) throw std::runtime_error("the process dies");
    return ToyData::sample(index);
  }
};

FitOptions<> run_in(const TemporaryDirectory& directory) {
  FitOptions<> options{.epochs = 4,
                       .batch = 4,
                       .rule = {.learning_rate = 1e-2, .weight_decay = 1e-3},
                       .schedule = CosineWarmRestarts{.period = 3},
                       .greatest_gradient_norm = 5,
                       .seed = Seed{3},
                       .progress = false,
                       .configuration = "toy"};
  options.directory = directory.path();
  options.resume = true;
  return options;
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << stream.rdbuf();
  return bytes.str();
}

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// All that a finished run leaves, but for its times.
struct Outcome {
  std::vector<float> weights;
  std::string best, last;
  std::vector<std::vector<std::byte>> state;
  std::vector<double> history;
  int best_epoch = 0;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome outcome(ToyNetwork& net, const FitReport& report, const TemporaryDirectory& directory) {
  Outcome o{.weights = weights_of(net),
            .best = bytes_of(directory / "best.safetensors"),
            .last = bytes_of(directory / "last.safetensors"),
            .state = {},
            .history = {},
            .best_epoch = report.best_epoch};
  const SafetensorsFile state = SafetensorsFile::read(directory / "state.safetensors");
  for (const TensorRecord& record : state.tensors())
    o.state.emplace_back(record.bytes.begin(), record.bytes.end());
  for (const Epoch& e : report.history)
    for (const double value :
         {static_cast<double>(e.number), e.learning_rate, e.loss, e.gradient_norm, e.score})
      o.history.push_back(value);
  return o;
}

/// Trains to the end, with a fresh process's network each time that `stop_after` epochs have passed or, for
/// 0, after every single step.
Outcome interrupted(std::vector<int> threads, int stop_after, int* runs = nullptr) {
  const TemporaryDirectory directory;
  for (std::size_t run = 0;; ++run) {
    ToyNetwork net(std::make_shared<Context<Cpu>>(threads[run % threads.size()]), Seed{run + 1});
    if (run == 0) net.set(net.parameter("0.weight"), ToyNetwork(Seed{1}).get(net.parameter("0.weight")));
    std::atomic<bool> stop{stop_after == 0};
    int epochs = 0;
    auto options = run_in(directory);
    options.stop = &stop;
    options.on_epoch = [&](const Epoch&) { stop = ++epochs == stop_after || stop_after == 0; };
    const FitReport report = fit(net, task, data, validation, options);
    if (runs != nullptr) *runs = static_cast<int>(run) + 1;
    if (!report.stopped) return outcome(net, report, directory);
    REQUIRE(run < 100);
  }
}

TEST_CASE("A training that is stopped and resumed gives the bits of an unbroken one", "[resume]") {
  const Outcome unbroken = interrupted({1}, 1000);
  REQUIRE(unbroken.history.size() == 4 * 5);
  int runs = 0;
  CHECK(interrupted({1}, 1, &runs) == unbroken);  // in the middle of epochs 2, 3 and 4
  CHECK(runs == 4);
  CHECK(interrupted({1}, 0, &runs) == unbroken);  // after every step
  CHECK(runs == 13);
  CHECK(interrupted({1, 3, 2}, 0) == unbroken);  // on another number of threads each time
  CHECK(interrupted({2}, 1000) == unbroken);
}

TEST_CASE("More epochs can be asked for when a training has ended", "[resume]") {
  const TemporaryDirectory directory, whole;
  ToyNetwork net(Seed{1}), unbroken(Seed{1});
  auto options = run_in(directory);
  options.epochs = 2;
  fit(net, task, data, validation, options);
  options.epochs = 4;
  const FitReport report = fit(net, task, data, validation, options);
  CHECK(report.history.size() == 4);
  fit(unbroken, task, data, validation, run_in(whole));
  CHECK(weights_of(net) == weights_of(unbroken));
}

TEST_CASE("The state is saved within an epoch as well, and a run can go on from there", "[resume]") {
  const TemporaryDirectory directory, whole;
  ToyNetwork net(Seed{1}), again(Seed{2}), unbroken(Seed{1});
  auto options = run_in(directory);
  options.checkpoint_seconds = -1;  // after every step
  Dying dying;
  dying.count = data.count;
  CHECK_THROWS_WITH(fit(net, task, dying, validation, options), "the process dies");
  const auto state = SafetensorsFile::read(directory / "state.safetensors");
  REQUIRE(state.metadata().at("training.position").substr(0, 3) == "0 2");  // two steps of the first epoch
  fit(again, task, data, validation, options);
  fit(unbroken, task, data, validation, run_in(whole));
  CHECK(weights_of(again) == weights_of(unbroken));
}

TEST_CASE("Without `resume` a training begins anew, with a state to be found too", "[resume]") {
  const TemporaryDirectory directory;
  ToyNetwork first(Seed{1}), second(Seed{1});
  auto options = run_in(directory);
  fit(first, task, data, validation, options);
  options.resume = false;
  const FitReport report = fit(second, task, data, validation, options);
  CHECK(report.history.size() == 4);
  CHECK(weights_of(second) == weights_of(first));
}

/// Sees to it that a refused state changes nothing.
class RefusedStates {
 public:
  RefusedStates() {
    auto options = run_in(directory_);
    options.epochs = 1;
    fit(net_, task, data, validation, options);
    good_ = bytes_of(state());
    before_ = weights_of(other_);
  }
  [[nodiscard]] std::filesystem::path state() const { return directory_ / "state.safetensors"; }
  [[nodiscard]] const std::string& good() const { return good_; }

  /// The message with which resuming is refused; nothing may have changed.
  template <class Rule = Adam>
  std::string refused(FitOptions<Rule> options) {
    const std::string text = message<Error>([&] { fit(other_, task, data, validation, options); });
    CHECK(weights_of(other_) == before_);
    return text;
  }
  [[nodiscard]] FitOptions<> options() const { return run_in(directory_); }

 private:
  TemporaryDirectory directory_;
  ToyNetwork net_{Seed{1}}, other_{Seed{2}};
  std::string good_;
  std::vector<float> before_;
};

TEST_CASE("Another run's state is refused", "[resume]") {
  RefusedStates states;
  const auto refused_with = [&](auto change) {
    auto options = states.options();
    change(options);
    return states.refused(options);
  };
  CHECK(contains(refused_with([](auto& o) { o.configuration = "other"; }), "another run's state"));
  CHECK(contains(refused_with([](auto& o) { o.batch = 2; }), "batch=2"));
  CHECK(contains(refused_with([](auto& o) { o.seed = Seed{4}; }), "seed=4"));
  CHECK(contains(refused_with([](auto& o) { o.schedule = Constant{}; }), "schedule=constant"));
  CHECK(contains(refused_with([](auto& o) { o.rule.learning_rate = 0.5; }), "learning_rate=0.5"));
  CHECK(contains(refused_with([](auto& o) { o.greatest_gradient_norm = 7; }), "greatest_gradient_norm=7"));
  FitOptions<Sgd> sgd{.epochs = 4,
                      .batch = 4,
                      .schedule = CosineWarmRestarts{.period = 3},
                      .seed = Seed{3},
                      .progress = false,
                      .configuration = "toy"};
  sgd.directory = states.options().directory;
  sgd.resume = true;
  CHECK(contains(states.refused(sgd), "another run's state"));
}

TEST_CASE("A damaged state is refused and changes nothing", "[resume]") {
  RefusedStates states;
  const std::string& good = states.good();
  const auto refused_bytes = [&](const std::string& bytes) {
    write(states.state(), bytes);
    const std::string text = states.refused(states.options());
    INFO(text);
    CHECK(contains(text, "state.safetensors"));
    return text;
  };
  refused_bytes("");
  refused_bytes(good.substr(0, good.size() / 2));
  refused_bytes(good.substr(0, good.size() - 1));
  refused_bytes(good + "more");
  const auto replaced = [&](const std::string& from, const std::string& to) {
    REQUIRE(from.size() == to.size());
    std::string bytes = good;
    const std::size_t at = bytes.find(from);
    REQUIRE(at != std::string::npos);
    bytes.replace(at, from.size(), to);
    return bytes;
  };
  CHECK(contains(refused_bytes(replaced("4.bias", "4.bios")), "4.bios"));
  CHECK(contains(refused_bytes(replaced("training.position", "training.positiof")), "training.position"));
  CHECK(contains(refused_bytes(replaced("\"training.position\":\"1", "\"training.position\":\"x")),
                 "position"));
  CHECK(contains(refused_bytes(replaced("\"optimiser.steps\":\"3", "\"optimiser.steps\":\"x")), "steps"));
  CHECK(contains(refused_bytes(replaced("\"optimiser\":\"adam\"", "\"optimiser\":\"adan\"")), "adan"));

  const std::string position = "\"training.position\":\"1 0 ";
  CHECK(contains(refused_bytes(replaced(position, "\"training.position\":\"1 9 ")), "step 9"));
  CHECK(contains(refused_bytes(replaced(position, "\"training.position\":\"-1 0")), "negative"));

  write(states.state(), good);
  ToyNetwork net(Seed{2});
  CHECK(fit(net, task, data, validation, states.options()).history.size() == 4);
}

}  // namespace
}  // namespace aurum
