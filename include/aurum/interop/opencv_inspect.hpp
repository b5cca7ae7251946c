#pragma once
// Looking into the videos of a data set.
#include <algorithm>
#include <string>
#include <vector>

#include "aurum/data/sets/inspect.hpp"
#include "aurum/interop/opencv_video.hpp"

namespace aurum {

namespace detail {
/// Adds labels that have no frame in a video of so many frames, and frames at its ends that have no label:
/// labels that were shifted or cut off look so.
inline void inspect_length(const AnnotatedVideo& video, long long frames, std::vector<Problem>& problems) {
  if (video.frames.empty()) return;
  const auto place = [&](const AnnotatedFrame& frame) {
    return static_cast<long long>(frame.number) - video.first_number;
  };
  const auto outside = std::ranges::count_if(
      video.frames, [&](const AnnotatedFrame& frame) { return place(frame) < 0 || place(frame) >= frames; });
  const long long before = std::clamp(place(video.frames.front()), 0LL, frames);
  const long long after = std::clamp(frames - 1 - place(video.frames.back()), 0LL, frames);
  const std::string counts = " frames " + std::to_string(video.frames.front().number) + " to " +
                             std::to_string(video.frames.back().number) + ", and the video has " +
                             std::to_string(frames) + ", the first one called " +
                             std::to_string(video.first_number);
  const auto add = [&](const std::string& what) {
    problems.push_back({Problem::Kind::missing, video.video.string(), what});
  };
  if (outside > 0) add("labels without a frame: " + std::to_string(outside) + "; they are of" + counts);
  if ((before > 0 || after > video.spare_frames) && !video.labelled_in_part)
    add("frames without a label: " + std::to_string(before) + " before the first label, " +
        std::to_string(after) + " after the last; labels, of" + counts + ", may be shifted or cut off");
}
}  // namespace detail

/// What is wrong with a video and with the landmarks of its frames: it cannot be decoded, was cut off, ends
/// before its labels do, has frames before or after them (unless it is `labelled_in_part`), or points lie
/// outside its pictures. Decodes all of it.
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
    detail::inspect_length(video, reader.position(), problems);
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
