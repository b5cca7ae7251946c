#pragma once
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/data/image_file.hpp"
#include "aurum/data/landmark_file.hpp"
#include "aurum/data/sample.hpp"
#include "aurum/data/sets/tree.hpp"

namespace aurum {

/// Pictures (JPEG, PNG) anywhere below a folder, each with its 68 landmarks beside it in a file of the same
/// stem: `.pts` as in 300-W, or else `.t7` as in LS3D-W; one face a picture. Pictures without such a file are
/// left out.
class LandmarkFolder {
 public:
  /// Throws FileError where there is no such folder, it or one below cannot be read, or no annotated picture
  /// is in it.
  explicit LandmarkFolder(std::filesystem::path folder) : folder_{std::move(folder)} {
    const std::vector<std::filesystem::path> files = files_below(folder_);
    for (const std::filesystem::path& file : files) {
      if (!is_picture(file)) continue;
      for (const char* extension : {".pts", ".t7"}) {
        std::filesystem::path landmarks = file;
        landmarks.replace_extension(extension);
        if (!std::ranges::binary_search(files, landmarks)) continue;
        faces_.push_back({file, std::move(landmarks)});
        break;
      }
    }
    if (faces_.empty())
      throw FileError(folder_.string(),
                      "holds no picture (.jpg, .jpeg, .png) with a .pts or .t7 file beside it");
  }

  [[nodiscard]] int size() const { return static_cast<int>(faces_.size()); }
  [[nodiscard]] std::span<const int> action_units() const { return {}; }

  /// The files of a face, which are not read. Throws ValueError for an index that the set does not have.
  [[nodiscard]] const std::filesystem::path& picture(int index) const { return face(index).picture; }
  [[nodiscard]] const std::filesystem::path& landmarks(int index) const { return face(index).landmarks; }

  /// Reads one face. Throws FileError where its picture or landmarks cannot be read, ValueError for an index
  /// that the set does not have.
  [[nodiscard]] Sample sample(int index) const {
    const Face& one = face(index);
    return {.image = read_image(one.picture),
            .landmarks = read_landmarks(one.landmarks),
            .intensities = {},
            .subject = index,
            .name = std::filesystem::relative(one.picture, folder_).string()};
  }

 private:
  struct Face {
    std::filesystem::path picture, landmarks;
  };

  [[nodiscard]] const Face& face(int index) const {
    if (index < 0 || index >= size())
      throw ValueError("sample " + std::to_string(index) + " of a set of " + std::to_string(size()));
    return faces_[static_cast<std::size_t>(index)];
  }

  std::filesystem::path folder_;
  std::vector<Face> faces_;  ///< in the order of their pictures' paths
};

}  // namespace aurum
