#pragma once
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aurum/data/sampling.hpp"
#include "aurum/optim/schedule.hpp"
#include "aurum/train/evaluate.hpp"
#include "aurum/train/progress.hpp"
#include "aurum/train/task.hpp"
#include "aurum/train/training_state.hpp"

namespace aurum {

/// How to train. Times are in epochs.
template <class Rule = Adam>
struct FitOptions {
  int epochs = 20;
  /// If not 0: train for so long in place of `epochs`, the last evaluation on top, the schedule for `epochs`
  /// stretched over the time. How far that goes, and so every bit, depends on the machine.
  double seconds = 0;
  int batch = 16;
  /// Of an epoch; 0: as many as show each sample once. The order goes on from epoch to epoch, so that all are
  /// shown before any is again.
  int steps = 0;
  Rule rule{};                           ///< the optimiser; its learning rate is the schedule's base
  Schedule schedule = Constant{};        ///< read at every step, at epoch + step / steps
  std::vector<LayerRate> layer_rates{};  ///< layers whose learning rate is another than the schedule's
  double greatest_gradient_norm = std::numeric_limits<double>::infinity();
  /// How often an epoch shows each sample (see `draw_indices`), one weight for each; empty: each once.
  std::vector<float> sampling{};
  /// Whose each sample is (a video's, say), one number for each; empty: it does not matter. An epoch then
  /// shows `together` samples of one of them after another: negatives that differ in little else than what
  /// is to be learned.
  std::vector<int> groups{};
  int together = 1;
  bool alike = false;  ///< whether the samples of one group in a batch are also varied alike
  Seed seed{};         ///< of order and variation
  int patience = 0;    ///< stop after that many epochs without a better score; 0: never
  std::filesystem::path
      directory{};      ///< gets best.safetensors, last.safetensors, state.safetensors, history.csv
  ModelInfo info{};     ///< what the weights files say
  bool resume = false;  ///< go on from state.safetensors in `directory`, if it is there
  double checkpoint_seconds = 300;          ///< the state is also saved this often within an epoch
  bool progress = true;                     ///< show a bar or lines on stderr
  const std::atomic<bool>* stop = nullptr;  ///< when set: save the state after the running step and return
  std::string configuration{};              ///< describes data and network, to refuse resuming another run
  std::function<void(const Epoch&)> on_epoch{};  ///< called after every epoch
};

struct FitReport {
  std::vector<Epoch> history;
  double best_score = -std::numeric_limits<double>::infinity();  ///< -infinity without validation
  int best_epoch = -1;
  bool stopped = false;  ///< by `stop`, before the end
};

namespace detail {
/// Data set of a training without validation.
struct NoData {
  [[nodiscard]] int size() const { return 0; }
  [[nodiscard]] std::span<const int> action_units() const { return {}; }
  [[nodiscard]] Sample sample(int) const { return {}; }
};

/// What takes the steps: a task may bring its own trainer, for a loss that compares no maps.
template <class Net, class Task, class Rule>
[[nodiscard]] auto make_trainer(Net& net, const Task& task, const FitOptions<Rule>& options) {
  if constexpr (requires { task.trainer(net, options.rule, options.layer_rates); }) {
    return task.trainer(net, options.rule, options.layer_rates);
  } else {
    if (task.maps() < 1 || Net::output_shape.channels % task.maps() != 0)
      throw ValueError("fit: the network gives " + std::to_string(Net::output_shape.channels) +
                       " maps, the task has " + std::to_string(task.maps()));
    return Trainer<Net, Rule, decltype(loss_of(task))>(
        net, options.rule, loss_of(task), centre_weight_of(task), Reduction::mean, options.layer_rates);
  }
}

template <class Net, class Task, class Rule, class Data, class Validation>
class Fit {
 public:
  Fit(Net& net, const Task& task, const Data& data, const Validation& validation,
      const FitOptions<Rule>& options)
      : net_{net},
        task_{task},
        data_{data},
        validation_{validation},
        options_{options},
        trainer_{make_trainer(net, task, options)},
        steps_{steps_per_epoch(data.size(), options)},
        progress_{"training", timed() ? options.seconds : static_cast<double>(options.epochs) * steps_,
                  options.progress} {
    if (!options.sampling.empty() && std::ssize(options.sampling) != data.size())
      throw ValueError("fit: expected a weight for each of " + std::to_string(data.size()) +
                       " samples, found " + std::to_string(options.sampling.size()));
    if (options.together < 1 ||
        ((options.alike || !options.groups.empty()) && std::ssize(options.groups) != data.size()))
      throw ValueError("fit: expected a group for each of " + std::to_string(data.size()) +
                       " samples and at least 1 of them together, found " +
                       std::to_string(options.groups.size()) + " and " + std::to_string(options.together));
    if (!options.directory.empty()) std::filesystem::create_directories(options.directory);
    if (options.resume && std::filesystem::exists(state_path()))
      at_ = load_training(state_path(), net, trainer_, configuration(), steps_);
  }

