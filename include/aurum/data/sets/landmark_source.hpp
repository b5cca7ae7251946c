#pragma once
// Where the landmarks of a data set's frames come from.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "aurum/data/file.hpp"
#include "aurum/data/landmark_file.hpp"
#include "aurum/data/mat5.hpp"
#include "aurum/data/openface_csv.hpp"
#include "aurum/data/sets/annotated_set.hpp"

namespace aurum {

/// The landmarks of a frame, from whatever kind of file its set has. Throws FileError where they cannot be
/// read.
[[nodiscard]] inline Landmarks read_set_landmarks(const std::filesystem::path& path) {
  return lower_case(path.extension().string()) == ".mat" ? read_disfa_landmarks(path) : read_landmarks(path);
}

/// Where landmarks come from.
struct LandmarkSource {
  /// The landmarks of a frame, 68 points in its pixels; nothing where there are none. Called by one thread at
  /// a time, with the frames of one video after those of another.
  std::function<std::optional<Landmarks>(const AnnotatedVideo&, const AnnotatedFrame&)> landmarks;
  /// Says which they are, so that faces that were cut out by others are told apart.
  std::function<std::string(const AnnotatedVideo&)> origin;
};

/// The files that the set comes with (DISFA).
[[nodiscard]] inline LandmarkSource landmarks_of_set() {
  return {[](const AnnotatedVideo&, const AnnotatedFrame& frame) -> std::optional<Landmarks> {
            if (frame.landmarks.empty()) return std::nullopt;
            return read_set_landmarks(frame.landmarks);
          },
          [](const AnnotatedVideo&) { return std::string("the set's"); }};
}

/// What OpenFace found, for sets that come without landmarks: a folder of CSV files, one for each video,
/// named as the video's file ("FERA17_TR_F001_T1_6.csv") or, where frames are pictures, as the video
/// ("F001_T1.csv"). Of several faces in a frame the surest counts; frames where OpenFace found none have no
/// landmarks. It numbers from 1 the frames of the video, or the pictures of the folder in their order.
class OpenFaceLandmarks {
 public:
  explicit OpenFaceLandmarks(std::filesystem::path folder) : folder_{std::move(folder)} {}

  /// Throws FileError where the video has no file, or one without landmarks of a video's frames.
  [[nodiscard]] std::optional<Landmarks> operator()(const AnnotatedVideo& video,
                                                    const AnnotatedFrame& frame) {
    if (video.name != name_) read(video);
    const auto found = faces_.find(place_of(video, frame) + 1);
    return found == faces_.end() ? std::nullopt : std::optional(found->second.landmarks);
  }

  [[nodiscard]] std::filesystem::path file_of(const AnnotatedVideo& video) const {
    std::string name = video.video.empty() ? video.name : video.video.stem().string();
    std::ranges::replace(name, '/', '_');
    return folder_ / (name + ".csv");
  }

 private:
  /// How many frames, or pictures, come before it.
  [[nodiscard]] static int place_of(const AnnotatedVideo& video, const AnnotatedFrame& frame) {
    if (video.picture_numbers.empty()) return frame.number - video.first_number;
    const auto place = std::ranges::lower_bound(video.picture_numbers, frame.number);
    return static_cast<int>(place - video.picture_numbers.begin());
  }

  void read(const AnnotatedVideo& video) {
    const std::filesystem::path file = file_of(video);
    std::map<int, OpenFaceRow> faces;
    OpenFaceTable table = read_openface_csv(file);
    if (table.rows.empty()) throw FileError(file.string(), "holds no frame");
    for (OpenFaceRow& row : table.rows) {
      if (row.landmarks.empty())
        throw FileError(file.string(), "has no columns x_0 to y_67 (OpenFace's -2Dfp)");
      if (row.frame < 1) throw FileError(file.string(), "has no column 'frame': it is of single pictures");
      if (!row.success) continue;
      const auto [found, added] = faces.try_emplace(row.frame, row);
      if (!added && row.confidence > found->second.confidence) found->second = std::move(row);
    }
    faces_ = std::move(faces);
    name_ = video.name;
  }

  std::filesystem::path folder_;
  std::string name_;
  std::map<int, OpenFaceRow> faces_;
};

/// The same as a source.
[[nodiscard]] inline LandmarkSource openface_landmarks(const std::filesystem::path& folder) {
  return {OpenFaceLandmarks(folder), [reader = OpenFaceLandmarks(folder)](const AnnotatedVideo& video) {
            return "OpenFace's, " + file_stamp(reader.file_of(video));
          }};
}

}  // namespace aurum
