// AU intensities of the faces in pictures: a CSV row per face and overlay pictures.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "aurum/data/draw.hpp"
#include "aurum/data/file.hpp"
#include "aurum/data/image_file.hpp"
#include "faces.hpp"
#include "networks.hpp"
#include "program.hpp"

namespace {

namespace fs = std::filesystem;
using namespace examples;

struct Options {
  std::string weights, landmark_weights, annotations, output;
  std::vector<std::string> paths;
  std::vector<float> box;
  std::string overlays = "all";
  bool detect = false;
  bool mirror = false;
  int threads = 0;
};

/// A face, and how it was found.
struct Face {
  aurum::Square square;
  std::string found_by;
  std::optional<aurum::Landmarks> landmarks;
};

/// What is written about a face.
struct Row {
  std::string file;
  int number = 0;
  Face face;
  std::vector<float> intensities;
};

std::vector<Face> find_faces(const Options& options, const fs::path& path, const aurum::Image& picture) {
  std::vector<Face> faces;
  if (!options.box.empty()) {
    const aurum::Box box{options.box[0], options.box[1], options.box[2], options.box[3]};
    faces.push_back({aurum::face_square(box), "box", std::nullopt});
    return faces;
  }
  if (!options.detect) {
    const fs::path folder = options.annotations.empty() ? path.parent_path() : fs::path(options.annotations);
    for (aurum::Landmarks& points : read_annotations(path, folder))
      faces.push_back({aurum::face_square(points), "pts", std::move(points)});
    if (!faces.empty()) return faces;
  }
  for (const aurum::Box& box : detect_faces(picture))
    faces.push_back({aurum::face_square(box), "detector", std::nullopt});
  return faces;
}

std::string cell(float value) {
  char text[32];
  std::snprintf(text, sizeof text, ",%.3f", static_cast<double>(value));
  return text;
}

std::string csv_of(const std::vector<Row>& rows, std::span<const int> aus) {
  const bool landmarks =
      std::ranges::any_of(rows, [](const Row& row) { return row.face.landmarks.has_value(); });
  std::string text = "file,face,found_by,box_x,box_y,box_width,box_height";
  for (const int au : aus) text += "," + aurum::action_unit_label(au) + "_r";
  if (landmarks)
    for (const char* axis : {"x", "y"})
      for (int k = 0; k < aurum::landmark_count; ++k)
        text += std::string(",") + axis + "_" + std::to_string(k);
  text += "\n";
  for (const Row& row : rows) {
    text += '"' + aurum::detail::replace_all(row.file, "\"", "\"\"") + "\"," + std::to_string(row.number) +
            "," + row.face.found_by;
    const aurum::Box box = box_of(row.face.square);
    for (const float value : {box.left, box.top, box.width, box.height}) text += cell(value);
    for (const float value : row.intensities) text += cell(value);
    if (landmarks) {
      if (row.face.landmarks) {
        for (const aurum::Point p : *row.face.landmarks) text += cell(p.x);
        for (const aurum::Point p : *row.face.landmarks) text += cell(p.y);
      } else {
        text += std::string(2 * aurum::landmark_count, ',');
      }
    }
    text += "\n";
  }
  return text;
}

/// One picture per AU and a sheet of all: the face, the bars, the maps over the crop.
void draw_overlays(const Options& options, const std::string& name, const aurum::Image& picture,
                   const Face& face, const aurum::Prediction& prediction, std::span<const int> aus) {
  constexpr int size = 256;
  const aurum::Affine to_crop = aurum::crop_transform(face.square, size);
  const aurum::Image crop = aurum::warp(picture, to_crop, size, size);
  const std::vector<float> intensities = prediction.intensities();
  aurum::Image plain = crop;
  if (face.landmarks) aurum::draw_face(plain, to_crop(*face.landmarks), aurum::gold);
  std::vector<aurum::Image> sheet{plain, aurum::intensity_bars(aus, intensities, 170)};
  for (std::size_t i = 0; i < aus.size(); ++i) {
    aurum::Image overlay = crop;
    aurum::overlay_heatmap(overlay, prediction.heatmaps, static_cast<int>(i),
                           aurum::map_over_crop(prediction.heatmaps.width, size));
    aurum::draw_label(overlay, 4, 4, aurum::intensity_label(aus[i], intensities[i]), aurum::white, 2);
    if (options.overlays == "all")
      aurum::write_png(fs::path(options.output) / (name + "_" + aurum::action_unit_label(aus[i]) + ".png"),
                       overlay);
    sheet.push_back(std::move(overlay));
  }
  aurum::write_png(fs::path(options.output) / (name + ".png"), aurum::montage(sheet, 4));
}

int predict(const Options& options) {
  const std::vector<fs::path> pictures = find_pictures(options.paths);
  if (!options.box.empty() && pictures.size() != 1)
    throw aurum::ValueError("--box is a face of one picture, found " + std::to_string(pictures.size()) +
                            " pictures");
  aurum::AnyPredictor network = open_au_weights(options.weights, options.threads, options.mirror);
  const std::vector<int>& aus = network.info().action_units;
  std::optional<aurum::AnyPredictor> aligner;
  if (!options.landmark_weights.empty())
    aligner = open_landmark_weights(options.landmark_weights, options.threads, options.mirror);
  fs::create_directories(options.output);

  std::vector<Row> rows;
  DistinctNames distinct;  // pictures of one name lie in several folders
  int faults = 0;
  for (const fs::path& path : pictures) {
    try {
      const aurum::Image picture = aurum::read_image(path);
      std::vector<Face> faces = find_faces(options, path, picture);
      if (faces.empty()) std::fprintf(stderr, "%s: no face found\n", path.c_str());
      const std::string name = distinct(path.stem().string());
      for (std::size_t i = 0; i < faces.size(); ++i) {
        Face& face = faces[i];
        if (aligner && !face.landmarks) face.landmarks = (*aligner)(picture, face.square).points();
        const aurum::Prediction& prediction = network(picture, face.square);
        rows.push_back({path.string(), static_cast<int>(i), face, prediction.intensities()});
        if (options.overlays != "none")
          draw_overlays(options, "overlay_" + name + "_" + std::to_string(i), picture, face, prediction, aus);
      }
    } catch (const aurum::Error& error) {  // the other pictures are none the worse
      std::fprintf(stderr, "predict: %s: %s\n", path.c_str(), error.what());
      ++faults;
    }
  }
  if (!rows.empty()) {
    const fs::path csv = fs::path(options.output) / "faces.csv";
    aurum::write_file(csv, csv_of(rows, aus));
    std::printf("%zu faces in %zu pictures: %s\n", rows.size(), pictures.size(), csv.c_str());
  }
  if (faults > 0) std::fprintf(stderr, "predict: %d of %zu pictures failed\n", faults, pictures.size());
  return rows.empty() || faults > 0 ? 1 : 0;
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  CLI::App app{
      "Predicts the intensity (0 to 5) of facial Action Units for the faces in pictures.\n\n"
      "A face is given by --box, by landmarks beside its picture (face.pts for face.jpg; face_0.pts,\n"
      "face_1.pts ... for several), or found by dlib's frontal detector where dlib was compiled in\n" +
      std::string(has_detector() ? "(here it was).\n\n" : "(here it was not).\n\n") +
      "The output folder gets faces.csv, one row per face: file, face (number in the picture), found_by\n"
      "(box, pts, detector), box_x, box_y, box_width, box_height (the crop that the network saw, in pixels\n"
      "from 0), AU01_r, AU02_r ... (intensities), and, where landmarks are known, x_0 .. x_67, y_0 .. y_67;\n"
      "and for every face overlay_<picture>_<number>.png, a sheet of all AUs, and one picture per AU (a\n"
      "second picture of the same name is <picture>-2).\n\n"
      "  predict --weights run/best.safetensors --output out photograph.jpg\n"
      "  predict --weights run/best.safetensors --box 80,60,200,200 --output out photograph.jpg\n"
      "  predict --weights run/best.safetensors --landmark-weights lm/best.safetensors --output out folder"};
  app.add_option("pictures", options.paths, "JPEG or PNG files, or folders of them")->required();
  app.add_option("--weights", options.weights,
                 "an AU network's weights; the file says which of\n" + list_networks())
      ->required();
  app.add_option("--landmark-weights", options.landmark_weights,
                 "a landmark network, for faces that come without .pts");
  auto* box = app.add_option("--box", options.box, "x,y,width,height of the face in pixels, brows to chin")
                  ->delimiter(',')
                  ->expected(4);
  auto* annotations = app.add_option("--annotations", options.annotations,
                                     "folder of the .pts files, if not the pictures' own")
                          ->check(CLI::ExistingDirectory);
  app.add_flag("--detect", options.detect, "use the detector even where there is a .pts")
      ->excludes(box)
      ->excludes(annotations);
  app.add_flag("--mirror", options.mirror, mirror_help);
  app.add_option("--overlays", options.overlays, "pictures to draw: all, sheets (one per face), none")
      ->check(CLI::IsMember({"all", "sheets", "none"}))
      ->capture_default_str();
  app.add_option("--output", options.output, "folder for the table and the pictures")->required();
  app.add_option("--threads", options.threads, "0: one per core")->check(CLI::Range(0, 1024));
  CLI11_PARSE(app, count, arguments);
  return run("predict", [&] { return predict(options); });
}
