#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

// Weights and inputs that PyTorch (tests/golden/generate/golden.py) and aurum both make from a name, so that
// golden files hold results only. Both sides agree to the bit.

namespace aurum::test {

/// FNV-1a, 32 bits.
[[nodiscard]] constexpr std::uint32_t seed_of(std::string_view name) {
  std::uint32_t seed = 0x811C9DC5U;
  for (const char letter : name) seed = (seed ^ static_cast<unsigned char>(letter)) * 0x01000193U;
  return seed;
}

/// Number `index` of the tensor `name`: a multiple of 2^-23 in [-1, 1), uniform, so exact in float.
[[nodiscard]] constexpr float hashed(std::uint32_t seed, std::size_t index) {
  std::uint32_t h = seed + static_cast<std::uint32_t>(index) * 0x9E3779B9U;
  h = (h ^ (h >> 16)) * 0x7FEB352DU;  // lowbias32 (Chris Wellons' hash prospector)
  h = (h ^ (h >> 15)) * 0x846CA68BU;
  h ^= h >> 16;
  return static_cast<float>(h >> 8) * 0x1p-23F - 1.0F;
}

/// An input, target or direction: `count` numbers in [-1, 1) in PyTorch's order (NCHW).
[[nodiscard]] inline std::vector<float> hashed_values(std::string_view name, std::size_t count) {
  std::vector<float> values(count);
  const std::uint32_t seed = seed_of(name);
  for (std::size_t i = 0; i < count; ++i) values[i] = hashed(seed, i);
  return values;
}

/// The parameter or buffer `name` ("m0.b1_4.conv1.weight") in PyTorch's order, from u = hashed:
///   filter, projection          u sqrt(3 / (Cin kh kw)), sqrt(3 / C), in double, then rounded to float
///   other names in "weight"     1 + u / 4     (of a batch norm)
///   names in "running_var"      1 + u / 2
///   names in "bias"             u + 1
///   others                      u / 10        (running_mean), in double, then rounded
[[nodiscard]] inline std::vector<float> hashed_parameter(std::string_view name,
                                                         std::span<const std::int64_t> shape) {
  std::size_t count = 1;
  for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
  double scale = 0.1;
  double offset = 0;
  if (shape.size() > 1) {
    scale = std::sqrt(3.0 / static_cast<double>(count / static_cast<std::size_t>(shape[0])));
  } else if (name.ends_with("running_var")) {
    scale = 0.5;
    offset = 1;
  } else if (name.ends_with("weight")) {
    scale = 0.25;
    offset = 1;
  } else if (name.ends_with("bias")) {
    scale = 1;
    offset = 1;
  }
  std::vector<float> values = hashed_values(name, count);
  for (float& value : values) value = static_cast<float>(offset + static_cast<double>(value) * scale);
  return values;
}

}  // namespace aurum::test
