#pragma once
// Recordings as text: OpenFace's CSV and JSON lines.
#include <filesystem>
#include <string>
#include <vector>

#include "aurum/analyse/recording.hpp"

namespace examples {

/// A video in OpenFace's columns. Landmarks are written where all faces have them; sides, where they were
/// measured, as AU01_left, AU01_right ... behind all of OpenFace's columns. Throws FileError.
void write_openface(const std::filesystem::path& file, const aurum::Recording& recording);

/// Pictures in the columns that OpenFace has for them: a file each in `folder`, <name>.csv.
void write_openface_of_pictures(const std::filesystem::path& folder, const aurum::Recording& recording);

/// What is written about each picture is named after it; no two names are alike.
[[nodiscard]] std::vector<std::string> names_of_pictures(const aurum::Recording& recording);

/// A line for each frame. Throws FileError.
void write_json_lines(const std::filesystem::path& file, const aurum::Recording& recording, bool moving);

}  // namespace examples
