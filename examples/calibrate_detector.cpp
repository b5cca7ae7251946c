// Measures how the boxes of a face detector relate to aurum's crop of the 68 landmarks: the constants
// `dlib_frontal` and `haar_frontal` of data/crop.hpp.
//   calibrate_detector <folder with pictures and .pts files> [<cascade of OpenCV; none: dlib's detector>]
// A picture's landmarks are <stem>.pts, or <stem>_0.pts, <stem>_1.pts... for several faces.
// needs: dlib
// needs: opencv
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <opencv2/objdetect.hpp>
#include <string>
#include <vector>

#include "aurum/data/crop.hpp"
#include "aurum/data/image_file.hpp"
#include "aurum/data/pts.hpp"
#include "aurum/data/warp.hpp"
#include "aurum/interop/dlib.hpp"
#include "aurum/interop/opencv.hpp"

namespace {

/// The boxes found in a picture enlarged by `scale`, in pixels of the picture as it was.
using Detect = std::function<std::vector<aurum::ScoredBox>(const aurum::Image&, float scale)>;

Detect dlib_detector() {
  return [faces = aurum::DlibFaces()](const aurum::Image& image, float scale) mutable {
    return faces.boxes(image, scale);
  };
}

Detect cascade_detector(const std::string& file) {
  cv::CascadeClassifier classifier;
  if (!classifier.load(file)) throw aurum::FileError(file, "not a cascade of OpenCV");
  return [classifier](const aurum::Image& image, float scale) mutable {
    aurum::Image resized = aurum::resize(image, static_cast<int>(scale * static_cast<float>(image.width)),
                                         static_cast<int>(scale * static_cast<float>(image.height)));
    std::vector<cv::Rect> found;
    cv::Mat grey;
    cv::cvtColor(aurum::as_mat(resized), grey, cv::COLOR_RGB2GRAY);
    classifier.detectMultiScale(grey, found, 1.1, 3, 0, {80, 80});
    std::vector<aurum::ScoredBox> boxes;
    for (const cv::Rect& box : found) {
      const aurum::Point corner =
          aurum::rescale({static_cast<float>(box.x) - 0.5F, static_cast<float>(box.y) - 0.5F}, 1 / scale);
      boxes.push_back({{corner.x + 0.5F, corner.y + 0.5F, static_cast<float>(box.width) / scale,
                        static_cast<float>(box.height) / scale}});
    }
    return boxes;
  };
}

float median(std::vector<float> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

int main(int count, char** arguments) try {
  namespace fs = std::filesystem;
  if (count != 2 && count != 3) {
    std::fprintf(stderr,
                 "usage: calibrate_detector <folder with pictures and .pts files> [<cascade of OpenCV>]\n");
    return 2;
  }
  const Detect detect = count == 3 ? cascade_detector(arguments[2]) : dlib_detector();
  const aurum::DetectorCalibration& constants = count == 3 ? aurum::haar_frontal : aurum::dlib_frontal;
  std::vector<fs::path> pictures;
  std::vector<fs::path> annotations;
  for (const auto& entry : fs::directory_iterator(arguments[1]))
    (entry.path().extension() == ".pts" ? annotations : pictures).push_back(entry.path());
  std::sort(pictures.begin(), pictures.end());

  std::vector<float> right, down, scale, overlaps;
  for (const fs::path& path : pictures) {
    std::vector<aurum::Square> faces;
    for (const fs::path& pts : annotations) {
      const std::string stem = pts.stem().string();
      if (stem == path.stem() || (stem.starts_with(path.stem().string() + "_")))
        faces.push_back(aurum::face_square(aurum::read_pts(pts)));
    }
    if (faces.empty()) continue;
    const aurum::Image image = aurum::read_image(path);
    const float smallest = std::ranges::min(faces, {}, &aurum::Square::side).side;
    // The detector knows windows of 80 pixels and pyramid steps of 5/6 upwards: faces near the least window
    // get boxes too large, and a single size the rounding of the pyramid. So faces are enlarged, in several
    // steps.
    int found = 0;
    for (const float wanted : {200.0F, 210.0F, 220.0F, 230.0F, 240.0F})
      for (const auto& [box, score] : detect(image, std::max(wanted / smallest, wanted / 400))) {
        const float side = (box.width + box.height) / 2;
        const aurum::Point middle{box.left + (box.width - 1) / 2, box.top + (box.height - 1) / 2};
        for (const aurum::Square& face : faces) {
          const aurum::Point move = face.centre - middle;
          const float ratio = face.side / side;
          if (std::hypot(move.x, move.y) > 0.4F * side || ratio < 0.7F || ratio > 1.8F) continue;
          right.push_back(move.x / side);
          down.push_back(move.y / side);
          scale.push_back(ratio);
          overlaps.push_back(aurum::overlap(aurum::face_square(box, constants), face));
          ++found;
          std::printf("%-24s box %6.1f px  right %+.3f  down %+.3f  scale %.3f\n",
                      path.filename().string().c_str(), static_cast<double>(side),
                      static_cast<double>(right.back()), static_cast<double>(down.back()),
                      static_cast<double>(scale.back()));
        }
      }
    std::printf("%-24s %zu faces, 5 sizes each, %d found\n", path.filename().string().c_str(), faces.size(),
                found);
  }
  if (right.empty()) {
    std::fprintf(stderr, "%s: no face with landmarks was found\n", arguments[1]);
    return 1;
  }
  std::printf("%zu boxes, medians: {.down = %.3fF, .scale = %.3fF}; right %.3f\n", right.size(),
              static_cast<double>(median(down)), static_cast<double>(median(scale)),
              static_cast<double>(median(right)));
  std::printf("overlap of the crops under the constants of data/crop.hpp: median %.3f\n",
              static_cast<double>(median(overlaps)));
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
