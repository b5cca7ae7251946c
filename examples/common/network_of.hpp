#pragma once
// What network.cpp.in instantiates: everything that needs to know a network's type.
#include <type_traits>
#include <utility>
#include <vector>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/model/layout.hpp"
#include "aurum/model/network_weights.hpp"
#include "aurum/train/calibrate.hpp"
#include "networks.hpp"

namespace examples {

template <class Net, class Task>
class TrainableOf final : public TrainableNetwork<Task> {
 public:
  TrainableOf(aurum::Seed seed, int threads)
      : net_{std::make_shared<aurum::Context<aurum::Cpu>>(threads), seed} {}
  aurum::FitReport fit(const Task& task, const AnyData& data, const AnyData& validation,
                       const aurum::FitOptions<aurum::Adam>& options) override {
    return aurum::fit(net_, task, data, validation, options);
  }
  std::vector<typename Task::Result> predict_all(const Task& task, const AnyData& data,
                                                 bool mirrored) override {
    return aurum::predict_all(net_, task, data, 16, mirrored);
  }
  void calibrate([[maybe_unused]] const Task& task, [[maybe_unused]] const AnyData& data,
                 [[maybe_unused]] bool mirrored) override {
    if constexpr (std::is_same_v<typename Task::Result, aurum::AuResult>)
      aurum::calibrate(net_, task, data, mirrored);
    else
      throw aurum::Error("only the answers of AU networks can be calibrated");
  }
  void load(const std::filesystem::path& weights, const aurum::ModelInfo& expected) override {
    aurum::load(net_, weights, expected);
  }
  void save(const std::filesystem::path& weights, const aurum::ModelInfo& info) const override {
    aurum::save(net_, weights, info);
  }

 private:
  Net net_;
};

/// Network `Spec`, whose last `Maps` channels count, on square pictures of `size` pixels.
template <class Spec, int maps, int size>
auto compiled_network() {
  constexpr aurum::Shape input{3, size, size};
  using Net = aurum::Network<Spec, input, aurum::Cpu>;
  using Task = std::conditional_t<maps == aurum::landmark_count, LandmarkTask, AuTask>;
  return CompiledNetwork<Task>{
      .layout = aurum::layout_name<Spec>(),
      .maps = maps,
      .input = input,
      .parameters = aurum::parameter_count<Spec, input>,
      .multiply_adds = aurum::multiply_adds<Spec, input>,
      .make = [](aurum::Seed seed, int threads) -> std::unique_ptr<TrainableNetwork<Task>> {
        return std::make_unique<TrainableOf<Net, Task>>(seed, threads);
      },
      .open =
          [](const aurum::SafetensorsFile& file, const aurum::ModelInfo& info, int threads, bool mirrored) {
            aurum::NetworkWeights<Spec, input, aurum::Cpu> weights{
                std::make_shared<aurum::Context<aurum::Cpu>>(threads)};
            aurum::load(weights, file);
            aurum::PredictorOptions how{.normalisation = aurum::parse_normalisation(info.normalisation),
                                        .maps = maps};
            if (mirrored) how.mirror = Task::mirror;
            return aurum::AnyPredictor{aurum::Predictor{weights, how}, info};
          }};
}

/// The same for pictures of several sizes. Modules do not know how large pictures are, so all share them.
template <class Spec, int maps, int... sizes>
auto compiled_at() {
  return std::vector{compiled_network<Spec, maps, sizes>()...};
}

}  // namespace examples
