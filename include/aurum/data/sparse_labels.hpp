#pragma once
// Training on few labels: which frames of a video data set keep theirs.
#include <algorithm>
#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/random.hpp"
#include "aurum/data/csv.hpp"
#include "aurum/data/file.hpp"
#include "aurum/data/text.hpp"
#include "aurum/data/video.hpp"

namespace aurum {

/// A frame of a video data set, both from 0; in order of video, then frame.
struct LabelledFrame {
  int video = 0;
  int index = 0;
  friend constexpr auto operator<=>(const LabelledFrame&, const LabelledFrame&) = default;
};

/// All frames that are there and have an intensity of at least one AU (labels of sides alone do not count),
/// in order. Looks at every frame, see `labels_at`.
template <VideoData Videos>
[[nodiscard]] std::vector<LabelledFrame> all_labelled_frames(const Videos& videos) {
  std::vector<LabelledFrame> frames;
  for (int v = 0; v < videos.size(); ++v)
    for (int i = 0; i < videos.frames(v); ++i)
      if (!std::ranges::all_of(labels_at(videos, v, i), [](float label) { return std::isnan(label); }))
        frames.push_back({v, i});
  return frames;
}

/// A random choice among `all_labelled_frames`: `share` (above 0, up to 1) of them, rounded to the nearest
/// whole number and at least one, uniformly over all frames of all videos, in order. It depends on the seed
/// and the frames alone, and a smaller share of the same seed is part of a larger one. Throws ValueError for
/// other shares and for a set without labels. (The papers state shares and that the choice is random.)
template <VideoData Videos>
[[nodiscard]] std::vector<LabelledFrame> draw_labelled_frames(const Videos& videos, double share, Seed seed) {
  if (!(share > 0 && share <= 1))
    throw ValueError("labelled frames: expected a share above 0 and up to 1, found " + std::to_string(share));
  std::vector<LabelledFrame> frames = all_labelled_frames(videos);
  if (frames.empty())
    throw ValueError("labelled frames: none to draw from; no frame of the " + std::to_string(videos.size()) +
                     " videos has a label");
  const auto count = std::max(1LL, std::llround(share * static_cast<double>(frames.size())));
  Random random{seed};
  shuffle(frames, random);  // all of them, whatever the share: so a smaller one is part of a larger one
  frames.resize(static_cast<std::size_t>(count));
  std::ranges::sort(frames);
  return frames;
}

/// Windows of `length` frames, `step` apart, the last of which is a labelled frame: one for each. Where they
/// begin before their video does, the first frames are missing. Throws ValueError for a length or step
/// below 1, and where a window would begin more than 2^31 frames before its video.
[[nodiscard]] inline std::vector<ClipWindow> windows_ending_at(std::span<const LabelledFrame> frames,
                                                               int length, int step) {
  detail::check_window(length, step);
  std::vector<ClipWindow> windows;
  windows.reserve(frames.size());
  for (const LabelledFrame& frame : frames) {
    const std::int64_t first = frame.index - std::int64_t{length - 1} * step;
    if (first < std::numeric_limits<int>::min())
      throw ValueError("clips: a window of " + std::to_string(length) + " frames with a step of " +
                       std::to_string(step) + " is too long");
    windows.push_back(
        {.video = frame.video, .first = static_cast<int>(first), .length = length, .step = step});
  }
  return windows;
}

/// Writes which frames were chosen, as CSV with the columns `video` and `frame`, both from 0. Throws
/// FileError where it cannot.
inline void write_labelled_frames(const std::filesystem::path& path, std::span<const LabelledFrame> frames) {
  std::string text = "video,frame\n";
  for (const LabelledFrame& frame : frames)
    text += std::to_string(frame.video) + "," + std::to_string(frame.index) + "\n";
  write_file(path, text);
}

/// Reads what `write_labelled_frames` wrote, in order. Throws FileError, with the line, for another header, a
/// row that is no frame of `videos`, or is listed twice, and (where the set has `labels`, so that asking is
/// cheap) a frame that is missing or has no labels; also for a file that lists none.
template <VideoData Videos>
[[nodiscard]] std::vector<LabelledFrame> read_labelled_frames(const std::filesystem::path& path,
                                                              const Videos& videos) {
  const std::string text = read_file(path);
  CsvReader rows(text, path.string());
  const auto header = rows.next();
  if (!header) throw FileError(path.string(), "is empty; expected the header 'video,frame'");
  if (*header != std::vector<std::string>{"video", "frame"})
    throw rows.error("expected the header 'video,frame'");
  std::set<LabelledFrame> frames;
  while (const auto cells = rows.next()) {
    if (cells->size() != 2) throw rows.error("expected 2 cells, found " + std::to_string(cells->size()));
    const auto number = [&](std::size_t column, int end, const std::string& owner) {
      const std::string& cell = (*cells)[column];
      const auto value = parse_number<int>(cell);
      if (!value) throw rows.error((*header)[column] + ": '" + cell + "' is not a whole number");
      if (*value < 0 || *value >= end)
        throw rows.error((*header)[column] + " " + cell + ", but " + owner + " has " + std::to_string(end) +
                         ", counted from 0");
      return *value;
    };
    const int video = number(0, videos.size(), "the set");
    const int index = number(1, videos.frames(video), video_label(videos, video));
    if constexpr (detail::TellsLabels<Videos>)
      if (std::ranges::all_of(labels_at(videos, video, index), [](float label) { return std::isnan(label); }))
        throw rows.error("frame " + std::to_string(index) + " of " + video_label(videos, video) +
                         " is missing or has no labels");
    if (!frames.insert({video, index}).second)
      throw rows.error("frame " + std::to_string(index) + " of " + video_label(videos, video) +
                       " is listed twice");
  }
  if (frames.empty()) throw FileError(path.string(), "no frames are listed");
  return {frames.begin(), frames.end()};
}

/// A video data set of which only some frames show their labels: intensities and sides of all others are NaN,
/// not labelled. Pictures and landmarks are as they were.
template <VideoData Videos>
class SparselyLabelled {
 public:
  /// `labelled` may be in any order. Throws ValueError for a frame that the videos do not have. `videos` is
  /// never null; see `borrowed`.
  SparselyLabelled(std::shared_ptr<const Videos> videos, std::vector<LabelledFrame> labelled)
      : videos_{std::move(videos)}, labelled_{std::move(labelled)} {
    for (const auto& [video, index] : labelled_)
      if (video < 0 || video >= videos_->size() || index < 0 || index >= videos_->frames(video))
        throw ValueError("labelled frames: the set has no frame " + std::to_string(index) + " of video " +
                         std::to_string(video));
    std::ranges::sort(labelled_);
    labelled_.erase(std::unique(labelled_.begin(), labelled_.end()), labelled_.end());
  }

