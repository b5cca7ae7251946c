#pragma once
// What was measured in a video, and what may be done to it afterwards.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/analyse/face.hpp"
#include "aurum/analyse/track.hpp"
#include "aurum/core/error.hpp"

namespace aurum {

/// A face in a frame and what a network said of it.
struct MeasuredFace : Face {
  std::vector<float> intensities{};    ///< one per AU, 0 to 5; NaN: unknown
  std::vector<float> left{}, right{};  ///< of the picture's sides, NaN for AUs that have none; or both empty
};

/// A frame; one without a face is a frame too.
struct MeasuredFrame {
  int number = 1;       ///< from 1
  double seconds = 0;   ///< since the first
  std::string file{};   ///< the picture, where frames are files
  std::string fault{};  ///< why nothing is known of it; empty: it could be read
  std::vector<MeasuredFace> faces{};
};

struct Recording {
  std::vector<int> action_units;
  std::vector<MeasuredFrame> frames;
};

/// What is done to the intensities of every person.
struct Refinement {
  double smoothing = 0;   ///< deviation of the window in seconds (see `smoothed`); 0: none
  bool baseline = false;  ///< subtract what the face shows at rest (see `quiet_baseline`)
};

/// The tracks of the people of a recording by identity: per frame the intensities and, where both are known,
/// those of the left and the right side behind them. Throws ValueError for a face that has another number, or
/// sides where others of the same person have none.
[[nodiscard]] inline std::map<int, AuTrack> tracks_of(const Recording& recording) {
  const std::size_t units = recording.action_units.size();
  std::map<int, AuTrack> tracks;
  for (const MeasuredFrame& frame : recording.frames)
    for (const MeasuredFace& face : frame.faces) {
      AuTrack& track = tracks[face.identity];
      const std::size_t values = face.left.empty() ? units : 3 * units;
      if (face.intensities.size() != units || face.left.size() != face.right.size() ||
          (!face.left.empty() && face.left.size() != units) || (track.units != 0 && track.units != values))
        throw ValueError("recording: frame " + std::to_string(frame.number) + ": expected " +
                         std::to_string(units) + " intensities, found " +
                         std::to_string(face.intensities.size()));
      track.units = values;
      track.seconds.push_back(frame.seconds);
      for (const std::vector<float>* part : {&face.intensities, &face.left, &face.right})
        track.intensities.insert(track.intensities.end(), part->begin(), part->end());
    }
  return tracks;
}

/// The recording with the intensities of everybody refined over their whole track: the baseline, taken from
/// what was measured, goes first. Throws what `smoothed` throws.
[[nodiscard]] inline Recording refined(Recording recording, const Refinement& refinement) {
  std::map<int, AuTrack> tracks = tracks_of(recording);
  for (auto& [identity, track] : tracks) {
    if (refinement.baseline) track = without_baseline(track, quiet_baseline(track));
    if (refinement.smoothing > 0) track = smoothed(track, refinement.smoothing);
  }
  std::map<int, std::size_t> taken;
  for (MeasuredFrame& frame : recording.frames)
    for (MeasuredFace& face : frame.faces) {
      auto values = tracks.at(face.identity).frame(taken[face.identity]++).begin();
      for (std::vector<float>* part : {&face.intensities, &face.left, &face.right})
        for (float& value : *part) value = *values++;
    }
  return recording;
}

/// A moment at which an AU shows most.
struct Keyframe {
  std::size_t frame = 0, face = 0;  ///< places in the recording
  std::size_t unit = 0;             ///< of its AUs
  float intensity = 0;
};

/// Up to `most` moments of the recording at which an AU is strongest, the strongest first: of each AU and
/// person one, at least `least` strong, and of moments of a person closer than `apart` seconds only the
/// strongest.
[[nodiscard]] inline std::vector<Keyframe> keyframes(const Recording& recording, std::size_t most,
                                                     float least = 1, double apart = 1) {
  std::map<std::pair<int, std::size_t>, Keyframe> strongest;  // by person and AU
  for (std::size_t i = 0; i < recording.frames.size(); ++i)
    for (std::size_t k = 0; k < recording.frames[i].faces.size(); ++k) {
      const MeasuredFace& face = recording.frames[i].faces[k];
      for (std::size_t au = 0; au < face.intensities.size(); ++au)
        if (const float value = face.intensities[au]; value >= least) {
          const Keyframe here{i, k, au, value};
          const auto [best, first] = strongest.try_emplace({face.identity, au}, here);
          if (!first && value > best->second.intensity) best->second = here;
        }
    }
  std::vector<Keyframe> candidates;
  for (const auto& [whose, keyframe] : strongest) candidates.push_back(keyframe);
  std::ranges::stable_sort(candidates, std::greater{}, &Keyframe::intensity);
  std::vector<Keyframe> chosen;
  const auto identity = [&](const Keyframe& k) { return recording.frames[k.frame].faces[k.face].identity; };
  for (const Keyframe& candidate : candidates) {
    if (chosen.size() == most) break;
    if (std::ranges::none_of(chosen, [&](const Keyframe& k) {
          return identity(k) == identity(candidate) &&
                 std::abs(recording.frames[k.frame].seconds - recording.frames[candidate.frame].seconds) <
                     apart;
        }))
      chosen.push_back(candidate);
  }
  return chosen;
}

}  // namespace aurum
