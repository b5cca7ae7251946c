#pragma once
// Faces in a frame, and who finds them.
#include <functional>
#include <optional>
#include <vector>

#include "aurum/core/geometry.hpp"
#include "aurum/data/crop.hpp"
#include "aurum/data/image.hpp"

namespace aurum {

/// A face that was found in a picture.
struct FoundFace {
  Square square;          ///< what a network shall see of it
  float confidence = 1;   ///< of who found it, 0 to 1
  Landmarks landmarks{};  ///< 68 points in pixels of the picture; empty: not known
};

/// A face in a frame of a video.
struct Face : FoundFace {
  int identity = 0;  ///< whose it is: see Tracker
  /// Where it was found in this frame; nothing: the frame was not searched (see FaceFollower).
  std::optional<Square> detection{};
};

/// Appends the faces of a picture to a list, in no certain order. Detectors are in aurum/interop/dlib.hpp and
/// aurum/interop/opencv_faces.hpp; any function will do. One thread uses one at a time.
using FaceDetector = std::function<void(const ImageView&, std::vector<FoundFace>&)>;

}  // namespace aurum
