#pragma once
#include <algorithm>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/data/image_file.hpp"
#include "aurum/data/landmark_file.hpp"
#include "aurum/data/sample.hpp"

namespace aurum {

/// Pictures (JPEG, PNG) anywhere below a folder, each with its 68 landmarks beside it in a file of the same
/// stem: `.pts` as in 300-W, or else `.t7` as in LS3D-W; one face a picture. Pictures without such a file are
/// left out.
class LandmarkFolder {
 public:
  /// Throws FileError where there is no such folder, or no annotated picture in it.
  explicit LandmarkFolder(std::filesystem::path folder) : folder_{std::move(folder)} {
    if (!std::filesystem::is_directory(folder_)) throw FileError(folder_.string(), "no such folder");
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_))
      if (is_picture(entry.path()) && !landmarks_of(entry.path()).empty()) pictures_.push_back(entry.path());
    if (pictures_.empty())
      throw FileError(folder_.string(),
                      "holds no picture (.jpg, .jpeg, .png) with a .pts or .t7 file beside it");
    std::ranges::sort(pictures_);  // the order of directories is the file system's
  }

  [[nodiscard]] int size() const { return static_cast<int>(pictures_.size()); }
  [[nodiscard]] std::span<const int> action_units() const { return {}; }

  /// Reads one face. Throws FileError where its picture or landmarks cannot be read, ValueError for an index
  /// that the set does not have.
  [[nodiscard]] Sample sample(int index) const {
    if (index < 0 || index >= size())
      throw ValueError("sample " + std::to_string(index) + " of a set of " + std::to_string(size()));
    const std::filesystem::path& picture = pictures_[static_cast<std::size_t>(index)];
    return {.image = read_image(picture),
            .landmarks = read_landmarks(landmarks_of(picture)),
            .intensities = {},
            .subject = index,
            .name = std::filesystem::relative(picture, folder_).string()};
  }

 private:
  /// Empty where a picture has none.
  [[nodiscard]] static std::filesystem::path landmarks_of(std::filesystem::path picture) {
    for (const char* extension : {".pts", ".t7"})
      if (std::filesystem::is_regular_file(picture.replace_extension(extension))) return picture;
    return {};
  }

  std::filesystem::path folder_;
  std::vector<std::filesystem::path> pictures_;
};

}  // namespace aurum
