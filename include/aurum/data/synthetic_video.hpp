#pragma once
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/random.hpp"
#include "aurum/data/sample.hpp"
#include "aurum/data/synthetic/motion.hpp"
#include "aurum/data/synthetic/renderer.hpp"

namespace aurum {

/// Frames of the same version, seed and options are the same; see `synthetic_faces_version`.
inline constexpr int synthetic_videos_version = 1;

/// What is known about one moment of a synthetic video, and all that is needed to draw it.
struct SyntheticMoment {
  float seconds = 0;                 ///< since the first frame
  synthetic::Expression expression;  ///< intensities of both sides (0 to 5), blink, gaze, unlabelled motions
  synthetic::Circumstances scene;    ///< pose within the ranges of `SyntheticFace`, light, camera
};

/// The faces of `SyntheticFaces` in motion: AUs rise, stay and fall, heads turn, lids blink, gazes jump, the
/// light changes. The labels are exact for every frame. A data set of videos: random access to frames, which
/// depend on the seed, the video, the time and `first_identity` alone; nothing is kept from frame to frame.
/// People are those of `SyntheticFaces` with the same seed; sets with `first_identity` 0 and N share no
/// person where the first has N identities. All functions may be called from many threads.
///
/// No intensity changes by more than `synthetic::steepest_intensity` (37.5) a second: 1.5 a frame at 25 Hz.
class SyntheticVideos {
 public:
  struct Options {
    Seed seed{};
    int videos = 100;
    int identities = 100;
    int first_identity = 0;
    int frames = 250;              ///< of each video; the first frames of a longer one are the same
    float frames_per_second = 25;  ///< does not change what happens, only when it is seen
    int size = 128;                ///< side of the square pictures in pixels
    /// How far heads and the direction of the light turn, a multiple of what is usual. 0: not at all, as of
    /// people who watch something in a laboratory.
    float turning = 1;
    float occlusion = 0.12F;  ///< probability that a hand or thing is before the face, all video long
  };

  /// One video with what is the same for all its frames, which saves the time to draw a small picture for
  /// each. Independent of the set that it is from.
  class Clip {
   public:
    [[nodiscard]] int frames() const { return options_.frames; }
    [[nodiscard]] int subject() const { return identity_; }
    [[nodiscard]] bool wears_glasses() const { return person_.wears_glasses; }

    /// The labelled picture, never empty. Throws ValueError outside [0, frames()).
    [[nodiscard]] std::optional<Sample> frame(int index) const {
      const SyntheticMoment now = moment(index);
      synthetic::Rendering drawn = synthetic::render(person_, now.expression, now.scene, options_.size);
      Sample sample{.image = std::move(drawn.image),
                    .landmarks = std::move(drawn.landmarks),
                    .intensities = {},
                    .subject = identity_,
                    .name = "synthetic video " + std::to_string(video_) + ": frame " + std::to_string(index)};
      const auto& intensity = now.expression.intensity;
      for (const std::size_t place : places_) {
        sample.intensities.push_back(now.expression.strongest(place));
        sample.sides.push_back({intensity[0][place], intensity[1][place]});
      }
      return sample;
    }

    /// What there is to see, without drawing it. Throws ValueError outside [0, frames()).
    [[nodiscard]] SyntheticMoment moment(int index) const {
      if (index < 0 || index >= frames())
        throw ValueError("synthetic videos: frame " + std::to_string(index) + " of " +
                         std::to_string(frames()) + " of video " + std::to_string(video_));
      const float seconds = static_cast<float>(index) / options_.frames_per_second;
      SyntheticMoment now{.seconds = seconds,
                          .expression = motion_.expression(seconds),
                          .scene = motion_.scene(seconds, camera_)};
      now.scene.grain = grain_.fork(static_cast<std::uint64_t>(index));
      return now;
    }

