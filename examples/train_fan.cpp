// Trains a face alignment network (68 landmarks) on synthetic faces or on annotated photographs, and
// evaluates its best epoch on faces that it has not seen, beside the mean face.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "landmark_results.hpp"
#include "networks.hpp"
#include "options.hpp"
#include "program.hpp"
#include "results.hpp"
#include "training.hpp"

namespace {

using namespace examples;

struct Options {
  std::string net = "ntinou2020";
  int size = 0;
  float blob = 1.5F;
  FolderOptions folder{.validation_share = 0.1, .test_share = 0.1};
  SyntheticOptions synthetic;
  TrainingOptions training;
};

int train_and_evaluate(Options& options, const std::string& command) {
  const std::filesystem::path output = options.training.output;
  std::filesystem::create_directories(output);
  const auto& type = find_network<LandmarkTask>(options.net, aurum::landmark_count, options.size);
  check_begin(type, options.training);
  options.synthetic.size = synthetic_size(type.input.width);
  const Split split = options.folder.folder.empty()
                          ? synthetic_faces(options.synthetic, options.training.machine.threads)
                          : folder_landmarks(options.folder, {options.training.seed});
  draw_samples(output, split.train, type.input.width);

  const LandmarkTask task{.input = {.augmentation = augmentation_of(options.training)},
                          .kernel = {options.blob},
                          .centre_weight = {.gain = options.training.centre_weight}};
  const auto network = make_network(type, options.training);
  const Training training = train(type, *network, task, split, options.training, command);
  if (training.report.stopped) return stopped_exit_code;
  draw_curve(output, "-NME");

  // Results are in pixels of the network's input, where the crop is the whole picture.
  const float side = static_cast<float>(type.input.width);
  const aurum::Square whole{{(side - 1) / 2, (side - 1) / 2}, side};
  const aurum::Landmarks guess = place_mean_face(mean_face(split.train), whole);
  LandmarkErrors errors, baseline;
  for (const aurum::LandmarkResult& face : network->predict_all(task, split.test)) {
    errors.add(face.prediction, face.label);
    baseline.add(guess, face.label);
  }
  draw_cumulative_errors(output, {{type.layout, errors.nme}, {"mean face", baseline.nme}});
  std::printf("%d unseen faces, weights of epoch %d:\n%s%s%s", split.test.size(), training.report.best_epoch,
              errors_header().c_str(), errors_row(type.layout, errors).c_str(),
              errors_row("mean face", baseline).c_str());
  std::printf("weights and pictures are in %s\n", output.c_str());
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  CLI::App app{
      "Trains a face alignment network (68 landmarks) on synthetic faces or on annotated photographs, and\n"
      "evaluates it on faces that it has not seen. The output folder gets best.safetensors (the best epoch\n"
      "by normalised mean error on the validation faces), last.safetensors, state.safetensors (to go on\n"
      "after a stop with --resume), history.csv, curve.png, samples.png, and the cumulative error curve in\n"
      "errors.csv and errors.png.\n\n"
      "  train_fan --minutes 60 --images 20000 --identities 4000 --output run\n"
      "  evaluate_landmarks --weights run/best.safetensors <folder with pictures and .pts files>"};
  app.add_option("--net", options.net,
                 "layout: ntinou2020, bulat2017 or bmvc2018; the first compiled one of that name with 68 "
                 "maps\n" +
                     list_networks())
      ->capture_default_str();
  app.add_option("--size", options.size, "side of the network's input in pixels, where several were compiled")
      ->check(CLI::Range(16, 4096));
  app.add_option("--blob", options.blob,
                 "standard deviation of a landmark's blob, in pixels of a 64-pixel-wide map")
      ->check(CLI::Range(0.5, 10.0))
      ->capture_default_str();
  add_folder_options(app, options.folder,
                     "train on pictures anywhere below this folder, each with its 68 landmarks in a .pts "
                     "file beside it (300-W, LS3D-W), in place of synthetic faces",
                     "pictures");
  add_synthetic_options(app, options.synthetic);
  add_training_options(app, options.training);
  CLI11_PARSE(app, count, arguments);
  return run("train_fan", [&] {
    return train_and_evaluate(options, command_line({arguments, static_cast<std::size_t>(count)}));
  });
}
