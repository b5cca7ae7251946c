#pragma once
// What temporal.cpp.in instantiates: everything that needs to know a network's type.
#include <memory>
#include <utility>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/model/fan.hpp"
#include "aurum/model/network_weights.hpp"
#include "aurum/model/resnet18.hpp"
#include "aurum/model/temporal.hpp"
#include "aurum/model/weights.hpp"
#include "temporal/video_networks.hpp"
#include "temporal/video_predictor_of.hpp"

namespace examples {

// Extractors of features that AURUM_EXAMPLE_TEMPORAL can name, each with a name for --net.

struct SmallNames {
  static constexpr std::array<std::string_view, 6> names{"conv1", "bn1", "", "layer1", "layer2", "layer3"};
};
/// Residual blocks, 16 times smaller maps of 128 features.
struct SmallFeatures
    : aurum::Named<SmallNames, aurum::Sequential<aurum::Conv<32, 5, aurum::Stride<2>>, aurum::BatchNorm,
                                                 aurum::Relu, aurum::BasicBlock<64, 2>,
                                                 aurum::BasicBlock<96, 2>, aurum::BasicBlock<128, 2>>> {
  static constexpr const char* name = "small";
};
struct Layer3 {
  static constexpr std::string_view name = "layer3";
};
/// ResNet-18 up to its third group of blocks.
struct ResNet18Features : aurum::up_to_t<aurum::ResNet18<1>, Layer3> {
  static constexpr const char* name = "resnet18";
};
struct Conv4 {
  static constexpr std::string_view name = "conv4";
};
/// What a FAN sees before its hourglass, on maps a quarter of the picture's size.
struct FanFeatures : aurum::up_to_t<aurum::Fan<68, aurum::Features<64>>, Conv4> {
  static constexpr const char* name = "fan";
};

template <class Net, class B>
class TemporalOf final : public TemporalNetwork {
 public:
  TemporalOf(aurum::Seed seed, const Machine& machine)
      : net_{std::make_shared<aurum::Context<B>>(machine.threads), seed} {}

  aurum::FitReport fit(const VideoTask& task, const LabelledClips& data, const VideoClips& validation,
                       const aurum::FitOptions<aurum::Adam>& options) override {
    return aurum::fit(net_, task, data, validation, options);
  }
  VideoAnswers answer(const VideoTask& task, const AnyVideos& videos, int step) override {
    VideoAnswers answers;
    for (int v = 0; v < videos.size(); ++v) {
      const int frames = videos.frames(v);
      std::vector<aurum::ClipWindow> windows;
      for (int first = 0; first < std::min(step, frames); ++first)
        windows.push_back(
            {.video = v, .first = first, .length = (frames - first - 1) / step + 1, .step = step});
      const VideoClips clips(aurum::borrowed(videos), std::move(windows));
      for (aurum::AuResult& r : aurum::predict_all(net_, task, clips, step))
        answers.frames.push_back(std::move(r));
      answers.people.resize(answers.frames.size(), videos.subject_of(v));
    }
    return answers;
  }
  void load(const std::filesystem::path& weights, const aurum::ModelInfo& expected) override {
    aurum::load(net_, weights, expected);
  }
  void take_pretrained(const std::filesystem::path& weights) override {
    const aurum::SafetensorsFile file = aurum::SafetensorsFile::read(weights);
    require_video_network(file);
    aurum::load(net_, file, aurum::only("features."));
    if (net_.parameters().back().path.starts_with("regressor") && has_memory())
      aurum::load(net_, file, aurum::only("temporal."));
  }

 private:
  [[nodiscard]] bool has_memory() const {
    return std::ranges::any_of(net_.parameters(),
                               [](const aurum::Parameter& p) { return p.path == "temporal.weight_hh_l0"; });
  }
  Net net_;
};

template <class Net, class B>
class PredictingOf final : public PredictingNetwork {
 public:
  PredictingOf(aurum::Seed seed, const Machine& machine)
      : net_{std::make_shared<aurum::Context<B>>(machine.threads), seed} {}
  aurum::FitReport fit(const aurum::FuturePrediction& task, const VideoClips& data,
                       const VideoClips& validation, const aurum::FitOptions<aurum::Adam>& options) override {
    return aurum::fit(net_, task, data, validation, options);
  }

 private:
  Net net_;
};

/// (Of a namespace: g++ 12 wants lambdas to capture a function's where there is a second extractor.)
template <int size>
inline constexpr aurum::Shape square_input{3, size, size};

/// All that is made with features `Extractor` of square pictures, `size` pixels wide: memory of as many
/// channels as there are features, at every pixel of their maps.
template <class Extractor, int size, int aus, int block>
CompiledTemporal compiled_temporal() {
  using B = aurum::Cpu;
  constexpr int channels = aurum::output_shape<Extractor, square_input<size>>.channels;
  using Memory1 = aurum::ConvGru<channels, 1>;
  using Whole = aurum::Temporal<Extractor, Memory1, aurum::IntensityRegressor<aus>>;
  using Frames = aurum::Temporal<Extractor, aurum::FrameOnly<channels>, aurum::IntensityRegressor<aus>>;
  using Predicting = aurum::PredictiveCoding<Extractor, Memory1, aurum::PredictionHead<channels>,
                                             aurum::Predictions<3>, aurum::FramesPerBlock<block>>;
  using PredictingNet = aurum::Network<Predicting, square_input<size>, B>;
  using WholeNet = aurum::Network<Whole, square_input<size>, B>;
  using FramesNet = aurum::Network<Frames, square_input<size>, B>;
  using WholeWeights = aurum::NetworkWeights<Whole, square_input<size>, B>;
  using FramesWeights = aurum::NetworkWeights<Frames, square_input<size>, B>;
  return {
      .name = Extractor::name,
      .input = square_input<size>,
      .action_units = aus,
      .predictions = Predicting::predictions,
      .block = Predicting::block,
      .parameters = aurum::parameter_count<Whole, square_input<size>>,
      .frame_only_parameters = aurum::parameter_count<Frames, square_input<size>>,
      .multiply_adds = aurum::multiply_adds<Whole, square_input<size>>,
      .make_predicting = [](aurum::Seed seed, const Machine& machine) -> std::unique_ptr<PredictingNetwork> {
        return std::make_unique<PredictingOf<PredictingNet, B>>(seed, machine);
      },
      .make = [](aurum::Seed seed, const Machine& machine,
                 Memory memory) -> std::unique_ptr<TemporalNetwork> {
        if (memory == Memory::none) return std::make_unique<TemporalOf<FramesNet, B>>(seed, machine);
        return std::make_unique<TemporalOf<WholeNet, B>>(seed, machine);
      },
      .open = [](const aurum::SafetensorsFile& file, const aurum::ModelInfo& info, const Machine& machine,
                 Memory memory, int step) -> std::unique_ptr<VideoPredictor> {
        const auto context = std::make_shared<aurum::Context<B>>(machine.threads);
        if (memory == Memory::none) {
          FramesWeights weights{context};
          aurum::load(weights, file);
          return std::make_unique<FramePredictor<FramesWeights>>(weights, info);
        }
        WholeWeights weights{context};
        aurum::load(weights, file);
        return std::make_unique<FollowingPredictor<WholeWeights>>(weights, info, step);
      }};
}

}  // namespace examples
