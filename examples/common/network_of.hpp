#pragma once
// What network.cpp.in instantiates: everything that needs to know a network's type. nvcc compiles it for the
// CUDA backend (network.cu.in), everybody else for the CPU's.
#include <type_traits>
#include <utility>
#include <vector>

#include "aurum/data/synthetic/action_units.hpp"
#include "aurum/model/methods.hpp"
#include "aurum/model/network_weights.hpp"
#include "aurum/model/weights.hpp"
#include "aurum/train/calibrate.hpp"
#include "aurum/train/settle_statistics.hpp"
#include "networks.hpp"

#if defined(__CUDACC__)
#include "aurum/backend/cuda/cuda.hpp"
#else
#include "aurum/backend/cpu/cpu.hpp"
#endif

namespace examples {

/// (The backend is a parameter of all that both compilers see: their functions meet in one program.)
template <class B>
std::shared_ptr<aurum::Context<B>> make_context(const Machine& machine) {
  if constexpr (aurum::on_host<B>)
    return std::make_shared<aurum::Context<B>>(machine.threads);
  else
    return std::make_shared<aurum::Context<B>>(
        typename aurum::Context<B>::Options{.tf32 = machine.tf32, .reproducible = machine.reproducible});
}

/// The AUs of the synthetic faces, for networks with attention maps.
struct SyntheticAus {
  static constexpr aurum::AttentionTable table() {
    return aurum::attention_table(aurum::synthetic_action_units);
  }
  static std::vector<int> numbers() {
    return {aurum::synthetic_action_units.begin(), aurum::synthetic_action_units.end()};
  }
};

/// Which kind a network type is, and which AUs it is made for.
template <class Spec>
struct KindOf {
  static constexpr Kind kind = Kind::plain;
  static std::vector<int> action_units() { return {}; }
};
template <Kind K>
struct OfKind : KindOf<void> {
  static constexpr Kind kind = K;
};
template <int Maps, aurum::Norms Choice, class... Options>
struct KindOf<aurum::ReparametrisedFanWith<Maps, Choice, Options...>>
    : OfKind<Choice == aurum::Norms::trained      ? Kind::reparametrised
             : Choice == aurum::Norms::statistics ? Kind::reparametrised_statistics
                                                  : Kind::reparametrised_frozen> {};
template <int Maps, class... Options>
struct KindOf<aurum::AdaptedFan<Maps, Options...>> : OfKind<Kind::adapted> {};
template <int Maps, class... Options>
struct KindOf<aurum::WholeAdaptedFan<Maps, Options...>> : OfKind<Kind::whole_adapted> {};
template <int Maps, class Rows, class... Options>
struct KindOf<aurum::AttentionFan<Maps, Rows, Options...>> {
  static constexpr Kind kind = Kind::attention;
  static std::vector<int> action_units() { return Rows::numbers(); }
};
template <int Maps, class Rows, class... Options>
struct KindOf<aurum::WholeAttentionFan<Maps, Rows, Options...>> {
  static constexpr Kind kind = Kind::whole_attention;
  static std::vector<int> action_units() { return Rows::numbers(); }
};

template <class Spec>
struct Unprojected {
  using type = void;
};
template <int Maps, aurum::Norms Choice, class... Options>
struct Unprojected<aurum::ReparametrisedFanWith<Maps, Choice, Options...>> {
  using type = aurum::Fan<Maps, Options...>;
};

template <class Net, class Task>
class TrainableOf final : public TrainableNetwork<Task> {
  using Backend = typename Net::backend;

 public:
  TrainableOf(aurum::Seed seed, const Machine& machine, aurum::Initialiser initialiser)
      : net_{make_context<Backend>(machine), seed, initialiser} {}
  aurum::FitReport fit(const Task& task, const AnyData& data, const AnyData& validation,
                       const aurum::FitOptions<aurum::Adam>& options) override {
    return aurum::fit(net_, own(task), data, validation, options);
  }
  std::vector<typename Task::Result> predict_all(const Task& task, const AnyData& data,
                                                 bool mirrored) override {
    return aurum::predict_all(net_, own(task), data, 16, mirrored);
  }
  std::vector<typename Task::Result> predict_varied(const Task& task, const AnyData& data,
                                                    aurum::Random variation) override {
    return aurum::predict_all(net_, own(task), data, 16, false, variation);
  }
  void calibrate([[maybe_unused]] const Task& task, [[maybe_unused]] const AnyData& data,
                 [[maybe_unused]] bool mirrored) override {
    if constexpr (std::is_same_v<typename Task::Result, aurum::AuResult>)
      aurum::calibrate(net_, own(task), data, mirrored);
    else
      throw aurum::Error("only the answers of AU networks can be calibrated");
  }
  void load(const std::filesystem::path& weights, const aurum::ModelInfo& expected) override {
    aurum::load(net_, weights, expected);
  }
  void save(const std::filesystem::path& weights, const aurum::ModelInfo& info) const override {
    aurum::save(net_, weights, info);
  }

