#pragma once
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <opencv2/videoio.hpp>
#include <string>
#include <system_error>
#include <utility>

#include "aurum/core/error.hpp"
#include "aurum/data/image.hpp"
#include "aurum/data/text.hpp"
#include "aurum/interop/opencv.hpp"

namespace aurum {

/// The frames of a video file or a camera, one after the other, decoded by OpenCV (its FFmpeg for files).
class VideoReader {
 public:
  /// Throws FileError where there is no such file, it is empty, or no frame of it can be decoded.
  explicit VideoReader(const std::filesystem::path& file) : name_{file.string()} {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) throw FileError(name_, "no such file");
    if (!std::filesystem::is_regular_file(file, ignored)) throw FileError(name_, "not a file");
    if (std::filesystem::file_size(file, ignored) == 0) throw FileError(name_, "the file is empty");
    open([&] { return capture_.open(name_, cv::CAP_FFMPEG); }, "not a video that can be decoded");
  }

  /// The camera of that number, the first being 0. Throws FileError, with the name "camera <n>", where there
  /// is none or it gives no picture.
  [[nodiscard]] static VideoReader camera(int number) {
    VideoReader reader;
    reader.name_ = "camera " + std::to_string(number);
    reader.open([&] { return reader.capture_.open(number, cameras); },
                "there is no such camera, or it gives no picture");
    return reader;
  }

  /// Puts the next frame, RGB, into `frame`, which keeps its memory. False after the last. Throws FileError
  /// where the decoder fails.
  bool next(Image& frame) {
    if (ended_ || !(waiting_ || decode())) return false;
    to_image(frame_, frame);
    waiting_ = false;
    ++given_;
    return true;
  }
  /// Goes past the next frame, which costs less than reading it. False after the last.
  bool skip() {
    if (ended_ || !(waiting_ || attempt([&] { return capture_.grab(); }))) return false;
    waiting_ = false;
    ++given_;
    return true;
  }

  /// Frames that were given so far: the number, from 0, of the next one.
  [[nodiscard]] long long position() const { return given_; }
  /// How many frames the file says it has; 0 where it does not say, as of a camera.
  [[nodiscard]] long long announced() const { return announced_; }
  /// Whether the file counts its frames; others (Matroska, MPEG) tell how long they are, sound included.
  [[nodiscard]] bool counts_frames() const {
    constexpr const char* counting[] = {".avi", ".mp4", ".m4v", ".mov"};
    return announced_ > 0 &&
           std::ranges::find(counting, lower_case(std::filesystem::path(name_).extension().string())) !=
               std::end(counting);
  }
  /// Whether the frames ended before as many were given as the file counts: it was cut off or is damaged.
  [[nodiscard]] bool ended_early() const { return ended_ && counts_frames() && given_ < announced_; }
  /// 0 where it is not known.
  [[nodiscard]] double frames_per_second() const { return frames_per_second_; }
  [[nodiscard]] int width() const { return width_; }
  [[nodiscard]] int height() const { return height_; }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
#if defined(__linux__)
  // Not whatever OpenCV finds: GStreamer, which it asks first, starts all of its plugins to look for a
  // camera.
  static constexpr int cameras = cv::CAP_V4L2;
#else
  static constexpr int cameras = cv::CAP_ANY;
#endif

  VideoReader() = default;

  /// The first frame is decoded at once: a file without any is no video.
  template <class Open>
  void open(const Open& opened, const std::string& problem) {
    try {
      if (!opened()) throw FileError(name_, problem);
    } catch (const cv::Exception&) {
      throw FileError(name_, problem);
    }
    const auto property = [&](int what) {
      const double value = capture_.get(what);
      return std::isfinite(value) && value > 0 && value < 1e15 ? value : 0.0;
    };
    announced_ = static_cast<long long>(property(cv::CAP_PROP_FRAME_COUNT));
    frames_per_second_ = property(cv::CAP_PROP_FPS);
    waiting_ = decode();
    if (!waiting_) throw FileError(name_, problem);
    width_ = frame_.cols;
    height_ = frame_.rows;
  }