  FitReport run() {
    bool stopped = false;
    while (time_is_left() && !patience_is_over()) {
      if (!train_epoch()) {
        stopped = true;
        break;
      }
      finish_epoch();
    }
    return {at_.history, at_.best_score, at_.best_epoch, stopped};
  }

 private:
  using Clock = std::chrono::steady_clock;

  static int steps_per_epoch(int samples, const FitOptions<Rule>& options) {
    const int batch = options.batch;
    if (options.steps < 0 || (options.steps > 0 && !options.groups.empty()))
      throw ValueError("fit: expected steps of an epoch, 0 where groups are given, found " +
                       std::to_string(options.steps));
    if (batch < 1) throw ValueError("fit: expected a batch of at least 1, found " + std::to_string(batch));
    if (options.steps > 0 && samples > 0) return options.steps;
    if (samples < batch)
      throw ValueError("fit: the data set has " + std::to_string(samples) +
                       " samples, fewer than one batch of " + std::to_string(batch));
    return samples / batch;
  }

  [[nodiscard]] double learning_rate(double time) const {
    return options_.schedule(options_.rule.learning_rate, time);
  }
  [[nodiscard]] bool timed() const { return options_.seconds > 0; }
  /// At least one step is taken in any time.
  [[nodiscard]] bool time_is_left() const {
    return timed() ? at_.epoch == 0 || spent() < options_.seconds : at_.epoch < options_.epochs;
  }
  /// What the schedule is asked for.
  [[nodiscard]] double now() const {
    if (timed()) return options_.epochs * std::min(1.0, spent() / options_.seconds);
    return at_.epoch + static_cast<double>(at_.step) / steps_;
  }

  /// The samples that the epoch shows, in their order: each once, or as often as they are to be drawn.
  [[nodiscard]] std::vector<int> epoch_order(Random& random) const {
    const int shown = options_.steps > 0 ? steps_ * options_.batch : data_.size();
    if (!options_.sampling.empty()) return draw_indices(options_.sampling, shown, random);
    if (options_.steps > 0)
      return endless_order(data_.size(), static_cast<long long>(at_.epoch) * shown, shown,
                           Random{options_.seed}.fork(0x6F72646572));  // "order"
    std::vector<int> order(static_cast<std::size_t>(data_.size()));
    std::iota(order.begin(), order.end(), 0);
    shuffle(order, random);
    return options_.groups.empty() ? order : in_runs(order, options_.groups, options_.together, random);
  }
  /// The rest of the running epoch, or what there is time for; false if it was told to stop.
  bool train_epoch() {
    first_rate_ = learning_rate(timed() ? now() : at_.epoch);
    const Random stream = Random{options_.seed}.fork(static_cast<std::uint64_t>(at_.epoch));
    Random shuffling = stream.fork(0);
    std::vector<int> order = epoch_order(shuffling);
    order.resize(static_cast<std::size_t>(steps_) * static_cast<std::size_t>(options_.batch));
    Loader<Task, Data> loader(
        task_, data_, std::move(order),
        {.input = Net::input_shape,
         .maps = {task_.maps(), Net::output_shape.height, Net::output_shape.width},
         .batch = options_.batch,
         .variation = stream.fork(1),
         .groups = options_.groups,
         .alike = options_.alike,
         .done = static_cast<std::size_t>(at_.step) * static_cast<std::size_t>(options_.batch)});
    // Where batches have to be copied, the next one is while the network works on the last.
    constexpr bool ahead = uploads_ahead<typename Net::backend>;
    std::optional<Batch> following;
    while (at_.step < steps_) {
      const std::optional<Batch> batch = following ? std::exchange(following, std::nullopt) : loader.next();
      if (ahead && at_.step + 1 < steps_) following = loader.next();
      const StepReport step =
          trainer_.step(*batch, task_.maps(), task_.kernel, learning_rate(now()),
                        options_.greatest_gradient_norm, following ? &*following : nullptr);
      at_.loss_sum += step.loss;
      at_.norm_sum += step.gradient_norm;
      ++at_.step;
      progress_.update(timed() ? spent() : static_cast<double>(at_.epoch) * steps_ + at_.step, status());
      if (options_.stop != nullptr && options_.stop->load()) {
        save_state();
        return false;
      }
      if (std::chrono::duration<double>(Clock::now() - saved_).count() > options_.checkpoint_seconds)
        save_state();
      if (timed() && spent() >= options_.seconds) break;
    }
    return true;
  }

