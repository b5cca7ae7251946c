#pragma once
// A public layout against PyTorch: its state dict loads from a file as PyTorch names it, and the network
// gives PyTorch's heatmaps.
#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/model/network_weights.hpp"
#include "aurum/model/predictor.hpp"
#include "aurum/model/weights.hpp"
#include "support/catch.hpp"
#include "support/golden_network.hpp"
#include "support/temporary_directory.hpp"

namespace aurum::test {

inline constexpr Shape state_dict_input{3, 64, 64};

template <class S>
using StateDictWeights = NetworkWeights<S, state_dict_input, Cpu>;

/// Writes the state dict that tests/golden/state_dict_<name>.safetensors lists, with the hashed weights.
/// `prefix` comes before each name, as DataParallel's "module.".
inline void write_state_dict(const std::string& name, const std::filesystem::path& path,
                             const std::string& prefix = "") {
  static constexpr std::int64_t batches = 7;
  std::vector<std::vector<float>> values;
  std::vector<TensorRecord> records;
  for (const std::string& line : Golden("state_dict_" + name).lines("state_dict")) {  // "conv1.bias 64"
    const std::size_t end = line.find(' ');
    const std::string tensor = line.substr(0, end);
    if (tensor.ends_with("num_batches_tracked")) {
      records.push_back({prefix + tensor, DType::i64, {}, std::as_bytes(std::span{&batches, 1})});
      continue;
    }
    std::vector<int> shape;
    REQUIRE(detail::parse_numbers(std::string_view(line).substr(end + 1), 'x', shape));
    const std::vector<std::int64_t> extents(shape.begin(), shape.end());
    values.push_back(hashed_parameter(tensor, extents));
    records.push_back({prefix + tensor, DType::f32, extents, std::as_bytes(std::span{values.back()})});
  }
  write_safetensors(path, records);
}

/// Checks the network's heatmaps of the hashed input against PyTorch's in that file.
template <class Weights>
void check_heatmaps(const std::string& name, const Weights& weights) {
  const Golden golden("state_dict_" + name);
  const Shape out = Weights::output_shape;
  REQUIRE(golden.doubles("shape") == std::vector<double>{1, static_cast<double>(out.channels),
                                                         static_cast<double>(out.height),
                                                         static_cast<double>(out.width)});
  Tensor<float> input(1, Weights::input_shape);
  from_nchw(hashed_values("input", input.memory.size()), input.view);
  Predictor predict{weights};
  const View<const float> heatmaps = predict.batch(input.view).front().heatmaps;
  const double error = greatest_error(sample_of(to_nchw(heatmaps)), golden.doubles("heatmaps.sample"));
  CHECK(error < 1e-4);
  SUCCEED(name << ": heatmaps off by " << error << " of their RMS");
}

/// The layout `S` under the public code's names: a file of its own, or with a prefix before every name.
template <class S>
void check_state_dict(const std::string& name, const std::string& prefix = "") {
  INFO(name);
  const TemporaryDirectory directory;
  write_state_dict(name, directory / "net", prefix);
  StateDictWeights<S> weights;
  load(weights, SafetensorsFile::read(directory / "net"), FilePart{prefix, ""});
  check_heatmaps(name, weights);
}

}  // namespace aurum::test
