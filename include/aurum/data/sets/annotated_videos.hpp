#pragma once
#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/data/sample.hpp"
#include "aurum/data/sets/annotated_faces.hpp"

namespace aurum {

/// The labelled faces of a data set as a video data set (data/video.hpp), for networks that follow a face
/// through time. A video begins with its first face and ends with its last; frames between them without a
/// face or without any label are missing. Videos without a face are left out.
class AnnotatedVideos {
 public:
  /// `faces`: complete; shared, not copied. Throws ValueError for faces that are of no videos.
  explicit AnnotatedVideos(std::shared_ptr<const AnnotatedFaces> faces) : faces_{std::move(faces)} {
    if (faces_->single_pictures())
      throw ValueError("annotated videos: the data set has single pictures, and no videos");
    for (int i = 0; i < faces_->size(); ++i) {
      if (videos_.empty() || faces_->video_of(videos_.back().first_face) != faces_->video_of(i))
        videos_.push_back({.first_face = i, .numbers = {}});
      videos_.back().numbers.push_back(faces_->number_of(i));
    }
  }

  [[nodiscard]] int size() const { return static_cast<int>(videos_.size()); }
  [[nodiscard]] std::span<const int> action_units() const { return faces_->action_units(); }
  [[nodiscard]] int frames(int video) const {
    const std::vector<int>& numbers = of(video).numbers;
    return numbers.back() - numbers.front() + 1;
  }
  [[nodiscard]] int subject_of(int video) const { return faces_->subject_of(of(video).first_face); }
  [[nodiscard]] std::string name_of(int video) const {
    return faces_->video_name(faces_->video_of(of(video).first_face));
  }
  [[nodiscard]] bool present(int video, int index) const { return face_of(video, index).has_value(); }
  [[nodiscard]] std::span<const float> labels(int video, int index) const {
    const auto face = face_of(video, index);
    return face ? faces_->labels(*face) : std::span<const float>{};
  }
  [[nodiscard]] std::optional<Sample> frame(int video, int index) const {
    const auto face = face_of(video, index);
    if (!face) return std::nullopt;
    return faces_->sample(*face);
  }

 private:
  struct Video {
    int first_face;
    std::vector<int> numbers;  ///< of its faces' frames, ascending
  };

  [[nodiscard]] const Video& of(int video) const {
    if (video < 0 || video >= size())
      throw ValueError("annotated videos: video " + std::to_string(video) + " of " + std::to_string(size()));
    return videos_[static_cast<std::size_t>(video)];
  }
  [[nodiscard]] std::optional<int> face_of(int video, int index) const {
    if (index < 0 || index >= frames(video))
      throw ValueError("annotated videos: frame " + std::to_string(index) + " of " +
                       std::to_string(frames(video)) + " of " + name_of(video));
    const auto& [first_face, numbers] = of(video);
    const auto found = std::ranges::lower_bound(numbers, numbers.front() + index);
    if (*found != numbers.front() + index) return std::nullopt;
    return first_face + static_cast<int>(found - numbers.begin());
  }

  std::shared_ptr<const AnnotatedFaces> faces_;
  std::vector<Video> videos_;
};

}  // namespace aurum
