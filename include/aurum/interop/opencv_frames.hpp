#pragma once
#include <cstddef>
#include <functional>

#include "aurum/data/sets/annotated_faces.hpp"
#include "aurum/interop/opencv_video.hpp"

namespace aurum {

/// A `FrameSource` (data/sets/annotated_faces.hpp) for sets whose frames lie in videos or are pictures:
/// videos are read from their first frame on; labelled frames past their end are not visited. Throws
/// FileError for a video that cannot be read.
inline void visit_frames(const AnnotatedVideo& video,
                         const std::function<void(std::size_t, const Image&)>& visit) {
  if (video.video.empty()) return visit_pictures(video, visit);
  VideoReader reader(video.video);
  Image picture;
  for (std::size_t i = 0; i < video.frames.size(); ++i) {
    const int wanted = video.frames[i].number - video.first_number;
    if (wanted < 0) continue;
    while (reader.position() < wanted)
      if (!reader.skip()) return;
    if (!reader.next(picture)) return;
    visit(i, picture);
  }
}

}  // namespace aurum
