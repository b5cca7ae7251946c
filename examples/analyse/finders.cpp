#include "finders.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <tuple>
#include <utility>

#include "aurum/core/error.hpp"
#include "aurum/core/hash.hpp"
#include "aurum/data/box_csv.hpp"
#include "aurum/data/csv.hpp"
#include "aurum/data/file.hpp"
#include "aurum/data/openface_csv.hpp"
#include "aurum/interop/opencv_faces.hpp"
#include "faces.hpp"
#ifdef AURUM_WITH_DLIB
#include "aurum/interop/dlib.hpp"
#endif

namespace examples {
namespace {

namespace fs = std::filesystem;
using aurum::FoundFace;

class Detecting final : public FaceFinder {
 public:
  explicit Detecting(aurum::FaceDetector detector) : detector_{std::move(detector)} {}
  void find(const Frame& frame, int, std::vector<FoundFace>& faces) override {
    detector_(frame.picture, faces);
  }
  [[nodiscard]] bool free() const override { return false; }

 private:
  aurum::FaceDetector detector_;
};

/// Faces by the number of their frame or the name of their picture, as a CSV file tells them.
class Listed final : public FaceFinder {
 public:
  /// Throws FileError where the file says nothing of faces.
  explicit Listed(const fs::path& file) {
    const std::string text = aurum::read_file(file);
    const auto header = aurum::CsvReader(text, file.string()).next();
    const auto has = [&](const char* column) {
      return header && std::ranges::find(*header, column) != header->end();
    };
    if (has("x_0")) {
      of_one_picture_ = !has("frame");
      add_landmarks(file.string(), text);
    } else if (has("left")) {
      add_boxes(file.string(), text);
    } else {
      throw aurum::FileError(file.string(),
                             "does not say where the faces are: expected columns x_0 to y_67 (OpenFace) or "
                             "left, top, width, height and frame or file");
    }
  }
  /// Whether its faces are those of one picture, whatever that is called.
  [[nodiscard]] bool of_one_picture() const { return of_one_picture_; }

  void find(const Frame& frame, int number, std::vector<FoundFace>& faces) override {
    const auto add = [&](const auto& range) {
      for (auto i = range.first; i != range.second; ++i) faces.push_back(i->second);
    };
    if (!frame.file.empty()) add(by_file_.equal_range(fs::path(frame.file).filename().string()));
    add(by_number_.equal_range(number));
  }
  [[nodiscard]] bool free() const override { return true; }

 private:
  void add_landmarks(const std::string& file, const std::string& text) {
    aurum::CsvReader lines(text, file);  // goes along, so that messages name the line
    std::ignore = lines.next();
    for (const aurum::OpenFaceRow& row : aurum::parse_openface_csv(text, file).rows) {
      std::ignore = lines.next();
      if (!row.success) continue;
      try {
        by_number_.emplace(
            std::max(row.frame, 1),
            FoundFace{aurum::face_square(row.landmarks), static_cast<float>(row.confidence), row.landmarks});
      } catch (const aurum::ValueError& error) {
        throw lines.error(error.what());
      }
    }
  }
  void add_boxes(const std::string& file, const std::string& text) {
    for (aurum::BoxRow& row : aurum::parse_box_csv(text, file)) {
      const FoundFace face{aurum::face_square(row.box), 1, {}};
      if (row.file.empty())
        by_number_.emplace(row.frame, face);
      else
        by_file_.emplace(std::move(row.file), face);
    }
  }

