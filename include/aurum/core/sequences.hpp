#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "aurum/core/error.hpp"

namespace aurum {

/// Which frames of which clips the images of a batch are. They stand in the order of time: all clips' frames
/// of step 0, in the order of the clips, then those of step 1, and so on. A frame that is missing (a clip
/// that is shorter, a face that was not found) has no image in the batch: nothing is made up in its place,
/// and what a recurrent layer remembers of its clip stays as it was.
class Sequences {
 public:
  /// None: every image is a clip of its own, one frame long.
  Sequences() = default;

  /// `clips` clips of `steps` frames each. Throws ValueError for less than one of either.
  [[nodiscard]] static Sequences complete(int clips, int steps) {
    if (clips < 1 || steps < 1)
      throw ValueError("sequences: expected at least 1 clip of at least 1 frame, found " +
                       std::to_string(clips) + " of " + std::to_string(steps));
    Sequences s;
    s.clips_ = clips;
    s.steps_ = steps;
    s.frames_ = clips * steps;
    return s;
  }

  /// `present`: for each step, for each clip, whether that frame is there. Throws ValueError for clips that
  /// do not divide them, and where no frame is there at all.
  Sequences(int clips, std::span<const std::uint8_t> present) : clips_{clips} {
    if (clips < 1 || present.size() % static_cast<std::size_t>(clips) != 0)
      throw ValueError("sequences: " + std::to_string(present.size()) + " frames of " +
                       std::to_string(clips) + " clips");
    steps_ = static_cast<int>(present.size()) / clips;
    for (std::size_t i = 0; i < present.size(); ++i) {
      rows_.push_back(present[i] != 0 ? frames_++ : -1);
      if (present[i] != 0) places_.push_back(static_cast<int>(i));
    }
    if (frames_ == 0) throw ValueError("sequences: no frame of any clip is there");
    if (places_.size() == rows_.size()) rows_.clear(), places_.clear();
  }

  [[nodiscard]] int clips() const { return clips_; }
  [[nodiscard]] int steps() const { return steps_; }
  /// Frames that are there: images of the batch.
  [[nodiscard]] int frames() const { return frames_; }
  [[nodiscard]] bool empty() const { return steps_ == 0; }
  /// The image that a clip's frame is; -1: it is missing.
  [[nodiscard]] int row(int step, int clip) const {
    const int place = step * clips_ + clip;
    return rows_.empty() ? place : rows_[static_cast<std::size_t>(place)];
  }
  /// The step that an image is a frame of.
  [[nodiscard]] int step(int image) const {
    if (empty()) return 0;
    return (places_.empty() ? image : places_[static_cast<std::size_t>(image)]) / clips_;
  }
  /// `row` of all steps, for each of all clips. Empty where no frame is missing.
  [[nodiscard]] std::span<const int> rows() const { return rows_; }
  /// For each image, step * clips + clip. Empty where no frame is missing.
  [[nodiscard]] std::span<const int> places() const { return places_; }

  /// Gradients do not pass from a step whose number is a multiple of this to the step before it (truncated
  /// back-propagation through time). 0: they pass all.
  int truncation = 0;
  /// Recurrent layers begin with what they remembered at the end of the last forward, whose clips these
  /// continue, and not with zeros. No gradient passes to those.
  bool continued = false;

 private:
  int clips_ = 0, steps_ = 0, frames_ = 0;
  std::vector<int> rows_, places_;
};

}  // namespace aurum
