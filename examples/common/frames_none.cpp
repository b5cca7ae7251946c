#include "dataset.hpp"
#include "videos.hpp"

namespace examples {

aurum::FrameSource frame_source() {
  return [](const aurum::AnnotatedVideo& video, const auto& visit) {
    if (!video.video.empty())
      throw aurum::FileError(video.video.string(),
                             "a video, and this program was compiled without OpenCV "
                             "(install libopencv-dev and configure again)");
    aurum::visit_pictures(video, visit);
  };
}

AnyVideos decoded_videos(const std::string& folder, const VideoFolderOptions&) {
  throw aurum::FileError(folder,
                         "holds video files, and this program was compiled without OpenCV "
                         "(install libopencv-dev and configure again)");
}

}  // namespace examples
