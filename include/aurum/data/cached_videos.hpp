#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "aurum/backend/cpu/executor.hpp"
#include "aurum/data/video.hpp"

namespace aurum {

/// A video data set held in memory: every frame is made once, in parallel.
class CachedVideos {
 public:
  /// `done`, if given, is called after each video with how many are made; by one thread at a time.
  template <VideoData Videos>
  CachedVideos(const Videos& videos, Executor& threads, const std::function<void(int)>& done = nullptr)
      : action_units_(videos.action_units().begin(), videos.action_units().end()) {
    for (int v = 0; v < videos.size(); ++v) {
      subjects_.push_back(videos.subject_of(v));
      names_.push_back(video_label(videos, v));
      std::vector<std::optional<Sample>>& frames =
          frames_.emplace_back(static_cast<std::size_t>(videos.frames(v)));
      const auto make_all = [&](const auto& make) {
        threads.run(std::ssize(frames), [&](std::ptrdiff_t i) {
          frames[static_cast<std::size_t>(i)] = make(static_cast<int>(i));
        });
      };
      if constexpr (requires { videos.clip(v).frame(0); }) {  // what is the same for all frames, once
        const auto clip = videos.clip(v);
        make_all([&](int i) { return clip.frame(i); });
      } else {
        make_all([&](int i) { return videos.frame(v, i); });
      }
      if (done) done(v + 1);
    }
  }

  [[nodiscard]] int size() const { return static_cast<int>(frames_.size()); }
  [[nodiscard]] int frames(int video) const { return static_cast<int>(of(video).size()); }
  [[nodiscard]] std::span<const int> action_units() const { return action_units_; }
  [[nodiscard]] int subject_of(int video) const { return subjects_.at(static_cast<std::size_t>(video)); }
  [[nodiscard]] std::optional<Sample> frame(int video, int index) const { return at(video, index); }
  [[nodiscard]] bool present(int video, int index) const { return at(video, index).has_value(); }
  [[nodiscard]] std::span<const float> labels(int video, int index) const {
    const auto& frame = at(video, index);
    return frame ? std::span<const float>(frame->intensities) : std::span<const float>{};
  }
  [[nodiscard]] std::string name_of(int video) const { return names_.at(static_cast<std::size_t>(video)); }

 private:
  [[nodiscard]] const std::vector<std::optional<Sample>>& of(int video) const {
    return frames_.at(static_cast<std::size_t>(video));
  }
  [[nodiscard]] const std::optional<Sample>& at(int video, int index) const {
    return of(video).at(static_cast<std::size_t>(index));
  }

  std::vector<int> action_units_, subjects_;
  std::vector<std::string> names_;
  std::vector<std::vector<std::optional<Sample>>> frames_;
};

}  // namespace aurum
