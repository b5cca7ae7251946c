// Measures a landmark network on photographs with annotated faces, beside the mean face.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <optional>

#include "aurum/data/draw.hpp"
#include "aurum/data/image_file.hpp"
#include "aurum/data/synthetic_faces.hpp"
#include "aurum/data/warp.hpp"
#include "faces.hpp"
#include "landmark_results.hpp"
#include "networks.hpp"
#include "options.hpp"
#include "program.hpp"

namespace {

namespace fs = std::filesystem;
using namespace examples;

struct Options {
  std::string weights, annotations, output;
  std::vector<std::string> paths;
  Machine machine;
  bool mirror = false;
};

/// One way to crop a face, and the errors with it.
struct Way {
  std::string name;
  LandmarkErrors network{}, baseline{};
};

/// A crop as a detector would give it: moved and scaled at random. The deviations are those of dlib's
/// detector from the crop of the landmarks, on photographs (examples/calibrate_detector.cpp).
aurum::Square loosened(const aurum::Square& exact, aurum::Random& random) {
  return {
      exact.centre + aurum::Point{random.normal(0, 0.04F * exact.side), random.normal(0, 0.04F * exact.side)},
      exact.side * std::exp(random.normal(0, 0.07F))};
}

/// The detected crop that covers this one best, if any does by a third.
std::optional<aurum::Square> best_match(const aurum::Square& exact, std::span<const aurum::Square> detected) {
  std::optional<aurum::Square> best;
  float best_overlap = 1.0F / 3;
  for (const aurum::Square& square : detected)
    if (const float shared = aurum::overlap(exact, square); shared > best_overlap)
      best = square, best_overlap = shared;
  return best;
}

aurum::Image draw_face(const aurum::Image& picture, const aurum::Square& square,
                       std::span<const aurum::Point> predicted, std::span<const aurum::Point> truth,
                       double nme) {
  constexpr int size = 256;
  const aurum::Affine to_crop = aurum::crop_transform({square.centre, 1.3F * square.side}, size);
  aurum::Image crop = aurum::warp(picture, to_crop, size, size);
  aurum::draw_points(crop, to_crop(truth), {80, 220, 255}, 1.5F);
  aurum::draw_points(crop, to_crop(predicted), aurum::gold, 1.5F);
  char label[32];
  std::snprintf(label, sizeof label, "NME %.3f", nme);
  aurum::draw_label(crop, 3, 3, label, aurum::white, 2);
  return crop;
}

int evaluate(const Options& options) {
  aurum::AnyPredictor network = open_landmark_weights(options.weights, options.machine, options.mirror);
  const auto points_in = [&](const aurum::Image& picture, const aurum::Square& square) {
    return network(picture, square).points();
  };
  // The guess knows what the network was trained on, and no more.
  const aurum::Landmarks guess = mean_face(AnyData{std::make_shared<const aurum::SyntheticFaces>(
      aurum::SyntheticFaces::Options{.seed = {1}, .images = 1000, .identities = 1000, .size = 16})});

  Way exact{"crop of the true landmarks"}, loose{"the same, moved at random"},
      detected{"crop of dlib's detector"};
  std::vector<aurum::Image> drawings;
  std::printf("%-28s %10s %10s %10s\n", "NME by outer eye distance", "exact", "mean face", "detector");
  for (const fs::path& path : find_pictures(options.paths)) {
    const auto truths = read_annotations(
        path, options.annotations.empty() ? path.parent_path() : fs::path(options.annotations));
    if (truths.empty()) continue;
    const aurum::Image picture = aurum::read_image(path);
    std::vector<aurum::Square> boxes;
    if (has_detector())
      for (const aurum::Box& box : detect_faces(picture)) boxes.push_back(aurum::face_square(box));
    for (std::size_t i = 0; i < truths.size(); ++i) {
      const aurum::Landmarks& truth = truths[i];
      const aurum::Square square = aurum::face_square(truth);
      const aurum::Landmarks predicted = points_in(picture, square);
      exact.network.add(predicted, truth);
      exact.baseline.add(place_mean_face(guess, square), truth);
      aurum::Random random{aurum::Seed{7}, exact.network.nme.size()};
      for (int draw = 0; draw < 10; ++draw) {
        const aurum::Square moved = loosened(square, random);
        loose.network.add(points_in(picture, moved), truth);
        loose.baseline.add(place_mean_face(guess, moved), truth);
      }
      double detected_nme = std::numeric_limits<double>::quiet_NaN();
      if (const auto match = best_match(square, boxes)) {
        detected.network.add(points_in(picture, *match), truth);
        detected.baseline.add(place_mean_face(guess, *match), truth);
        detected_nme = detected.network.nme.back();
      } else {
        detected.network.add_missed();
        detected.baseline.add_missed();
      }
      std::printf("%-28s %10.4f %10.4f %10s\n", (path.filename().string() + " " + std::to_string(i)).c_str(),
                  exact.network.nme.back(), exact.baseline.nme.back(),
                  std::isnan(detected_nme) ? "-" : std::to_string(detected_nme).substr(0, 6).c_str());
      drawings.push_back(draw_face(picture, square, predicted, truth, exact.network.nme.back()));
    }
  }
  if (drawings.empty())
    throw aurum::ValueError(
        "no picture has a .pts file: expected <stem>.pts or <stem>_0.pts, <stem>_1.pts ...");

  std::printf("\n%s", errors_header().c_str());
  for (const Way* way : {&exact, &loose, &detected}) {
    if (way == &detected && !has_detector()) {
      std::printf("%s: not measured, dlib was not compiled in\n", way->name.c_str());
      continue;
    }
    std::printf("%s%s", errors_row(way->name, way->network).c_str(),
                errors_row("  mean face", way->baseline).c_str());
  }
  if (!options.output.empty()) {
    fs::create_directories(options.output);
    const fs::path sheet = fs::path(options.output) / "landmarks.png";
    aurum::write_png(sheet, aurum::montage(drawings, 6));
    std::printf("predicted points (gold) and true ones (blue): %s\n", sheet.c_str());
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  CLI::App app{
      "Measures a landmark network on photographs with annotated faces: <stem>.pts, or <stem>_0.pts,\n"
      "<stem>_1.pts ... for several faces in <stem>.jpg. The error is the mean distance of the points, in\n"
      "pixels and divided by the distance of the outer eye corners (NME); beside it stand the share of\n"
      "faces with NME above 0.1 (failures) and the area under the cumulative curve up to 0.1. The crop is\n"
      "that of the true landmarks (which tells where and how large the face is), the same moved and scaled\n"
      "at random as a detector's would be (10 times each face), and that of dlib's detector where it was\n"
      "compiled in: missed faces count as failures, not in the mean. The baseline puts the mean face of\n"
      "1000 synthetic crops into the same crop.\n\n"
      "  evaluate_landmarks --weights lm/best.safetensors --annotations real/annotations --output out "
      "real/images"};
  app.add_option("pictures", options.paths, "JPEG or PNG files, or folders of them")->required();
  app.add_option("--weights", options.weights, "a landmark network's weights")->required();
  app.add_option("--annotations", options.annotations, "folder of the .pts files, if not the pictures' own")
      ->check(CLI::ExistingDirectory);
  app.add_flag("--mirror", options.mirror, mirror_help);
  app.add_option("--output", options.output, "folder for landmarks.png, a sheet of all faces");
  add_machine_options(app, options.machine);
  CLI11_PARSE(app, count, arguments);
  return run("evaluate_landmarks", [&] { return evaluate(options); });
}
