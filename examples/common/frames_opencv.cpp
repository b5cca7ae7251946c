#include "aurum/interop/opencv_video.hpp"
#include "dataset.hpp"

namespace examples {

aurum::FrameSource frame_source() { return aurum::visit_frames; }

}  // namespace examples
