#pragma once
// Data sets of videos, and of clips of them.
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/data/sample.hpp"

namespace aurum {

/// A *video data set* is anything with these members, all const and safe to call from many threads:
///
///     int size() const                                          videos
///     int frames(int video) const                               frames of one, missing ones counted
///     std::span<const int> action_units() const                 empty: there are no labels
///     std::optional<Sample> frame(int video, int index) const   nothing: the frame is missing
///     int subject_of(int video) const                           identity, for splits by person
///
/// Videos and frames count from 0. A frame is missing where its picture is, or where no face was found in
/// it. `frame` throws FileError for what cannot be read, ValueError for a video or frame that there is not.
///
/// A set may offer answers that cost less than making the frame, which `is_present`, `labels_at` and
/// `video_label` use:
///
///     bool present(int video, int index) const                  whether the frame is not missing
///     std::span<const float> labels(int video, int index) const `Sample::intensities`; empty if missing
///                                                               (a std::vector<float> does as well)
///     std::string name_of(int video) const                      what to call the video in messages
template <class T>
concept VideoData = requires(const T& videos, int i) {
  { videos.size() } -> std::convertible_to<int>;
  { videos.frames(i) } -> std::convertible_to<int>;
  { videos.action_units() } -> std::convertible_to<std::span<const int>>;
  { videos.frame(i, i) } -> std::same_as<std::optional<Sample>>;
  { videos.subject_of(i) } -> std::convertible_to<int>;
};

namespace detail {
template <class T>
concept TellsPresent = requires(const T& videos, int i) {
  { videos.present(i, i) } -> std::convertible_to<bool>;
};
template <class T>
concept TellsLabels = requires(const T& videos, int i) {
  std::span<const float>(videos.labels(i, i));
};
template <class T>
concept TellsNames = requires(const T& videos, int i) {
  { videos.name_of(i) } -> std::convertible_to<std::string>;
};
}  // namespace detail

/// Whether a frame is there. Costs as much as making it where the set has no `present`.
template <VideoData Videos>
[[nodiscard]] bool is_present(const Videos& videos, int video, int index) {
  if constexpr (detail::TellsPresent<Videos>)
    return videos.present(video, index);
  else
    return videos.frame(video, index).has_value();
}

/// The intensities of a frame, one per AU of the set; empty where it is missing. Costs as much as making the
/// frame where the set has no `labels`.
template <VideoData Videos>
[[nodiscard]] std::vector<float> labels_at(const Videos& videos, int video, int index) {
  if constexpr (detail::TellsLabels<Videos>) {
    const auto& labels = videos.labels(video, index);
    return {labels.begin(), labels.end()};
  } else {
    auto sample = videos.frame(video, index);
    return sample ? std::move(sample->intensities) : std::vector<float>{};
  }
}

/// What messages call a video: "video 3", and its name where the set tells it.
template <VideoData Videos>
[[nodiscard]] std::string video_label(const Videos& videos, int video) {
  std::string label = "video " + std::to_string(video);
  if constexpr (detail::TellsNames<Videos>) label += " (" + std::string(videos.name_of(video)) + ")";
  return label;
}

/// A pointer to something that lives elsewhere, and must live longer: for sets that are not shared.
template <class T>
[[nodiscard]] std::shared_ptr<const T> borrowed(const T& there) {
  return {std::shared_ptr<const T>{}, &there};
}
template <class T>
std::shared_ptr<const T> borrowed(const T&& gone_at_once) = delete;

/// Some frames of one video, in order; nothing where one is missing.
struct Clip {
  std::vector<std::optional<Sample>> frames;
};

/// Which frames make a clip: `first`, `first + step`, ..., `length` of them. `first` may be negative and the
/// last beyond the video's end: frames that the video does not have are missing.
struct ClipWindow {
  int video = 0;
  int first = 0;
  int length = 1;
  int step = 1;
  /// The number of its i-th frame in the video, from 0.
  [[nodiscard]] constexpr std::int64_t frame(int i) const { return first + std::int64_t{i} * step; }
  friend constexpr bool operator==(const ClipWindow&, const ClipWindow&) = default;
};

namespace detail {
inline void check_window(int length, int step) {
  if (length < 1 || step < 1)
    throw ValueError("clips: expected a length and a step of at least 1 frame, found a length of " +
                     std::to_string(length) + " and a step of " + std::to_string(step));
}

template <VideoData Videos>
void check_window(const ClipWindow& window, const Videos& videos) {
  check_window(window.length, window.step);
  if (window.video < 0 || window.video >= videos.size())
    throw ValueError("clips: a window of video " + std::to_string(window.video) + " in a set of " +
                     std::to_string(videos.size()) + " videos");
}
}  // namespace detail

/// A *clip data set*: a list of windows over a video data set. Anything else with its members `size`,
/// `action_units`, `clip` and `window` is one too.
template <VideoData Videos>
class Clips {
 public:
  /// Throws ValueError for a window of a video that there is not, or with a length or a step below 1.
  /// `videos` is never null; see `borrowed`.
  Clips(std::shared_ptr<const Videos> videos, std::vector<ClipWindow> windows)
      : videos_{std::move(videos)}, windows_{std::move(windows)} {
    for (const ClipWindow& one : windows_) detail::check_window(one, *videos_);
  }

