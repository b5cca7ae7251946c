#include "dataset.hpp"

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

}  // namespace examples
