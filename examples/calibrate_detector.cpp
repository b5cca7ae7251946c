// Measures how the boxes of dlib's frontal face detector relate to aurum's crop of the 68 landmarks: the
// constants `dlib_frontal` of data/crop.hpp. Usage: calibrate_detector <folder with pictures and .pts files>
// A picture's landmarks are <stem>.pts, or <stem>_0.pts, <stem>_1.pts... for several faces.
// needs: dlib
#include <dlib/image_processing/frontal_face_detector.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "aurum/data/crop.hpp"
#include "aurum/data/image_file.hpp"
#include "aurum/data/pts.hpp"
#include "aurum/data/warp.hpp"

namespace {

using Picture = dlib::array2d<dlib::rgb_pixel>;

Picture to_dlib(const aurum::Image& image) {
  Picture picture(image.height, image.width);
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) {
      const auto* p = image.at(x, y);
      picture[y][x] = dlib::rgb_pixel(p[0], p[1], p[2]);
    }
  return picture;
}

/// The boxes found in a picture enlarged by `scale`, in pixels of the picture as it was.
std::vector<aurum::Box> detect(const aurum::Image& image, float scale) {
  static auto detector = dlib::get_frontal_face_detector();
  const int width = static_cast<int>(scale * static_cast<float>(image.width));
  const int height = static_cast<int>(scale * static_cast<float>(image.height));
  std::vector<aurum::Box> boxes;
  for (const dlib::rectangle& box : detector(to_dlib(aurum::resize(image, width, height)))) {
    const aurum::Point corner = aurum::rescale(
        {static_cast<float>(box.left()) - 0.5F, static_cast<float>(box.top()) - 0.5F}, 1 / scale);
    boxes.push_back({corner.x + 0.5F, corner.y + 0.5F, static_cast<float>(box.width()) / scale,
                     static_cast<float>(box.height()) / scale});
  }
  return boxes;
}

float median(std::vector<float> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

int main(int count, char** arguments) try {
  namespace fs = std::filesystem;
  if (count != 2) {
    std::fprintf(stderr, "usage: calibrate_detector <folder with pictures and .pts files>\n");
    return 2;
  }
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
      for (const aurum::Box& box : detect(image, std::max(wanted / smallest, wanted / 400))) {
        const float side = (box.width + box.height) / 2;
        const aurum::Point middle{box.left + (box.width - 1) / 2, box.top + (box.height - 1) / 2};
        for (const aurum::Square& face : faces) {
          const aurum::Point move = face.centre - middle;
          const float ratio = face.side / side;
          if (std::hypot(move.x, move.y) > 0.4F * side || ratio < 0.7F || ratio > 1.8F) continue;
          right.push_back(move.x / side);
          down.push_back(move.y / side);
          scale.push_back(ratio);
          overlaps.push_back(aurum::overlap(aurum::face_square(box), face));
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
