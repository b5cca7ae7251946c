#pragma once
// The ways to an AU network that Ntinou et al. 2020 compare (sections 4 and 6.4), and how each begins.
#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "networks.hpp"
#include "training.hpp"

namespace examples {

enum class Method {
  scratch,
  fine_tune,
  reparametrise,
  adaptation,
  attention,
  random_backbone,
  resnet18,
  // What the paper leaves open, the other way.
  reparametrise_statistics,
  reparametrise_frozen,
  random_backbone_unsettled,
};

struct MethodName {
  Method method;
  std::string_view name;   ///< on the command line
  std::string_view title;  ///< in tables, as the paper has it
};
inline constexpr std::array<MethodName, 10> methods{{
    {Method::scratch, "scratch", "Scratch"},
    {Method::fine_tune, "fine-tune", "Fine-tuning"},
    {Method::reparametrise, "reparametrise", "Reparametrisation"},
    {Method::adaptation, "adaptation", "Adaptation layers"},
    {Method::attention, "attention", "Attention maps"},
    {Method::random_backbone, "random-backbone", "Random backbone"},
    {Method::resnet18, "resnet18", "ResNet-18"},
    {Method::reparametrise_statistics, "reparametrise-statistics", "Reparametrisation (norms: statistics)"},
    {Method::reparametrise_frozen, "reparametrise-frozen", "Reparametrisation (norms: frozen)"},
    {Method::random_backbone_unsettled, "random-backbone-unsettled", "Random backbone (not settled)"},
}};
/// Whether the paper has it, as against a variant of ours.
[[nodiscard]] constexpr bool in_paper(Method method) { return method <= Method::resnet18; }
[[nodiscard]] const MethodName& name_of(Method method);
/// Whether it begins with the weights of a network of landmarks.
[[nodiscard]] bool starts_from_fan(Method method);
/// Throws ValueError that lists the names.
[[nodiscard]] Method parse_method(std::string_view name);

struct MethodOptions {
  Method method = Method::scratch;
  std::string fan;          ///< weights of the network of landmarks that the method starts from
  std::string transferred;  ///< weights that the method made before; only to be fine-tuned then
  bool then_fine_tune = false;
  double small_rate = 0.1;  ///< of what was trained before, when it is fine-tuned: a multiple of the rate
};

/// The network that the method trains: `net` names the layout ("ntinou2020"), which ResNet-18 replaces.
/// Throws ValueError where it was not compiled, and for options that contradict the method.
[[nodiscard]] const CompiledNetwork<AuTask>& network_of(const MethodOptions& options, const std::string& net,
                                                        int maps, int size);

/// The network that it leaves: the same, or what is fine-tuned after it.
[[nodiscard]] const CompiledNetwork<AuTask>& final_network_of(const MethodOptions& options,
                                                              const std::string& net, int maps, int size);

/// What a method leaves.
struct Trained {
  const CompiledNetwork<AuTask>* type = nullptr;
  std::unique_ptr<TrainableNetwork<AuTask>> network;  ///< with its best weights
  Training training;
  std::filesystem::path weights;  ///< where these are
};

/// Trains a network of `type` by a method, from its first weights to the last: takes over the network of
/// landmarks or draws a random one, trains on `split` into `training.output`, then fine-tunes the whole of
/// it into the folder "fine_tuned" there, if asked for.
[[nodiscard]] Trained train_by(const MethodOptions& method, const CompiledNetwork<AuTask>& type,
                               const AuTask& task, const Split& split, TrainingOptions training,
                               const std::string& command);

}  // namespace examples
