// test: deep
// Weights of the public code of Ntinou et al. 2020 (QFAN, FANAU) load by PyTorch's names.
#include <algorithm>

#include "aurum/model/adaptation.hpp"
#include "aurum/model/fan.hpp"
#include "support/message.hpp"
#include "support/state_dict.hpp"

namespace aurum {
namespace {

using namespace test;

TEST_CASE("a state dict of the public FAN gives PyTorch's heatmaps", "[state_dicts]") {
  check_state_dict<Fan<12>>("ntinou2020_12");
}

TEST_CASE("a state dict saved from DataParallel loads without its prefix", "[state_dicts]") {
  check_state_dict<Fan<12>>("ntinou2020_12", "module.");
}

TEST_CASE("a state dict of the public adaptation network gives PyTorch's heatmaps", "[state_dicts]") {
  check_state_dict<AdaptationLayers<Fan<68>, 5>>("ntinou2020_adaptation_5");
  check_state_dict<AdaptationLayers<Fan<68>, 12>>("ntinou2020_adaptation_12");
}

/// The values of the parameters whose paths begin with `prefix`, or do not.
template <class Weights>
std::vector<std::vector<float>> values_of(const Weights& weights, const std::string& prefix, bool begins) {
  std::vector<std::vector<float>> values;
  for (const Parameter& p : weights.parameters())
    if (p.path.starts_with(prefix) == begins) values.push_back(weights.get(p));
  return values;
}

// docs/pytorch_weights.md quotes the loads.
TEST_CASE("a file is loaded whole, or a part of it into a part of a network", "[state_dicts]") {
  const TemporaryDirectory directory;
  write_state_dict("ntinou2020_adaptation_12", directory / "au.safetensors");
  const SafetensorsFile file = SafetensorsFile::read(directory / "au.safetensors");

  NetworkWeights<AdaptationLayers<Fan<68>, 12>, Shape{3, 256, 256}, Cpu> net;
  load(net, file);

  NetworkWeights<AdaptationLayers<Fan<68>, 5>, Shape{3, 256, 256}, Cpu> other_aus;
  load(other_aus, file, only("fan."));
  NetworkWeights<Fan<68>, Shape{3, 256, 256}, Cpu> landmarks;
  load(landmarks, file, {.part = {"fan.", ""}});

  // In parentheses: nobody wants to read millions of numbers where they differ.
  const auto fan = values_of(net, "fan.", true);
  CHECK((values_of(other_aus, "fan.", true) == fan));
  CHECK((values_of(landmarks, "", true) == fan));
  for (const auto& branch : values_of(other_aus, "fan.", false))
    CHECK(std::ranges::all_of(branch, [](float value) { return value == 0; }));

  const std::string text = message<FileError>([&] { load(other_aus, file); });
  CHECK(contains(text, "tensor 'l.weight': expected shape 5x128x1x1, found 12x128x1x1"));
  CHECK(contains(text, "tensor 'l.bias': expected shape 5, found 12"));
  CHECK(std::ranges::count(text, '\n') == 2);
}

const ModelInfo small_info{.layout = "ntinou2020.features8.depth1",
                           .maps = 2,
                           .action_units = {6, 12},
                           .input = state_dict_input,
                           .crop = "face_square",
                           .normalisation = "min_max",
                           .training_data = "none",
                           .licence = "Apache-2.0"};

// tests/scripts/test_convert_pytorch.py checks that this file is the converter's, from a checkpoint of
// PyTorch.
TEST_CASE("what convert_pytorch.py makes of a checkpoint gives PyTorch's heatmaps", "[state_dicts]") {
  const std::filesystem::path path =
      std::filesystem::path(AURUM_GOLDEN) / "checkpoints/fan_small.safetensors";
  CHECK(read_model_info(SafetensorsFile::read(path)) == small_info);
  StateDictWeights<Fan<2, Features<8>, Depth<1>>> weights;
  load(weights, path, small_info);
  check_heatmaps("ntinou2020_small", weights);
}

}  // namespace
}  // namespace aurum
