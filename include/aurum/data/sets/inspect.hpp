#pragma once
// Looking into the files of a data set: what `describe` and the layouts know of them is only their names.
#include <algorithm>
#include <string>
#include <vector>

#include "aurum/data/image_file.hpp"
#include "aurum/data/sets/annotated_set.hpp"
#include "aurum/data/sets/landmark_source.hpp"

namespace aurum {

/// What is wrong with the picture and the landmarks of a frame: they cannot be read, or points lie outside
/// the picture.
[[nodiscard]] inline std::vector<Problem> inspect(const AnnotatedFrame& frame) {
  std::vector<Problem> problems;
  const auto note = [&](const FileError& error) {
    problems.push_back({Problem::Kind::wrong, error.file(), error.problem()});
  };
  Landmarks landmarks;
  if (!frame.landmarks.empty()) {
    try {
      landmarks = read_set_landmarks(frame.landmarks);
    } catch (const FileError& error) {
      note(error);
    }
  }
  if (frame.picture.empty()) return problems;
  try {
    const Image image = read_image(frame.picture);
    const auto outside = std::ranges::count_if(landmarks, [&](Point p) {
      return p.x < -0.5F || p.y < -0.5F || p.x > static_cast<float>(image.width) - 0.5F ||
             p.y > static_cast<float>(image.height) - 0.5F;
    });
    if (outside > 0)
      problems.push_back({Problem::Kind::wrong, frame.landmarks.string(),
                          std::to_string(outside) + " of 68 points lie outside the picture of " +
                              std::to_string(image.width) + " x " + std::to_string(image.height)});
  } catch (const FileError& error) {
    note(error);
  }
  return problems;
}

}  // namespace aurum
