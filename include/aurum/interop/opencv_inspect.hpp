#pragma once
// Looking into the videos of a data set.
#include <string>
#include <vector>

#include "aurum/data/sets/inspect.hpp"
#include "aurum/interop/opencv_video.hpp"

namespace aurum {

/// What is wrong with a video and with the landmarks of its frames: it cannot be decoded, was cut off, ends
/// before its labels do, or points lie outside its pictures. Decodes all of it.
[[nodiscard]] inline std::vector<Problem> inspect_video(const AnnotatedVideo& video) {
  std::vector<Problem> problems;
  const auto add = [&](Problem::Kind kind, const std::string& what) {
    problems.push_back({kind, video.video.string(), what});
  };
  int width = 0, height = 0;
  try {
    VideoReader reader(video.video);
    width = reader.width();
    height = reader.height();
    while (reader.skip()) {
    }
    if (reader.ended_early())
      add(Problem::Kind::wrong, "ends after " + std::to_string(reader.position()) + " of " +
                                    std::to_string(reader.announced()) +
                                    " frames: it was cut off or is damaged");
    const auto outside = std::ranges::count_if(video.frames, [&](const AnnotatedFrame& frame) {
      const long long place = frame.number - video.first_number;
      return place < 0 || place >= reader.position();
    });
    if (outside > 0)
      add(Problem::Kind::missing, "labels without a frame: " + std::to_string(outside) +
                                      "; they are of frames " + std::to_string(video.frames.front().number) +
                                      " to " + std::to_string(video.frames.back().number) +
                                      ", and the video has " + std::to_string(reader.position()) +
                                      ", the first one called " + std::to_string(video.first_number));
  } catch (const FileError& error) {
    add(Problem::Kind::wrong, error.problem());
  }
  for (const AnnotatedFrame& frame : video.frames) {
    const Landmarks landmarks = detail::inspect_landmarks(frame, problems);
    if (width > 0) detail::inspect_places(frame, landmarks, width, height, problems);
  }
  return problems;
}

}  // namespace aurum