  bool decode() {
    return attempt([&] { return capture_.read(frame_) && !frame_.empty(); });
  }
  /// Whether OpenCV does it; if not, there is no frame any more.
  template <class Step>
  bool attempt(const Step& step) {
    try {
      ended_ = !step();
      return !ended_;
    } catch (const cv::Exception& error) {
      ended_ = true;
      throw FileError(name_, "frame " + std::to_string(given_) + ": " + error.err);
    }
  }

  std::string name_;
  cv::VideoCapture capture_;
  cv::Mat frame_;
  bool waiting_ = false;  ///< the first frame, which was decoded to see whether there is one
  bool ended_ = false;
  long long given_ = 0, announced_ = 0;
  double frames_per_second_ = 0;
  int width_ = 0, height_ = 0;
};

/// Writes a video, frame by frame, as H.264 where this OpenCV can, else as MPEG-4. The file appears whole or
/// not at all: until `commit` it is `<stem>.partial<ending>`.
class VideoWriter {
 public:
  /// `file` ends in .mp4. Width and height of the frames in pixels, both even, as H.264 needs. Throws
  /// FileError where it cannot be written, ValueError for odd sizes and a rate that is not above 0.
  VideoWriter(std::filesystem::path file, double frames_per_second, int width, int height)
      : file_{std::move(file)}, partial_{file_}, width_{width}, height_{height} {
    if (width < 2 || height < 2 || width % 2 != 0 || height % 2 != 0 || !(frames_per_second > 0))
      throw ValueError("video: expected even sizes and a rate above 0, found " + std::to_string(width) +
                       " x " + std::to_string(height) + " at " + std::to_string(frames_per_second));
    partial_.replace_extension(".partial" + file_.extension().string());
    for (const char* code : {"avc1", "mp4v"}) {
      const int fourcc = cv::VideoWriter::fourcc(code[0], code[1], code[2], code[3]);
      try {
        if (writer_.open(partial_.string(), cv::CAP_FFMPEG, fourcc, frames_per_second, {width, height}))
          return;
      } catch (const cv::Exception&) {
      }
    }
    std::error_code ignored;
    std::filesystem::remove(partial_, ignored);
    throw FileError(file_.string(), "no such video can be written");
  }
  VideoWriter(const VideoWriter&) = delete;
  VideoWriter& operator=(const VideoWriter&) = delete;
  ~VideoWriter() {
    std::error_code ignored;
    if (!committed_) std::filesystem::remove(partial_, ignored);
  }

  /// Adds a frame. Throws ValueError for one of another size.
  void write(Image& frame) {
    if (frame.width != width_ || frame.height != height_)
      throw ValueError("video: expected a frame of " + std::to_string(width_) + " x " +
                       std::to_string(height_) + ", found " + std::to_string(frame.width) + " x " +
                       std::to_string(frame.height));
    cv::cvtColor(as_mat(frame), bgr_, cv::COLOR_RGB2BGR);
    writer_.write(bgr_);
    ++frames_;
  }

  /// Ends the video and puts it in place. Throws FileError where not all of its frames are in it: OpenCV says
  /// nothing of a disk that is full.
  void commit() {
    writer_.release();
    long long written = 0;
    try {
      written = VideoReader(partial_).announced();
    } catch (const FileError&) {
    }
    if (written != frames_)
      throw FileError(file_.string(), "holds " + std::to_string(written) + " of " + std::to_string(frames_) +
                                          " frames; the disk may be full");
    std::error_code error;
    std::filesystem::rename(partial_, file_, error);
    if (error) throw FileError(file_.string(), "cannot be replaced: " + error.message());
    committed_ = true;
  }

 private:
  std::filesystem::path file_, partial_;
  int width_, height_;
  cv::VideoWriter writer_;
  cv::Mat bgr_;
  long long frames_ = 0;
  bool committed_ = false;
};

}  // namespace aurum