  [[nodiscard]] int size() const { return videos_->size(); }
  [[nodiscard]] int frames(int video) const { return videos_->frames(video); }
  [[nodiscard]] std::span<const int> action_units() const { return videos_->action_units(); }
  [[nodiscard]] int subject_of(int video) const { return videos_->subject_of(video); }
  /// The frames that keep their labels, in order, each once.
  [[nodiscard]] std::span<const LabelledFrame> labelled() const { return labelled_; }
  [[nodiscard]] bool is_labelled(int video, int index) const {
    return std::ranges::binary_search(labelled_, LabelledFrame{video, index});
  }

  [[nodiscard]] std::optional<Sample> frame(int video, int index) const {
    std::optional<Sample> sample = videos_->frame(video, index);
    if (sample && !is_labelled(video, index)) {
      std::ranges::fill(sample->intensities, none);
      std::ranges::fill(sample->sides, Sides<float>{none, none});
    }
    return sample;
  }

  [[nodiscard]] bool present(int video, int index) const requires detail::TellsPresent<Videos> {
    return videos_->present(video, index);
  }
  [[nodiscard]] std::vector<float> labels(int video, int index) const requires detail::TellsLabels<Videos> {
    std::vector<float> labels = labels_at(*videos_, video, index);
    if (!is_labelled(video, index)) std::ranges::fill(labels, none);
    return labels;
  }
  [[nodiscard]] std::string name_of(int video) const requires detail::TellsNames<Videos> {
    return videos_->name_of(video);
  }

 private:
  static constexpr float none = std::numeric_limits<float>::quiet_NaN();
  std::shared_ptr<const Videos> videos_;
  std::vector<LabelledFrame> labelled_;
};

}  // namespace aurum
