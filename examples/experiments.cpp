// Compares the methods of Ntinou et al. 2020 on synthetic faces: a network of landmarks trained on many
// people, AU labels from few. Runs them all over seeds with one configuration, on all labels and on few, with
// right and wrong face boxes. Goes on where it was stopped; the tables are written anew after every run.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "aurum/data/file.hpp"
#include "aurum/data/synthetic_faces.hpp"
#include "aurum/train/progress.hpp"
#include "experiments/tables.hpp"
#include "landmark_results.hpp"
#include "options.hpp"
#include "program.hpp"
#include "results.hpp"

namespace {

using namespace examples;
namespace fs = std::filesystem;

struct Options {
  ExperimentOptions experiment;
  std::vector<std::string> methods;
  std::vector<std::string> scarce_methods{"scratch", "reparametrise", "adaptation"};
  std::vector<std::string> fine_tuned{"reparametrise", "adaptation"};
  std::vector<double> shares{0.01, 0.05, 0.25};
  int seeds = 3;
  SyntheticOptions faces{.images = 2000,
                         .identities = 50,
                         .validation_images = 400,
                         .validation_identities = 80,
                         .test_images = 1000,
                         .test_identities = 200};
  SyntheticOptions fan_faces{.seed = {1001},
                             .images = 9000,
                             .identities = 4500,
                             .validation_images = 300,
                             .validation_identities = 150,
                             .test_images = 500,
                             .test_identities = 250};
  int fan_epochs = 10;
  bool tables_only = false;
};

/// Runs in the order in which they are done: after the first seed there is a whole table but for ResNet-18.
std::vector<Run> all_runs(const Options& options) {
  std::vector<Run> runs;
  for (int seed = 1; seed <= options.seeds; ++seed) {
    const auto add = [&](const std::string& method, bool then_fine_tune, double share) {
      runs.push_back({parse_method(method), then_fine_tune, share, static_cast<std::uint64_t>(seed)});
    };
    for (const std::string& method : options.methods) add(method, false, 1);
    for (const std::string& method : options.fine_tuned) add(method, true, 1);
    for (const double share : options.shares)
      for (const std::string& method : options.scarce_methods) add(method, false, share);
  }
  // By far the slowest comes last.
  std::ranges::stable_partition(runs, [](const Run& run) { return run.method != Method::resnet18; });
  return runs;
}

/// Trains the network of landmarks that the methods start from, unless a former run has. False: stopped.
bool train_fan(Options& options, const std::string& command) {
  const fs::path folder = fs::path(options.experiment.output) / "fan";
  const fs::path done = folder / "errors.txt";
  options.experiment.fan = folder / "best.safetensors";
  if (fs::exists(done)) return true;
  const auto& type =
      find_network<LandmarkTask>(options.experiment.net, aurum::landmark_count, options.experiment.size);
  const Split split = synthetic_faces(options.fan_faces, options.experiment.training.machine.threads);
  TrainingOptions training = options.experiment.training;
  training.epochs = options.fan_epochs;
  training.resume = true;
  training.output = folder;
  const LandmarkTask task{.input = {.augmentation = augmentation_of(training)},
                          .centre_weight = {.gain = training.centre_weight}};
  const auto network = make_network(type, training);
  if (train(type, *network, task, split, training, command).report.stopped) return false;
  draw_curve(folder, "-NME");
  LandmarkErrors errors;
  for (const aurum::LandmarkResult& face : network->predict_all(task, split.test))
    errors.add(face.prediction, face.label);
  const std::string text = errors_header() + errors_row(type.layout, errors);
  std::printf("network of landmarks, %d images of unseen people:\n%s", split.test.size(), text.c_str());
  aurum::write_file(done, text);
  return true;
}

int compare(Options& options, const std::string& command) {
  const fs::path output = options.experiment.output;
  fs::create_directories(output);
  if (options.methods.empty())
    for (const MethodName& m : methods) options.methods.emplace_back(m.name);
  const std::vector<Run> runs = all_runs(options);

  options.faces.size = options.fan_faces.size = synthetic_size(options.experiment.size);
  const TrainingOptions& training = options.experiment.training;
  const std::string about = "Synthetic faces, " + std::to_string(options.faces.images) + " images of " +
                            std::to_string(options.faces.identities) + " people with AU labels, tested on " +
                            std::to_string(options.faces.test_images) + " images of " +
                            std::to_string(options.faces.test_identities) +
                            " others; network of landmarks: " + std::to_string(options.fan_faces.images) +
                            " images of " + std::to_string(options.fan_faces.identities) + " people, " +
                            std::to_string(options.fan_epochs) +
                            " epochs. Every run: " + std::to_string(epochs_of(training)) +
                            " epochs of as many steps, augmentation " + training.augmentation + ", " +
                            std::to_string(options.experiment.size) + " pixels.\n";
  const auto finished = [&] {
    std::vector<RunResult> results;
    for (const Run& run : runs)
      if (auto result = read_result(output / run.folder(), run)) results.push_back(std::move(*result));
    return results;
  };
  if (!options.tables_only) {
    if (!train_fan(options, command)) return stopped_exit_code;
    const Split split = synthetic_faces(options.faces, training.machine.threads);
    const auto before = static_cast<double>(finished().size());
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const double spent = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      const double done = static_cast<double>(i) - before;
      const std::string left =
          done > 0
              ? ", about " + aurum::clock_text(spent / done * static_cast<double>(runs.size() - i)) + " to go"
              : "";
      std::fprintf(stderr, "run %zu of %zu: %s%s\n", i + 1, runs.size(), runs[i].folder().c_str(),
                   left.c_str());
      const auto result = perform(runs[i], options.experiment, split, command);
      if (!result) return stopped_exit_code;
      std::printf("%-34s mean ICC %.3f, MSE %.3f, %.0f s\n", runs[i].folder().c_str(),
                  result->mean("ICC(3,1)"), result->mean("MSE"), result->seconds);
      std::fflush(stdout);
      write_tables(output, finished(), about, {});
    }
  }
  const std::vector<RunResult> results = finished();
  write_tables(output, results, about, {});
  std::vector<Run> timed;
  for (const RunResult& result : results) timed.push_back(result.run);
  const aurum::SyntheticFaces faces({.images = 1, .identities = 1, .size = options.faces.size});
  write_tables(output, results, about,
               measure_times(timed, options.experiment, faces.sample(0), faces.action_units()));
  std::printf("tables and plots are in %s\n", output.c_str());
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  TrainingOptions& training = options.experiment.training;
  training.recipe = "anneal";
  training.augmentation = "light";
  CLI::App app{
      "Compares the methods of Ntinou et al. 2020 on synthetic faces: trains a network of landmarks, then\n"
      "AU networks by every method over several seeds, and writes tables as the paper's 2, 3 and 5\n"
      "(results.md, results.csv) and plots. Stop it when you like (Ctrl-C); the same command goes on.\n\n"
      "  experiments --output runs --epochs 16 --batch 8 --learning-rate 0.004\n"
      "  experiments --output runs256 --size 256 --net ntinou2020      the paper's size: days on two cores"};
  app.add_option("--net", options.experiment.net, "layout of the networks of hourglasses\n" + list_networks())
      ->capture_default_str();
  app.add_option("--size", options.experiment.size, "side of the networks' input in pixels")
      ->check(CLI::Range(16, 4096))
      ->capture_default_str();
  app.add_option("--methods", options.methods, "which [all]");
  app.add_option("--scarce-methods", options.scarce_methods, "which are trained on few labels too");
  app.add_option("--fine-tuned", options.fine_tuned, "which are also fine-tuned as a whole afterwards");
  app.add_option("--shares", options.shares, "the parts of the labels that those get")
      ->check(CLI::Range(1e-6, 1.0))
      ->capture_default_str();
  app.add_option("--seeds", options.seeds, "runs of each, from different seeds")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--small-rate", options.experiment.small_rate,
                 "of layers that were trained before, when fine-tuned: a multiple of the learning rate")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_flag("!--no-misalignment", options.experiment.misalign, "leave out the wrong face boxes");
  app.add_flag("--tables-only", options.tables_only,
               "write the tables of what is finished, and train nothing");
  add_synthetic_options(app, options.faces);
  app.add_option("--fan-images", options.fan_faces.images, "training images of the network of landmarks")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--fan-identities", options.fan_faces.identities, "people in them")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--fan-epochs", options.fan_epochs, "of its training")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  add_training_options(app, training);
  CLI11_PARSE(app, count, arguments);
  return run("experiments", [&] {
    options.experiment.output = training.output;
    return compare(options, command_line({arguments, static_cast<std::size_t>(count)}));
  });
}
