#include "temporal/few_labels.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "aurum/data/text.hpp"
#include "training.hpp"

namespace examples {

void add_few_label_options(CLI::App& app, FewLabelOptions& options) {
  add_video_options(app, options);
  app.add_option_function<std::string>(
         "--labels",
         [&options](const std::string& text) {
           const bool percent = text.ends_with('%');
           const auto value =
               aurum::parse_number<double>(std::string_view(text).substr(0, text.size() - (percent ? 1 : 0)));
           if (!value || !(*value > 0) || *value > (percent ? 100 : 1))
             throw CLI::ValidationError("--labels", "expected a share as 2% or 0.02, found '" + text + "'");
           options.labels = percent ? *value / 100 : *value;
         },
         "share of the frames whose labels are used, drawn by --seed [2%]")
      ->type_name("SHARE");
  app.add_option("--labelled", options.labelled,
                 "the frames whose labels are used, as labelled.csv lists them")
      ->check(CLI::ExistingFile)
      ->excludes("--labels");
  app.add_option("--pretrained", options.pretrained, "weights of pretrain_video to begin with")
      ->check(CLI::ExistingFile);
  app.add_option("--pretrained-rate", options.pretrained_rate,
                 "learning rate of what was pre-trained, a multiple of the others'")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_flag("--frames-only", options.frames_only,
               "the baseline: a network of the same size that sees each frame by itself");
  app.add_option("--window", options.window, "frames that are read, the labelled one included")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--steps", options.steps, "of an epoch, however few labels there are")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_option("--test-videos", options.test_videos, "synthetic ones, of as many other people")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_option("--test-share", options.test_share, "of a folder's people")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
}

namespace {

/// The labelled frames, as listed or drawn.
std::vector<aurum::LabelledFrame> labelled_frames(const FewLabelOptions& options, const AnyVideos& videos) {
  if (!options.labelled.empty()) return aurum::read_labelled_frames(options.labelled, videos);
  return aurum::draw_labelled_frames(videos, options.labels, {options.seed});
}

}  // namespace

std::optional<FewLabelResult> train_on_few_labels(const FewLabelOptions& options, const VideoData& data) {
  const auto start = std::chrono::steady_clock::now();
  const std::filesystem::path output = options.output;
  std::filesystem::create_directories(output);
  const AnyVideos& train_videos = data.split.train;
  const std::vector<int> aus{train_videos.action_units().begin(), train_videos.action_units().end()};
  if (aus.empty())
    throw aurum::FileError(options.folder, "no video has a labels.csv: there is nothing to learn from");
  const CompiledTemporal& type = find_temporal_network(options.net, static_cast<int>(aus.size()));

  const auto labelled = labelled_frames(options, train_videos);
  aurum::write_labelled_frames(output / "labelled.csv", labelled);
  std::fprintf(stderr, "%zu of %lld frames are labelled (labelled.csv)\n", labelled.size(),
               train_videos.all_frames());
  const Memory memory = options.frames_only ? Memory::none : Memory::recurrent;
  const int window = options.frames_only ? 1 : options.window;
  const LabelledVideos sparse(aurum::borrowed(train_videos), labelled);
  const LabelledClips clips(aurum::borrowed(sparse),
                            aurum::windows_ending_at(labelled, window, options.step));
  // Clips of the validation people as they are evaluated, each from its start.
  std::vector<aurum::ClipWindow> whole;
  for (int v = 0; v < data.split.validation.size(); ++v)
    if (const int frames = data.split.validation.frames(v); frames > 0)
      whole.push_back(
          {.video = v, .first = 0, .length = (frames - 1) / options.step + 1, .step = options.step});
  const VideoClips validation(aurum::borrowed(data.split.validation), std::move(whole));

  VideoTask task;
  task.action_units = aus;
  TrainingOptions light;
  light.augmentation = "light";
  task.input.augmentation = augmentation_of(light);
  aurum::ModelInfo info = describe(type, memory, aus, options.step);
  info.training_data = data.description + ", " + std::to_string(labelled.size()) + " labelled frames" +
                       (options.pretrained.empty() ? "" : ", pre-trained without labels");
  info.synthetic_data = data.synthetic_version;
  const auto network = type.make({options.seed}, options.machine, memory);
  auto how = fit_options(options, info,
                         info.layout + ", " + info.training_data + ", windows of " + std::to_string(window) +
                             ", pretrained rate " + std::to_string(options.pretrained_rate) + ", " +
                             options.pretrained);
  how.steps = options.steps;  // a run takes as many however few labels there are
  if (!options.pretrained.empty()) {
    network->take_pretrained(options.pretrained);
    if (options.pretrained_rate != 1) {
      how.layer_rates.push_back({"features", options.pretrained_rate});
      if (!options.frames_only) how.layer_rates.push_back({"temporal", options.pretrained_rate});
    }
  }
  const auto report = network->fit(task, clips, validation, how);
  if (report.stopped) return std::nullopt;
  draw_curve(output, "mean ICC(3,1)", "squared error of intensities");
  if (report.best_epoch < 1) throw aurum::Error("no epoch had a defined score: see history.csv");
  network->load(output / "best.safetensors", info);

  VideoAnswers found = network->answer(task, data.split.test, options.step);
  const AuAnswers answers{
      .action_units = aus, .faces = std::move(found.frames), .people = std::move(found.people)};
  const aurum::AuTable table = answers.table();
  const auto intervals = answers.intervals();
  std::printf("%zu frames of %d videos of unseen people, weights of epoch %d:\n%s", answers.faces.size(),
              data.split.test.size(), report.best_epoch, aurum::to_text(table).c_str());
  for (const auto& [name, measure] : intervals)
    std::printf("95 %% interval, people drawn again: mean %s %.3f to %.3f\n", name.c_str(), measure.mean.low,
                measure.mean.high);
  write_results(
      output, table, intervals,
      {.network = info.layout,
       .training = std::to_string(labelled.size()) + " labelled frames, " +
                   std::to_string(std::ssize(report.history)) + " epochs of " +
                   std::to_string(options.steps) + " steps, batch " + std::to_string(options.batch) +
                   ", windows of " + std::to_string(window) + " frames, " + std::to_string(options.step) +
                   " apart" + (options.pretrained.empty() ? "" : ", pre-trained"),
       .data = data.description,
       .rival = {},
       .seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
       .best_epoch = report.best_epoch});
  return FewLabelResult{static_cast<int>(labelled.size()), report.best_epoch, answers};
}

}  // namespace examples
