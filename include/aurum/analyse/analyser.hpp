#pragma once
#include <span>
#include <utility>
#include <vector>

#include "aurum/analyse/face.hpp"
#include "aurum/analyse/face_follower.hpp"
#include "aurum/data/image.hpp"

namespace aurum {

/// AU intensities of everybody in a video, frame by frame: a detector, a tracker and a predictor (Predictor
/// or AnyPredictor) in one. It shares nothing with other analysers but what its predictor shares (weights),
/// so every thread may have its own. After the first frames it allocates no memory, but for landmarks that
/// its detector tells; detectors may.
template <class P>
class Analyser {
 public:
  Analyser(P predictor, FaceDetector detector, const FollowerOptions& options = {})
      : predictor_{std::move(predictor)}, detector_{std::move(detector)}, follower_{options} {}

  /// Calls `visit(face, prediction)` for every face of the next frame, in the order of their identities; both
  /// are valid during the call. `seconds`: when the frame was. Throws ValueError for a time before the last
  /// frame's.
  template <class Visit>
  void operator()(const ImageView& picture, double seconds, Visit visit) {
    follower_.follow({&seconds, 1}, {&faces_, 1},
                     [&](std::size_t, std::vector<FoundFace>& found) { detector_(picture, found); });
    for (const Face& face : faces_) visit(face, predictor_(picture, face.square));
  }

  /// How many people there were so far.
  [[nodiscard]] int people() const { return follower_.people(); }

 private:
  P predictor_;
  FaceDetector detector_;
  FaceFollower follower_;
  std::vector<Face> faces_;
};

}  // namespace aurum
