#include <algorithm>

#include "aurum/core/error.hpp"
#include "aurum/interop/dlib.hpp"
#include "faces.hpp"

namespace examples {

bool has_detector() { return true; }

std::vector<aurum::Box> detect_faces(const aurum::Image& image) {
  static aurum::DlibFaces detector;
  if (image.empty()) throw aurum::ValueError("detect_faces: the picture has no pixels");
  const auto longest = static_cast<float>(std::max(image.width, image.height));
  std::vector<aurum::Box> boxes;
  for (const aurum::ScoredBox& found : detector.boxes(image, std::clamp(1600 / longest, 0.25F, 4.0F)))
    boxes.push_back(found.box);
  return boxes;
}

aurum::FaceDetector new_detector() { return aurum::DlibFaces(); }

}  // namespace examples
