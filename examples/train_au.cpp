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
#include "aurum/data/sets/places.hpp"
#include "aurum/data/synthetic/action_units.hpp"
#include "dataset.hpp"
#include "methods.hpp"
#include "networks.hpp"
#include "options.hpp"
#include "program.hpp"
#include "results.hpp"
#include "sides.hpp"
#include "training.hpp"

namespace {

using namespace examples;

struct Options {
  std::string net = "ntinou2020";
  int size = 0;
  FolderOptions folder;
  bool calibrate = false;
  bool mirror = false;
  bool sides = false;
  bool rival = false;
  int rival_epochs = 150;  ///< as RivalOptions has it
  MethodOptions method;
  DatasetOptions dataset;
  SyntheticOptions synthetic;
  TrainingOptions training;
};

/// Writes the table, its intervals and the summary of a run into its folder, and prints the table.
void show(const std::filesystem::path& output, const aurum::AuTable& table, const AuAnswers& answers,
          const RunSummary& summary, const std::string& what) {
  const auto intervals = answers.intervals();
  std::printf("%s:\n%s", what.c_str(), aurum::to_text(table).c_str());
  for (const auto& [name, measure] : intervals)
    std::printf("95 %% interval, people drawn again: mean %s %.3f to %.3f\n", name.c_str(), measure.mean.low,
                measure.mean.high);
  write_results(output, table, intervals, summary);
  std::printf("weights, tables and pictures are in %s\n", output.c_str());
}

/// Writes and prints how well the sides are told apart.
void show_sides(const std::filesystem::path& output, const AuAnswers& answers) {
  const aurum::AuTable table = side_table(answers.faces, answers.action_units);
  std::printf(
      "the picture's left and right apart, maps divided between the AU's exact places on either side;\n"
      "uneven: faces whose sides differ by 1 or more; whole: the answer for the whole AU taken for both:\n%s",
      aurum::to_text(table).c_str());
  aurum::write_file(output / "sides.csv", aurum::to_csv(table));
}

/// Trains on a split and evaluates it, into `options.training.output`. The final answers on its test people;
/// nothing if it was stopped.
std::optional<AuAnswers> train_and_evaluate(const Options& options, const CompiledNetwork<AuTask>& first_type,
                                            const Split& split, const std::string& command) {
  const auto start = std::chrono::steady_clock::now();
  const std::filesystem::path output = options.training.output;
  std::filesystem::create_directories(output);
  for (const char* of_another_run : {"calibrated.safetensors", "sides.csv"})
    std::filesystem::remove(output / of_another_run);
  draw_samples(output, split.train, first_type.input.width);

  const AuTask task{.action_units = {split.train.action_units().begin(), split.train.action_units().end()},
                    .input = {.augmentation = augmentation_of(options.training)},
                    .centre_weight = {.gain = options.training.centre_weight},
                    .table = aurum::placed_action_units,
                    .labels = split.labels,
                    .sides = options.sides};
  const Trained result = train_by(options.method, first_type, task, split, options.training, command);
  const Training& training = result.training;
  if (training.report.stopped) return std::nullopt;
  const auto& type = *result.type;
  const auto& network = result.network;
  draw_curve(result.weights.parent_path(),
             split.labels == aurum::LabelKind::occurrence ? "mean F1" : "mean ICC(3,1)");

  AuAnswers answers{.action_units = task.action_units,
                    .labels = task.labels,
                    .faces = network->predict_all(task, split.test, false)};
  for (int i = 0; i < split.test.size(); ++i) answers.people.push_back(split.test.person(i));
  aurum::AuTable table = answers.table();
  const aurum::AuTable trained = table;
  if (options.calibrate) {
    network->calibrate(task, split.validation, options.mirror);
    aurum::ModelInfo info = training.info;
    info.training_data +=
        "; calibrated on " + std::to_string(split.validation.size()) + " images of other people";
    network->save(output / "calibrated.safetensors", info);
  }
  if (options.calibrate || options.mirror) {
    answers.faces = network->predict_all(task, split.test, options.mirror);
    table = answers.table();
    for (const char* name : {"ICC(3,1)", "MSE", "F1"})
      if (has_column(trained, name))
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
    summary.rival = add_rival(table, split, options.rival_epochs, options.training.machine.threads,
                              options.calibrate, options.mirror);
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (options.sides) show_sides(output, answers);
  show(output, table, answers, summary,
       std::to_string(split.test.size()) + " images of unseen people, weights of epoch " +
           std::to_string(training.report.best_epoch));
  return answers;
}

/// A model for each fold of a data set; where there are several, one table over the answers of all of them.
int train_on_dataset(Options& options, const std::string& command) {
  const auto start = std::chrono::steady_clock::now();
  const std::filesystem::path output = options.training.output;
  if (options.dataset.cache.empty()) options.dataset.cache = (output / "faces").string();
  aurum::AnnotatedSet set = open_dataset(options.dataset);
  if (options.rival && set.labels == aurum::LabelKind::occurrence)
    throw aurum::ValueError("--rival is trained on intensities, and " + set.name + " labels occurrences");
  AuAnswers all{.action_units = set.action_units, .labels = set.labels};
  const auto& type =
      network_of(options.method, options.net, static_cast<int>(set.action_units.size()), options.size);
  check_begin(type, options.training);
  const std::vector<Fold> folds =
      dataset_folds(std::move(set), options.dataset, type.input.width, options.training.seed);
  for (const Fold& fold : folds) {
    Options of_fold = options;
    if (!fold.name.empty()) {
      std::printf("%s\n", fold.name.c_str());
      of_fold.training.output = (output / fold.name).string();
    }
    const auto answers = train_and_evaluate(of_fold, type, fold.split, command);
    if (!answers) return stopped_exit_code;
    all.faces.insert(all.faces.end(), answers->faces.begin(), answers->faces.end());
    all.people.insert(all.people.end(), answers->people.begin(), answers->people.end());
  }
  if (folds.size() > 1)
    show(output, all.table(), all,
         {.network = type.layout,
          .training = "a model for each of " + std::to_string(folds.size()) + " folds",
          .data = folds.front().split.description + ", and so on",
          .rival = {},
          .seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()},
         "all folds together, " + std::to_string(all.faces.size()) + " images");
  return 0;
}

int train_on_faces(Options& options, const std::string& command) {
  if (options.sides && options.method.method == Method::resnet18)
    throw aurum::ValueError("--sides: a ResNet-18 answers with a number per AU, which has no sides");
  // The networks come first: their names may be wrong, and that shall not cost minutes of drawing faces.
  // The number of maps is the data's; only folders have other than the 14 synthetic AUs.
  Split split;
  int aus = static_cast<int>(aurum::synthetic_action_units.size());
  const bool synthetic = options.folder.folder.empty();
  if (!synthetic) {
    split = folder_faces(options.folder, {options.training.seed});
    aus = static_cast<int>(split.train.action_units().size());
  }
  const auto& type = network_of(options.method, options.net, aus, options.size);
  check_begin(type, options.training);
  if (synthetic) {
    options.synthetic.size = synthetic_size(type.input.width);
    split = synthetic_faces(options.synthetic, options.training.machine.threads);
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
      "intervals.csv and metrics.json; with --sides sides.csv; with --calibrate also\n"
      "calibrated.safetensors, which is then the one to use.\n"
      "Of data sets that say only whether an AU is there (Aff-Wild2) a present AU is learned as intensity "
      "3,\n"
      "an answer from 1.5 on counts as present, and F1 stands in the place of ICC.\n\n"
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
  add_folder_options(app, options.folder, labelled_folder_help, "subjects");
  app.add_flag("--calibrate", options.calibrate,
               "spread the answers per AU as the labels of the validation people are spread, after training "
               "(ours: squared error draws answers towards the mean), or move them to where F1 is greatest "
               "at the threshold, and save that as calibrated.safetensors; the table then has both")
      ->group("Training");
  app.add_flag("--mirror", options.mirror,
               std::string("in the final table, ") + mirror_help +
                   " (the rival's answers likewise); use the weights with aurum-analyse --mirror then")
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
  app.get_option("--dataset")->excludes("--folder");
  app.add_flag("--sides", options.sides,
               "train for the left and the right side of AUs apart, where an AU has two; only the synthetic "
               "faces' labels tell them. Adds sides.csv: ICC and MSE of either side")
      ->excludes("--folder")
      ->excludes("--dataset")
      ->group("Training");
  add_synthetic_options(app, options.synthetic);
  add_training_options(app, options.training);
  CLI11_PARSE(app, count, arguments);
  return run("train_au", [&] {
    const std::string command = command_line({arguments, static_cast<std::size_t>(count)});
    return options.dataset.name.empty() ? train_on_faces(options, command)
                                        : train_on_dataset(options, command);
  });
}
