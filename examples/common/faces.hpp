#pragma once
// Pictures and the faces in them.
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "aurum/analyse/face.hpp"
#include "aurum/core/geometry.hpp"
#include "aurum/data/crop.hpp"
#include "aurum/data/image.hpp"

namespace examples {

/// Whether `path` is a folder. Throws FileError where nothing is there and where one may not look.
[[nodiscard]] bool is_folder(const std::filesystem::path& path);

/// The files of a folder, not those of folders within, sorted. Throws FileError where it cannot be read.
[[nodiscard]] std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder);

/// The JPEG and PNG files that `paths` name: files as they are, folders opened (not those within), sorted.
/// Throws FileError for a path that is not there and a folder without pictures.
[[nodiscard]] std::vector<std::filesystem::path> find_pictures(const std::vector<std::string>& paths);

/// The landmarks of a picture's faces: `<stem>.pts`, `<stem>_0.pts`, `<stem>_1.pts` ... in `folder`, in that
/// order.
[[nodiscard]] std::vector<aurum::Landmarks> read_annotations(const std::filesystem::path& picture,
                                                             const std::filesystem::path& folder);

/// Names that differ: one that was given before gets "-2", "-3" ... behind it.
class DistinctNames {
 public:
  [[nodiscard]] std::string operator()(const std::string& wanted) {
    std::string name = wanted;
    for (int i = 2; !taken_.insert(name).second; ++i) name = wanted + "-" + std::to_string(i);
    return name;
  }

 private:
  std::set<std::string> taken_;
};

/// Whether this program has a face detector.
[[nodiscard]] bool has_detector();

/// The boxes of the faces that dlib's frontal detector finds, in pixels of the picture. Small pictures are
/// enlarged first: the detector knows no faces below 80 pixels. Throws ValueError without a detector.
[[nodiscard]] std::vector<aurum::Box> detect_faces(const aurum::Image& picture);

/// That detector, for videos: one of its own for every call. Null without one.
[[nodiscard]] aurum::FaceDetector new_detector();

/// The crop as a box, for tables and drawings.
[[nodiscard]] aurum::Box box_of(const aurum::Square& square);

}  // namespace examples
