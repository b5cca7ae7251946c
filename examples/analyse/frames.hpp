#pragma once
// Where frames come from: a video, a camera, pictures.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "aurum/data/image.hpp"

namespace examples {

struct Frame {
  aurum::Image picture{};  ///< without pixels where there is a fault
  double seconds = 0;      ///< since the first
  std::string file{};      ///< of a picture
  std::string fault{};     ///< why the picture could not be read
};

/// Frames, one after the other.
class Frames {
 public:
  virtual ~Frames() = default;
  /// Puts the next one into `frame`. False after the last. Throws FileError where a decoder fails.
  virtual bool next(Frame& frame) = 0;
  /// Goes past the next one, likewise, at less cost.
  virtual bool skip() = 0;
  /// How many there will be; 0: not known.
  [[nodiscard]] virtual long long announced() const = 0;
  /// Whether that is a count and no estimate.
  [[nodiscard]] virtual bool counted() const = 0;
  /// Of a video; 0: they come when they come.
  [[nodiscard]] virtual double frames_per_second() const = 0;
};

/// What to analyse: opened anew for every pass over it.
struct Source {
  enum class Kind { video, pictures, camera };
  Kind kind = Kind::video;
  std::string name;   ///< for the files that are written, no two alike
  std::string stamp;  ///< tells it from what it was before
  std::vector<std::filesystem::path> files;
  int camera = 0;
  bool sequence = false;         ///< the pictures are the frames of a video
  double frames_per_second = 0;  ///< of such; of a video: instead of what it says (0: what it says)

  /// Whether its frames show people who move, from one to the next; else every picture is of its own.
  [[nodiscard]] bool moving() const { return kind != Kind::pictures || sequence; }
  /// Throws FileError where it cannot be read.
  [[nodiscard]] std::unique_ptr<Frames> open() const;
};

/// The sources that `paths` name: a video each, the pictures of a folder together and pictures that are named
/// one by one together. Throws FileError for a path that is not there or a folder without pictures or videos.
[[nodiscard]] std::vector<Source> find_sources(const std::vector<std::string>& paths, bool sequence,
                                               double frames_per_second);
[[nodiscard]] Source camera_source(int number);

}  // namespace examples
