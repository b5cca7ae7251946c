#pragma once
// Small data sets in folders, drawn for the tests.
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>

#include "aurum/core/geometry.hpp"
#include "aurum/data/file.hpp"
#include "aurum/data/landmarks68.hpp"
#include "support/temporary_directory.hpp"

namespace aurum::test {

/// A data set that is gone when the test is.
struct Tree {
  TemporaryDirectory folder;
  void put(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((folder / name).parent_path());
    write_file(folder / name, text);
  }
  void copy(const std::filesystem::path& from, const std::string& name) const { put(name, read_file(from)); }
  [[nodiscard]] const std::filesystem::path& path() const { return folder.path(); }
};

/// OpenFace's header for videos with landmarks, and one row of it.
inline std::string openface_header() {
  std::string text = "frame, face_id, timestamp, confidence, success";
  for (const char* axis : {"x_", "y_"})
    for (int k = 0; k < landmark_count; ++k) text += std::string(", ") + axis + std::to_string(k);
  return text + "\n";
}
inline std::string openface_row(int frame, double confidence, bool success, std::span<const Point> points) {
  std::string text =
      std::to_string(frame) + ", 0, 0.000, " + std::to_string(confidence) + (success ? ", 1" : ", 0");
  char number[32];
  for (const bool x : {true, false})
    for (const Point p : points) {
      std::snprintf(number, sizeof number, ", %.1f", static_cast<double>(x ? p.x : p.y));
      text += number;
    }
  return text + "\n";
}

}  // namespace aurum::test
