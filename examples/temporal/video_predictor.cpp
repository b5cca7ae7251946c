#include "temporal/video_predictor.hpp"

#include <optional>
#include <string>
#include <string_view>

#include "aurum/data/text.hpp"
#include "temporal/video_networks.hpp"

namespace examples {
namespace {

/// What describe() made of a network: "temporal.small.step5".
struct VideoLayout {
  std::string kind, name;
  int step = 0;
};

std::optional<VideoLayout> parse_layout(const std::string& layout) {
  constexpr std::string_view mark = ".step";
  const std::size_t first = layout.find('.'), last = layout.rfind(mark);
  if (last == std::string::npos || first >= last) return std::nullopt;
  const auto step = aurum::parse_number<int>(std::string_view(layout).substr(last + mark.size()));
  if (!step || *step < 1 || *step > 1000) return std::nullopt;
  return VideoLayout{layout.substr(0, first), layout.substr(first + 1, last - first - 1), *step};
}

}  // namespace

std::unique_ptr<VideoPredictor> open_temporal_weights(const std::filesystem::path& weights,
                                                      const Machine& machine) {
  if (machine.backend != "cpu")
    throw aurum::ValueError("--backend: networks for videos run on 'cpu', found '" + machine.backend + "'");
  const aurum::SafetensorsFile file = aurum::SafetensorsFile::read(weights);
  const aurum::ModelInfo info = aurum::read_model_info(file);
  const auto layout = parse_layout(info.layout);
  const std::string found = "holds a network '" + info.layout + "'";
  const std::string expected = "expected one for videos by train_au_video, 'temporal.<network>.step<frames>'";
  if (layout && layout->kind == "predicting")
    throw aurum::FileError(weights.string(), found + ", pre-trained by pretrain_video, which knows no AUs; " +
                                                 expected + ": train_au_video --pretrained makes one of it");
  if (!layout || (layout->kind != "temporal" && layout->kind != "frames"))
    throw aurum::FileError(weights.string(), found + (info.action_units.empty() ? " of landmarks" : "") +
                                                 " for single pictures; " + expected +
                                                 (info.action_units.empty() ? "" : ". --weights opens this"));
  if (info.crop != crop_name)
    throw aurum::FileError(weights.string(),
                           "expects the crop '" + info.crop + "', this program makes '" + crop_name + "'");
  for (const CompiledTemporal& network : compiled_temporal_networks())
    if (network.name == layout->name && network.action_units == info.maps && network.input == info.input)
      return network.open(file, info, machine, layout->kind == "frames" ? Memory::none : Memory::recurrent,
                          layout->step);
  throw aurum::FileError(weights.string(), found + " of " + std::to_string(info.maps) + " AUs on " +
                                               aurum::to_string(info.input) +
                                               ", which was not compiled into this program; there are\n" +
                                               list_temporal_networks() +
                                               "Add it to AURUM_EXAMPLE_TEMPORAL and compile");
}

}  // namespace examples
