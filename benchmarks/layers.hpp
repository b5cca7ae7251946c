#pragma once
// Single convolutions as inference runs them (filters packed before), for the roofline of
// docs/performance.md.
#include <algorithm>
#include <aurum/backend/cpu/convolution.hpp>
#include <aurum/backend/cpu/team.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "peak.hpp"

namespace aurum::bench {

struct Layer {
  const char* name;
  Window window;
  Shape in;
  int out_channels;
};

/// Those of the FAN layout at 256x256.
inline constexpr Layer fan_layers[] = {{"7x7/2, 3 to 64", {7, 2, 3}, {3, 256, 256}, 64},
                                       {"3x3, 64 to 32, 128x128", {3, 1, 1}, {64, 128, 128}, 32},
                                       {"3x3, 32 to 16, 128x128", {3, 1, 1}, {32, 128, 128}, 16},
                                       {"3x3, 16 to 16, 128x128", {3, 1, 1}, {16, 128, 128}, 16},
                                       {"3x3, 128 to 64, 64x64", {3, 1, 1}, {128, 64, 64}, 64},
                                       {"3x3, 64 to 32, 64x64", {3, 1, 1}, {64, 64, 64}, 32},
                                       {"3x3, 32 to 32, 64x64", {3, 1, 1}, {32, 64, 64}, 32},
                                       {"3x3, 128 to 64, 16x16", {3, 1, 1}, {128, 16, 16}, 64},
                                       {"1x1, 128 to 128, 64x64", {1, 1, 0}, {128, 64, 64}, 128}};

/// Milliseconds (median), multiply-adds, and bytes of input, output and filter.
inline nlohmann::json measure_layer(cpu::Team& team, const Layer& layer, double seconds) {
  const auto size = [w = layer.window](int side) { return (side + 2 * w.padding - w.kernel) / w.stride + 1; };
  const Shape out{layer.out_channels, size(layer.in.height), size(layer.in.width)};
  const auto floats = [](long long count) {
    return std::vector<float>(static_cast<std::size_t>(count), 0.5F);
  };
  const cpu::Algorithm algorithm = cpu::choose(layer.window, layer.in, out, Winograd::f4);
  const long long weights =
      static_cast<long long>(layer.window.kernel) * layer.window.kernel * layer.in.channels * out.channels;
  const std::vector<float> x = floats(layer.in.size()), filter = floats(weights);
  std::vector<float> y = floats(out.size());
  cpu::Scratch memory;
  float* const packed =
      memory.get<float>(cpu::packed_size<float>(algorithm, layer.window, layer.in.channels, out.channels));
  cpu::pack_filter(team, algorithm, layer.window, layer.in.channels, out.channels, filter.data(), packed);
  const Signal<float> signal{make_view(x.data(), 1, layer.in)};
  const View<float> result = make_view(y.data(), 1, out);

  std::vector<double> times;
  const auto start = Clock::now();
  while (times.size() < 3 || Seconds(Clock::now() - start).count() < seconds) {
    const auto before = Clock::now();
    cpu::convolve(team, algorithm, layer.window, signal, packed, cpu::Epilogue<float>{}, result);
    times.push_back(1e3 * Seconds(Clock::now() - before).count());
  }
  std::nth_element(times.begin(), times.begin() + std::ssize(times) / 2, times.end());
  constexpr const char* algorithms[] = {"direct", "F(2x2)", "F(4x4)"};
  return {{"name", layer.name},
          {"algorithm", algorithms[static_cast<int>(algorithm)]},
          {"ms", times[times.size() / 2]},
          {"multiply_adds", weights * out.height * out.width},
          {"bytes", 4 * (layer.in.size() + out.size() + weights)}};
}

/// All of them, about `seconds` each.
inline nlohmann::json measure_layers(cpu::Team& team, double seconds) {
  nlohmann::json list = nlohmann::json::array();
  for (const Layer& layer : fan_layers) list.push_back(measure_layer(team, layer, seconds));
  return {{"layers", list}};
}

}  // namespace aurum::bench
