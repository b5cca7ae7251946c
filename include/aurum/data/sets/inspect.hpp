#pragma once
// Looking into the files of a data set: what `describe` and the layouts know of them is only their names.
#include <algorithm>
#include <string>
#include <vector>

#include "aurum/data/image_file.hpp"
#include "aurum/data/sets/annotated_set.hpp"
#include "aurum/data/sets/landmark_source.hpp"

namespace aurum {

namespace detail {
/// Reads the landmarks of a frame, none where it has none of its own; what is wrong with them is added.
inline Landmarks inspect_landmarks(const AnnotatedFrame& frame, std::vector<Problem>& problems) {
  try {
    return frame.landmarks.empty() ? Landmarks{} : read_set_landmarks(frame.landmarks);
  } catch (const FileError& error) {
    problems.push_back({Problem::Kind::wrong, error.file(), error.problem()});
    return {};
  }
}

/// Adds points that lie outside a picture of that size.
inline void inspect_places(const AnnotatedFrame& frame, const Landmarks& landmarks, int width, int height,
                           std::vector<Problem>& problems) {
  const auto outside = std::ranges::count_if(landmarks, [&](Point p) {
    return p.x < -0.5F || p.y < -0.5F || p.x > static_cast<float>(width) - 0.5F ||
           p.y > static_cast<float>(height) - 0.5F;
  });
  if (outside > 0)
    problems.push_back({Problem::Kind::wrong, frame.landmarks.string(),
                        std::to_string(outside) + " of " + std::to_string(landmarks.size()) +
                            " points lie outside the picture of " + std::to_string(width) + " x " +
                            std::to_string(height)});
}
}  // namespace detail

/// What is wrong with the picture and the landmarks of a frame: they cannot be read, or points lie outside
/// the picture. For frames of videos see `inspect_video` (interop/opencv_inspect.hpp).
[[nodiscard]] inline std::vector<Problem> inspect(const AnnotatedFrame& frame) {
  std::vector<Problem> problems;
  const Landmarks landmarks = detail::inspect_landmarks(frame, problems);
  if (frame.picture.empty()) return problems;
  try {
    const Image image = read_image(frame.picture);
    detail::inspect_places(frame, landmarks, image.width, image.height, problems);
  } catch (const FileError& error) {
    problems.push_back({Problem::Kind::wrong, error.file(), error.problem()});
  }
  return problems;
}

}  // namespace aurum
