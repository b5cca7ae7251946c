// Trains a network for AU intensity by one of the methods of Ntinou et al. 2020, on synthetic faces, a
// labelled folder or a published data set, and evaluates its best epoch on people that it has not seen.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "aurum/data/file.hpp"
#include "aurum/data/synthetic/action_units.hpp"
#include "dataset.hpp"
#include "methods.hpp"
#include "networks.hpp"
#include "program.hpp"
#include "results.hpp"
#include "training.hpp"

namespace {

using namespace examples;

struct Options {
  std::string net = "ntinou2020";
  int size = 0;
  std::string folder;
  double validation_share = 0.15;
  double test_share = 0.15;
  bool calibrate = false;
  bool mirror = false;
  bool rival = false;
  int rival_epochs = 150;  ///< as RivalOptions has it
  MethodOptions method;
  DatasetOptions dataset;
  SyntheticOptions synthetic;
  TrainingOptions training;
};

/// Answers on test people.
struct Results {
  std::vector<aurum::AuResult> answers;
  std::vector<int> people;  ///< whose each is
};

/// Writes the table, its intervals and the summary of a run into its folder, and prints the table.
void show(const std::filesystem::path& output, const aurum::AuTable& table, const Results& results,
          const RunSummary& summary, const std::string& what) {
  std::printf("%s:\n%s", what.c_str(), aurum::to_text(table).c_str());
  aurum::write_file(output / "aus.csv", aurum::to_csv(table));
  write_metrics(output / "metrics.json", table, summary);
  write_intervals(output, results.answers, results.people, table.numbers());
  std::printf("weights, tables and pictures are in %s\n", output.c_str());
}

/// Trains on a split and evaluates it, into `options.training.output`. The final answers on its test people;
/// nothing if it was stopped.
std::optional<Results> train_and_evaluate(const Options& options, const CompiledNetwork<AuTask>& first_type,
                                          const Split& split, const std::string& command) {
  const auto start = std::chrono::steady_clock::now();
  const std::filesystem::path output = options.training.output;
  std::filesystem::create_directories(output);
  std::filesystem::remove(output / "calibrated.safetensors");  // another run's would not fit the new best
  draw_samples(output, split.train, first_type.input.width);

  const AuTask task{.action_units = {split.train.action_units().begin(), split.train.action_units().end()},
                    .input = {.augmentation = augmentation_of(options.training)},
                    .centre_weight = {.gain = options.training.centre_weight}};
  const Trained result = train_by(options.method, first_type, task, split, options.training, command);
  const Training& training = result.training;
  if (training.report.stopped) return std::nullopt;
  const auto& type = *result.type;
  const auto& network = result.network;
  draw_curve(result.weights.parent_path(), "mean ICC(3,1)");

  Results results{network->predict_all(task, split.test, false), {}};
  for (int i = 0; i < split.test.size(); ++i) results.people.push_back(split.test.person(i));
  aurum::AuTable table = aurum::au_table(results.answers, split.test.action_units());
  const aurum::AuTable trained = table;
  if (options.calibrate) {
    network->calibrate(task, split.validation, options.mirror);
    aurum::ModelInfo info = training.info;
    info.training_data +=
        "; calibrated on " + std::to_string(split.validation.size()) + " images of other people";
    network->save(output / "calibrated.safetensors", info);
  }
  if (options.calibrate || options.mirror) {
    results.answers = network->predict_all(task, split.test, options.mirror);
    table = aurum::au_table(results.answers, split.test.action_units());
    for (const char* name : {"ICC(3,1)", "MSE"})
      table.add_column(name + as_trained, {trained.column(name).begin(), trained.column(name).end()});
  }
  RunSummary summary{
      .network = type.layout + ", " + std::to_string(type.parameters) + " parameters, " +
                 aurum::to_string(type.input),
      .training = training.how + (options.mirror ? "; answers averaged with the mirror image's" : ""),
      .data = split.description,
      .rival = {},
      .seconds = 0,
      .best_epoch = training.report.best_epoch};
  if (options.rival)
    summary.rival = add_rival(table, split, options.rival_epochs, options.training.threads, options.calibrate,
                              options.mirror);
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  show(output, table, results, summary,
       std::to_string(split.test.size()) + " images of unseen people, weights of epoch " +
           std::to_string(training.report.best_epoch));
  return results;
}

/// A model for each fold of a data set; where there are several, one table over the answers of all of them.
int train_on_dataset(Options& options, const std::string& command) {
  const auto start = std::chrono::steady_clock::now();
  const std::filesystem::path output = options.training.output;
  if (options.dataset.cache.empty()) options.dataset.cache = (output / "faces").string();
  aurum::AnnotatedSet set = open_dataset(options.dataset);
  const std::vector<int> units = set.action_units;
  const auto& type = network_of(options.method, options.net, static_cast<int>(units.size()), options.size);
  check_begin(type, options.training);
  const std::vector<Fold> folds =
      dataset_folds(std::move(set), options.dataset, type.input.width, options.training.seed);
  Results all;
  for (const Fold& fold : folds) {
    Options of_fold = options;
    if (!fold.name.empty()) {
      std::printf("%s\n", fold.name.c_str());
      of_fold.training.output = (output / fold.name).string();
    }
    const auto results = train_and_evaluate(of_fold, type, fold.split, command);
    if (!results) return stopped_exit_code;
    all.answers.insert(all.answers.end(), results->answers.begin(), results->answers.end());
    all.people.insert(all.people.end(), results->people.begin(), results->people.end());
  }
  if (folds.size() > 1)
    show(output, aurum::au_table(all.answers, units), all,
         {.network = type.layout,
          .training = "a model for each of " + std::to_string(folds.size()) + " folds",
          .data = folds.front().split.description + ", and so on",
          .rival = {},
          .seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()},
         "all folds together, " + std::to_string(all.answers.size()) + " images");
  return 0;
}

int train_on_faces(Options& options, const std::string& command) {
  // The networks come first: their names may be wrong, and that shall not cost minutes of drawing faces.
  // The number of maps is the data's; only folders have other than the 14 synthetic AUs.
  Split split;
  int aus = static_cast<int>(aurum::synthetic_action_units.size());
  if (!options.folder.empty()) {
    split =
        folder_faces(options.folder, options.validation_share, options.test_share, {options.training.seed});
    aus = static_cast<int>(split.train.action_units().size());
  }
  const auto& type = network_of(options.method, options.net, aus, options.size);
  check_begin(type, options.training);
  if (options.folder.empty()) {
    options.synthetic.size = type.input.width * 5 / 4;  // the crop is smaller than the picture
    split = synthetic_faces(options.synthetic, options.training.threads);
  }
  return train_and_evaluate(options, type, split, command) ? 0 : stopped_exit_code;
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  CLI::App app{
      "Trains a network for the intensity of facial Action Units by heatmap regression, and evaluates\n"
      "it on people that it has not seen. The output folder gets best.safetensors (the best epoch by\n"
      "mean ICC on the validation people), last.safetensors, state.safetensors (to go on after a stop\n"
      "with --resume: the same bits as an unbroken run), history.csv, curve.png, samples.png, aus.csv,\n"
      "intervals.csv and metrics.json; with --calibrate also calibrated.safetensors, which is then the one "
      "to use.\n\n"
      "  train_au --output run                                     synthetic faces, the paper's recipe\n"
      "  train_au --minutes 8 --begin 64:0.2 --batch 4 --learning-rate 0.012 --augmentation light\n"
      "           --calibrate --mirror --output run                as well as eight minutes allow\n"
      "  train_au --method adaptation --fan fan/best.safetensors --output run\n"
      "  train_au --folder faces --net ntinou2020 --size 256 --output run\n"
      "  train_au --dataset disfa --root DISFA --balance --every 5 --output run   three folds, one table"};
  app.add_option("--net", options.net,
                 "layout: ntinou2020, bulat2017 or bmvc2018; the first compiled one of that name with the "
                 "right number of AUs\n" +
                     list_networks())
      ->capture_default_str();
  app.add_option("--size", options.size, "side of the network's input in pixels, where several were compiled")
      ->check(CLI::Range(16, 4096));
  auto* folder =
      app.add_option("--folder", options.folder,
                     "train on pictures with .pts landmarks and a labels.csv (columns: file, subject, AU01, "
                     "AU02...) in place of synthetic faces; split by subject")
          ->check(CLI::ExistingDirectory);
  app.add_option("--validation-share", options.validation_share, "of the folder's subjects")
      ->check(CLI::Range(0.01, 0.9))
      ->needs(folder)
      ->capture_default_str();
  app.add_option("--test-share", options.test_share, "of the folder's subjects")
      ->check(CLI::Range(0.01, 0.9))
      ->needs(folder)
      ->capture_default_str();
  app.add_flag("--calibrate", options.calibrate,
               "spread the answers per AU as the labels of the validation people are spread, after training "
               "(ours: squared error draws answers towards the mean), and save that as "
               "calibrated.safetensors; the table then has both")
      ->group("Training");
  app.add_flag("--mirror", options.mirror,
               std::string("in the final table, ") + mirror_help +
                   " (the rival's answers likewise); use the weights with predict --mirror then")
      ->group("Training");
  app.add_flag("--rival", options.rival,
               "also train a multilayer perceptron on the exact landmarks of the same images, and print its "
               "ICC beside the network's");
  app.add_option("--rival-epochs", options.rival_epochs,
                 "epochs of each of its trials, of which the best by validation counts")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  add_method_options(app, options.method);
  add_dataset_options(app, options.dataset);
  app.get_option("--dataset")->excludes(folder);
  add_synthetic_options(app, options.synthetic);
  add_training_options(app, options.training);
  CLI11_PARSE(app, count, arguments);
  return run("train_au", [&] {
    const std::string command = command_line({arguments, static_cast<std::size_t>(count)});
    return options.dataset.name.empty() ? train_on_faces(options, command)
                                        : train_on_dataset(options, command);
  });
}
