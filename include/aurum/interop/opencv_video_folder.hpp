#pragma once
#include <algorithm>
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

#include "aurum/analyse/face.hpp"
#include "aurum/analyse/face_follower.hpp"
#include "aurum/core/error.hpp"
#include "aurum/data/image_file.hpp"
#include "aurum/data/sample.hpp"
#include "aurum/data/sets/face_cache.hpp"
#include "aurum/data/video_file.hpp"
#include "aurum/data/video_subjects.hpp"
#include "aurum/data/whole_picture.hpp"
#include "aurum/interop/opencv_video.hpp"

namespace aurum {

/// How far `VideoFiles` is in decoding.
struct VideoFilesProgress {
  const std::filesystem::path& file;
  int number = 0;           ///< of the file, from 0
  int files = 0;            ///< of the folder
  int frames = 0;           ///< of the file that are done
  long long announced = 0;  ///< frames that the file says it has; 0: it does not say
};

/// How `VideoFiles` cuts the faces out.
struct VideoFilesOptions {
  std::filesystem::path cache;  ///< a folder, made where it is missing
  FaceDetector detector = nullptr;
  /// Of the detector and its settings: what another one has found is not taken from the cache.
  std::string detector_name{};
  /// A quarter more than the crop leaves room to turn and shift it a little.
  FaceCacheOptions faces{.side = 128, .margin = 1.25F};
  /// The detector looks at every n-th frame, as long as that shows the same people (see FaceFollower).
  int search_every = 5;
  /// Called for every frame that was decoded. What it throws ends the opening.
  std::function<void(const VideoFilesProgress&)> on_frame = nullptr;
};

/// A video file that is not used, or not whole.
struct VideoFileProblem {
  std::string name;  ///< path of the file from the folder
  std::string what;
};

namespace detail {

/// 68 points of a mean face whose `face_square` is this.
[[nodiscard]] inline Landmarks mean_face_in(const Square& square) {
  constexpr int side = 256;
  constexpr float middle = (side - 1) / 2.0F;
  Landmarks points = landmarks_filling(side, side);
  for (Point& p : points) p = square.centre + (square.side / side) * (p - Point{middle, middle});
  return points;
}

/// The people of one video and their faces, while it is read.
class PeopleOfVideo {
 public:
  /// Every person's faces are on their way to the same file; one person's get there.
  explicit PeopleOfVideo(FaceCacheWriter empty) : empty_{std::move(empty)} {}

  /// Frames come in ascending order. Faces too small to be cut out are passed over.
  void add(int number, const Image& frame, const Face& face) {
    if (!(face.square.side >= 4)) return;
    const auto found = people_.try_emplace(face.identity, empty_).first;
    Person& person = found->second;
    person.writer.add(number, frame, mean_face_in(face.square));
    person.sides += static_cast<double>(face.square.side);
    person.last = number;
  }

  /// Forgets those who are not the first and whose last frame was before that number: they will not come
  /// again, and in a film they would be many.
  void forget(int before) {
    const auto kept = first();
    std::erase_if(people_,
                  [&](const auto& one) { return one.second.last < before && one.first != kept->first; });
  }

  /// The faces of whoever has the most; of those, of the largest.
  [[nodiscard]] const FaceCacheWriter& faces() const {
    return people_.empty() ? empty_ : first()->second.writer;
  }

 private:
  struct Person {
    // Implicit, for try_emplace.
    Person(const FaceCacheWriter& empty) : writer{empty} {}  // NOLINT(google-explicit-constructor)
    FaceCacheWriter writer;
    double sides = 0;  ///< sum, in pixels
    int last = 0;      ///< number of the last frame
  };

  [[nodiscard]] std::map<int, Person>::const_iterator first() const {
    return std::ranges::max_element(
        people_, {}, [](const auto& one) { return std::pair(one.second.writer.size(), one.second.sides); });
  }

