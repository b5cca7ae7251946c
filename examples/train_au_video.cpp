// Trains AU intensity on few labelled frames of videos: stage 2 after pretrain_video, or without it.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "program.hpp"
#include "temporal/few_labels.hpp"

namespace {

using namespace examples;

int train(const FewLabelOptions& options, const std::string& command) {
  const VideoData data = open_videos(options, find_temporal_network(options.net, 0), true);
  if (!train_on_few_labels(options, data)) return tell_stopped(options, command);
  std::printf("weights, tables and pictures are in %s\n", options.output.c_str());
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  FewLabelOptions options;
  CLI::App app{
      "Trains AU intensity on few frames of videos, drawn at random, that have labels: the network reads "
      "the\n"
      "frames that lead to a labelled one, and back-propagates through time from its output there alone.\n"
      "Evaluated on all frames of people that it has not seen. The output folder gets best.safetensors,\n"
      "last.safetensors, state.safetensors (for --resume), labelled.csv (which frames were drawn),\n"
      "history.csv, curve.png, aus.csv, intervals.csv and metrics.json.\n\n"
      "  pretrain_video --videos 400 --identities 400 --first-identity 1000 --output stage1\n"
      "  train_au_video --pretrained stage1/best.safetensors --labels 2% --output stage2\n"
      "  train_au_video --labels 2% --output without\n"
      "  train_au_video --frames-only --labels 2% --output frames"};
  add_few_label_options(app, options);
  CLI11_PARSE(app, count, arguments);
  return run("train_au_video", [&] {
    return train(options, command_line({arguments, static_cast<std::size_t>(count)}));
  });
}
