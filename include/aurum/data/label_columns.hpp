#pragma once
// Columns of Action Units in the label files of one's own data sets (FolderFaces, FrameFolders).
#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <string>

#include "aurum/core/error.hpp"
#include "aurum/data/csv.hpp"
#include "aurum/data/text.hpp"
#include "aurum/heatmap/action_units.hpp"
#include "aurum/heatmap/render.hpp"

namespace aurum {

/// The number of the AU that a column's name says: AU01, AU2, ... Throws FileError, with the line that `rows`
/// read last, for other names and for an AU that `table` lacks. `other_column`: a name that would be right
/// too, for the message; empty: none would.
[[nodiscard]] inline int read_action_unit_name(const CsvReader& rows, const std::string& name,
                                               const std::string& other_column,
                                               std::span<const ActionUnit> table) {
  const auto number = name.starts_with("AU") ? parse_number<int>(name.substr(2)) : std::nullopt;
  if (!number)
    throw rows.error("column '" + name + "' is " +
                     (other_column.empty() ? "no AU (AU01, AU2, ...)"
                                           : "neither an AU (AU01, AU2, ...) nor '" + other_column + "'"));
  try {
    return find_action_unit(*number, table).number;
  } catch (const ValueError& problem) {
    throw rows.error("column '" + name + "': " + problem.what());
  }
}

/// Throws FileError, with the line, unless there is an AU and each has one column.
inline void check_action_unit_columns(const CsvReader& rows, std::span<const int> units) {
  if (units.empty()) throw rows.error("no column of an AU");
  for (const int au : units)
    if (std::ranges::count(units, au) > 1) throw rows.error(action_unit_label(au) + " has two columns");
}

/// The intensity of AU `unit` that a cell says, 0 to 5; NaN, not labelled, where it is empty, `nan` or 9.
/// Throws FileError, with the line, for anything else.
[[nodiscard]] inline float read_intensity(const CsvReader& rows, int unit, const std::string& cell) {
  constexpr float missing = std::numeric_limits<float>::quiet_NaN();
  if (cell.empty()) return missing;
  const std::string label = action_unit_label(unit);
  const auto value = parse_number<float>(cell);
  if (!value) throw rows.error(label + ": '" + cell + "' is not a number");
  if (*value == 9) return missing;
  try {
    check_intensity(*value, label);
  } catch (const ValueError& problem) {
    throw rows.error(problem.what());
  }
  return *value;
}

}  // namespace aurum