  FaceCacheWriter empty_;
  std::map<int, Person> people_;  ///< by identity
};

}  // namespace detail

/// A video data set (see data/video.hpp) of video files in a folder and the folders below, one face of each:
/// of whoever shows in the most frames, or of several such of the largest. Frames without that face are
/// missing. There are no labels. `subjects.csv` in the folder (see `read_video_subjects`; videos are called
/// by their path from it) says who is who; without it each video is of somebody else.
///
/// Every file is decoded once; its faces, cut out, are kept in a file of the cache folder, and are read from
/// there when they are asked for. A cache is made anew when its video or the options have changed.
///
/// A detector knows no landmarks, so samples have 68 points of a mean face that make the crop the detector's:
/// they say where the face is, and nothing about where its parts are.
class VideoFiles {
 public:
  /// Videos that cannot be decoded or show no face are left out, see `problems`. Throws FileError for a
  /// folder that is not there, holds no video file or none that can be used, and where the cache cannot be
  /// written, what `read_video_subjects` throws; ValueError without a detector, for `search_every` below 1,
  /// and sides and margins not above 0.
  VideoFiles(const std::filesystem::path& folder, const VideoFilesOptions& options) {
    if (!options.detector) throw ValueError("video files: expected a detector of faces, found none");
    if (options.search_every < 1 || options.faces.side < 1 || !(options.faces.margin > 0))
      throw ValueError(
          "video files: expected a search of every n-th frame, n at least 1, sides of at least "
          "1 pixel and a margin above 0");
    const std::vector<std::filesystem::path> files = video_files_below(folder);
    if (files.empty())
      throw FileError(folder.string(), "holds no video files (.mp4, .avi, .mkv, .mov, .webm, .m4v, .mpg)");
    std::vector<std::string> names;
    for (const auto& file : files) names.push_back(file.generic_string());
    const VideoSubjects subjects = read_video_subjects(folder, names);
    for (std::size_t i = 0; i < files.size(); ++i)
      add(folder / files[i], files[i], subjects.of[i],
          {.file = files[i], .number = static_cast<int>(i), .files = static_cast<int>(files.size())},
          options);
    if (videos_.empty())
      throw FileError(folder.string(), "none of its video files can be used: " + problems_.front().name +
                                           ": " + problems_.front().what);
  }

  [[nodiscard]] int size() const { return static_cast<int>(videos_.size()); }
  /// None.
  [[nodiscard]] std::span<const int> action_units() const { return {}; }
  /// Throws ValueError for a video that the set does not have; so do all that follow, and for such a frame.
  [[nodiscard]] int frames(int video) const { return at(video).frames; }
  [[nodiscard]] int subject_of(int video) const { return at(video).subject; }
  /// The path of the file from the folder.
  [[nodiscard]] const std::string& name_of(int video) const { return at(video).name; }

  [[nodiscard]] bool present(int video, int index) const { return place(at(video), index).has_value(); }
  /// None.
  [[nodiscard]] std::span<const float> labels(int video, int index) const {
    (void)place(at(video), index);
    return {};
  }
  /// The face of a frame. Throws FileError where it cannot be decoded.
  [[nodiscard]] std::optional<Sample> frame(int video, int index) const {
    const Video& one = at(video);
    const std::optional<int> found = place(one, index);
    if (!found) return std::nullopt;
    return Sample{.image = one.cache.image(*found),
                  .landmarks = one.cache.landmarks(*found),
                  .intensities = {},
                  .subject = one.subject,
                  .name = one.name + ": frame " + std::to_string(index)};
  }

  /// Files that were left out, and those that ended before all the frames that they announce, in the order of
  /// their names.
  [[nodiscard]] std::span<const VideoFileProblem> problems() const { return problems_; }
  /// How many videos' faces were in the cache already.
  [[nodiscard]] int cached() const { return cached_; }

 private:
  struct Video {
    std::string name;
    int frames;
    int subject;
    FaceCache cache;
  };

  [[nodiscard]] const Video& at(int video) const {
    if (video < 0 || video >= size())
      throw ValueError("video " + std::to_string(video) + " of a set of " + std::to_string(size()));
    return videos_[static_cast<std::size_t>(video)];
  }
  /// Where a frame's face is in the cache; nothing: it is missing.
  [[nodiscard]] static std::optional<int> place(const Video& video, int index) {
    if (index < 0 || index >= video.frames)
      throw ValueError("frame " + std::to_string(index) + " of video " + video.name + ", which has " +
                       std::to_string(video.frames));
    const std::span<const std::int32_t> numbers = video.cache.numbers();
    const auto found = std::ranges::lower_bound(numbers, index);
    if (found == numbers.end() || *found != index) return std::nullopt;
    return static_cast<int>(found - numbers.begin());
  }

