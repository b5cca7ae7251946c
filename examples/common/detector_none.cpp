#include "faces.hpp"

namespace examples {

bool has_detector() { return false; }

std::vector<aurum::Box> detect_faces(const aurum::Image&) {
  throw aurum::ValueError(
      "this program was compiled without dlib's face detector (install libdlib-dev and configure again); "
      "give the face by --box or by a .pts file beside the picture");
}

aurum::FaceDetector new_detector() { return nullptr; }

}  // namespace examples
