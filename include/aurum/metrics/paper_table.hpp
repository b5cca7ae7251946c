#pragma once
#include <charconv>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "aurum/metrics/bootstrap.hpp"
#include "aurum/metrics/table.hpp"

namespace aurum {

/// Some measures of a table as the papers lay theirs out (Ntinou et al. 2020, Tables 2, 4 and 6): a row for
/// each of `measures`, a column for each AU and one for their mean, 3 decimals. Below a measure that has
/// `intervals`, by its name, stand their ends. Lines under the table name the AUs that a mean leaves out.
/// Throws ValueError for a measure that the table does not have, or intervals of another number of AUs.
[[nodiscard]] inline std::string to_paper_text(
    const AuTable& table, std::span<const std::string> measures,
    const std::map<std::string, MeasureIntervals>& intervals = {}) {
  std::vector<std::vector<std::string>> grid = {{""}};
  for (const int au : table.numbers()) grid[0].push_back(action_unit_label(au));
  grid[0].emplace_back("mean");
  const auto add = [&](std::vector<std::string>& row, double value) {
    row.push_back(detail::format_number(value, std::chars_format::fixed, 3));
  };
  std::string notes;
  for (const std::string& name : measures) {
    auto& row = grid.emplace_back(1, name);
    for (const double value : table.column(name)) add(row, value);
    add(row, table.mean(name).value);
    notes += detail::note(table, name);
    const auto found = intervals.find(name);
    if (found == intervals.end()) continue;
    if (found->second.units.size() != table.numbers().size())
      throw ValueError("to_paper_text: " + std::to_string(found->second.units.size()) + " intervals of " +
                       name + " for " + std::to_string(table.numbers().size()) + " AUs");
    for (const auto& [title, end] : {std::pair{"  from", &Interval::low}, {"  to", &Interval::high}}) {
      auto& line = grid.emplace_back(1, title);
      for (const Interval& interval : found->second.units) add(line, interval.*end);
      add(line, found->second.mean.*end);
    }
  }
  return detail::align(grid, "", "  ", "", false) + notes;
}

}  // namespace aurum
