#pragma once
// Checking and writing down the options of optimisers and schedules.
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

#include "aurum/core/error.hpp"

namespace aurum::detail {

/// The shortest text that reads back as the same number.
[[nodiscard]] inline std::string shortest(double value) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

inline void require_option(bool good, std::string_view owner, std::string_view option, double found,
                           std::string_view range) {
  if (!good)
    throw ValueError(std::string(owner) + ": expected " + std::string(option) + " " + std::string(range) +
                     ", found " + shortest(found));
}
inline void require_not_negative(std::string_view owner, std::string_view option, double value) {
  require_option(value >= 0 && std::isfinite(value), owner, option, value, "to be finite and at least 0");
}
inline void require_positive(std::string_view owner, std::string_view option, double value) {
  require_option(value > 0 && std::isfinite(value), owner, option, value, "to be finite and above 0");
}

}  // namespace aurum::detail