  void add(const std::filesystem::path& file, const std::filesystem::path& from_folder, int subject,
           VideoFilesProgress progress, const VideoFilesOptions& options) {
    const std::string name = from_folder.generic_string();
    std::filesystem::path kept = options.cache / from_folder;
    kept += ".faces";
    const std::string origin = "a video's main face by " + options.detector_name + ", every " +
                               std::to_string(options.search_every) + "; " + file_stamp(file);
    std::optional<FaceCache> cache = FaceCache::open(kept, options.faces, origin);
    if (cache) {
      ++cached_;
    } else {
      std::optional<VideoReader> reader;
      try {
        reader.emplace(file);
      } catch (const FileError& error) {
        problems_.push_back({name, error.problem()});
        return;
      }
      std::error_code problem;
      std::filesystem::create_directories(kept.parent_path(), problem);
      if (problem) throw FileError(kept.parent_path().string(), "cannot be made: " + problem.message());
      cut_out(*reader, FaceCacheWriter(kept, options.faces, origin), progress, options);
      cache = FaceCache::open(kept, options.faces, origin);
      if (!cache) throw FileError(kept.string(), "cannot be read again");
    }
    const auto [without_face, lost] = cache->left_out();
    const int frames = cache->size() + without_face;
    if (cache->size() == 0) {
      problems_.push_back({name, "no face was found in its " + std::to_string(frames) + " frames"});
      return;
    }
    if (lost > 0)
      problems_.push_back({name, "ended early: only " + std::to_string(frames) + " of its " +
                                     std::to_string(frames + lost) + " frames can be decoded"});
    videos_.push_back({name, frames, subject, std::move(*cache)});
  }

  /// Decodes a video to its end, or to where the decoder fails, and puts its faces in place. The cache counts
  /// frames without the face, and those that were announced and did not come, as left out.
  static void cut_out(VideoReader& reader, FaceCacheWriter empty, VideoFilesProgress& progress,
                      const VideoFilesOptions& options) {
    constexpr double usual_rate = 25;
    const double rate = reader.frames_per_second() > 0 ? reader.frames_per_second() : usual_rate;
    const FollowerOptions following;
    const int memory = static_cast<int>(rate * following.tracker.memory_seconds) + 1;  // frames
    FaceFollower follower(following);
    detail::PeopleOfVideo people(std::move(empty));
    const auto most = static_cast<std::size_t>(options.search_every);
    std::vector<Image> frames(most);
    std::vector<std::vector<Face>> faces(most);
    std::vector<double> seconds;
    bool failed = false;
    progress.announced = reader.announced();
    const auto next = [&](Image& frame) {
      try {
        return reader.next(frame);
      } catch (const FileError&) {
        failed = true;
        return false;
      }
    };
    for (bool ended = false; !ended;) {
      const int first = progress.frames;
      seconds.clear();
      while (seconds.size() < most && !ended) {
        ended = !next(frames[seconds.size()]);
        if (!ended) seconds.push_back((first + static_cast<double>(seconds.size())) / rate);
      }
      follower.follow(
          seconds, std::span(faces).first(seconds.size()),
          [&](std::size_t i, std::vector<FoundFace>& found) { options.detector(frames[i], found); });
      for (std::size_t i = 0; i < seconds.size(); ++i) {
        for (const Face& face : faces[i]) people.add(progress.frames, frames[i], face);
        ++progress.frames;
        if (options.on_frame) options.on_frame(progress);
      }
      people.forget(progress.frames - memory);
    }
    const FaceCacheWriter& kept = people.faces();
    const long long lost = reader.ended_early() ? reader.announced() - progress.frames : 0;
    kept.commit(progress.frames - kept.size(),
                failed ? std::max(1, static_cast<int>(lost)) : static_cast<int>(lost));
  }

  std::vector<Video> videos_;
  std::vector<VideoFileProblem> problems_;
  int cached_ = 0;
};

}  // namespace aurum
