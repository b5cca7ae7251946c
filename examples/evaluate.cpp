// Measures trained AU networks on faces that they have not learned from: synthetic ones, a labelled folder's
// or a published data set's, of which they may label other AUs.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <set>

#include "aurum/data/synthetic/action_units.hpp"
#include "aurum/metrics/paper_table.hpp"
#include "aurum/train/progress.hpp"
#include "dataset.hpp"
#include "networks.hpp"
#include "options.hpp"
#include "program.hpp"
#include "results.hpp"
#include "training.hpp"

namespace {

using namespace examples;

struct Options {
  std::vector<std::string> weights;
  FolderOptions folder;
  bool all = false;
  std::uint64_t seed = 1;
  DatasetOptions dataset;
  SyntheticOptions synthetic;
  double threshold = static_cast<double>(aurum::presence_threshold);
  bool mirror = false;
  Machine machine;
  std::string output;
};

/// What networks are measured on, before any face of it is cut out or drawn.
struct Faces {
  std::string name;  ///< of the data set; empty: of none
  std::string description;
  std::vector<int> action_units;
  aurum::LabelKind labels = aurum::LabelKind::intensity;
  std::vector<std::string> parts{""};             ///< "fold 1" and so on
  std::function<std::vector<AnyData>()> cut_out;  ///< those of each part
};

Faces dataset_faces(Options& options, int side) {
  if (options.dataset.cache.empty()) {
    if (options.output.empty())
      throw aurum::ValueError("--dataset: expected a folder for the faces after --cache, or --output");
    options.dataset.cache = std::filesystem::path(options.output) / "faces";
  }
  aurum::AnnotatedSet set = open_dataset(options.dataset);
  const std::vector<TestPart> parts = test_parts(set, options.dataset);
  Faces faces{.name = set.name,
              .description = set.name,
              .action_units = set.action_units,
              .labels = set.labels,
              .parts = {},
              .cut_out = {}};
  for (const TestPart& part : parts) {
    faces.parts.push_back(part.name);
    if (!part.name.empty()) faces.description += ", " + part.name;
  }
  faces.description += ", people to test on" + faces_of(set, options.dataset);
  faces.cut_out = [set = std::move(set), parts, dataset = options.dataset, side] {
    return test_faces(set, parts, dataset, side);
  };
  return faces;
}

Faces folder_faces(const Options& options) {
  const AnyData data = options.all ? all_folder_faces(options.folder.folder)
                                   : examples::folder_faces(options.folder, {options.seed}).test;
  return {.name = {},
          .description = std::filesystem::path(options.folder.folder).filename().string() +
                         (options.all ? "" : ", people to test on"),
          .action_units = {data.action_units().begin(), data.action_units().end()},
          .cut_out = [data] { return std::vector{data}; }};
}

Faces synthetic_faces(Options& options, int side) {
  options.synthetic.size = synthetic_size(side);
  return {.name = {},
          .description = "people to test on of " + describe(options.synthetic),
          .action_units = {aurum::synthetic_action_units.begin(), aurum::synthetic_action_units.end()},
          .cut_out = [&options] {
            return std::vector{synthetic_test_faces(options.synthetic, options.machine.threads)};
          }};
}

/// The AUs that both networks and labels have, and where.
struct Common {
  std::vector<int> action_units;
  std::vector<std::size_t> map, label;
};

/// Names on stdout what is left out. Throws ValueError where nothing is common.
Common common_units(const std::vector<int>& of_weights, const std::vector<int>& of_labels) {
  const auto names = [](const std::vector<int>& units, const std::vector<int>& without) {
    std::string text;
    for (const int au : units)
      if (std::ranges::count(without, au) == 0)
        text += (text.empty() ? "" : ", ") + aurum::action_unit_label(au);
    return text;
  };
  Common common;
  for (std::size_t i = 0; i < of_labels.size(); ++i) {
    const auto map = std::ranges::find(of_weights, of_labels[i]);
    if (map == of_weights.end()) continue;
    common.action_units.push_back(of_labels[i]);
    common.map.push_back(static_cast<std::size_t>(map - of_weights.begin()));
    common.label.push_back(i);
  }
  if (common.action_units.empty())
    throw aurum::ValueError("no AU is in both: the weights answer " + names(of_weights, {}) +
                            ", the faces are labelled with " + names(of_labels, {}));
  if (const std::string extra = names(of_weights, of_labels); !extra.empty())
    std::printf("left out, not labelled: %s\n", extra.c_str());
  if (const std::string extra = names(of_labels, of_weights); !extra.empty())
    std::printf("left out, not answered by the weights: %s\n", extra.c_str());
  return common;
}

/// Opens the weights. Throws FileError for those of landmarks, ValueError where they answer different AUs.
std::vector<aurum::AnyPredictor> open_all(const Options& options) {
  std::vector<aurum::AnyPredictor> networks;
  for (const std::string& file : options.weights) {
    networks.push_back(open_au_weights(file, options.machine, options.mirror));
    const std::vector<int>& units = networks.back().info().action_units;
    if (units != networks.front().info().action_units)
      throw aurum::ValueError(file + " answers other AUs than " + options.weights.front());
  }
  return networks;
}

/// One network for all parts or one for each. Throws ValueError otherwise, and where weights of train_au have
/// learned from the very people that they are to be tested on.
void check_parts(const Options& options, const Faces& faces,
                 const std::vector<aurum::AnyPredictor>& networks) {
  if (networks.size() != 1 && networks.size() != faces.parts.size())
    throw aurum::ValueError("--weights: expected one file" +
                            (faces.parts.size() > 1
                                 ? " for each of " + std::to_string(faces.parts.size()) +
                                       " folds in their order, or one alone (of a fold with --fold)"
                                 : std::string()) +
                            ", found " + std::to_string(networks.size()));
  for (std::size_t i = 0; i < faces.parts.size(); ++i) {
    const std::size_t network = networks.size() == 1 ? 0 : i;
    const std::string& trained = networks[network].info().training_data;
    if (!faces.parts[i].empty() && trained.starts_with(faces.name + ", fold ") &&
        !trained.starts_with(faces.name + ", " + faces.parts[i] + ","))
      throw aurum::ValueError(options.weights[network] + " was trained on '" + trained +
                              "' and has learned from the people of " + faces.parts[i]);
  }
}

AuAnswers predict(const Options& options, const Faces& faces, const Common& common,
                  std::vector<aurum::AnyPredictor>& networks) {
  AuAnswers answers{
      .action_units = common.action_units, .labels = faces.labels, .threshold = options.threshold};
  const std::vector<AnyData> parts = faces.cut_out();
  int total = 0;
  for (const AnyData& part : parts) total += part.size();
  aurum::Progress progress("predicting", total);
  for (std::size_t k = 0; k < parts.size(); ++k) {
    aurum::AnyPredictor& network = networks[networks.size() == 1 ? 0 : k];
    for (int i = 0; i < parts[k].size(); ++i) {
      const aurum::Sample face = parts[k].sample(i);
      const std::vector<float> all = network(face.image, aurum::face_square(face.landmarks)).intensities();
      aurum::AuResult result;
      for (const std::size_t map : common.map) result.prediction.push_back(all[map]);
      for (const std::size_t label : common.label) result.label.push_back(face.intensities[label]);
      answers.faces.push_back(std::move(result));
      answers.people.push_back(face.subject);
      progress.update(static_cast<double>(answers.faces.size()));
    }
  }
  return answers;
}

int evaluate(Options& options) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<aurum::AnyPredictor> networks = open_all(options);
  const aurum::ModelInfo& info = networks.front().info();
  const int side = info.input.width;
  const Faces faces = !options.dataset.name.empty()    ? dataset_faces(options, side)
                      : !options.folder.folder.empty() ? folder_faces(options)
                                                       : synthetic_faces(options, side);
  check_parts(options, faces, networks);
  const Common common = common_units(info.action_units, faces.action_units);
  const AuAnswers answers = predict(options, faces, common, networks);

