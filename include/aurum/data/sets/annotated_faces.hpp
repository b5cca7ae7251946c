#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "aurum/data/image_file.hpp"
#include "aurum/data/sample.hpp"
#include "aurum/data/sets/annotated_set.hpp"
#include "aurum/data/sets/face_cache.hpp"
#include "aurum/data/sets/landmark_source.hpp"

namespace aurum {

/// Calls `visit(i, picture)` for every labelled frame `video.frames[i]` that there is, in order.
using FrameSource = std::function<void(const AnnotatedVideo& video,
                                       const std::function<void(std::size_t, const Image&)>& visit)>;

/// Frames that are pictures. Throws FileError for a picture that cannot be read, and for a set whose frames
/// lie in videos: interop/opencv_frames.hpp decodes those.
inline void visit_pictures(const AnnotatedVideo& video,
                           const std::function<void(std::size_t, const Image&)>& visit) {
  if (!video.video.empty())
    throw FileError(video.video.string(), "a video, where pictures were expected; use visit_frames");
  for (std::size_t i = 0; i < video.frames.size(); ++i)
    if (!video.frames[i].picture.empty()) visit(i, read_image(video.frames[i].picture));
}

/// What became of the labelled frames of one video.
struct PreparedVideo {
  std::string name;
  int faces = 0;
  int without_landmarks = 0;  ///< frames without usable ones
  int without_picture = 0;    ///< frames that were not found
  bool cached = false;        ///< was made before
};

/// The labelled faces of a data set's videos, for training and evaluation. Each video's faces are cut out
/// once and kept in a file of the cache folder; a cache of other options, or of a video that has changed, is
/// made anew. Frames without a face are left out.
class AnnotatedFaces {
 public:
  struct Options {
    std::filesystem::path cache;  ///< a folder, made where it is missing
    FaceCacheOptions faces{};
    LandmarkSource landmarks = landmarks_of_set();
    FrameSource frames = visit_pictures;
    /// Called for each labelled frame that was looked at.
    std::function<void(const AnnotatedVideo&, std::size_t frame)> on_frame = nullptr;
  };

  explicit AnnotatedFaces(const AnnotatedSet& set)
      : action_units_{set.action_units}, single_pictures_{set.single_pictures} {}

  /// Adds a video of the set that this was made for. Throws FileError where something of it cannot be read or
  /// the cache cannot be written.
  PreparedVideo add(const AnnotatedVideo& video, const Options& options) {
    namespace fs = std::filesystem;
    std::error_code problem;
    fs::create_directories(options.cache, problem);
    if (problem) throw FileError(options.cache.string(), "cannot be made: " + problem.message());
    std::string file_name = video.name + ".faces";
    for (char& c : file_name)
      if (c == '/' || c == ' ') c = '_';
    const fs::path file = options.cache / file_name;
    const std::string origin = origin_of(video, options.landmarks.origin(video));
    PreparedVideo prepared{.name = video.name};
    std::optional<FaceCache> cache = FaceCache::open(file, options.faces, origin);
    prepared.cached = cache.has_value();
    if (!cache) {
      FaceCacheWriter writer(file, options.faces, origin);
      int visited = 0, without_landmarks = 0;
      options.frames(video, [&](std::size_t i, const Image& picture) {
        ++visited;
        const auto points = options.landmarks.landmarks(video, video.frames[i]);
        if (points && is_face(*points))
          writer.add(video.frames[i].number, picture, *points);
        else
          ++without_landmarks;
        if (options.on_frame) options.on_frame(video, i);
      });
      writer.commit(without_landmarks, static_cast<int>(video.frames.size()) - visited);
      cache = FaceCache::open(file, options.faces, origin);
      if (!cache) throw FileError(file.string(), "cannot be read again");
    }
    prepared.faces = cache->size();
    std::tie(prepared.without_landmarks, prepared.without_picture) = cache->left_out();
    take(video, std::move(*cache));
    return prepared;
  }

