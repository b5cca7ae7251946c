#include "frames.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include "aurum/core/error.hpp"
#include "aurum/data/file.hpp"
#include "aurum/data/image_file.hpp"
#include "aurum/interop/opencv_video.hpp"
#include "faces.hpp"

namespace examples {
namespace {

namespace fs = std::filesystem;

/// OpenCV's rate where a file does not say any, as OpenFace has it.
constexpr double usual_rate = 30;

class VideoFrames final : public Frames {
 public:
  VideoFrames(const fs::path& file, double rate)
      : reader_{file}, rate_{rate > 0 ? rate : reader_.frames_per_second()} {
    if (rate_ <= 0) rate_ = usual_rate;
  }
  bool next(Frame& frame) override {
    frame.seconds = static_cast<double>(reader_.position()) / rate_;
    return reader_.next(frame.picture);
  }
  bool skip() override { return reader_.skip(); }
  [[nodiscard]] long long announced() const override { return reader_.announced(); }
  [[nodiscard]] bool counted() const override { return reader_.counts_frames(); }
  [[nodiscard]] double frames_per_second() const override { return rate_; }

 private:
  aurum::VideoReader reader_;
  double rate_;
};

class CameraFrames final : public Frames {
 public:
  explicit CameraFrames(int number) : reader_{aurum::VideoReader::camera(number)} {}
  bool next(Frame& frame) override {
    if (!reader_.next(frame.picture)) return false;
    const auto now = std::chrono::steady_clock::now();
    if (!start_) start_ = now;
    frame.seconds = std::chrono::duration<double>(now - *start_).count();
    return true;
  }
  bool skip() override { return reader_.skip(); }
  [[nodiscard]] long long announced() const override { return 0; }
  [[nodiscard]] bool counted() const override { return false; }
  [[nodiscard]] double frames_per_second() const override { return 0; }

 private:
  aurum::VideoReader reader_;
  std::optional<std::chrono::steady_clock::time_point> start_;
};

class PictureFrames final : public Frames {
 public:
  explicit PictureFrames(const Source& source) : source_{source} {}
  bool next(Frame& frame) override {
    if (next_ == source_.files.size()) return false;
    const fs::path& file = source_.files[next_];
    frame.file = file.string();
    frame.fault.clear();
    frame.seconds = source_.moving() ? static_cast<double>(next_) / frames_per_second() : 0;
    ++next_;
    try {
      frame.picture = aurum::read_image(file);
    } catch (const aurum::Error& error) {  // the others are none the worse
      frame.picture = {};
      frame.fault = error.what();
    }
    return true;
  }
  bool skip() override { return next_ < source_.files.size() && ++next_ > 0; }
  [[nodiscard]] long long announced() const override { return std::ssize(source_.files); }
  [[nodiscard]] bool counted() const override { return true; }
  [[nodiscard]] double frames_per_second() const override {
    return source_.frames_per_second > 0 ? source_.frames_per_second : usual_rate;
  }

 private:
  Source source_;
  std::size_t next_ = 0;
};

bool is_video(const fs::path& path) {
  constexpr const char* endings[] = {".mp4", ".avi", ".mov", ".mkv", ".webm",
                                     ".m4v", ".wmv", ".mpg", ".mpeg"};
  return std::ranges::find(endings, aurum::lower_case(path.extension().string())) != std::end(endings);
}

}  // namespace

std::unique_ptr<Frames> Source::open() const {
  switch (kind) {
    case Kind::video:
      return std::make_unique<VideoFrames>(files.front(), frames_per_second);
    case Kind::camera:
      return std::make_unique<CameraFrames>(camera);
    case Kind::pictures:
      break;
  }
  return std::make_unique<PictureFrames>(*this);
}

std::vector<Source> find_sources(const std::vector<std::string>& paths, bool sequence,
                                 double frames_per_second) {
  std::vector<Source> sources;
  Source single{.kind = Source::Kind::pictures,
                .name = "pictures",
                .stamp = {},
                .files = {},
                .sequence = sequence,
                .frames_per_second = frames_per_second};
  const auto video = [&](const fs::path& file) {
    sources.push_back({.kind = Source::Kind::video,
                       .name = file.stem().string(),
                       .stamp = {},
                       .files = {file},
                       .frames_per_second = frames_per_second});
  };
  for (const std::string& path : paths) {
    if (!is_folder(path)) {
      if (aurum::is_picture(path))
        single.files.emplace_back(path);
      else
        video(path);
      continue;
    }
    Source folder = single;
    folder.name = fs::weakly_canonical(path).filename().string();
    folder.files.clear();
    const std::vector<fs::path> inside = files_in(path);
    std::ranges::copy_if(inside, std::back_inserter(folder.files), aurum::is_picture);
    const bool videos = std::ranges::any_of(inside, is_video);
    if (folder.files.empty() && !videos)
      throw aurum::FileError(path, "the folder has no .jpg, .jpeg or .png files and no videos");
    if (!folder.files.empty()) sources.push_back(std::move(folder));
    for (const fs::path& file : inside)
      if (is_video(file)) video(file);
  }
  if (!single.files.empty()) sources.push_back(std::move(single));
  DistinctNames distinct;
  for (Source& source : sources) {
    for (const fs::path& file : source.files) source.stamp += aurum::file_stamp(file) + "\n";
    source.name = distinct(source.name);
  }
  return sources;
}

Source camera_source(int number) {
  return {.kind = Source::Kind::camera,
          .name = "camera" + std::to_string(number),
          .stamp = {},
          .files = {},
          .camera = number};
}

}  // namespace examples
