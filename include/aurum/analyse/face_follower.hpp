#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/analyse/face.hpp"
#include "aurum/analyse/tracker.hpp"
#include "aurum/core/error.hpp"
#include "aurum/data/crop.hpp"

namespace aurum {

struct FollowerOptions {
  TrackerOptions tracker{};
  /// Detectors know few sizes, so that the box of a face at rest grows and shrinks by a fifth. The side of
  /// the squares follows theirs with this time constant, in seconds (0: at once). Faces with landmarks have
  /// exact sizes already.
  double side_seconds = 0.5;
};

/// Follows the faces of a video whose frames need not all be searched: detectors are the slowest part.
class FaceFollower {
 public:
  /// Throws ValueError for options out of range.
  explicit FaceFollower(const FollowerOptions& options = {})
      : tracker_{options.tracker},
        memory_{options.tracker.memory_seconds},
        side_seconds_{options.side_seconds} {
    if (!(side_seconds_ >= 0)) throw ValueError("faces: expected a time constant of 0 s or more");
  }

  /// The faces of the next frames, those of `seconds[i]` into `faces[i]`. `detect(i, found)` appends the
  /// faces of frame i to `found`; it is called for the last frame, and where that shows the same people as
  /// the last frame of the call before, they are taken to have moved evenly in between. Where somebody came
  /// or went, or the detector missed a face, it is called for every frame, in their order. Throws ValueError
  /// for times that go back, and what `detect` throws, after which the follower is good for nothing.
  template <class Detect>
  void follow(std::span<const double> seconds, std::span<std::vector<Face>> faces, Detect detect) {
    if (seconds.size() != faces.size())
      throw ValueError("faces: expected room for " + std::to_string(seconds.size()) + " frames, found " +
                       std::to_string(faces.size()));
    if (seconds.empty()) return;
    const std::size_t last = seconds.size() - 1;
    if (last > 0) {
      found_.clear();
      detect(last, found_);
      Tracker ahead = tracker_;
      identify(ahead, seconds[last], faces[last]);
      if (std::ranges::equal(faces[last], last_, {}, &Face::identity, &Face::identity)) {
        steady(seconds[last], faces[last]);
        for (std::size_t i = 0; i < last; ++i) between(faces[last], seconds[last], seconds[i], faces[i]);
        tracker_ = std::move(ahead);
        return remember(seconds[last], faces[last]);
      }
      found_of_last_.swap(found_);
    }
    for (std::size_t i = 0; i <= last; ++i) {
      if (last > 0 && i == last) {
        found_.swap(found_of_last_);
      } else {
        found_.clear();
        detect(i, found_);
      }
      identify(tracker_, seconds[i], faces[i]);
      steady(seconds[i], faces[i]);
    }
    remember(seconds[last], faces[last]);
  }

  /// How many people there were so far.
  [[nodiscard]] int people() const { return tracker_.people(); }

 private:
  struct Size {
    int identity;
    float side;
    double seconds;
  };

  /// Gives `found_` their identities, which order them.
  void identify(Tracker& tracker, double seconds, std::vector<Face>& faces) {
    squares_.clear();
    for (const FoundFace& face : found_) squares_.push_back(face.square);
    const std::span<const int> identities = tracker.update(squares_, seconds);
    faces.clear();
    for (std::size_t i = 0; i < found_.size(); ++i)
      faces.push_back({found_[i], identities[i], found_[i].square});
    std::ranges::sort(faces, {}, &Face::identity);
  }
  void steady(double seconds, std::vector<Face>& faces) {
    std::erase_if(sizes_, [&](const Size& size) { return seconds - size.seconds > memory_; });
    for (Face& face : faces) {
      if (!face.landmarks.empty() || side_seconds_ == 0) continue;
      const auto known = std::ranges::find(sizes_, face.identity, &Size::identity);
      if (known == sizes_.end()) {
        sizes_.push_back({face.identity, face.square.side, seconds});
        continue;
      }
      const double step = 1 - std::exp((known->seconds - seconds) / side_seconds_);
      known->side += static_cast<float>(step) * (face.square.side - known->side);
      known->seconds = seconds;
      face.square.side = known->side;
    }
  }
  void between(std::span<const Face> after, double after_seconds, double seconds, std::vector<Face>& faces) {
    const double passed = after_seconds - last_seconds_;
    const auto part = static_cast<float>(passed > 0 ? (seconds - last_seconds_) / passed : 1);
    const auto mix = [&](float a, float b) { return a + part * (b - a); };
    faces.clear();
    for (std::size_t k = 0; k < after.size(); ++k) {
      const Face &from = last_[k], &to = after[k];
      faces.push_back({{{from.square.centre + part * (to.square.centre - from.square.centre),
                         mix(from.square.side, to.square.side)},
                        mix(from.confidence, to.confidence)},
                       to.identity});
    }
  }
  void remember(double seconds, std::span<const Face> faces) {
    last_.assign(faces.begin(), faces.end());
    last_seconds_ = seconds;
  }

  Tracker tracker_;
  double memory_, side_seconds_;
  std::vector<Size> sizes_;
  std::vector<Face> last_;  ///< of the last frame of a call, in the order of their identities
  double last_seconds_ = 0;
  std::vector<FoundFace> found_, found_of_last_;
  std::vector<Square> squares_;
};

}  // namespace aurum
