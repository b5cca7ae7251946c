#pragma once
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "aurum/core/error.hpp"
#include "aurum/core/geometry.hpp"
#include "aurum/data/file.hpp"
#include "aurum/data/landmarks68.hpp"
#include "aurum/data/text.hpp"

namespace aurum {

/// The landmarks of a 300-W `.pts` text: `version`, `n_points`, then `x y` lines between braces. The file
/// counts pixels from 1, the result from 0. `name` stands in messages. Throws FileError, with the line,
/// unless there are exactly 68 finite points, as many as `n_points` says, and nothing after the closing
/// brace.
[[nodiscard]] inline Landmarks parse_pts(std::string_view text, const std::string& name = ".pts") {
  Landmarks landmarks;
  std::optional<long> announced;
  enum class Part { header, points, end } part = Part::header;
  LineReader lines(text);
  const auto fail = [&](const std::string& problem) {
    throw FileError(name, "line " + std::to_string(lines.number()) + ": " + problem);
  };
  while (const auto line = lines.next()) {
    const std::string_view content = trim(*line);
    if (content.empty()) continue;
    if (part == Part::header) {
      if (content == "{") {
        part = Part::points;
      } else if (content.starts_with("n_points:")) {
        announced = parse_number<long>(trim(content.substr(9)));
        if (!announced) fail("n_points is not a number");
      } else if (!content.starts_with("version:")) {
        fail("expected 'version:', 'n_points:' or '{', found '" + std::string(content.substr(0, 40)) + "'");
      }
    } else if (part == Part::points) {
      if (content == "}") {
        part = Part::end;
        continue;
      }
      const std::size_t gap = content.find_first_of(" \t");
      const auto x = parse_number<float>(content.substr(0, gap));
      const auto y =
          gap == std::string_view::npos ? std::nullopt : parse_number<float>(trim(content.substr(gap)));
      if (!x || !y) fail("expected 'x y', found '" + std::string(content.substr(0, 40)) + "'");
      if (!std::isfinite(*x) || !std::isfinite(*y)) fail("the point is not finite");
      landmarks.push_back({*x - 1, *y - 1});
    } else {
      fail("nothing may follow '}', found '" + std::string(content.substr(0, 40)) + "'");
    }
  }
  if (part == Part::header) throw FileError(name, "no '{' before the end of the file");
  if (part == Part::points) throw FileError(name, "no '}' before the end of the file");
  if (announced && *announced != std::ssize(landmarks))
    throw FileError(name, "n_points is " + std::to_string(*announced) + ", but " +
                              std::to_string(landmarks.size()) + " points follow");
  if (landmarks.size() != landmark_count)
    throw FileError(name, "expected 68 points, found " + std::to_string(landmarks.size()));
  return landmarks;
}

[[nodiscard]] inline Landmarks read_pts(const std::filesystem::path& path) {
  return parse_pts(read_file(path), path.string());
}

/// Writes 68 points, in pixels from 0, as a 300-W `.pts` file, which counts from 1. Throws ValueError unless
/// there are 68 finite points.
inline void write_pts(const std::filesystem::path& path, std::span<const Point> landmarks) {
  check_landmarks(landmarks);
  std::string text = "version: 1\nn_points: 68\n{\n";
  for (const Point p : landmarks) {
    char line[80];
    std::snprintf(line, sizeof line, "%.3f %.3f\n", static_cast<double>(p.x) + 1,
                  static_cast<double>(p.y) + 1);
    text += line;
  }
  write_file(path, text + "}\n");
}

}  // namespace aurum