  const aurum::AuTable table = answers.table();
  const auto intervals = answers.intervals();
  const std::vector<std::string> measures =
      faces.labels == aurum::LabelKind::occurrence
          ? std::vector<std::string>{"F1", "precision", "recall", "accuracy"}
          : std::vector<std::string>{"ICC(3,1)", "MSE", "RMSE"};
  RunSummary summary{.network = info.layout + ", " + aurum::to_string(info.input),
                     .training = {},
                     .data = faces.description,
                     .rival = {}};
  for (const aurum::AnyPredictor& network : networks)
    summary.training += (summary.training.empty() ? "" : "; ") + network.info().training_data;
  const std::size_t people = std::set<int>(answers.people.begin(), answers.people.end()).size();
  std::printf("%s, trained on %s\n%s: %zu images of %zu people\n%s", summary.network.c_str(),
              summary.training.c_str(), summary.data.c_str(), answers.faces.size(), people,
              aurum::to_paper_text(table, measures, intervals).c_str());
  if (!intervals.empty()) std::printf("from, to: 95 %% intervals, people drawn again\n");
  if (!options.output.empty()) {
    std::filesystem::create_directories(options.output);
    summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    write_results(options.output, table, intervals, summary);
    std::printf("aus.csv, intervals.csv and metrics.json are in %s\n", options.output.c_str());
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  CLI::App app{
      "Measures AU networks on faces that they have not learned from, and prints a table as the papers\n"
      "have it: ICC(3,1), MSE and RMSE of every AU and their mean, or F1, precision, recall and accuracy\n"
      "where the labels say only whether an AU is there, with 95 % intervals by person. AUs that either\n"
      "the weights or the labels lack are left out, and named. The output folder gets aus.csv,\n"
      "intervals.csv and metrics.json.\n\n"
      "  evaluate --weights run/best.safetensors                 the test faces of train_au's defaults\n"
      "  evaluate --weights run/fold*/best.safetensors --dataset disfa --root DISFA --output out\n"
      "           a file for each of its three folds, in their order: each is tested on the people of its\n"
      "           own fold, and one ICC is taken over the answers of all\n"
      "  evaluate --weights run/best.safetensors --dataset bp4d --root BP4D --landmarks openface --output "
      "out"};
  app.add_option("--weights", options.weights,
                 "an AU network's weights; the file says which of\n" + list_networks())
      ->required()
      ->check(CLI::ExistingFile);
  add_folder_options(app, options.folder, labelled_folder_help, "subjects");
  auto* folder = app.get_option("--folder");
  app.add_flag("--all", options.all, "all of the folder, for weights that were trained on nobody in it")
      ->needs(folder);
  app.add_option("--seed", options.seed, "of the training, by which the folder's people were split")
      ->needs(folder)
      ->capture_default_str();
  add_dataset_options(app, options.dataset);
  app.get_option("--dataset")->excludes(folder);
  add_synthetic_options(app, options.synthetic);
  app.add_option(
         "--threshold", options.threshold,
         "from which answer on an AU counts as present, where labels are occurrences; for weights that "
         "learned intensities 2 is usual")
      ->check(CLI::Range(0.0, 5.0))
      ->capture_default_str();
  app.add_flag("--mirror", options.mirror, mirror_help);
  app.add_option("--output", options.output, "folder for the tables [none]");
  add_machine_options(app, options.machine);
  CLI11_PARSE(app, count, arguments);
  return run("evaluate", [&] { return evaluate(options); });
}
