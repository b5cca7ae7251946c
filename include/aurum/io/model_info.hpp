#pragma once
#include <charconv>
#include <concepts>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

#include "aurum/core/config.hpp"
#include "aurum/core/error.hpp"
#include "aurum/core/shape.hpp"
#include "aurum/io/safetensors.hpp"

namespace aurum {

/// The version of aurum that this program was compiled with, "0.1.0".
[[nodiscard]] inline std::string version() {
  return std::to_string(AURUM_VERSION_MAJOR) + "." + std::to_string(AURUM_VERSION_MINOR) + "." +
         std::to_string(AURUM_VERSION_PATCH);
}

/// What a weights file holds: enough to choose the network for it, to prepare its input and to read its
/// output, and where it comes from. Kept in the file's metadata under "aurum.<field>".
struct ModelInfo {
  std::string layout{};             ///< names the network type and its parameter paths
  int maps = 0;                     ///< output heatmaps
  std::vector<int> action_units{};  ///< their AU numbers, in order; empty: the maps are landmarks, iBUG order
  Shape input{};                    ///< of one picture
  std::string crop{};               ///< how the face is cut out of the picture
  std::string normalisation{};      ///< of the pixels, before the network
  bool sides = false;  ///< the maps tell the two sides of AUs apart (heatmap/sides.hpp); of use, but no need
  // Where it comes from. Says nothing about what fits, so `require_match` does not compare it.
  std::string training_data{};
  std::string synthetic_data{};  ///< version of the synthetic faces; empty: none were used
  std::string licence{};         ///< of the weights
  std::string aurum_version = version();
  friend bool operator==(const ModelInfo&, const ModelInfo&) = default;
};

namespace detail {

/// Calls field(key, value, must_match) for every field of a (const) ModelInfo: the only list of them. A file
/// need not have those that are yes or no: without one it is no, as in files from before there was the field.
template <class Info, class Field>
void for_each_field(Info& info, Field field) {
  field("aurum.layout", info.layout, true);
  field("aurum.maps", info.maps, true);
  field("aurum.action_units", info.action_units, true);
  field("aurum.input", info.input, true);
  field("aurum.crop", info.crop, true);
  field("aurum.normalisation", info.normalisation, true);
  field("aurum.sides", info.sides, false);
  field("aurum.training_data", info.training_data, false);
  field("aurum.synthetic_data", info.synthetic_data, false);
  field("aurum.licence", info.licence, false);
  field("aurum.aurum_version", info.aurum_version, false);
}

[[nodiscard]] inline std::string field_text(const std::string& value) { return value; }
[[nodiscard]] inline std::string field_text(bool value) { return value ? "yes" : "no"; }
[[nodiscard]] inline std::string field_text(int value) { return std::to_string(value); }
[[nodiscard]] inline std::string field_text(const Shape& value) { return to_string(value); }
[[nodiscard]] inline std::string field_text(const std::vector<int>& values) {
  std::string text;
  for (const int value : values) text += (text.empty() ? "" : ",") + std::to_string(value);
  return text;
}

/// Reads whole numbers from 0 with `separator` between them; false if it is anything else.
[[nodiscard]] inline bool parse_numbers(std::string_view text, char separator, std::vector<int>& numbers) {
  numbers.clear();
  while (true) {
    int number = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number < 0) return false;
    numbers.push_back(number);
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    if (text.empty()) return true;
    if (text.front() != separator) return false;
    text.remove_prefix(1);
  }
}

[[nodiscard]] inline bool parse_field(const std::string& text, std::string& value) {
  value = text;
  return true;
}
[[nodiscard]] inline bool parse_field(const std::string& text, bool& value) {
  value = text == field_text(true);
  return value || text == field_text(false);
}
[[nodiscard]] inline bool parse_field(const std::string& text, std::vector<int>& values) {
  values.clear();
  return text.empty() || parse_numbers(text, ',', values);
}
[[nodiscard]] inline bool parse_field(const std::string& text, int& value) {
  std::vector<int> numbers;
  if (!parse_numbers(text, ',', numbers) || numbers.size() != 1) return false;
  value = numbers[0];
  return true;
}
[[nodiscard]] inline bool parse_field(const std::string& text, Shape& value) {
  std::vector<int> numbers;
  if (!parse_numbers(text, 'x', numbers) || numbers.size() != 3) return false;
  value = {numbers[0], numbers[1], numbers[2]};
  return true;
}

}  // namespace detail

/// The metadata that say what `info` says.
/// Throws ValueError if AUs are given, but not one for each map.
[[nodiscard]] inline Metadata to_metadata(const ModelInfo& info) {
  if (!info.action_units.empty() && info.action_units.size() != static_cast<std::size_t>(info.maps))
    throw ValueError("expected one action unit for each of " + std::to_string(info.maps) + " maps, found " +
                     std::to_string(info.action_units.size()));
  Metadata metadata;
  detail::for_each_field(
      info, [&](const char* key, const auto& value, bool) { metadata[key] = detail::field_text(value); });
  return metadata;
}

/// Whether the file says what model it is: weights from elsewhere do not.
[[nodiscard]] inline bool has_model_info(const SafetensorsFile& file) {
  return file.metadata().contains("aurum.layout");
}

/// The inverse of `to_metadata`. Keys that are not aurum's are left alone.
/// Throws FileError that lists every missing or unreadable field.
[[nodiscard]] inline ModelInfo read_model_info(const SafetensorsFile& file) {
  ModelInfo info;
  std::string faults;
  detail::for_each_field(info, [&](const char* key, auto& value, bool) {
    const auto found = file.metadata().find(key);
    constexpr bool optional = std::is_same_v<decltype(value), bool&>;
    if (found == file.metadata().end())
      faults += optional ? "" : std::string("\n  ") + key + ": missing";
    else if (!detail::parse_field(found->second, value))
      faults += std::string("\n  ") + key + ": cannot be understood: '" + found->second + "'";
  });
  if (faults.empty() && !info.action_units.empty() &&
      info.action_units.size() != static_cast<std::size_t>(info.maps))
    faults += "\n  aurum.action_units: expected one for each of " + std::to_string(info.maps) +
              " maps, found " + std::to_string(info.action_units.size());
  if (!faults.empty()) throw FileError(file.name(), "the metadata do not say what model this is:" + faults);
  return info;
}

/// Checks that the file's model is the one wanted: layout, outputs and their order, input and its
/// preparation. Where it comes from may differ.
/// Throws FileError that lists every field that differs.
inline void require_match(const ModelInfo& expected, const ModelInfo& found, const std::string& file) {
  const Metadata wanted = to_metadata(expected);
  const Metadata given = to_metadata(found);
  std::string faults;
  detail::for_each_field(expected, [&](const char* key, const auto&, bool must_match) {
    if (must_match && wanted.at(key) != given.at(key))
      faults +=
          std::string("\n  ") + key + ": expected '" + wanted.at(key) + "', found '" + given.at(key) + "'";
  });
  if (!faults.empty()) throw FileError(file, "holds another model:" + faults);
}

}  // namespace aurum
