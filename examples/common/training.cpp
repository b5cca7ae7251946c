#include "training.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "aurum/io/safetensors.hpp"
#include "aurum/optim/recipe.hpp"
#include "program.hpp"

namespace examples {
namespace {

aurum::recipe::ntinou2020 checked(const TrainingOptions& options) {
  aurum::recipe::ntinou2020 recipe;
  if (options.epochs > 0) recipe.epochs = options.epochs;
  if (options.batch > 0) recipe.batch = options.batch;
  if (options.learning_rate > 0) recipe.learning_rate = options.learning_rate;
  return recipe;
}

/// Fills the network from a file of the same layout and maps. Convolutions do not ask how large the pictures
/// are, so the file may come from smaller ones.
template <class Network>
void start_from(Network& network, const std::string& weights, aurum::ModelInfo expected) {
  const auto file = aurum::SafetensorsFile::read(weights);
  if (aurum::has_model_info(file)) expected.input = aurum::read_model_info(file).input;
  network.load(weights, expected);
}

int epochs_of(const SmallStart& part, int all) {
  return std::max(1, static_cast<int>(std::lround(part.share * all)));
}

/// A training from first to last epoch of one network, or its part on smaller pictures.
struct Stretch {
  int epochs = 0;
  double minutes = 0;               ///< 0: as many epochs as asked for
  double done = 0;                  ///< share of the whole training before it
  std::filesystem::path directory;  ///< gets weights, state and history
  std::string weights;              ///< to start from; empty: the network's own
  std::string origin;               ///< where those come from, in words
};

/// "11 epochs in 8.5 minutes"
std::string length_of(const aurum::FitReport& report, const Stretch& stretch) {
  return std::to_string(report.history.size()) + " epochs" +
         (stretch.minutes > 0 ? " in " + aurum::detail::shortest(stretch.minutes) + " minutes" : "");
}

/// Weights that show rare labels oftener.
std::vector<float> balanced(const AnyData& data) {
  std::vector<float> labels;
  for (int i = 0; i < data.size(); ++i) {
    const std::vector<float> row = data.labels(i);
    labels.insert(labels.end(), row.begin(), row.end());
  }
  return aurum::balanced_weights(labels, data.action_units().size());
}

template <class Task>
Training train_stretch(const CompiledNetwork<Task>& type, TrainableNetwork<Task>& network, const Task& task,
                       const Split& split, const TrainingOptions& options, const Stretch& stretch) {
  aurum::recipe::ntinou2020 recipe = checked(options);
  recipe.epochs = stretch.epochs;
  if (options.recipe == "anneal" || stretch.minutes > 0) {
    // It begins no higher than a training without stretches would be by then, or it forgets what it has
    // learned.
    recipe.learning_rate = aurum::CosineAnnealing{}.rate(recipe.learning_rate, stretch.done);
    const double warm_up = std::min(1.0, 0.05 * recipe.epochs);
    recipe.schedule = aurum::Schedule{aurum::CosineAnnealing{.period = recipe.epochs - warm_up},
                                      aurum::LinearWarmup{.length = warm_up, .start = 0.1}};
  }
  Training training;
  training.info = describe(type, task);
  training.info.training_data = split.description;
  training.info.synthetic_data = split.synthetic_version;
  training.info.licence = options.licence;
  const aurum::FitOptions<aurum::Adam> how{
      .epochs = recipe.epochs,
      .seconds = 60 * stretch.minutes,
      .batch = recipe.batch,
      .rule = recipe.optimiser(),
      .schedule = recipe.schedule,
      .layer_rates = options.layer_rates,
      .sampling = options.balance ? balanced(split.train) : std::vector<float>{},
      .seed = {options.seed},
      .patience = options.patience,
      .directory = stretch.directory,
      .info = training.info,
      .resume = options.resume,
      .stop = &stop_requested(),
      .configuration = type.layout + ", " + split.description + ", augmentation " + options.augmentation +
                       ", centre weight " + aurum::detail::shortest(options.centre_weight) + stretch.origin +
                       options.origin + (training.info.sides ? ", sides apart" : "") +
                       (options.initialiser == aurum::Initialiser::kaiming
                            ? ""
                            : ", initialiser " + std::to_string(static_cast<int>(options.initialiser)))};
  std::fprintf(stderr, "%s: %lld parameters, %s, %.2f G multiply-adds; %d images\n", type.layout.c_str(),
               type.parameters, aurum::to_string(type.input).c_str(),
               static_cast<double>(type.multiply_adds) / 1e9, split.train.size());
  if (!stretch.weights.empty()) start_from(network, stretch.weights, training.info);
  training.report = network.fit(task, split.train, split.validation, how);
  char rate[32];  // a later stretch's begins where annealing has come to: as many digits as one reads
  std::snprintf(rate, sizeof rate, "%.3g", recipe.learning_rate);
  training.how = length_of(training.report, stretch) + " of " + std::to_string(split.train.size()) +
                 " images, batch " + std::to_string(recipe.batch) + ", Adam " + rate + ", " +
                 recipe.schedule.describe() + ", augmentation " + options.augmentation + ", centre weight " +
                 aurum::detail::shortest(options.centre_weight) + (options.balance ? ", balanced" : "") +
                 (training.info.sides ? ", sides apart" : "") + stretch.origin + options.origin;
  return training;
}

}  // namespace

int epochs_of(const TrainingOptions& options) { return checked(options).epochs; }

aurum::Augmentation augmentation_of(const TrainingOptions& options) {
  if (options.augmentation == "none") return aurum::Augmentation::none();
  if (options.augmentation == "light")
    return {.rotation_degrees = 10,
            .least_scale = 0.93F,
            .greatest_scale = 1.07F,
            .translation = 0.02F,
            .brightness = 0.1F,
            .contrast = 0.1F,
            .saturation = 0.1F,
            .hue_degrees = 5,
            .occlusion = 0.15F};
  return {};
}

void check_shares(const TrainingOptions& options) {
  const int all = checked(options).epochs;
  double share = 0;
  int epochs = 0;
  for (const SmallStart& part : options.begin) {
    share += part.share;
    epochs += epochs_of(part, all);
  }
  if (share >= 1)
    throw aurum::ValueError("--begin: expected shares of less than 1 in all, found " +
                            aurum::detail::shortest(share));
  if (epochs >= all && !options.begin.empty())
    throw aurum::ValueError("--begin: expected epochs for every size, found " + std::to_string(all) +
                            " in all");
}

template <class Task>
Training train(const CompiledNetwork<Task>& type, TrainableNetwork<Task>& network, const Task& task,
               const Split& split, const TrainingOptions& options, const std::string& command) {
  const auto start = std::chrono::steady_clock::now();
  Stretch whole{.epochs = checked(options).epochs,
                .minutes = options.minutes,
                .done = 0,
                .directory = options.output,
                .weights = options.weights,
                .origin = options.weights.empty() ? "" : ", from the weights of " + options.weights};
  Training training;
  const Stretch all = whole;
  for (const SmallStart& part : options.begin) {
    const auto& small_type = at_size(type, part.size);
    Stretch stretch = whole;
    stretch.directory = all.directory / ("begin_" + std::to_string(part.size));
    stretch.minutes = part.share * all.minutes;
    stretch.epochs = epochs_of(part, all.epochs);
    whole.minutes -= stretch.minutes;
    whole.epochs -= stretch.epochs;
    const auto small = make_network(small_type, options);
    training = train_stretch(small_type, *small, task, split, options, stretch);
    if (training.report.stopped) break;
    whole.done += part.share;
    whole.weights = stretch.directory / "last.safetensors";
    whole.origin = ", after " + length_of(training.report, stretch) + " on " +
                   aurum::to_string(small_type.input) + stretch.origin;
  }
  if (!training.report.stopped) training = train_stretch(type, network, task, split, options, whole);
  training.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (training.report.stopped && options.minutes > 0) {
    std::fprintf(stderr, "stopped; a training by the clock cannot go on, %s keeps what it has written\n",
                 options.output.c_str());
  } else if (training.report.stopped) {
    std::fprintf(stderr, "stopped; go on with\n  %s%s\n", command.c_str(), options.resume ? "" : " --resume");
  } else if (training.report.best_epoch > 0) {
    network.load(whole.directory / "best.safetensors", training.info);
  } else {
    throw aurum::Error("no epoch had a defined score: see history.csv");
  }
  return training;
}

template Training train(const CompiledNetwork<AuTask>&, TrainableNetwork<AuTask>&, const AuTask&,
                        const Split&, const TrainingOptions&, const std::string&);
template Training train(const CompiledNetwork<LandmarkTask>&, TrainableNetwork<LandmarkTask>&,
                        const LandmarkTask&, const Split&, const TrainingOptions&, const std::string&);

}  // namespace examples
