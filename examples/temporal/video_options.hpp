#pragma once
// What pretrain_video and train_au_video share.
#include <string>

#include "dataset.hpp"
#include "temporal/video_networks.hpp"

namespace CLI {
class App;
}

namespace examples {

struct VideoOptions {
  std::string net = "small";
  std::string folder;  ///< of videos; empty: synthetic ones
  DatasetOptions dataset;
  double validation_share = 0.15, test_share = 0.15;
  int step = 5;  ///< frames from one that the network reads to the next
  SyntheticVideoOptions synthetic;
  int validation_videos = 20, test_videos = 40;  ///< synthetic ones, of as many other people

  int epochs = 20;
  double minutes = 0;
  int batch = 8;
  double learning_rate = 1e-3;
  std::uint64_t seed = 1;
  Machine machine;
  bool resume = false;
  std::string output;
};

void add_video_options(CLI::App& app, VideoOptions& options);

/// `with_test`: whether something is held back to test on, which takes labels.
[[nodiscard]] VideoData open_videos(const VideoOptions& options, const CompiledTemporal& type,
                                    bool with_test);

/// The options of a fit into `options.output`, annealed over all of its time after a short warm-up.
[[nodiscard]] aurum::FitOptions<aurum::Adam> fit_options(const VideoOptions& options,
                                                         const aurum::ModelInfo& info,
                                                         const std::string& configuration);

/// Says how to go on after a stop. Returns the exit code.
[[nodiscard]] int tell_stopped(const VideoOptions& options, const std::string& command);

}  // namespace examples
