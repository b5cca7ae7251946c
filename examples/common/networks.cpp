#include "networks.hpp"

#include <cstdio>
#include <optional>

#include "aurum/model/weights.hpp"

namespace examples {
namespace {

template <class Task>
std::string list_of(const char* kind) {
  std::string text;
  for (const auto& network : compiled_networks<Task>()) {
    char line[200];
    std::snprintf(
        line, sizeof line,
        "  %-22s %2d %s, %dx%d pixels, %.2f M parameters (%.2f M trained), %.2f G multiply-adds%s\n",
        network.layout.c_str(), network.maps, kind, network.input.width, network.input.height,
        static_cast<double>(network.parameters) / 1e6,
        static_cast<double>(network.parameters - network.frozen) / 1e6,
        static_cast<double>(network.multiply_adds) / 1e9,
        network.kind == Kind::plain ? "" : (", " + to_string(network.kind)).c_str());
    text += line;
  }
  return text;
}

template <class Task>
std::optional<aurum::AnyPredictor> open_as(const aurum::SafetensorsFile& file, const aurum::ModelInfo& info,
                                           const Machine& machine, bool mirrored) {
  for (const auto& network : compiled_networks<Task>())
    if (network.layout == info.layout && network.maps == info.maps && network.input == info.input)
      return network.on(machine).open(file, info, machine, mirrored);
  return std::nullopt;
}

template <class Task>
aurum::ModelInfo describe_any(const CompiledNetwork<Task>& network, const Task& task) {
  return {.layout = network.layout,
          .maps = network.maps,
          .input = network.input,
          .crop = crop_name,
          .normalisation = std::string(aurum::to_string(task.input.normalisation))};
}

}  // namespace

std::string to_string(Kind kind) {
  switch (kind) {
    case Kind::plain:
      return "plain";
    case Kind::reparametrised:
      return "reparametrised";
    case Kind::reparametrised_statistics:
      return "reparametrised (norms: statistics)";
    case Kind::reparametrised_frozen:
      return "reparametrised (norms: frozen)";
    case Kind::adapted:
    case Kind::whole_adapted:
      return kind == Kind::adapted ? "adapted" : "wholly trained adapted";
    case Kind::attention:
    case Kind::whole_attention:
      return kind == Kind::attention ? "attention" : "wholly trained attention";
  }
  return "";
}

std::string list_networks() { return list_of<AuTask>("AUs") + list_of<LandmarkTask>("landmarks"); }

namespace {

aurum::AnyPredictor open_weights(const std::filesystem::path& weights, const Machine& machine,
                                 bool mirrored) {
  const aurum::SafetensorsFile file = aurum::SafetensorsFile::read(weights);
  const aurum::ModelInfo info = aurum::read_model_info(file);
  if (info.crop != crop_name)
    throw aurum::FileError(weights.string(),
                           "expects the crop '" + info.crop + "', this program makes '" + crop_name + "'");
  for (const char* kind : {"temporal.", "frames.", "predicting."})
    if (info.layout.starts_with(kind))
      throw aurum::FileError(weights.string(), "holds a network for videos, '" + info.layout +
                                                   "', where one for pictures is expected; those of "
                                                   "train_au_video are for aurum-analyse --temporal");
  if (info.action_units.empty()) {
    if (auto predictor = open_as<LandmarkTask>(file, info, machine, mirrored)) return *predictor;
  } else if (auto predictor = open_as<AuTask>(file, info, machine, mirrored)) {
    return *predictor;
  }
  throw aurum::FileError(weights.string(),
                         "holds a network '" + info.layout + "' with " + std::to_string(info.maps) +
                             " maps on " + aurum::to_string(info.input) +
                             ", which was not compiled into this program; there are\n" + list_networks());
}

}  // namespace

aurum::AnyPredictor open_au_weights(const std::filesystem::path& weights, const Machine& machine,
                                    bool mirrored) {
  aurum::AnyPredictor network = open_weights(weights, machine, mirrored);
  if (network.info().action_units.empty())
    throw aurum::FileError(weights.string(), "holds a landmark network, not one for AUs");
  return network;
}

aurum::AnyPredictor open_landmark_weights(const std::filesystem::path& weights, const Machine& machine,
                                          bool mirrored) {
  aurum::AnyPredictor network = open_weights(weights, machine, mirrored);
  if (!network.info().action_units.empty())
    throw aurum::FileError(weights.string(), "holds a network for AUs, not one for landmarks");
  return network;
}

aurum::ModelInfo describe(const CompiledNetwork<AuTask>& network, const AuTask& task) {
  aurum::ModelInfo info = describe_any(network, task);
  info.action_units = task.action_units;
  info.sides = task.sides;
  return info;
}
aurum::ModelInfo describe(const CompiledNetwork<LandmarkTask>& network, const LandmarkTask& task) {
  return describe_any(network, task);
}

}  // namespace examples
