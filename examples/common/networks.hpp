#pragma once
// The networks that the example programs were compiled with (CMake: AURUM_EXAMPLE_NETWORKS), their types
// hidden, so that a program picks one by name and its own code compiles in a moment. Each network is compiled
// once, in a translation unit of its own that CMake writes from network.cpp.in.
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aurum/model/any_predictor.hpp"
#include "aurum/train/fit.hpp"
#include "data.hpp"

namespace examples {

using AuTask = aurum::AuHeatmaps<>;
using LandmarkTask = aurum::LandmarkHeatmaps;

/// How all programs cut faces out (aurum/data/crop.hpp), as weights files say it.
inline constexpr const char* crop_name = "face_square";

/// What a network is made of, and so by which methods it is trained (methods.hpp).
enum class Kind {
  plain,                      ///< all of it is trained
  reparametrised,             ///< aurum::ReparametrisedFan
  reparametrised_statistics,  ///< the same, of its norms only the statistics trained; same weights files
  reparametrised_frozen,      ///< the same, nothing of its norms trained
  adapted,                    ///< aurum::AdaptedFan
  whole_adapted,              ///< the same, nothing of it frozen; same weights files
  attention,                  ///< aurum::AttentionFan
  whole_attention             ///< the same, its features trained too; same weights files
};

/// A network with weights that a task can train.
template <class Task>
class TrainableNetwork {
 public:
  virtual ~TrainableNetwork() = default;
  virtual aurum::FitReport fit(const Task& task, const AnyData& data, const AnyData& validation,
                               const aurum::FitOptions<aurum::Adam>& options) = 0;
  /// `mirrored`: means over the faces and their mirror images (aurum/heatmap/mirror.hpp).
  virtual std::vector<typename Task::Result> predict_all(const Task& task, const AnyData& data,
                                                         bool mirrored = false) = 0;
  /// The same for faces that the task varies by this stream, as in training.
  virtual std::vector<typename Task::Result> predict_varied(const Task& task, const AnyData& data,
                                                            aurum::Random variation) = 0;
  /// AU networks only: see aurum/train/calibrate.hpp.
  virtual void calibrate(const Task& task, const AnyData& data, bool mirrored) = 0;
  virtual void load(const std::filesystem::path& weights, const aurum::ModelInfo& expected) = 0;
  virtual void save(const std::filesystem::path& weights, const aurum::ModelInfo& info) const = 0;

  /// Takes over the weights of a network of landmarks (aurum::Pretrained). Throws FileError for a file that
  /// does not fit, Error where this network is made from none.
  virtual void take_backbone(const std::filesystem::path& weights) = 0;
  /// Networks of landmarks only: see aurum/train/settle_statistics.hpp.
  virtual void settle_statistics(const Task& task, const AnyData& data, aurum::Seed seed) = 0;
  /// Reparametrised networks only: saves the plain network that answers the same, projections multiplied in.
  virtual void save_plain(const std::filesystem::path& weights, aurum::ModelInfo info) const = 0;
};

/// Where networks run.
struct Machine {
  std::string backend = "cpu";  ///< or "cuda"
  int threads = 0;              ///< of the CPU; 0: one per core
  bool tf32 = false;            ///< of CUDA: see aurum::CudaOptions, this and the next
  bool reproducible = false;
};

/// Makes a network on one backend. Empty functions: it was not compiled for that.
template <class Task>
struct NetworkFactory {
  /// Fresh weights.
  std::function<std::unique_ptr<TrainableNetwork<Task>>(aurum::Seed, const Machine&, aurum::Initialiser)>
      make;
  /// For use: with the weights of a file that `info` was read from.
  std::function<aurum::AnyPredictor(const aurum::SafetensorsFile&, const aurum::ModelInfo& info,
                                    const Machine&, bool mirrored)>
      open;
};

/// A network type, as the compiler knows it.
template <class Task>
struct CompiledNetwork {
  std::string layout;  ///< see aurum/model/layout.hpp
  Kind kind = Kind::plain;
  std::string backbone;  ///< layout of the network of landmarks that it is made from; empty: none
  int maps = 0;
  std::vector<int> action_units;  ///< that it is made for; empty: any
  aurum::Shape input;
  long long parameters = 0;  ///< all, trained and frozen
  long long frozen = 0;      ///< of those
  long long multiply_adds = 0;
  NetworkFactory<Task> cpu, cuda;