   private:
    friend class SyntheticVideos;
    Clip(const SyntheticVideos& set, int video)
        : options_(set.options_),
          places_(set.places_),
          video_(video),
          identity_(set.subject_of(video)),
          person_(options_.seed, identity_),
          grain_(set.stream(video).fork(3)),
          motion_(set.stream(video).fork(1), seconds(),
                  synthetic::Circumstances::draw(set.stream(video).fork(2), options_.occlusion),
                  options_.turning),
          // The camera does not follow the face nor its brightness, so the scene stands still: it is set
          // once, for a neutral face in the middle of what happens, at one size for all.
          camera_(synthetic::render(person_, {}, motion_.middle(), 16).camera) {}
    [[nodiscard]] float seconds() const {
      return static_cast<float>(options_.frames) / options_.frames_per_second;
    }

    Options options_;
    std::vector<std::size_t> places_;
    int video_, identity_;
    synthetic::Identity person_;
    Random grain_;
    synthetic::Motion motion_;
    synthetic::CameraSetting camera_;
  };

  /// Throws ValueError for an AU that is not drawn, sizes and counts below 1 (pictures below 16 pixels), a
  /// negative first identity, a frame rate that is not positive, or turning or a probability outside [0, 1].
  SyntheticVideos(std::span<const int> action_units, Options options)
      : action_units_(action_units.begin(), action_units.end()), options_(options) {
    for (const int number : action_units_) {
      const std::size_t place = synthetic::action_unit_index(number);
      if (place == synthetic::not_an_action_unit)
        throw ValueError("synthetic videos: AU " + std::to_string(number) +
                         " is not drawn; expected one of 1 2 4 5 6 9 10 12 14 15 17 20 25 26");
      places_.push_back(place);
    }
    const auto at_least = [](const char* what, int found, int least) {
      if (found < least)
        throw ValueError("synthetic videos: " + std::string(what) + " is " + std::to_string(found) +
                         ", expected at least " + std::to_string(least));
    };
    at_least("videos", options.videos, 1);
    at_least("identities", options.identities, 1);
    at_least("first_identity", options.first_identity, 0);
    at_least("frames", options.frames, 1);
    at_least("size", options.size, 16);
    if (!(options.frames_per_second > 0 && std::isfinite(options.frames_per_second)))
      throw ValueError("synthetic videos: frames_per_second is " + std::to_string(options.frames_per_second) +
                       ", expected a positive number");
    if (!(options.turning >= 0 && options.turning <= 1))
      throw ValueError("synthetic videos: turning is " + std::to_string(options.turning) +
                       ", expected 0 to 1");
    if (!(options.occlusion >= 0 && options.occlusion <= 1))
      throw ValueError("synthetic videos: occlusion is " + std::to_string(options.occlusion) +
                       ", expected a probability");
  }
  explicit SyntheticVideos(Options options) : SyntheticVideos(synthetic_action_units, options) {}

  /// Number of videos.
  [[nodiscard]] int size() const { return options_.videos; }
  /// Number of frames of a video. Throws ValueError outside [0, size()).
  [[nodiscard]] int frames(int video) const {
    check(video);
    return options_.frames;
  }
  [[nodiscard]] std::span<const int> action_units() const { return action_units_; }
  [[nodiscard]] const Options& options() const { return options_; }

  /// The person in a video. Throws ValueError outside [0, size()).
  [[nodiscard]] int subject_of(int video) const {
    Random random = stream(video).fork(0);
    return options_.first_identity +
           static_cast<int>(random.below(static_cast<std::uint32_t>(options_.identities)));
  }

  /// A video whose frames are wanted one after the other. Throws ValueError outside [0, size()).
  [[nodiscard]] Clip clip(int video) const { return Clip(*this, video); }

  /// The same as `clip(video).frame(index)`: never empty. Throws ValueError where there is no such frame.
  [[nodiscard]] std::optional<Sample> frame(int video, int index) const { return clip(video).frame(index); }

 private:
  void check(int video) const {
    if (video < 0 || video >= size())
      throw ValueError("synthetic videos: video " + std::to_string(video) + " of " + std::to_string(size()));
  }
  [[nodiscard]] Random stream(int video) const {
    check(video);
    return Random{options_.seed}.fork(0x71DE).fork(
        (static_cast<std::uint64_t>(options_.first_identity) << 32) | static_cast<std::uint64_t>(video));
  }

  std::vector<int> action_units_;
  std::vector<std::size_t> places_;
  Options options_;
};

}  // namespace aurum
