#include <dlib/image_processing/frontal_face_detector.h>

#include <algorithm>

#include "aurum/data/warp.hpp"
#include "faces.hpp"

namespace examples {

bool has_detector() { return true; }

std::vector<aurum::Box> detect_faces(const aurum::Image& image) {
  static dlib::frontal_face_detector detector = dlib::get_frontal_face_detector();
  if (image.empty()) throw aurum::ValueError("detect_faces: the picture has no pixels");
  const int longest = std::max(image.width, image.height);
  const float scale = std::clamp(1600.0F / static_cast<float>(longest), 0.25F, 4.0F);
  const aurum::Image resized =
      aurum::resize(image, std::max(1, static_cast<int>(scale * static_cast<float>(image.width))),
                    std::max(1, static_cast<int>(scale * static_cast<float>(image.height))));
  dlib::array2d<dlib::rgb_pixel> picture(resized.height, resized.width);
  for (int y = 0; y < resized.height; ++y)
    for (int x = 0; x < resized.width; ++x) {
      const auto* p = resized.at(x, y);
      picture[y][x] = dlib::rgb_pixel(p[0], p[1], p[2]);
    }
  std::vector<aurum::Box> boxes;
  for (const dlib::rectangle& found : detector(picture)) {
    // Corners of pixels, not centres, scale alike.
    const aurum::Point corner{(static_cast<float>(found.left())) / scale,
                              (static_cast<float>(found.top())) / scale};
    boxes.push_back({corner.x, corner.y, static_cast<float>(found.width()) / scale,
                     static_cast<float>(found.height()) / scale});
  }
  std::ranges::sort(boxes, {}, &aurum::Box::left);
  return boxes;
}

}  // namespace examples
