#pragma once
// The networks that pretrain_video and train_au_video were compiled with (CMake: AURUM_EXAMPLE_TEMPORAL),
// their types hidden. Each is compiled once, in a translation unit that CMake writes from temporal.cpp.in.
#include <string>
#include <vector>

#include "aurum/data/sparse_labels.hpp"
#include "aurum/train/fit.hpp"
#include "aurum/train/future_prediction.hpp"
#include "networks.hpp"
#include "temporal/video_predictor.hpp"
#include "videos.hpp"

namespace examples {

using VideoClips = aurum::Clips<AnyVideos>;
using LabelledVideos = aurum::SparselyLabelled<AnyVideos>;
using LabelledClips = aurum::Clips<LabelledVideos>;
using VideoTask = aurum::AuIntensities<>;

/// What remembers the frames before.
enum class Memory {
  recurrent,  ///< a ConvGru
  none        ///< FrameOnly, of the same size: every frame by itself
};

/// Answers for the frames of videos beside their labels, in the order of the videos.
struct VideoAnswers {
  std::vector<aurum::AuResult> frames;
  std::vector<int> people;
};

/// A network for clips, with weights.
class TemporalNetwork {
 public:
  virtual ~TemporalNetwork() = default;
  virtual aurum::FitReport fit(const VideoTask& task, const LabelledClips& data, const VideoClips& validation,
                               const aurum::FitOptions<aurum::Adam>& options) = 0;
  /// For every frame that is there, each `step`-th of a video making a clip from its start.
  virtual VideoAnswers answer(const VideoTask& task, const AnyVideos& videos, int step) = 0;
  virtual void load(const std::filesystem::path& weights, const aurum::ModelInfo& expected) = 0;
  /// Takes features and memory from a file of pretrain_video. Throws FileError for a file that does not fit.
  virtual void take_pretrained(const std::filesystem::path& weights) = 0;
};

/// A network that predicts what comes, to be pre-trained.
class PredictingNetwork {
 public:
  virtual ~PredictingNetwork() = default;
  virtual aurum::FitReport fit(const aurum::FuturePrediction& task, const VideoClips& data,
                               const VideoClips& validation,
                               const aurum::FitOptions<aurum::Adam>& options) = 0;
};

/// An extractor of features and all that is made with it.
struct CompiledTemporal {
  std::string name;
  aurum::Shape input;
  int action_units = 0;
  int predictions = 0;  ///< blocks that are predicted
  int block = 0;        ///< frames of a block
  long long parameters = 0, frame_only_parameters = 0, multiply_adds = 0;
  std::function<std::unique_ptr<PredictingNetwork>(aurum::Seed, const Machine&)> make_predicting;
  std::function<std::unique_ptr<TemporalNetwork>(aurum::Seed, const Machine&, Memory)> make;
  /// For use: with the weights of a file that the info was read from; `step`: frames from one that a network
  /// with memory reads to the next.
  std::function<std::unique_ptr<VideoPredictor>(const aurum::SafetensorsFile&, const aurum::ModelInfo&,
                                                const Machine&, Memory, int step)>
      open;
};

[[nodiscard]] const std::vector<CompiledTemporal>& compiled_temporal_networks();

/// A line for each, for messages and --help.
[[nodiscard]] std::string list_temporal_networks();

/// The compiled network of that name with so many AUs (0: any). Throws ValueError that lists what there is.
[[nodiscard]] const CompiledTemporal& find_temporal_network(const std::string& name, int action_units);

/// Throws FileError for a file that says it holds another network than one for videos.
void require_video_network(const aurum::SafetensorsFile& file);

/// What weights files say: of a pre-trained network without AUs; `step`: frames from one that it reads to the
/// next.
[[nodiscard]] aurum::ModelInfo describe(const CompiledTemporal& type, Memory memory,
                                        std::vector<int> action_units, int step);

}  // namespace examples
