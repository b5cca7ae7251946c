#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/data/text.hpp"

namespace aurum {

/// Reads comma-separated text row by row: cells lose the white space around them, may stand in double quotes
/// (a quote inside is written twice), blank lines are skipped. A row is one line.
class CsvReader {
 public:
  /// `text` must outlive the reader; `name` stands in messages.
  CsvReader(std::string_view text, std::string name) : lines_{text}, name_{std::move(name)} {}

  /// The cells of the next row, or nothing at the end. Throws FileError where a quote is not closed.
  [[nodiscard]] std::optional<std::vector<std::string>> next() {
    while (const auto line = lines_.next())
      if (!trim(*line).empty()) return split(*line);
    return std::nullopt;
  }

  /// A FileError about the row last read.
  [[nodiscard]] FileError error(const std::string& problem) const {
    return FileError(name_, "line " + std::to_string(lines_.number()) + ": " + problem);
  }

 private:
  [[nodiscard]] std::vector<std::string> split(std::string_view line) const {
    std::vector<std::string> cells;
    for (;;) {
      line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
      std::string cell;
      if (line.starts_with('"')) {
        line.remove_prefix(1);
        for (;;) {
          const std::size_t quote = line.find('"');
          if (quote == std::string_view::npos) throw error("a quote is not closed");
          cell += line.substr(0, quote);
          line.remove_prefix(quote + 1);
          if (!line.starts_with('"')) break;
          cell += '"';
          line.remove_prefix(1);
        }
        if (!trim(line.substr(0, line.find(','))).empty()) throw error("text follows a closing quote");
      } else {
        cell = trim(line.substr(0, line.find(',')));
      }
      cells.push_back(std::move(cell));
      const std::size_t comma = line.find(',');
      if (comma == std::string_view::npos) return cells;
      line.remove_prefix(comma + 1);
    }
  }

  LineReader lines_;
  std::string name_;
};

}  // namespace aurum
