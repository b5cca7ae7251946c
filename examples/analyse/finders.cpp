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

/// Points of annotation files beside their pictures or in a folder.
class Annotated final : public FaceFinder {
 public:
  explicit Annotated(fs::path folder) : folder_{std::move(folder)} {}
  void find(const Frame& frame, int, std::vector<FoundFace>& faces) override {
    for (aurum::Landmarks& points : read_annotations(frame.file, folder_)) {
      const aurum::Square square = aurum::face_square(points);
      faces.push_back({square, 1, std::move(points)});
    }
  }
  [[nodiscard]] bool free() const override { return true; }

 private:
  fs::path folder_;
};

std::unique_ptr<FaceFinder> read_list(const fs::path& file) {
  const std::string text = aurum::read_file(file);
  auto list = std::make_unique<Listed>();
  const auto header = aurum::CsvReader(text, file.string()).next();
  if (header && std::ranges::find(*header, "x_0") != header->end()) {
    for (const aurum::OpenFaceRow& row : aurum::parse_openface_csv(text, file.string()).rows)
      if (row.success)
        list->by_number.emplace(
            std::max(row.frame, 1),
            FoundFace{aurum::face_square(row.landmarks), static_cast<float>(row.confidence), row.landmarks});
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
    if (fs::is_directory(list)) return std::make_unique<Annotated>(list);
    return read_list(list);
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
      if (file.extension() == ".pts") stamps.push_back(aurum::file_stamp(file));
    std::string all;
    for (const std::string& stamp : stamps) all += stamp + "\n";
    return std::to_string(stamps.size()) + " annotations, " + std::to_string(aurum::hash(all));
  }
  const std::string name = options.detector.empty() ? detectors().front() : options.detector;
  return name + (name == "haar" ? " " + aurum::file_stamp(cascade_of(options)) : "") + " from " +
         std::to_string(options.smallest);
}

}  // namespace examples
