#include "aurum/interop/opencv_frames.hpp"
#include "dataset.hpp"

namespace examples {

aurum::FrameSource frame_source() { return aurum::visit_frames; }

}  // namespace examples
