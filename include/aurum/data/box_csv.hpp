#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/geometry.hpp"
#include "aurum/data/csv.hpp"

namespace aurum {

/// A face that somebody else found.
struct BoxRow {
  int frame = 0;       ///< of a video, from 1; 0: not given
  std::string file{};  ///< name of a picture; empty: not given
  Box box;             ///< in pixels of the picture, brows to chin
};

/// Boxes of faces, one in a line: columns left, top, width, height and frame (videos) or file (pictures), in
/// any order; others are passed over. Throws FileError, with the line, where a column is missing, a cell is
/// no number, a box has no area or a frame is below 1.
[[nodiscard]] inline std::vector<BoxRow> parse_box_csv(std::string_view text,
                                                       const std::string& name = ".csv") {
  CsvReader rows(text, name);
  const auto header = rows.next();
  if (!header) throw FileError(name, "is empty");
  const auto place = [&](const char* column) {
    return static_cast<std::size_t>(std::ranges::find(*header, column) - header->begin());
  };
  const std::size_t frame = place("frame"), file = place("file"), none = header->size();
  const std::size_t places[] = {place("left"), place("top"), place("width"), place("height")};
  if (std::ranges::find(places, none) != std::end(places) || (frame == none && file == none))
    throw rows.error("expected columns left, top, width, height and frame or file");
  std::vector<BoxRow> boxes;
  while (const auto cells = rows.next()) {
    if (cells->size() != none)
      throw rows.error("expected " + std::to_string(none) + " cells, found " + std::to_string(cells->size()));
    BoxRow row;
    float* to[] = {&row.box.left, &row.box.top, &row.box.width, &row.box.height};
    for (std::size_t i = 0; i < 4; ++i) {
      const auto number = parse_number<float>((*cells)[places[i]]);
      if (!number || !std::isfinite(*number))
        throw rows.error((*header)[places[i]] + ": '" + (*cells)[places[i]] + "' is not a number");
      *to[i] = *number;
    }
    if (!(row.box.width > 0) || !(row.box.height > 0))
      throw rows.error("a face box needs a width and a height");
    if (file != none) row.file = (*cells)[file];
    if (frame != none) {
      const auto number = parse_number<int>((*cells)[frame]);
      if (!number || *number < 1)
        throw rows.error("frame: expected a number from 1 on, found '" + (*cells)[frame] + "'");
      row.frame = *number;
    }
    boxes.push_back(std::move(row));
  }
  return boxes;
}

}  // namespace aurum
