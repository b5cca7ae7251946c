#pragma once
// Where the landmarks of a data set's frames come from.
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "aurum/data/openface_csv.hpp"
#include "aurum/data/sets/annotated_set.hpp"
#include "aurum/data/sets/inspect.hpp"

namespace aurum {

/// The landmarks of a frame, 68 points in its pixels; nothing where there are none. May be called by one
/// thread at a time, with the frames of one video after those of another.
using LandmarkSource = std::function<std::optional<Landmarks>(const AnnotatedVideo&, const AnnotatedFrame&)>;

/// The files that the set comes with (DISFA).
[[nodiscard]] inline std::optional<Landmarks> landmarks_of_set(const AnnotatedVideo&,
                                                               const AnnotatedFrame& frame) {
  if (frame.landmarks.empty()) return std::nullopt;
  return read_set_landmarks(frame.landmarks);
}

/// What OpenFace found, for sets that come without landmarks: a folder of CSV files, one for each video,
/// named as the video's file ("FERA17_TR_F001_T1_6.csv") or, where frames are pictures, as the video
/// ("F001_T1.csv"). Of several faces in a frame the surest counts; frames where OpenFace found none have no
/// landmarks. Frames that it numbers from 1 are those of the video, or its pictures in their order.
class OpenFaceLandmarks {
 public:
  explicit OpenFaceLandmarks(std::filesystem::path folder) : folder_{std::move(folder)} {}

  /// Throws FileError where the video has no file, or one without landmarks.
  [[nodiscard]] std::optional<Landmarks> operator()(const AnnotatedVideo& video,
                                                    const AnnotatedFrame& frame) {
    if (video.name != name_) read(video);
    const auto found = faces_.find(frame.number - video.first_number + 1);
    return found == faces_.end() ? std::nullopt : std::optional(found->second.landmarks);
  }

  [[nodiscard]] static std::string file_name(const AnnotatedVideo& video) {
    std::string name = video.video.empty() ? video.name : video.video.stem().string();
    std::ranges::replace(name, '/', '_');
    return name + ".csv";
  }

 private:
  void read(const AnnotatedVideo& video) {
    const std::filesystem::path file = folder_ / file_name(video);
    OpenFaceTable table = read_openface_csv(file);
    faces_.clear();
    for (OpenFaceRow& row : table.rows) {
      if (row.landmarks.empty())
        throw FileError(file.string(), "has no columns x_0 to y_67 (OpenFace's -2Dfp)");
      if (!row.success) continue;
      const auto [found, added] = faces_.try_emplace(row.frame, row);
      if (!added && row.confidence > found->second.confidence) found->second = std::move(row);
    }
    name_ = video.name;
  }

  std::filesystem::path folder_;
  std::string name_;
  std::map<int, OpenFaceRow> faces_;
};

}  // namespace aurum