  [[nodiscard]] int size() const { return static_cast<int>(windows_.size()); }
  [[nodiscard]] std::span<const int> action_units() const { return videos_->action_units(); }
  [[nodiscard]] const Videos& videos() const { return *videos_; }

  /// Throws ValueError for an index that the set does not have; so do the others.
  [[nodiscard]] const ClipWindow& window(int index) const {
    if (index < 0 || index >= size())
      throw ValueError("clip " + std::to_string(index) + " of a set of " + std::to_string(size()));
    return windows_[static_cast<std::size_t>(index)];
  }
  /// Whose clip it is, without making it.
  [[nodiscard]] int subject_of(int index) const { return videos_->subject_of(window(index).video); }

  /// Makes `length` frames. Throws what the videos' `frame` throws, too.
  [[nodiscard]] Clip clip(int index) const {
    const ClipWindow& one = window(index);
    const int frames = videos_->frames(one.video);
    Clip result;
    result.frames.reserve(static_cast<std::size_t>(one.length));
    for (int i = 0; i < one.length; ++i) {
      const std::int64_t number = one.frame(i);
      if (number < 0 || number >= frames)
        result.frames.emplace_back();
      else
        result.frames.push_back(videos_->frame(one.video, static_cast<int>(number)));
    }
    return result;
  }

 private:
  std::shared_ptr<const Videos> videos_;
  std::vector<ClipWindow> windows_;
};

/// One window for each video, over all of its frames. Videos without frames have none.
template <VideoData Videos>
[[nodiscard]] std::vector<ClipWindow> whole_videos(const Videos& videos) {
  std::vector<ClipWindow> windows;
  for (int v = 0; v < videos.size(); ++v)
    if (const int frames = videos.frames(v); frames > 0)
      windows.push_back({.video = v, .first = 0, .length = frames, .step = 1});
  return windows;
}

/// Windows of `length` frames, `step` apart, the first at frame 0 of each video and the next ones `stride`
/// frames on, as long as they end within the video. Throws ValueError for a length, step or stride below 1,
/// and for a video that is shorter than one window, which it names. Given `on_short_video`, that is told of
/// each such video instead, which is left out.
template <VideoData Videos>
[[nodiscard]] std::vector<ClipWindow> sliding_windows(
    const Videos& videos, int length, int step, int stride,
    const std::function<void(int video)>& on_short_video = nullptr) {
  detail::check_window(length, step);
  if (stride < 1)
    throw ValueError("clips: expected a stride of at least 1 frame, found " + std::to_string(stride));
  const std::int64_t needed = std::int64_t{length - 1} * step + 1;
  std::vector<ClipWindow> windows;
  for (int v = 0; v < videos.size(); ++v) {
    const int frames = videos.frames(v);
    if (frames < needed) {
      if (!on_short_video)
        throw ValueError("clips: " + video_label(videos, v) + " has " + std::to_string(frames) +
                         (frames == 1 ? " frame" : " frames") + ", fewer than the " + std::to_string(needed) +
                         " of a window of " + std::to_string(length) + " frames with a step of " +
                         std::to_string(step));
      on_short_video(v);
      continue;
    }
    for (std::int64_t first = 0; first + needed <= frames; first += stride)
      windows.push_back({.video = v, .first = static_cast<int>(first), .length = length, .step = step});
  }
  return windows;
}

/// The windows that miss no frame, in their order: pre-training wants whole clips. Each frame is looked at
/// once, however many windows hold it; it has to be made for that where the set has no `present`. Throws
/// ValueError for windows of videos that there are not, and what `frame` throws.
template <VideoData Videos>
[[nodiscard]] std::vector<ClipWindow> without_gaps(std::span<const ClipWindow> windows,
                                                   const Videos& videos) {
  enum class Known : std::uint8_t { nothing, present, missing };
  std::map<int, std::vector<Known>> known_of;
  std::vector<ClipWindow> whole;
  for (const ClipWindow& window : windows) {
    detail::check_window(window, videos);
    std::vector<Known>& known = known_of[window.video];
    if (known.empty()) known.resize(static_cast<std::size_t>(videos.frames(window.video)));
    const auto there = [&](std::int64_t number) {
      if (number < 0 || number >= std::ssize(known)) return false;
      Known& answer = known[static_cast<std::size_t>(number)];
      if (answer == Known::nothing)
        answer = is_present(videos, window.video, static_cast<int>(number)) ? Known::present : Known::missing;
      return answer == Known::present;
    };
    bool all = there(window.frame(0)) && there(window.frame(window.length - 1));  // ends are cheapest to see
    for (int i = 1; all && i < window.length - 1; ++i) all = there(window.frame(i));
    if (all) whole.push_back(window);
  }
  return whole;
}

}  // namespace aurum
