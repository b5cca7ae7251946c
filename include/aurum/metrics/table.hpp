#pragma once
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/heatmap/action_units.hpp"
#include "aurum/metrics/errors.hpp"
#include "aurum/metrics/icc.hpp"
#include "aurum/metrics/pairs.hpp"

namespace aurum {

/// One measure for every AU of a table; NaN: undefined for that AU.
struct AuColumn {
  std::string name;
  std::vector<double> values;
};

/// A mean over AUs, with the AUs that it could not include.
struct AuMean {
  double value = std::numeric_limits<double>::quiet_NaN();  ///< NaN when undefined for every AU
  std::vector<int> undefined;                               ///< numbers of the AUs left out
};

/// Results per AU, as the papers print them: a row per AU with the columns "ICC(3,1)", "MSE", "RMSE", "MAE",
/// "Pearson", then those that were added, and a row of means. Made by `evaluate`; of occurrences by
/// `evaluate_occurrence` (metrics/occurrence.hpp), with other columns.
class AuTable {
 public:
  /// `numbers` are the AUs in order; `counts` holds one entry each. Throws ValueError otherwise.
  AuTable(std::vector<int> numbers, std::vector<PairCounts> counts)
      : numbers_(std::move(numbers)), counts_(std::move(counts)) {
    check_rows("counts", counts_.size());
  }

  /// Adds a column, for instance the ICC of a rival method: one value per AU, NaN where there is none. Throws
  /// ValueError for another number of values or a name that is taken.
  void add_column(std::string name, std::vector<double> values) {
    check_rows(name, values.size());
    if (find(name) != columns_.end()) throw ValueError("AuTable: there already is a column '" + name + "'");
    columns_.push_back({std::move(name), std::move(values)});
  }

  [[nodiscard]] std::span<const int> numbers() const { return numbers_; }
  [[nodiscard]] std::span<const PairCounts> counts() const { return counts_; }
  [[nodiscard]] std::span<const AuColumn> columns() const { return columns_; }

  /// The values of a column, one per AU. Throws ValueError, naming the known ones, for an unknown name.
  [[nodiscard]] std::span<const double> column(std::string_view name = "ICC(3,1)") const {
    const auto found = find(name);
    if (found != columns_.end()) return found->values;
    std::string known;
    for (const AuColumn& c : columns_) known += (known.empty() ? "'" : ", '") + c.name + "'";
    throw ValueError("AuTable: no column '" + std::string(name) + "'; there are " + known);
  }

  /// Unweighted mean of a column over the AUs for which it is defined.
  [[nodiscard]] AuMean mean(std::string_view name = "ICC(3,1)") const {
    AuMean result;
    double sum = 0;
    const std::span<const double> values = column(name);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::isnan(values[i]))
        result.undefined.push_back(numbers_[i]);
      else
        sum += values[i];
    }
    const std::size_t used = values.size() - result.undefined.size();
    if (used > 0) result.value = sum / static_cast<double>(used);
    return result;
  }

 private:
  void check_rows(const std::string& what, std::size_t size) const {
    if (size != numbers_.size())
      throw ValueError("AuTable: " + std::to_string(size) + " values of '" + what + "' for " +
                       std::to_string(numbers_.size()) + " AUs");
  }
  [[nodiscard]] std::vector<AuColumn>::const_iterator find(std::string_view name) const {
    return std::ranges::find(columns_, name, &AuColumn::name);
  }

  std::vector<int> numbers_;
  std::vector<PairCounts> counts_;
  std::vector<AuColumn> columns_;
};

namespace detail {

/// Calls `visit(predictions, labels)`, vectors of one AU's frames, for each of `aus` AUs. Both are frames x
/// AUs, row after row. `where` stands in the message of the ValueError for sizes that do not fit.
template <NumberRange Prediction, NumberRange Label, class Visit>
void for_each_unit(const char* where, const Prediction& prediction, const Label& label, std::size_t aus,
                   Visit visit) {
  check_same_size(where, std::ranges::size(prediction), std::ranges::size(label));
  const std::size_t size = std::ranges::size(label);
  if (aus == 0 || size % aus != 0)
    throw ValueError(std::string(where) + ": " + std::to_string(size) + " labels do not make rows of " +
                     std::to_string(aus) + " AUs");
  const auto column_of = [&](const auto& matrix, std::size_t au) {
    std::vector<std::ranges::range_value_t<decltype(matrix)>> values(size / aus);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::ranges::data(matrix)[i * aus + au];
    return values;
  };
  for (std::size_t au = 0; au < aus; ++au) visit(column_of(prediction, au), column_of(label, au));
}

}  // namespace detail

/// Compares `prediction` with `label`, both frames x AUs, row after row, with the AUs `numbers` in order.
/// Each AU uses all frames that have a label (see `Missing`) and a prediction of it. Where a data set is
/// split into folds, join the folds' predictions first: the papers compute one ICC over all (Ntinou 2020,
/// section 5.3). Throws ValueError when the sizes do not fit.
template <NumberRange Prediction, NumberRange Label>
[[nodiscard]] AuTable evaluate(const Prediction& prediction, const Label& label, std::span<const int> numbers,
                               Missing missing = {}) {
  std::vector<PairCounts> counts;
  std::vector<double> icc, mse, rmse, mae, pearson;
  detail::for_each_unit("evaluate", prediction, label, numbers.size(),
                        [&](const auto& predicted, const auto& truth) {
                          const ErrorMetrics errors = measure_errors(predicted, truth, missing);
                          counts.push_back(errors.counts);
                          icc.push_back(icc31(predicted, truth, missing));
                          mse.push_back(errors.mse);
                          rmse.push_back(errors.rmse);
                          mae.push_back(errors.mae);
                          pearson.push_back(errors.pearson);
                        });
  AuTable table({numbers.begin(), numbers.end()}, std::move(counts));
  table.add_column("ICC(3,1)", std::move(icc));
  table.add_column("MSE", std::move(mse));
  table.add_column("RMSE", std::move(rmse));
  table.add_column("MAE", std::move(mae));
  table.add_column("Pearson", std::move(pearson));
  return table;
}

