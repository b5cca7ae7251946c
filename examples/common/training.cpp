#include "training.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>

#include "aurum/data/text.hpp"
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

/// What --begin says.
std::vector<SmallStart> small_starts(const std::vector<std::string>& texts) {
  std::vector<SmallStart> parts;
  for (const std::string& text : texts) {
    const std::size_t colon = text.find(':');
    const std::string_view all = text;
    const auto size = aurum::parse_number<int>(all.substr(0, colon));
    const auto share =
        colon == std::string::npos ? std::nullopt : aurum::parse_number<double>(all.substr(colon + 1));
    if (!size || !share || *size < 16 || !(*share > 0 && *share < 1))
      throw CLI::ValidationError("--begin", "expected <side>:<share>, as 64:0.1, found '" + text + "'");
    parts.push_back({*size, *share});
  }
  return parts;
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
  training.how = length_of(training.report, stretch) + " of " + std::to_string(split.train.size()) +
                 " images, batch " + std::to_string(recipe.batch) + ", Adam " +
                 aurum::detail::shortest(recipe.learning_rate) + ", " + recipe.schedule.describe() +
                 ", augmentation " + options.augmentation + ", centre weight " +
                 aurum::detail::shortest(options.centre_weight) + (options.balance ? ", balanced" : "") +
                 (training.info.sides ? ", sides apart" : "") + stretch.origin + options.origin;
  return training;
}

}  // namespace

void add_training_options(CLI::App& app, TrainingOptions& options) {
  const char* group = "Training";
  app.add_option("--recipe", options.recipe,
                 "ntinou2020: the paper's, learning rate restarted every 5 epochs. anneal: the same, but "
                 "annealed once over all epochs after a short warm-up (always so with --minutes)")
      ->check(CLI::IsMember({"ntinou2020", "anneal"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--augmentation", options.augmentation,
                 "variation of the training crops; paper: flip, rotation 30 degrees, scale 0.8 to 1.2, "
                 "colours, occlusion. light: about a third of that")
      ->check(CLI::IsMember({"paper", "light", "none"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--centre-weight", options.centre_weight,
                 "how many times more the loss counts at the centres of the AUs or landmarks than far from "
                 "them, less one (ours: it learns sooner); 0: the paper's plain squared error")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
  app.add_option("--epochs", options.epochs, "passes over the training set [20]")
      ->check(CLI::Range(1, 1000000))
      ->group(group);
  app.add_option("--batch", options.batch, "images per step [48]")->check(CLI::Range(1, 4096))->group(group);
  app.add_option("--learning-rate", options.learning_rate, "of Adam, at its highest [0.001]")
      ->check(CLI::PositiveNumber)
      ->group(group);
  auto* minutes =
      app.add_option(
             "--minutes", options.minutes,
             "train for so long, in place of --epochs; the learning rate is annealed to zero over the "
             "time")
          ->check(CLI::PositiveNumber)
          ->excludes("--epochs")
          ->group(group);
  app.add_option_function<std::vector<std::string>>(
         "--begin",
         [&options](const std::vector<std::string>& parts) { options.begin = small_starts(parts); },
         "<side>:<share> ...: begin with smaller pictures, on which the same network is quicker, for these "
         "shares of the epochs or minutes, and go on with its weights; where the learning rate is annealed, "
         "it is in each, from where a cosine over the whole training is then; 64:0.1 96:0.4, for instance")
      ->group(group);
  app.add_flag(
         "--balance", options.balance,
         "show faces with rare AU labels oftener: by the square root of how much rarer their rarest label "
         "is than the commonest of its AU, up to ten times")
      ->group(group);
  app.add_option("--patience", options.patience, "stop after so many epochs without a better one [never]")
      ->check(CLI::Range(1, 1000000))
      ->group(group);
  app.add_option("--seed", options.seed, "of weights, order and variation; same seed, same bits")
      ->capture_default_str()
      ->group(group);
  app.add_option("--threads", options.threads, "0: one per core; the results do not depend on it")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str()
      ->group(group);
  app.add_option("--weights", options.weights,
                 "start from these weights of the same layout, trained at any size, in place of random ones")
      ->check(CLI::ExistingFile)
      ->group(group);
  app.add_flag("--resume", options.resume,
               "go on where a training in the same output folder with the same options was stopped")
      ->excludes(minutes)
      ->group(group);
  app.add_option(
         "--initialiser", options.initialiser,
         "how the filters start: kaiming, xavier, or normal: deviation 0.02, as in the paper's public code")
      ->transform(CLI::CheckedTransformer(
                      std::map<std::string, aurum::Initialiser>{{"kaiming", aurum::Initialiser::kaiming},
                                                                {"xavier", aurum::Initialiser::xavier},
                                                                {"normal", aurum::Initialiser::normal_002}},
                      CLI::ignore_case)
                      .description(""))
      ->default_str("kaiming")
      ->group(group);
  app.add_option("--licence", options.licence, "of the weights, written into their files [not stated]")
      ->group(group);
  app.add_option("--output", options.output, "folder for weights, tables and pictures")->required();
}

void add_synthetic_options(CLI::App& app, SyntheticOptions& options) {
  const char* group = "Synthetic faces";
  const auto add = [&](const char* name, int& value, const char* text) {
    app.add_option(name, value, text)->check(CLI::Range(1, 100000000))->capture_default_str()->group(group);
  };
  add("--images", options.images, "training images");
  add("--identities", options.identities, "people in them");
  add("--validation-images", options.validation_images, "images that choose the best epoch");
  add("--validation-identities", options.validation_identities, "other people, in those");
  add("--test-images", options.test_images, "images of the final table");
  add("--test-identities", options.test_identities, "yet other people, in those");
  app.add_option(
         "--asymmetry", options.asymmetry,
         "probability that an AU is weaker on one side of the face, besides the faces' own unevenness; "
         "the AU's label, the stronger side, stays")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
      ->group(group);
  app.add_option("--data-seed", options.seed.value, "of the faces; other seeds are other people")
      ->capture_default_str()
      ->group(group);
}

void add_folder_options(CLI::App& app, FolderOptions& options, const std::string& about,
                        const std::string& what) {
  auto* folder = app.add_option("--folder", options.folder, about)->check(CLI::ExistingDirectory);
  const auto add = [&](const char* name, double& share) {
    app.add_option(name, share, "of the folder's " + what)
        ->check(CLI::Range(0.01, 0.9))
        ->needs(folder)
        ->capture_default_str();
  };
  add("--validation-share", options.validation_share);
  add("--test-share", options.test_share);
}

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
