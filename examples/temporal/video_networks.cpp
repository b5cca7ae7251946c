#include "temporal/video_networks.hpp"

#include <cstdio>

namespace examples {

std::string list_temporal_networks() {
  std::string text;
  for (const CompiledTemporal& n : compiled_temporal_networks()) {
    char line[200];
    std::snprintf(line, sizeof line,
                  "  %-10s %d AUs, %dx%d pixels, %.2f M parameters, %.2f G multiply-adds\n", n.name.c_str(),
                  n.action_units, n.input.width, n.input.height, static_cast<double>(n.parameters) / 1e6,
                  static_cast<double>(n.multiply_adds) / 1e9);
    text += line;
  }
  return text;
}

const CompiledTemporal& find_temporal_network(const std::string& name, int action_units) {
  for (const CompiledTemporal& network : compiled_temporal_networks())
    if (network.name == name && (action_units == 0 || network.action_units == action_units)) return network;
  throw aurum::ValueError("no network '" + name + "'" +
                          (action_units == 0 ? "" : " of " + std::to_string(action_units) + " AUs") +
                          " for videos was compiled; there are\n" + list_temporal_networks() +
                          "Add it to AURUM_EXAMPLE_TEMPORAL, for instance cmake -D "
                          "\"AURUM_EXAMPLE_TEMPORAL=SmallFeatures@64@12\"");
}

void require_video_network(const aurum::SafetensorsFile& file) {
  if (!aurum::has_model_info(file)) return;
  const std::string layout = aurum::read_model_info(file).layout;
  for (const char* kind : {"predicting.", "temporal.", "frames."})
    if (layout.starts_with(kind)) return;
  throw aurum::FileError(file.name(), "holds a network '" + layout +
                                          "' for single pictures; expected one of pretrain_video, "
                                          "'predicting.<network>.step<frames>'");
}

aurum::ModelInfo describe(const CompiledTemporal& type, Memory memory, std::vector<int> action_units,
                          int step) {
  const std::string kind = action_units.empty()     ? "predicting"
                           : memory == Memory::none ? "frames"
                                                    : "temporal";
  return {.layout = kind + "." + type.name + ".step" + std::to_string(step),
          .maps = static_cast<int>(action_units.size()),
          .action_units = std::move(action_units),
          .input = type.input,
          .crop = crop_name,
          .normalisation = std::string(to_string(aurum::Normalisation::min_max))};
}

}  // namespace examples