namespace detail {

/// Independent of the locale; "nan" for undefined.
[[nodiscard]] inline std::string format_number(double value, std::chars_format format, int precision) {
  if (std::isnan(value)) return "nan";
  if (std::abs(value) >= 1e9) format = std::chars_format::general;  // keeps the buffer small
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, format, precision).ptr;
  return {text.data(), end};
}

/// The cells of a printed table: header, a row per AU, row of means.
[[nodiscard]] inline std::vector<std::vector<std::string>> cells(const AuTable& table,
                                                                 std::chars_format format, int precision) {
  std::vector<std::vector<std::string>> grid = {{"AU"}};
  for (const AuColumn& c : table.columns()) grid[0].push_back(c.name);
  for (const char* name : {"n", "no label", "no prediction"}) grid[0].emplace_back(name);
  for (std::size_t i = 0; i < table.numbers().size(); ++i) {
    auto& row = grid.emplace_back(1, action_unit_label(table.numbers()[i]));
    for (const AuColumn& c : table.columns()) row.push_back(format_number(c.values[i], format, precision));
    const PairCounts& counts = table.counts()[i];
    for (std::size_t n : {counts.used, counts.missing_labels, counts.missing_predictions})
      row.push_back(std::to_string(n));
  }
  auto& last = grid.emplace_back(1, "mean");
  for (const AuColumn& c : table.columns())
    last.push_back(format_number(table.mean(c.name).value, format, precision));
  last.resize(grid[0].size());
  return grid;
}

/// A line for a column whose mean leaves out AUs; empty where it does not.
[[nodiscard]] inline std::string note(const AuTable& table, const std::string& column) {
  const std::vector<int> undefined = table.mean(column).undefined;
  if (undefined.empty()) return "";
  std::string text = column + " is undefined for ";
  for (std::size_t i = 0; i < undefined.size(); ++i)
    text += (i == 0 ? "" : ", ") + action_unit_label(undefined[i]);
  return text + "; its mean is over the other " + std::to_string(table.numbers().size() - undefined.size()) +
         ".\n";
}

[[nodiscard]] inline std::string notes(const AuTable& table) {
  std::string text;
  for (const AuColumn& c : table.columns()) text += note(table, c.name);
  return text;
}

/// Joins rows with their cells padded to the columns' widths: names to the left, numbers to the right.
[[nodiscard]] inline std::string align(const std::vector<std::vector<std::string>>& grid,
                                       std::string_view before, std::string_view between,
                                       std::string_view after, bool rule) {
  std::vector<std::size_t> width(grid[0].size());
  for (const auto& row : grid)
    for (std::size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], row[c].size());
  std::string text;
  const auto add_row = [&](const auto& cell) {
    text += before;
    for (std::size_t c = 0; c < width.size(); ++c) (text += c == 0 ? "" : between) += cell(c);
    (text += after) += '\n';
  };
  for (std::size_t r = 0; r < grid.size(); ++r) {
    add_row([&](std::size_t c) {
      const std::string padding(width[c] - grid[r][c].size(), ' ');
      return c == 0 ? grid[r][c] + padding : padding + grid[r][c];
    });
    if (r == 0 && rule)
      add_row([&](std::size_t c) { return std::string(width[c] - 1, '-') + (c == 0 ? "-" : ":"); });
  }
  return text;
}

[[nodiscard]] inline std::string replace_all(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
  return text;
}

}  // namespace detail

/// For a terminal: aligned columns, 3 decimals; a line under the table names the AUs that a mean leaves out.
[[nodiscard]] inline std::string to_text(const AuTable& table) {
  return detail::align(detail::cells(table, std::chars_format::fixed, 3), "", "  ", "", false) +
         detail::notes(table);
}

/// The same as a Markdown table.
[[nodiscard]] inline std::string to_markdown(const AuTable& table) {
  auto grid = detail::cells(table, std::chars_format::fixed, 3);
  for (std::string& name : grid[0]) name = detail::replace_all(name, "|", "\\|");
  const std::string notes = detail::notes(table);
  return detail::align(grid, "| ", " | ", " |", true) + (notes.empty() ? "" : "\n" + notes);
}

/// For other programs (RFC 4180 with "\n"): a header, a row per AU, the row "mean" over the AUs that are not
/// "nan" in that column; 6 significant digits.
[[nodiscard]] inline std::string to_csv(const AuTable& table) {
  std::string text;
  for (const auto& row : detail::cells(table, std::chars_format::general, 6)) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      const bool quote = row[c].find_first_of(",\"\n\r") != std::string::npos;
      (text += c == 0 ? "" : ",") += quote ? '"' + detail::replace_all(row[c], "\"", "\"\"") + '"' : row[c];
    }
    text += '\n';
  }
  return text;
}

}  // namespace aurum
