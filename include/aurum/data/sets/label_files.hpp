#pragma once
// The label files of the published data sets. Each reader goes through the whole file and writes down every
// line that it cannot make sense of, so that one wrong line neither hides the next nor loses a file.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aurum/data/sets/annotated_set.hpp"
#include "aurum/data/text.hpp"

namespace aurum {

/// Which numbers a set's label files hold.
struct LabelRules {
  LabelKind kind = LabelKind::intensity;
  std::optional<int> missing;  ///< the number that says "not labelled": 9 in BP4D, -1 in Aff-Wild2

  [[nodiscard]] int greatest() const { return kind == LabelKind::intensity ? 5 : 1; }
};

/// Labels by frame number.
using FrameLabels = std::map<int, float>;

namespace detail {

/// Adds to `problems` what is wrong with a line of the file `name`.
class LineProblems {
 public:
  LineProblems(std::vector<Problem>& problems, std::string name)
      : problems_{problems}, name_{std::move(name)} {}
  void add(int line, const std::string& what) const {
    problems_.push_back({Problem::Kind::wrong, name_ + ": line " + std::to_string(line), what});
  }
  void add(const std::string& what) const { problems_.push_back({Problem::Kind::wrong, name_, what}); }

 private:
  std::vector<Problem>& problems_;
  std::string name_;
};

/// A label, NaN for one that is missing; nothing, and a problem, for what is none.
[[nodiscard]] inline std::optional<float> read_label(std::string_view cell, const LabelRules& rules, int line,
                                                     const LineProblems& problems) {
  const auto value = parse_number<float>(cell);
  if (!value) {
    problems.add(line, "'" + std::string(cell.substr(0, 40)) + "' is not a label");
    return std::nullopt;
  }
  if (rules.missing && *value == static_cast<float>(*rules.missing)) return not_labelled;
  if (*value >= 0 && *value <= static_cast<float>(rules.greatest()) && *value == std::floor(*value))
    return value;
  std::string expected = rules.kind == LabelKind::intensity ? "an intensity from 0 to 5" : "0 or 1";
  if (rules.missing) expected += ", or " + std::to_string(*rules.missing) + " for no label";
  problems.add(line, "expected " + expected + ", found " + std::string(cell));
  return std::nullopt;
}

/// The number of a frame; nothing, and a problem, where it is none.
[[nodiscard]] inline std::optional<int> read_frame(std::string_view cell, int line,
                                                   const LineProblems& problems) {
  const auto number = parse_number<int>(cell);
  if (number && *number >= 0 && *number <= greatest_frame) return number;
  problems.add(line, "'" + std::string(cell.substr(0, 40)) + "' is not the number of a frame");
  return std::nullopt;
}

[[nodiscard]] inline std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  for (;;) {
    const std::size_t comma = line.find(',');
    cells.push_back(trim(line.substr(0, comma)));
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

}  // namespace detail

/// Lines `frame,label` without a header: DISFA, the intensities of BP4D and of FERA 2017. `name` stands in
/// problems. The label of a line that is wrong is missing.
[[nodiscard]] inline FrameLabels parse_frame_labels(std::string_view text, const std::string& name,
                                                    const LabelRules& rules, std::vector<Problem>& problems) {
  FrameLabels labels;
  const detail::LineProblems wrong(problems, name);
  LineReader lines(text);
  while (const auto line = lines.next()) {
    if (trim(*line).empty()) continue;
    const auto cells = detail::cells_of(*line);
    if (cells.size() != 2) {
      wrong.add(lines.number(), "expected 'frame,label', found '" + std::string(line->substr(0, 40)) + "'");
      continue;
    }
    const auto frame = detail::read_frame(cells[0], lines.number(), wrong);
    if (!frame) continue;
    const auto label = detail::read_label(cells[1], rules, lines.number(), wrong);
    if (!labels.emplace(*frame, label.value_or(not_labelled)).second)
      wrong.add(lines.number(), "frame " + std::to_string(*frame) + " is labelled twice");
  }
  if (labels.empty()) wrong.add("holds no label");
  return labels;
}

/// A table of labels: frames by AUs.
struct LabelTable {
  std::vector<int> action_units;
  std::map<int, std::vector<float>> rows;  ///< by frame, one label per AU
};

/// A table whose header holds the numbers of AUs after a first column of frames: the occurrences of BP4D and
/// FERA 2017.
[[nodiscard]] inline LabelTable parse_label_table(std::string_view text, const std::string& name,
                                                  const LabelRules& rules, std::vector<Problem>& problems) {
  LabelTable table;
  const detail::LineProblems wrong(problems, name);
  LineReader lines(text);
  const auto header = lines.next();
  if (!header) {
    wrong.add("is empty");
    return table;
  }
  const auto names = detail::cells_of(*header);
  for (const std::string_view cell : std::span(names).subspan(1)) {
    const auto number = parse_number<int>(cell);
    if (!number || *number < 1 || std::ranges::count(table.action_units, *number) > 0) {
      wrong.add(1, "expected the numbers of AUs, each once, found '" + std::string(cell.substr(0, 40)) + "'");
      return {};
    }
    table.action_units.push_back(*number);
  }
  while (const auto line = lines.next()) {
    if (trim(*line).empty()) continue;
    const auto cells = detail::cells_of(*line);
    if (cells.size() != names.size()) {
      wrong.add(lines.number(),
                "expected " + std::to_string(names.size()) + " cells, found " + std::to_string(cells.size()));
      continue;
    }
    const auto frame = detail::read_frame(cells[0], lines.number(), wrong);
    if (!frame) continue;
    std::vector<float> row;
    for (const std::string_view cell : std::span(cells).subspan(1))
      row.push_back(detail::read_label(cell, rules, lines.number(), wrong).value_or(not_labelled));
    if (!table.rows.emplace(*frame, std::move(row)).second)
      wrong.add(lines.number(), "frame " + std::to_string(*frame) + " is labelled twice");
  }
  if (table.rows.empty()) wrong.add("holds no label");
  return table;
}

/// Labels by the name of a picture.
using PictureLabels = std::map<std::string, float>;

/// Lines `picture label`, divided by white space, after comments that begin with `#`: DISFA+.
[[nodiscard]] inline PictureLabels parse_picture_labels(std::string_view text, const std::string& name,
                                                        const LabelRules& rules,
                                                        std::vector<Problem>& problems) {
  PictureLabels labels;
  const detail::LineProblems wrong(problems, name);
  LineReader lines(text);
  while (const auto line = lines.next()) {
    const std::string_view content = trim(*line);
    if (content.empty() || content.starts_with('#')) continue;
    const std::size_t gap = content.find_first_of(" \t");
    if (gap == std::string_view::npos) {
      wrong.add(lines.number(),
                "expected 'picture label', found '" + std::string(content.substr(0, 40)) + "'");
      continue;
    }
    const auto label = detail::read_label(trim(content.substr(gap)), rules, lines.number(), wrong);
    const std::string picture(content.substr(0, gap));
    if (!labels.emplace(picture, label.value_or(not_labelled)).second)
      wrong.add(lines.number(), picture + " is labelled twice");
  }
  if (labels.empty()) wrong.add("holds no label");
  return labels;
}

/// One header line of AU names and then a line of labels for each frame from the first on: Aff-Wild2. The
/// result has one row per frame, of `count` labels.
[[nodiscard]] inline std::vector<std::vector<float>> parse_label_rows(std::string_view text,
                                                                      const std::string& name,
                                                                      std::size_t count,
                                                                      const LabelRules& rules,
                                                                      std::vector<Problem>& problems) {
  std::vector<std::vector<float>> rows;
  const detail::LineProblems wrong(problems, name);
  LineReader lines(text);
  const auto header = lines.next();
  const auto names = header ? detail::cells_of(*header) : std::vector<std::string_view>{};
  if (names.size() != count ||
      std::ranges::all_of(names, [](auto n) { return parse_number<float>(n).has_value(); })) {
    wrong.add(1, "expected a header of " + std::to_string(count) + " AUs");
    return rows;
  }
  std::size_t blank = 0;  // lines that may be the end of the file; before others they count as frames
  while (const auto line = lines.next()) {
    if (trim(*line).empty()) {
      ++blank;
      continue;
    }
    for (; blank > 0; --blank) {
      wrong.add(lines.number() - static_cast<int>(blank),
                "is blank, where the labels of a frame were expected");
      rows.emplace_back(count, not_labelled);
    }
    const auto cells = detail::cells_of(*line);
    std::vector<float> row(count, not_labelled);  // a row that is wrong still counts as a frame
    if (cells.size() != count)
      wrong.add(lines.number(),
                "expected " + std::to_string(count) + " labels, found " + std::to_string(cells.size()));
    else
      for (std::size_t i = 0; i < count; ++i)
        row[i] = detail::read_label(cells[i], rules, lines.number(), wrong).value_or(not_labelled);
    rows.push_back(std::move(row));
  }
  if (rows.empty()) wrong.add("holds no label");
  return rows;
}

}  // namespace aurum
