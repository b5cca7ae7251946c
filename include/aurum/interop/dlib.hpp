#pragma once
#include <dlib/image_processing/frontal_face_detector.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "aurum/analyse/face.hpp"
#include "aurum/core/error.hpp"
#include "aurum/core/geometry.hpp"
#include "aurum/data/crop.hpp"
#include "aurum/data/image.hpp"
#include "aurum/data/warp.hpp"

namespace aurum {

/// The box of a face, and how sure its detector is, on a scale of its own.
struct ScoredBox {
  Box box;  ///< in pixels of the picture
  float score = 0;
};

/// dlib's frontal face detector as a FaceDetector: upright faces that look at the camera, more or less.
/// Copies are independent.
class DlibFaces {
 public:
  /// `least`: the side of the smallest face to look for, as a part of the picture's longer side; half of it
  /// takes four times as long. Throws ValueError unless it lies above 0, to 1.
  explicit DlibFaces(float least = 0.1F) : least_{least}, detector_{dlib::get_frontal_face_detector()} {
    if (!(least > 0) || least > 1)
      throw ValueError("faces: expected a smallest side above 0, to 1, found " + std::to_string(least));
  }

  /// Appends the faces of a picture, from left to right. Their confidence is the logistic function of twice
  /// the detector's score: it grows with what the detector says and is no probability.
  void operator()(const ImageView& picture, std::vector<FoundFace>& faces) {
    if (picture.empty()) throw ValueError("faces: the picture has no pixels");
    const auto longest = static_cast<float>(std::max(picture.width, picture.height));
    for (const ScoredBox& found : boxes(picture, std::min(smallest / (least_ * longest), 4.0F)))
      faces.push_back(
          {face_square(found.box, dlib_frontal), 1 / (1 + std::exp(-2 * found.score)), Landmarks{}});
  }

  /// What the detector finds in a picture that is enlarged by `scale` first, from left to right.
  [[nodiscard]] std::vector<ScoredBox> boxes(const ImageView& picture, float scale) {
    const auto scaled = [&](int size) {
      return std::max(1, static_cast<int>(scale * static_cast<float>(size)));
    };
    const Image resized = resize(picture, scaled(picture.width), scaled(picture.height));
    dlib::array2d<dlib::rgb_pixel> pixels(resized.height, resized.width);
    for (int y = 0; y < resized.height; ++y)
      for (int x = 0; x < resized.width; ++x) {
        const auto* p = resized.at(x, y);
        pixels[y][x] = dlib::rgb_pixel(p[0], p[1], p[2]);
      }
    std::vector<std::pair<double, dlib::rectangle>> found;
    detector_(pixels, found);
    std::vector<ScoredBox> boxes;
    for (const auto& [score, box] : found) {
      // A box of width w covers the pixels left .. left + w - 1; edges of pixels, not centres, scale alike.
      const Point corner =
          rescale({static_cast<float>(box.left()) - 0.5F, static_cast<float>(box.top()) - 0.5F}, 1 / scale);
      boxes.push_back({{corner.x + 0.5F, corner.y + 0.5F, static_cast<float>(box.width()) / scale,
                        static_cast<float>(box.height()) / scale},
                       static_cast<float>(score)});
    }
    std::ranges::sort(boxes, {}, [](const ScoredBox& scored) { return scored.box.left; });
    return boxes;
  }

 private:
  static constexpr float smallest = 80;  ///< pixels: the side of the detector's window

  float least_;
  dlib::frontal_face_detector detector_;
};

}  // namespace aurum
