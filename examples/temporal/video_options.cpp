#include "temporal/video_options.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "aurum/data/synthetic_video.hpp"
#include "options.hpp"
#include "program.hpp"

namespace examples {

void add_video_options(CLI::App& app, VideoOptions& options) {
  app.add_option("--net", options.net, "extractor of features\n" + list_temporal_networks())
      ->capture_default_str();
  add_dataset_options(app, options.dataset);
  app.add_option("--folder", options.folder,
                 "learn from this folder of videos, each a folder of numbered pictures of one face, or, to "
                 "pre-train, each a video file, in place of synthetic ones")
      ->check(CLI::ExistingDirectory)
      ->excludes("--dataset");
  app.add_option("--validation-share", options.validation_share, "of a folder's people")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  app.add_option("--frame-step", options.step,
                 "frames from one that the network reads to the next: its steps in time")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  const char* group = "Synthetic videos";
  const auto add = [&](const char* name, int& value, const char* text) {
    app.add_option(name, value, text)->check(CLI::Range(1, 1000000))->capture_default_str()->group(group);
  };
  add("--videos", options.synthetic.videos, "to learn from");
  add("--identities", options.synthetic.identities, "people in them");
  add("--frames", options.synthetic.frames, "of each video");
  app.add_option("--frames-per-second", options.synthetic.frames_per_second,
                 "of each video: fewer show more of what happens in as many frames")
      ->check(CLI::Range(0.1, 1000.0))
      ->capture_default_str()
      ->group(group);
  app.add_option("--turning", options.synthetic.turning,
                 "how far heads and light turn, a multiple of what is usual; 0: held still")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
      ->group(group);
  add("--validation-videos", options.validation_videos, "of as many other people, to choose the best epoch");
  app.add_option("--first-identity", options.synthetic.first_identity,
                 "number of the first person, so that two sets share none")
      ->check(CLI::Range(0, 1000000000))
      ->capture_default_str()
      ->group(group);
  app.add_option("--data-seed", options.synthetic.seed.value, "other seeds are other people and videos")
      ->capture_default_str()
      ->group(group);
  group = "Training";
  auto* minutes = app.add_option("--minutes", options.minutes, "train for so long, in place of --epochs")
                      ->check(CLI::PositiveNumber)
                      ->group(group);
  app.add_option("--epochs", options.epochs)
      ->check(CLI::Range(1, 1000000))
      ->excludes(minutes)
      ->capture_default_str()
      ->group(group);
  app.add_option("--batch", options.batch, "clips of a step")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str()
      ->group(group);
  app.add_option("--learning-rate", options.learning_rate, "of Adam, at its highest")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  app.add_option("--seed", options.seed, "of weights, order and variation; same seed, same bits")
      ->capture_default_str()
      ->group(group);
  app.add_flag("--resume", options.resume,
               "go on where a training in the same output folder with the same options was stopped")
      ->excludes(minutes)
      ->group(group);
  app.add_option("--threads", options.machine.threads, "0: one per core; the results do not depend on it")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str()
      ->group(group);
  app.add_option("--output", options.output, "folder for weights, tables and pictures")->required();
}

namespace {

/// One fold of a published set.
VideoData open_dataset_videos(const VideoOptions& options, const CompiledTemporal& type, bool with_labels) {
  DatasetOptions dataset = options.dataset;
  if (dataset.cache.empty()) dataset.cache = options.output + "/faces";
  aurum::AnnotatedSet set = open_dataset(dataset);
  if (with_labels) {
    if (set.labels == aurum::LabelKind::occurrence)
      throw aurum::ValueError(set.name + " labels occurrences; expected a set of intensities");
    (void)find_temporal_network(options.net, static_cast<int>(set.action_units.size()));
  }
  const std::vector<TestPart> parts = test_parts(set, dataset);
  if (parts.size() != 1)
    throw aurum::ValueError("--fold: expected one of the " + std::to_string(parts.size()) + " folds of " +
                            set.name + ", whose people are held back");
  return dataset_videos(std::move(set), parts.front(), dataset, type.input.width, options.seed);
}

}  // namespace

VideoData open_videos(const VideoOptions& options, const CompiledTemporal& type, bool with_test) {
  if (!options.dataset.name.empty()) return open_dataset_videos(options, type, with_test);
  if (!options.folder.empty()) {
    const AnyVideos videos = folder_videos(
        options.folder,
        {.cache = options.output + "/faces", .side = synthetic_size(type.input.width), .labels = with_test});
    return {
        split_by_person(videos, options.validation_share, with_test ? options.test_share : 0, {options.seed}),
        options.folder + ", " + std::to_string(videos.size()) + " videos", ""};
  }
  SyntheticVideoOptions synthetic = options.synthetic;
  synthetic.size = synthetic_size(type.input.width);
  VideoData data;
  data.description = describe(synthetic);
  data.synthetic_version = "videos " + std::to_string(aurum::synthetic_videos_version);
  data.split.train = synthetic_videos(synthetic, options.machine.threads);
  const auto others = [&](int videos, int after) {
    SyntheticVideoOptions other = synthetic;
    other.videos = other.identities = videos;
    other.first_identity += synthetic.identities + after;
    return synthetic_videos(other, options.machine.threads);
  };
  data.split.validation = others(options.validation_videos, 0);
  if (with_test) data.split.test = others(options.test_videos, options.validation_videos);
  return data;
}

aurum::FitOptions<aurum::Adam> fit_options(const VideoOptions& options, const aurum::ModelInfo& info,
                                           const std::string& configuration) {
  const double warm_up = std::min(1.0, 0.05 * options.epochs);
  return {.epochs = options.epochs,
          .seconds = 60 * options.minutes,
          .batch = options.batch,
          .rule = aurum::Adam{.learning_rate = options.learning_rate, .weight_decay = 1e-5},
          .schedule = aurum::Schedule{aurum::CosineAnnealing{.period = options.epochs - warm_up},
                                      aurum::LinearWarmup{.length = warm_up, .start = 0.1}},
          .greatest_gradient_norm = 10,
          .seed = {options.seed},
          .directory = options.output,
          .info = info,
          .resume = options.resume,
          .stop = &stop_requested(),
          .configuration = configuration};
}

int tell_stopped(const VideoOptions& options, const std::string& command) {
  if (options.minutes > 0)
    std::fprintf(stderr, "stopped; a training by the clock cannot go on\n");
  else
    std::fprintf(stderr, "stopped; go on with\n  %s%s\n", command.c_str(), options.resume ? "" : " --resume");
  return stopped_exit_code;
}

}  // namespace examples