  std::multimap<int, FoundFace> by_number_;
  std::multimap<std::string, FoundFace> by_file_;
  bool of_one_picture_ = false;
};

/// Annotations of pictures in a folder: `<picture>.pts` and its kin, else a table `<picture>.csv`.
class Annotated final : public FaceFinder {
 public:
  /// Throws FileError where it says nothing of any of the pictures.
  Annotated(fs::path folder, const Source& source) : folder_{std::move(folder)} {
    const auto told = [&](const fs::path& picture) {
      return fs::exists(beside(picture, ".csv")) || fs::exists(beside(picture, ".pts")) ||
             fs::exists(beside(picture, "_0.pts"));
    };
    if (std::ranges::none_of(source.files, told)) {
      const std::string first = source.files.front().stem().string();
      throw aurum::FileError(folder_.string(), "tells no faces: expected " + first + ".pts or " + first +
                                                   ".csv, or such a file of another of the pictures, found "
                                                   "none");
    }
  }
  void find(const Frame& frame, int, std::vector<FoundFace>& faces) override {
    const std::vector<aurum::Landmarks> annotated = read_annotations(frame.file, folder_);
    try {
      for (const aurum::Landmarks& points : annotated)
        faces.push_back({aurum::face_square(points), 1, points});
    } catch (const aurum::ValueError& error) {
      throw aurum::FileError(folder_.string(), "annotations of " + frame.file + ": " + error.what());
    }
    const fs::path table = beside(frame.file, ".csv");
    if (annotated.empty() && fs::exists(table)) Listed(table).find(frame, 1, faces);
  }
  [[nodiscard]] bool free() const override { return true; }

 private:
  [[nodiscard]] fs::path beside(const fs::path& picture, const char* end) const {
    return folder_ / (picture.stem().string() + end);
  }

  fs::path folder_;
};

std::unique_ptr<FaceFinder> read_list(const fs::path& file, const Source& source) {
  auto list = std::make_unique<Listed>(file);
  const bool picture = source.kind == Source::Kind::pictures;
  if (list->of_one_picture() && !(picture && source.files.size() == 1))
    throw aurum::FileError(file.string(),
                           "tells the faces of one picture, for it has no column 'frame'; found " +
                               (picture ? std::to_string(source.files.size()) +
                                              " pictures: a folder may have a <picture>.csv for each"
                                        : std::string("a video")));
  return list;
}

/// The file that tells a source's faces; a folder of annotations is one itself.
fs::path list_of(const std::string& path, const Source& source) {
  if (!fs::is_directory(path)) return path;
  const fs::path named = fs::path(path) / (source.name + ".csv");
  if (source.kind == Source::Kind::pictures && !fs::exists(named)) return path;
  return named;
}

fs::path cascade_of(const FinderOptions& options) {
  return options.cascade.empty() ? "/usr/share/opencv4/haarcascades/haarcascade_frontalface_alt2.xml"
                                 : options.cascade;
}

}  // namespace

std::vector<std::string> detectors() {
#ifdef AURUM_WITH_DLIB
  return {"dlib", "haar"};
#else
  return {"haar"};
#endif
}

std::unique_ptr<FaceFinder> make_finder(const FinderOptions& options, const Source& source) {
  if (!options.faces.empty()) {
    const fs::path list = list_of(options.faces, source);
    if (fs::is_directory(list)) return std::make_unique<Annotated>(list, source);
    return read_list(list, source);
  }
  const std::string name = options.detector.empty() ? detectors().front() : options.detector;
#ifdef AURUM_WITH_DLIB
  if (name == "dlib") return std::make_unique<Detecting>(aurum::DlibFaces(options.smallest));
#endif
  if (name == "haar")
    return std::make_unique<Detecting>(aurum::CascadeFaces(cascade_of(options), options.smallest));
  throw aurum::ValueError("no detector '" + name + "' in this program");
}

std::string describe(const FinderOptions& options, const Source& source) {
  if (!options.faces.empty()) {
    const fs::path list = list_of(options.faces, source);
    if (!fs::is_directory(list)) return aurum::file_stamp(list);
    std::vector<std::string> stamps;
    for (const fs::path& file : files_in(list))
      if (file.extension() == ".pts" || file.extension() == ".csv") stamps.push_back(aurum::file_stamp(file));
    std::string all;
    for (const std::string& stamp : stamps) all += stamp + "\n";
    return std::to_string(stamps.size()) + " annotations, " + std::to_string(aurum::hash(all));
  }
  const std::string name = options.detector.empty() ? detectors().front() : options.detector;
  return name + (name == "haar" ? " " + aurum::file_stamp(cascade_of(options)) : "") + " from " +
         std::to_string(options.smallest);
}

}  // namespace examples