  [[nodiscard]] int size() const { return static_cast<int>(faces_.size()); }
  [[nodiscard]] std::span<const int> action_units() const { return action_units_; }
  [[nodiscard]] std::span<const std::string> subjects() const { return subjects_; }
  /// The labels of a face, without reading its picture.
  [[nodiscard]] std::span<const float> labels(int index) const { return face(index).labels; }
  [[nodiscard]] int subject_of(int index) const { return videos_[face(index).video].subject; }
  /// Where a face is from: the video, from 0 in the order in which they were added, and its frame there, as
  /// the label files count. Faces are in ascending order of both.
  [[nodiscard]] int video_of(int index) const { return static_cast<int>(face(index).video); }
  [[nodiscard]] int number_of(int index) const {
    const Face& one = face(index);
    return videos_[one.video].cache.numbers()[static_cast<std::size_t>(one.place)];
  }
  [[nodiscard]] const std::string& video_name(int video) const {
    return videos_.at(static_cast<std::size_t>(video)).name;
  }
  /// Whether faces of one video are pictures of one person, not of one moment after the other.
  [[nodiscard]] bool single_pictures() const { return single_pictures_; }

  /// Throws FileError where its picture cannot be decoded, ValueError for an index that the set does not
  /// have.
  [[nodiscard]] Sample sample(int index) const {
    const Face& one = face(index);
    const Video& video = videos_[one.video];
    return {.image = video.cache.image(one.place),
            .landmarks = video.cache.landmarks(one.place),
            .intensities = one.labels,
            .subject = video.subject,
            .name = video.name + ": frame " + std::to_string(number_of(index))};
  }

 private:
  struct Video {
    std::string name;
    int subject;
    FaceCache cache;
  };
  struct Face {
    std::size_t video;
    int place;  ///< in the video's cache
    std::vector<float> labels;
  };

  [[nodiscard]] const Face& face(int index) const {
    if (index < 0 || index >= size())
      throw ValueError("sample " + std::to_string(index) + " of a set of " + std::to_string(size()));
    return faces_[static_cast<std::size_t>(index)];
  }

  [[nodiscard]] static bool is_face(const Landmarks& points) {
    try {
      (void)face_square(points);
      return true;
    } catch (const ValueError&) {
      return false;
    }
  }

  /// Says which files a cache was made from: another size or time of theirs is another origin.
  [[nodiscard]] static std::string origin_of(const AnnotatedVideo& video, const std::string& landmarks) {
    std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a of all that is labelled
    const auto mix = [&](const std::string& text) {
      for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3;
    };
    for (const AnnotatedFrame& frame : video.frames) {
      mix(std::to_string(frame.number));
      for (const auto& file : {frame.picture, frame.landmarks})
        if (!file.empty()) mix(file_stamp(file));
    }
    return "landmarks: " + landmarks + "; frames from " + std::to_string(video.first_number) + ", " +
           std::to_string(video.frames.size()) + " labelled, " + std::to_string(hash) +
           (video.video.empty() ? "" : "; " + file_stamp(video.video));
  }

  /// Joins what is in a cache with the labels.
  void take(const AnnotatedVideo& video, FaceCache cache) {
    const auto known = std::ranges::find(subjects_, video.subject);
    const int subject = static_cast<int>(known - subjects_.begin());
    if (known == subjects_.end()) subjects_.push_back(video.subject);
    std::map<int, std::size_t> places;
    for (std::size_t i = 0; i < video.frames.size(); ++i) places.emplace(video.frames[i].number, i);
    for (int place = 0; place < cache.size(); ++place) {
      const auto found = places.find(cache.numbers()[static_cast<std::size_t>(place)]);
      if (found == places.end()) continue;
      const auto labels = video.labels_of(found->second, action_units_.size());
      if (std::ranges::all_of(labels, [](float label) { return std::isnan(label); })) continue;
      faces_.push_back({videos_.size(), place, {labels.begin(), labels.end()}});
    }
    videos_.push_back({video.name, subject, std::move(cache)});
  }

  std::vector<int> action_units_;
  bool single_pictures_;
  std::vector<std::string> subjects_;
  std::vector<Video> videos_;
  std::vector<Face> faces_;
};

}  // namespace aurum