  void take_backbone([[maybe_unused]] const std::filesystem::path& weights) override {
    using Backbone = typename aurum::Pretrained<typename Net::spec>::backbone;
    if constexpr (std::is_void_v<Backbone>) {
      throw aurum::Error("a network '" + aurum::layout_name<typename Net::spec>() +
                         "' is not made from one of landmarks");
    } else {
      const aurum::SafetensorsFile file = aurum::SafetensorsFile::read(weights);
      if (aurum::has_model_info(file)) {
        // Convolutions do not ask how large the pictures are.
        aurum::ModelInfo wanted = aurum::read_model_info(file);
        wanted.layout = aurum::layout_name<Backbone>();
        wanted.maps = aurum::landmark_count;
        wanted.action_units.clear();
        aurum::require_match(wanted, aurum::read_model_info(file), file.name());
      }
      aurum::NetworkWeights<Backbone, Net::input_shape, Backend> backbone{net_.shared_context()};
      aurum::load(backbone, file);
      aurum::transfer(backbone, net_, aurum::Pretrained<typename Net::spec>::transfer());
    }
  }
  void settle_statistics([[maybe_unused]] const Task& task, [[maybe_unused]] const AnyData& data,
                         [[maybe_unused]] aurum::Seed seed) override {
    if constexpr (std::is_same_v<Task, LandmarkTask>)
      aurum::settle_statistics(net_, task, data, seed);
    else
      throw aurum::Error("only networks of landmarks are used as they were drawn");
  }
  void save_plain([[maybe_unused]] const std::filesystem::path& weights,
                  [[maybe_unused]] aurum::ModelInfo info) const override {
    using Plain = typename Unprojected<typename Net::spec>::type;
    if constexpr (std::is_void_v<Plain>) {
      throw aurum::Error("only a reparametrised network has projections to multiply in");
    } else {
      aurum::NetworkWeights<Plain, Net::input_shape, Backend> plain{net_.shared_context()};
      aurum::transfer(net_, plain);
      info.layout = aurum::layout_name<Plain>();
      aurum::save(plain, weights, info);
    }
  }

 private:
  /// The task as this network does it: one that ends in a number per AU regresses the intensities.
  static auto own(const Task& task) {
    if constexpr (Net::output_shape.width == 1 && std::is_same_v<Task, AuTask>) {
      aurum::AuIntensities<> numbers{task};
      numbers.centre_weight = {};
      return numbers;
    } else {
      return task;
    }
  }

  Net net_;
};

template <class Spec>
std::string backbone_of() {
  using Backbone = typename aurum::Pretrained<Spec>::backbone;
  if constexpr (std::is_void_v<Backbone>)
    return "";
  else
    return aurum::layout_name<Backbone>();
}

/// Makes and opens, on backend B, network `Spec`, whose last `Maps` channels count, on square pictures of
/// `size` pixels.
template <class B, class Spec, int maps, int size>
auto factory_of() {
  constexpr aurum::Shape input{3, size, size};
  using Net = aurum::Network<Spec, input, B>;
  using Task = std::conditional_t<maps == aurum::landmark_count, LandmarkTask, AuTask>;
  return NetworkFactory<Task>{
      .make = [](aurum::Seed seed, const Machine& machine,
                 aurum::Initialiser initialiser) -> std::unique_ptr<TrainableNetwork<Task>> {
        return std::make_unique<TrainableOf<Net, Task>>(seed, machine, initialiser);
      },
      .open =
          [](const aurum::SafetensorsFile& file, const aurum::ModelInfo& info, const Machine& machine,
             bool mirrored) {
            aurum::NetworkWeights<Spec, input, B> weights{make_context<B>(machine)};
            aurum::load(weights, file);
            aurum::PredictorOptions how{.normalisation = aurum::parse_normalisation(info.normalisation),
                                        .maps = maps};
            if (mirrored) how.mirror = Task::mirror;
            return aurum::AnyPredictor{aurum::Predictor{weights, how}, info};
          }};
}

#if defined(__CUDACC__)
template <class Spec, int maps, int... sizes>
auto cuda_factories() {
  return std::vector{factory_of<aurum::Cuda, Spec, maps, sizes>()...};
}
#else
template <class Spec, int maps, int size>
auto compiled_network() {
  constexpr aurum::Shape input{3, size, size};
  using Task = std::conditional_t<maps == aurum::landmark_count, LandmarkTask, AuTask>;
  return CompiledNetwork<Task>{
      .layout = aurum::layout_name<Spec>(),
      .kind = KindOf<Spec>::kind,
      .backbone = backbone_of<Spec>(),
      .maps = maps,
      .action_units = KindOf<Spec>::action_units(),
      .input = input,
      .parameters = aurum::parameter_count<Spec, input> + aurum::frozen_count<Spec, input>,
      .frozen = aurum::frozen_count<Spec, input>,
      .multiply_adds = aurum::multiply_adds<Spec, input>,
      .cpu = factory_of<aurum::Cpu, Spec, maps, size>(),
      .cuda = {}};
}

/// The same for pictures of several sizes. Modules do not know how large pictures are, so all share them.
template <class Spec, int maps, int... sizes>
auto compiled_at() {
  return std::vector{compiled_network<Spec, maps, sizes>()...};
}
#endif

}  // namespace examples
