#include "finders.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
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

/// Faces by the number of their frame or the name of their picture.
class Listed final : public FaceFinder {
 public:
  std::multimap<int, FoundFace> by_number;
  std::multimap<std::string, FoundFace> by_file;

  void find(const Frame& frame, int number, std::vector<FoundFace>& faces) override {
    const auto add = [&](const auto& range) {
      for (auto i = range.first; i != range.second; ++i) faces.push_back(i->second);
    };
    if (!frame.file.empty()) add(by_file.equal_range(fs::path(frame.file).filename().string()));
    add(by_number.equal_range(number));
  }
  [[nodiscard]] bool free() const override { return true; }
};

/// The faces of an OpenFace CSV, each with the number of its frame; 0: the file has none.
std::vector<std::pair<int, FoundFace>> read_openface(const fs::path& file, const std::string& text) {
  std::vector<std::pair<int, FoundFace>> faces;
  int number = 0;
  for (const aurum::OpenFaceRow& row : aurum::parse_openface_csv(text, file.string()).rows) {
    ++number;
    if (!row.success) continue;
    try {
      faces.emplace_back(row.frame, FoundFace{aurum::face_square(row.landmarks),
                                              static_cast<float>(row.confidence), row.landmarks});
    } catch (const aurum::ValueError& error) {
      throw aurum::FileError(file.string(), "face in row " + std::to_string(number) + ": " + error.what());
    }
  }
  return faces;
}

/// Whether a CSV is OpenFace's, with landmarks; else it is one of boxes.
bool has_landmarks(const fs::path& file, const std::string& text) {
  const auto header = aurum::CsvReader(text, file.string()).next();
  return header && std::ranges::find(*header, "x_0") != header->end();
}

/// Annotations of pictures in a folder: `<picture>.pts` and its kin, or `<picture>.csv` of OpenFace.
class Annotated final : public FaceFinder {
 public:
  /// Throws FileError where it says nothing of any of the pictures.
  Annotated(fs::path folder, const Source& source) : folder_{std::move(folder)} {
    const auto told = [&](const fs::path& picture) {
      return fs::exists(table_of(picture)) || fs::exists(points_of(picture, "")) ||
             fs::exists(points_of(picture, "_0"));
    };
    if (std::ranges::none_of(source.files, told))
      throw aurum::FileError(folder_.string(), "tells no faces: expected " +
                                                   points_of(source.files.front(), "").filename().string() +
                                                   " or " +
                                                   table_of(source.files.front()).filename().string() +
                                                   ", or such a file of another of the pictures, found none");
  }
  void find(const Frame& frame, int, std::vector<FoundFace>& faces) override {
    const std::size_t before = faces.size();
    for (aurum::Landmarks& points : read_annotations(frame.file, folder_)) {
      const aurum::Square square = aurum::face_square(points);
      faces.push_back({square, 1, std::move(points)});
    }
    const fs::path table = table_of(frame.file);
    if (faces.size() > before || !fs::exists(table)) return;
    const std::string text = aurum::read_file(table);
    if (!has_landmarks(table, text))
      throw aurum::FileError(table.string(),
                             "does not say where the faces are: it has no landmarks (x_0, y_0...)");
    for (auto& [number, face] : read_openface(table, text)) faces.push_back(std::move(face));
  }
  [[nodiscard]] bool free() const override { return true; }

 private:
  [[nodiscard]] fs::path points_of(const fs::path& picture, const char* which) const {
    return folder_ / (picture.stem().string() + which + ".pts");
  }
  [[nodiscard]] fs::path table_of(const fs::path& picture) const {
    return folder_ / (picture.stem().string() + ".csv");
  }

  fs::path folder_;
};

std::unique_ptr<FaceFinder> read_list(const fs::path& file, const Source& source) {
  const std::string text = aurum::read_file(file);
  auto list = std::make_unique<Listed>();
  if (has_landmarks(file, text)) {
    for (auto& [number, face] : read_openface(file, text)) {
      if (number == 0 && source.files.size() > 1)
        throw aurum::FileError(file.string(), "tells the faces of one picture, found " +
                                                  std::to_string(source.files.size()) +
                                                  "; a folder may have <picture>.csv for each");
      list->by_number.emplace(std::max(number, 1), std::move(face));
    }
  } else {
    for (aurum::BoxRow& row : aurum::parse_box_csv(text, file.string())) {
      const FoundFace face{aurum::face_square(row.box), 1, {}};
      if (row.file.empty())
        list->by_number.emplace(row.frame, face);
      else
        list->by_file.emplace(std::move(row.file), face);
    }
  }
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
