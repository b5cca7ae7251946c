#include <algorithm>
#include <memory>

#include "aurum/interop/opencv_faces.hpp"
#include "aurum/interop/opencv_frames.hpp"
#include "aurum/interop/opencv_video_folder.hpp"
#include "aurum/train/progress.hpp"
#include "dataset.hpp"
#include "faces.hpp"
#include "videos.hpp"

namespace examples {

aurum::FrameSource frame_source() { return aurum::visit_frames; }

AnyVideos decoded_videos(const std::string& folder, const VideoFolderOptions& options) {
  aurum::VideoFilesOptions how{.cache = options.cache};
  how.faces.side = options.side;
  if (has_detector()) {
    how.detector = new_detector();
    how.detector_name = "dlib";
  } else {
    const char* const cascade = "/usr/share/opencv4/haarcascades/haarcascade_frontalface_alt2.xml";
    how.detector = aurum::CascadeFaces(cascade);
    how.detector_name = aurum::file_stamp(cascade);
  }
  constexpr double parts = 1000;  // of a file
  const std::size_t files = aurum::video_files_below(folder).size();
  aurum::Progress progress("finding faces", parts * static_cast<double>(files));
  progress.line(folder + ": faces of " + std::to_string(files) + " video files, found by " +
                (has_detector() ? "dlib" : "OpenCV") + ", kept in " + options.cache);
  how.on_frame = [&](const aurum::VideoFilesProgress& now) {
    const double share =
        now.announced > 0 ? std::min(1.0, now.frames / static_cast<double>(now.announced)) : 0;
    progress.update(parts * (now.number + share), now.file.string());
  };
  const auto videos = std::make_shared<const aurum::VideoFiles>(folder, how);
  for (const aurum::VideoFileProblem& problem : videos->problems())
    progress.line("warning: " + problem.name + ": " + problem.what);
  long long frames = 0, found = 0;
  for (int v = 0; v < videos->size(); ++v)
    for (int i = 0; i < videos->frames(v); ++i, ++frames) found += videos->present(v, i) ? 1 : 0;
  progress.line("faces in " + std::to_string(found) + " of " + std::to_string(frames) + " frames of " +
                std::to_string(videos->size()) + " videos");
  return AnyVideos(videos);
}

}  // namespace examples
