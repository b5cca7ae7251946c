#pragma once
#include <filesystem>
#include <string>

#include "aurum/core/error.hpp"
#include "aurum/data/pts.hpp"
#include "aurum/data/t7.hpp"
#include "aurum/data/text.hpp"

namespace aurum {

/// 68 landmarks, in pixels from 0, of a `.pts` or `.t7` file, whichever its name says. Throws FileError for
/// other names and for files that do not hold them.
[[nodiscard]] inline Landmarks read_landmarks(const std::filesystem::path& path) {
  const std::string extension = lower_case(path.extension().string());
  if (extension == ".pts") return read_pts(path);
  if (extension == ".t7") return read_t7(path);
  throw FileError(path.string(), "expected a .pts or .t7 file of landmarks");
}

}  // namespace aurum