  /// Throws ValueError for a backend that it was not compiled for.
  [[nodiscard]] const NetworkFactory<Task>& on(const Machine& machine) const {
    const NetworkFactory<Task>& factory = machine.backend == "cuda" ? cuda : cpu;
    if (!factory.make)
      throw aurum::ValueError("the network '" + layout + "' was not compiled for the backend '" +
                              machine.backend +
                              "'; configure with -D AURUM_EXAMPLE_CUDA=ON, where nvcc and cuDNN are");
    return factory;
  }
};

[[nodiscard]] std::string to_string(Kind kind);

/// All that were compiled, AU networks and landmark networks (those with 68 maps).
template <class Task>
const std::vector<CompiledNetwork<Task>>& compiled_networks();
template <>
const std::vector<CompiledNetwork<AuTask>>& compiled_networks<AuTask>();
template <>
const std::vector<CompiledNetwork<LandmarkTask>>& compiled_networks<LandmarkTask>();

/// A line for each, for messages and --help.
[[nodiscard]] std::string list_networks();

/// The first compiled network called `name` ("ntinou2020" finds "ntinou2020.features64" too) of that kind
/// with so many maps and an input of that size (0: any). Throws ValueError that lists what there is.
template <class Task>
[[nodiscard]] const CompiledNetwork<Task>& find_network(const std::string& name, int maps, int size,
                                                        Kind kind = Kind::plain) {
  for (const auto& network : compiled_networks<Task>())
    if ((network.layout == name || network.layout.starts_with(name + ".")) && network.kind == kind &&
        network.maps == maps && (size == 0 || network.input.width == size))
      return network;
  throw aurum::ValueError((kind == Kind::plain ? "no" : "no " + to_string(kind)) + " network '" + name +
                          "' with " + std::to_string(maps) + " maps" +
                          (size == 0 ? "" : " for " + std::to_string(size) + "-pixel pictures") +
                          " was compiled; there are\n" + list_networks() +
                          "Add its type to AURUM_EXAMPLE_NETWORKS, for instance cmake -D "
                          "\"AURUM_EXAMPLE_NETWORKS=Fan<12>@256;...\"");
}

/// The same network for pictures of another size. Throws ValueError where it was not compiled.
template <class Task>
[[nodiscard]] const CompiledNetwork<Task>& at_size(const CompiledNetwork<Task>& type, int size) {
  for (const auto& network : compiled_networks<Task>())
    if (network.layout == type.layout && network.kind == type.kind && network.maps == type.maps &&
        network.input.width == size)
      return network;
  throw aurum::ValueError("the network '" + type.layout + "' was not compiled for " + std::to_string(size) +
                          "-pixel pictures; there are\n" + list_networks() +
                          "Add the size to the network's in AURUM_EXAMPLE_NETWORKS, for instance cmake -D "
                          "\"AURUM_EXAMPLE_NETWORKS=Fan<12>@256,128;...\"");
}

/// Opens a file of an AU network's weights, the network chosen by what the file says it is; `mirrored`: to
/// answer with means over a face and its mirror image. Throws FileError for a file that does not say what it
/// is, names a network that was not compiled, or holds one of landmarks.
[[nodiscard]] aurum::AnyPredictor open_au_weights(const std::filesystem::path& weights,
                                                  const Machine& machine = {}, bool mirrored = false);
/// The same for a network of landmarks.
[[nodiscard]] aurum::AnyPredictor open_landmark_weights(const std::filesystem::path& weights,
                                                        const Machine& machine = {}, bool mirrored = false);

/// What --mirror says in every program that has it.
inline constexpr const char* mirror_help =
    "look at every face a second time in the mirror and average the maps: better, and twice the time";

/// What the weights files of a training say.
[[nodiscard]] aurum::ModelInfo describe(const CompiledNetwork<AuTask>& network, const AuTask& task);
[[nodiscard]] aurum::ModelInfo describe(const CompiledNetwork<LandmarkTask>& network,
                                        const LandmarkTask& task);

}  // namespace examples
