#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/geometry.hpp"
#include "aurum/data/csv.hpp"
#include "aurum/data/file.hpp"
#include "aurum/data/landmarks68.hpp"
#include "aurum/heatmap/action_units.hpp"

namespace aurum {

/// One row of an OpenFace 2 CSV: a face in a frame.
struct OpenFaceRow {
  int frame = 0;  ///< from 1; 0 in the file of a single picture, which has no such column
  int face_id = 0;
  double timestamp = 0;   ///< seconds
  double confidence = 0;  ///< 0..1
  bool success = true;
  Landmarks landmarks{};             ///< 68 points in pixels from 0; empty: the file has none
  std::vector<float> intensities{};  ///< of the columns `AUxx_r`
};

/// An OpenFace 2 CSV. Scripts of others and FeatureExtraction itself leave blocks of columns out: what is not
/// there stays at its default.
struct OpenFaceTable {
  std::vector<int> action_units;  ///< of the columns `AUxx_r`, in their order
  std::vector<OpenFaceRow> rows;
};

namespace detail {
template <class Number>
void append_cell(std::string& text, const char* pattern, Number number) {
  char cell[48];
  std::snprintf(cell, sizeof cell, pattern, number);
  text += text.empty() || text.back() == '\n' ? "" : ", ";
  text += cell;
}
}  // namespace detail

/// Which columns an OpenFace CSV is written with. Names, order and decimals are OpenFace 2's, so that scripts
/// made for it read ours; what is not measured (gaze, pose, points in space, occurrences) is left out.
struct OpenFaceColumns {
  bool video = true;              ///< frame, face_id, timestamp, confidence, success; else face, confidence
  bool landmarks = false;         ///< x_0 to x_67, y_0 to y_67
  std::vector<int> action_units;  ///< AU01_r and so on: written in ascending order, as there

  [[nodiscard]] std::string header() const {
    std::string text = video ? "frame, face_id, timestamp, confidence, success" : "face, confidence";
    if (landmarks)
      for (const char* axis : {"x_", "y_"})
        for (int k = 0; k < landmark_count; ++k) text += std::string(", ") + axis + std::to_string(k);
    for (const std::size_t i : ascending()) text += ", " + action_unit_label(action_units[i]) + "_r";
    return text + "\n";
  }

  /// The line of a face, whose intensities are in the order of `action_units`. A frame without a face has a
  /// row all the same: success 0, everything else 0, as OpenFace has it. Throws ValueError for another number
  /// of intensities or landmarks.
  [[nodiscard]] std::string row(const OpenFaceRow& face) const {
    if (face.success && face.intensities.size() != action_units.size())
      throw ValueError("OpenFace CSV: expected " + std::to_string(action_units.size()) +
                       " intensities, found " + std::to_string(face.intensities.size()));
    if (face.success && landmarks) check_landmarks(face.landmarks);
    std::string text;
    if (video) {
      detail::append_cell(text, "%d", face.frame);
      detail::append_cell(text, "%d", face.face_id);
      detail::append_cell(text, "%.3f", face.timestamp);
      detail::append_cell(text, "%.2f", face.confidence);
      detail::append_cell(text, "%d", face.success ? 1 : 0);
    } else {
      detail::append_cell(text, "%d", face.face_id);
      detail::append_cell(text, "%.2f", face.confidence);
    }
    if (landmarks)
      for (const bool x : {true, false})
        for (std::size_t k = 0; k < landmark_count; ++k)
          detail::append_cell(
              text, "%.1f",
              !face.success ? 0.0 : static_cast<double>(x ? face.landmarks[k].x : face.landmarks[k].y));
    for (const std::size_t i : ascending())
      detail::append_cell(text, "%.2f", face.success ? static_cast<double>(face.intensities[i]) : 0.0);
    return text + "\n";
  }

 private:
  /// Places in `action_units` in the order of the numbers there.
  [[nodiscard]] std::vector<std::size_t> ascending() const {
    std::vector<std::size_t> order(action_units.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, {}, [this](std::size_t i) { return action_units[i]; });
    return order;
  }
};

/// Reads columns by their names, whatever their order and number. `name` stands in messages. Throws
/// FileError, with the line, for a file without a column `frame` or `face`, one that has a part of the 68
/// points, a row of another length, and a cell that is no number.
[[nodiscard]] inline OpenFaceTable parse_openface_csv(std::string_view text,
                                                      const std::string& name = ".csv") {
  CsvReader rows(text, name);
  const auto header = rows.next();
  if (!header) throw FileError(name, "is empty");
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < header->size(); ++i)
    if (!places.emplace((*header)[i], i).second)
      throw rows.error("column '" + (*header)[i] + "' stands twice");
  const auto place = [&](const std::string& column) -> std::optional<std::size_t> {
    const auto found = places.find(column);
    return found == places.end() ? std::nullopt : std::optional(found->second);
  };
  if (!place("frame") && !place("face"))
    throw rows.error("expected a column 'frame' (a video) or 'face' (a picture): not an OpenFace file");

  OpenFaceTable table;
  std::vector<std::size_t> intensities, x, y;
  for (std::size_t i = 0; i < header->size(); ++i) {
    const std::string& column = (*header)[i];
    if (!column.starts_with("AU") || !column.ends_with("_r")) continue;
    const auto number = parse_number<int>(std::string_view(column).substr(2, column.size() - 4));
    if (!number) throw rows.error("column '" + column + "' is no AU");
    table.action_units.push_back(*number);
    intensities.push_back(i);
  }
  for (int k = 0; k < landmark_count; ++k) {
    if (const auto at = place("x_" + std::to_string(k))) x.push_back(*at);
    if (const auto at = place("y_" + std::to_string(k))) y.push_back(*at);
  }
  if ((!x.empty() || !y.empty()) && (x.size() != landmark_count || y.size() != landmark_count))
    throw rows.error("expected columns x_0 to x_67 and y_0 to y_67, found " + std::to_string(x.size()) +
                     " and " + std::to_string(y.size()) + " of them");

  while (const auto cells = rows.next()) {
    if (cells->size() != header->size())
      throw rows.error("expected " + std::to_string(header->size()) + " cells, found " +
                       std::to_string(cells->size()));
    const auto number = [&](std::size_t at) {
      const auto value = parse_number<double>((*cells)[at]);
      if (!value) throw rows.error((*header)[at] + ": '" + (*cells)[at] + "' is not a number");
      return *value;
    };
    const auto value = [&](const std::string& column, double otherwise) {
      const auto at = place(column);
      return at ? number(*at) : otherwise;
    };
    const auto integer = [&](const std::string& column, int otherwise) {
      const auto at = place(column);
      if (!at) return otherwise;
      const auto found = parse_number<int>((*cells)[*at]);
      if (!found) throw rows.error(column + ": '" + (*cells)[*at] + "' is not a whole number");
      return *found;
    };
    OpenFaceRow row;
    row.frame = integer("frame", 0);
    row.face_id = integer("face_id", integer("face", 0));
    row.timestamp = value("timestamp", 0);
    row.confidence = value("confidence", 1);
    row.success = value("success", 1) != 0;
    for (std::size_t k = 0; k < x.size(); ++k)
      row.landmarks.push_back({static_cast<float>(number(x[k])), static_cast<float>(number(y[k]))});
    for (const std::size_t at : intensities) row.intensities.push_back(static_cast<float>(number(at)));
    table.rows.push_back(std::move(row));
  }
  return table;
}

[[nodiscard]] inline OpenFaceTable read_openface_csv(const std::filesystem::path& path) {
  return parse_openface_csv(read_file(path), path.string());
}

}  // namespace aurum
