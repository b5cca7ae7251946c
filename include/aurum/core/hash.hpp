#pragma once
#include <cstdint>
#include <string_view>

namespace aurum {

/// FNV-1a of a text: names a random stream after a layer.
constexpr std::uint64_t hash(std::string_view text) {
  std::uint64_t h = 0xCBF29CE484222325U;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return h;
}

}  // namespace aurum
