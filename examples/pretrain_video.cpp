// Learns features of faces and their dynamics from video without any label: stage 1 of learning AU intensity
// from few labels (after Sanchez et al. 2020 and Han et al. 2019). train_au_video is stage 2.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "program.hpp"
#include "results.hpp"
#include "temporal/video_options.hpp"

namespace {

using namespace examples;

struct Options : VideoOptions {
  int blocks = 8;
  int phases = 6;             ///< clips begin so often within the length of one
  int together = 4;           ///< clips of one video in a batch
  bool own_negatives = true;  ///< told from clips of the same video alone
  double temperature = 1;
};

int pretrain(const Options& options, const std::string& command) {
  const CompiledTemporal& type = find_temporal_network(options.net, 0);
  const int length = options.blocks * type.block;
  if (options.blocks <= type.predictions)
    throw aurum::ValueError("--blocks: expected more than the " + std::to_string(type.predictions) +
                            " that are predicted, found " + std::to_string(options.blocks));
  std::filesystem::create_directories(options.output);
  const VideoData data = open_videos(options, type, false);
  const auto clips_of = [&](const AnyVideos& videos, const char* what, int stride) {
    int short_videos = 0;
    const auto windows =
        aurum::sliding_windows(videos, length, options.step, stride, [&](int) { ++short_videos; });
    const auto whole = aurum::without_gaps(windows, videos);
    std::fprintf(stderr, "%s: %d videos, %zu clips of %d frames", what, videos.size(), whole.size(), length);
    if (short_videos > 0) std::fprintf(stderr, "; %d videos are too short for one", short_videos);
    if (whole.size() < windows.size())
      std::fprintf(stderr, "; %zu clips with gaps left out", windows.size() - whole.size());
    std::fprintf(stderr, "\n");
    if (std::ssize(whole) < options.batch)
      throw aurum::ValueError(std::string(what) + ": expected at least one batch of " +
                              std::to_string(options.batch) + " clips of " + std::to_string(length) +
                              " frames, " + std::to_string(options.step) + " apart, found " +
                              std::to_string(whole.size()) +
                              "; give more or longer videos, or a smaller "
                              "--batch, --blocks or --frame-step");
    return VideoClips(aurum::borrowed(videos), whole);
  };
  // Clips of one phase share no frame, and those that come together are of one: nothing is to be told from
  // itself.
  const int stride = std::max(1, length * options.step / options.phases);
  const int phases = (length * options.step + stride - 1) / stride;
  const VideoClips train = clips_of(data.split.train, "to learn from", stride);
  const VideoClips validation = clips_of(data.split.validation, "validation", length * options.step);

  const aurum::FuturePrediction task{.augmentation = {.rotation_degrees = 10,
                                                      .least_scale = 0.93F,
                                                      .greatest_scale = 1.07F,
                                                      .translation = 0.02F,
                                                      .brightness = 0.2F,
                                                      .contrast = 0.2F,
                                                      .saturation = 0.3F,
                                                      .hue_degrees = 10,
                                                      .occlusion = 0.15F},
                                     .contrastive = {.temperature = options.temperature},
                                     .own_group = options.own_negatives};
  aurum::ModelInfo info = describe(type, Memory::recurrent, {}, options.step);
  info.training_data = data.description;
  info.synthetic_data = data.synthetic_version;
  const auto network = type.make_predicting({options.seed}, options.machine);
  std::fprintf(stderr, "predicting %d of %d blocks of %d frames, %d apart\n", type.predictions,
               options.blocks, type.block, options.step);
  auto how = fit_options(options, info,
                         info.layout + ", " + data.description + ", " + std::to_string(options.blocks) +
                             " blocks, phases " + std::to_string(phases) + ", negatives of " +
                             (options.own_negatives ? "the video" : "the batch") + ", temperature " +
                             std::to_string(options.temperature));
  how.together = options.together;
  how.alike = options.own_negatives;
  for (int i = 0; i < train.size(); ++i)
    how.groups.push_back(train.window(i).video * phases + train.window(i).first / stride % phases);
  const auto report = network->fit(task, train, validation, how);
  if (report.stopped) return tell_stopped(options, command);
  draw_curve(options.output, "top-1", "contrastive, nats");
  std::printf("best epoch %d: top-1 %.1f %%; weights and pictures are in %s\n", report.best_epoch,
              100 * report.best_score, options.output.c_str());
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  options.batch = 16;
  CLI::App app{
      "Learns features of faces and their dynamics from video without labels: the network reads the first\n"
      "blocks of frames of a clip and predicts the features of the last ones, which it has to tell from\n"
      "those of all other clips, times and places of the batch. top-1: how often it does; a network that\n"
      "has collapsed is reported. The output folder gets best.safetensors, last.safetensors,\n"
      "state.safetensors (for --resume), history.csv and curve.png.\n\n"
      "  pretrain_video --videos 400 --identities 400 --output stage1\n"
      "  train_au_video --pretrained stage1/best.safetensors --labels 2% --output stage2"};
  add_video_options(app, options);
  app.add_option("--blocks", options.blocks, "of a clip, those to predict included")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  app.add_option(
         "--phases", options.phases,
         "how often clips begin within the length of one; those of a video that come together share no frame")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option(
         "--together", options.together,
         "clips of one video that a batch gets together: to tell them apart takes what changes in a "
         "video, not whose it is. Fewer than --batch by far: batch norm wants many people's statistics")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  app.add_option_function<std::string>(
         "--negatives", [&options](const std::string& of) { options.own_negatives = of == "video"; },
         "what a prediction has to be told from: other moments and places of the same video (its clips in "
         "the batch, varied alike), or also those of all the batch [video]")
      ->check(CLI::IsMember({"video", "batch"}));
  app.add_option("--temperature", options.temperature, "that scores are divided by")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  CLI11_PARSE(app, count, arguments);
  return run("pretrain_video", [&] {
    return pretrain(options, command_line({arguments, static_cast<std::size_t>(count)}));
  });
}