  void finish_epoch() {
    Epoch epoch{.number = at_.epoch + 1,
                .learning_rate = first_rate_,
                .loss = at_.loss_sum / at_.step,
                .gradient_norm = at_.norm_sum / at_.step};
    std::string text, warning;
    bool best = false;
    if (validation_.size() > 0) {
      const Evaluation evaluation = evaluate();
      epoch.score = evaluation.score;
      text = evaluation.name + " " + rounded(evaluation.score);
      for (const auto& [name, value] : evaluation.details) text += ", " + name + " " + rounded(value);
      warning = evaluation.warning;
      best = evaluation.score > at_.best_score;
      if (best) {
        at_.best_score = evaluation.score;
        at_.best_epoch = epoch.number;
      }
    }
    ++at_.epoch;
    at_.step = 0;
    at_.loss_sum = at_.norm_sum = 0;
    epoch.seconds = spent();
    at_.history.push_back(epoch);
    progress_.line("epoch " + std::to_string(epoch.number) + of_epochs() + "  loss " + rounded(epoch.loss) +
                   "  gradient " + rounded(epoch.gradient_norm) + "  " + text + "  " +
                   clock_text(epoch.seconds));
    if (!warning.empty()) progress_.line("warning: " + warning);
    if (!options_.directory.empty()) {
      save(net_, options_.directory / "last.safetensors", options_.info);
      if (best) save(net_, options_.directory / "best.safetensors", options_.info);
      write_history(options_.directory / "history.csv", at_.history);
      save_state();
    }
    if (options_.on_epoch) options_.on_epoch(epoch);
  }

  [[nodiscard]] Evaluation evaluate() {
    if constexpr (requires { task_.evaluate_network(net_, validation_, options_.batch); })
      return task_.evaluate_network(net_, validation_, options_.batch);
    else
      return task_.evaluate(predict_all(net_, task_, validation_, options_.batch));
  }

  void save_state() {
    saved_ = Clock::now();
    if (options_.directory.empty()) return;
    at_.seconds = spent();
    start_ = saved_;
    save_training(state_path(), net_, trainer_, at_, configuration());
  }
  [[nodiscard]] double spent() const {
    return at_.seconds + std::chrono::duration<double>(Clock::now() - start_).count();
  }
  [[nodiscard]] bool patience_is_over() const {
    return options_.patience > 0 && at_.best_epoch > 0 && at_.epoch - at_.best_epoch >= options_.patience;
  }
  [[nodiscard]] std::filesystem::path state_path() const { return options_.directory / "state.safetensors"; }
  [[nodiscard]] std::string configuration() const {
    std::string text = options_.configuration + " samples=" + std::to_string(data_.size()) +
                       " batch=" + std::to_string(options_.batch) +
                       " seed=" + std::to_string(options_.seed.value) +
                       " schedule=" + options_.schedule.describe() + " maps=" + std::to_string(task_.maps()) +
                       " input=" + to_string(Net::input_shape) +
                       " greatest_gradient_norm=" + shortest(options_.greatest_gradient_norm);
    if (!options_.sampling.empty())
      text += " sampling weights of sum " +
              shortest(std::accumulate(options_.sampling.begin(), options_.sampling.end(), 0.0));
    if (options_.steps > 0) text += " steps=" + std::to_string(options_.steps);
    if (!options_.groups.empty())
      text += " together=" + std::to_string(options_.together) + (options_.alike ? " alike" : "");
    for (const auto& [layer, factor] : options_.layer_rates)
      text += " rate of '" + layer + "'=" + shortest(factor);
    for (const auto& [option, value] : options_.rule.options()) text += " " + option + "=" + shortest(value);
    return text;
  }
  [[nodiscard]] std::string of_epochs() const { return timed() ? "" : "/" + std::to_string(options_.epochs); }
  [[nodiscard]] std::string status() const {
    std::string text =
        "epoch " + std::to_string(at_.epoch + 1) + of_epochs() + "  loss " + rounded(at_.loss_sum / at_.step);
    if constexpr (requires { trainer_.note(); }) text += "  " + trainer_.note();
    return text;
  }
  static std::string rounded(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4g", value);
    return text;
  }

  Net& net_;
  const Task& task_;
  const Data& data_;
  const Validation& validation_;
  const FitOptions<Rule>& options_;
  decltype(make_trainer(std::declval<Net&>(), std::declval<const Task&>(),
                        std::declval<const FitOptions<Rule>&>())) trainer_;
  int steps_;
  Progress progress_;
  TrainingPosition at_;
  double first_rate_ = 0;  // of the running epoch
  Clock::time_point start_ = Clock::now();
  Clock::time_point saved_ = start_;
};
}  // namespace detail

/// Trains `net` for `task` on `data`, scoring `validation` after every epoch: shuffled batches prepared by a
/// second thread, best and last weights and the state saved as they come, exact resuming. Throws
/// DivergenceError when a loss is not finite, ValueError for data that do not fill a batch.
template <class Net, class Task, class Data, class Validation, class Rule = Adam>
FitReport fit(Net& net, const Task& task, const Data& data, const Validation& validation,
              const FitOptions<Rule>& options = {}) {
  return detail::Fit<Net, Task, Rule, Data, Validation>(net, task, data, validation, options).run();
}

/// The same without validation.
template <class Net, class Task, class Data, class Rule = Adam>
FitReport fit(Net& net, const Task& task, const Data& data, const FitOptions<Rule>& options = {}) {
  return fit(net, task, data, detail::NoData{}, options);
}

}  // namespace aurum
