#pragma once
// Video data sets (aurum/data/video.hpp) with their types hidden, and where they come from.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/random.hpp"
#include "aurum/data/video.hpp"

namespace examples {

/// Any video data set, or some videos of one; copies share it.
class AnyVideos {
 public:
  AnyVideos() = default;
  template <aurum::VideoData Videos>
  explicit AnyVideos(std::shared_ptr<const Videos> videos)
      : set_{std::make_shared<Model<Videos>>(std::move(videos))} {
    for (int v = 0; v < set_->size(); ++v) order_.push_back(v);
  }
  [[nodiscard]] int size() const { return static_cast<int>(order_.size()); }
  [[nodiscard]] int frames(int video) const { return set_->frames(at(video)); }
  [[nodiscard]] std::span<const int> action_units() const { return set_->action_units(); }
  [[nodiscard]] std::optional<aurum::Sample> frame(int video, int index) const {
    return set_->frame(at(video), index);
  }
  [[nodiscard]] int subject_of(int video) const { return set_->subject_of(at(video)); }
  [[nodiscard]] bool present(int video, int index) const { return set_->present(at(video), index); }
  [[nodiscard]] std::vector<float> labels(int video, int index) const {
    return set_->labels(at(video), index);
  }
  [[nodiscard]] std::string name_of(int video) const { return set_->name_of(at(video)); }

  /// The videos of those numbers.
  [[nodiscard]] AnyVideos part(const std::vector<int>& videos) const {
    AnyVideos result = *this;
    result.order_.clear();
    for (const int v : videos) result.order_.push_back(at(v));
    return result;
  }
  /// Frames of all videos, those that are missing too.
  [[nodiscard]] long long all_frames() const {
    long long sum = 0;
    for (int v = 0; v < size(); ++v) sum += frames(v);
    return sum;
  }

 private:
  struct Set {
    virtual ~Set() = default;
    [[nodiscard]] virtual int size() const = 0;
    [[nodiscard]] virtual int frames(int video) const = 0;
    [[nodiscard]] virtual std::span<const int> action_units() const = 0;
    [[nodiscard]] virtual std::optional<aurum::Sample> frame(int video, int index) const = 0;
    [[nodiscard]] virtual int subject_of(int video) const = 0;
    [[nodiscard]] virtual bool present(int video, int index) const = 0;
    [[nodiscard]] virtual std::vector<float> labels(int video, int index) const = 0;
    [[nodiscard]] virtual std::string name_of(int video) const = 0;
  };
  template <class Videos>
  struct Model : Set {
    explicit Model(std::shared_ptr<const Videos> v) : videos{std::move(v)} {}
    [[nodiscard]] int size() const override { return videos->size(); }
    [[nodiscard]] int frames(int video) const override { return videos->frames(video); }
    [[nodiscard]] std::span<const int> action_units() const override { return videos->action_units(); }
    [[nodiscard]] std::optional<aurum::Sample> frame(int video, int index) const override {
      return videos->frame(video, index);
    }
    [[nodiscard]] int subject_of(int video) const override { return videos->subject_of(video); }
    [[nodiscard]] bool present(int video, int index) const override {
      return aurum::is_present(*videos, video, index);
    }
    [[nodiscard]] std::vector<float> labels(int video, int index) const override {
      return aurum::labels_at(*videos, video, index);
    }
    [[nodiscard]] std::string name_of(int video) const override { return aurum::video_label(*videos, video); }
    std::shared_ptr<const Videos> videos;
  };

  [[nodiscard]] int at(int video) const { return order_.at(static_cast<std::size_t>(video)); }

  std::shared_ptr<const Set> set_;
  std::vector<int> order_;
};

/// How many synthetic videos, and of whom.
struct SyntheticVideoOptions {
  aurum::Seed seed{1};
  int size = 80;  ///< of the pictures, in pixels
  int videos = 100;
  int identities = 100;
  int first_identity = 0;
  int frames = 100;  ///< of each video
  double frames_per_second = 25;
  double turning = 1;  ///< of heads and light, a multiple of what is usual
};

/// Draws all frames, in parallel, and keeps them in memory. Reports its progress on stderr.
[[nodiscard]] AnyVideos synthetic_videos(const SyntheticVideoOptions& options, int threads);

/// "100 synthetic videos v1 of 100 people, 100 frames each, 80 pixels, seed 1, people from 0".
[[nodiscard]] std::string describe(const SyntheticVideoOptions& options);

/// Where the faces of video files are kept, how large, and whether such files will do.
struct VideoFolderOptions {
  std::string cache;    ///< a folder, made where it is missing
  int side = 80;        ///< in pixels, a quarter larger than the network's crop
  bool labels = false;  ///< whether they are needed: video files have none
};

/// A folder of videos: each a folder of numbered pictures (aurum/data/video_folder.hpp), or each a video file
/// (see `decoded_videos`). Throws FileError for a folder that holds both, for video files where
/// labels are needed, and what those throw.
[[nodiscard]] AnyVideos folder_videos(const std::string& folder, const VideoFolderOptions& options);

/// A folder of video files (aurum/interop/opencv_video_folder.hpp), whose faces are found by dlib, or OpenCV
/// where this program lacks that. Tells on stderr how far it is, and which files are left out and why. Throws
/// FileError, always where this program was compiled without OpenCV.
[[nodiscard]] AnyVideos decoded_videos(const std::string& folder, const VideoFolderOptions& options);

/// Videos in parts that share no person: the shares of the people, drawn by `seed`, are for validation and
/// test. Throws ValueError where they are too few for that.
struct VideoSplit {
  AnyVideos train, validation, test;
};
[[nodiscard]] VideoSplit split_by_person(const AnyVideos& videos, double validation_share, double test_share,
                                         aurum::Seed seed);

/// Videos in parts, and what they are: data that was drawn has a version.
struct VideoData {
  VideoSplit split;
  std::string description, synthetic_version;
};

}  // namespace examples
