#pragma once
#include <algorithm>
#include <cmath>
#include <span>

#include "aurum/core/error.hpp"
#include "aurum/core/geometry.hpp"
#include "aurum/data/affine.hpp"
#include "aurum/data/landmarks68.hpp"

namespace aurum {

/// The square of the picture that a network sees: its centre and side in pixels.
struct Square {
  Point centre;
  float side = 0;
};

/// The tight face crop, defined here and nowhere else: centred on the mean of the 68 landmarks, its side 3.5
/// times their root mean square distance from it: for a frontal face 1.27 times the longer side of their
/// bounding box, brows and chin just inside. (Ntinou et al. 2020, section 5.3, says "tightly cropped" and no
/// more. The bounding box itself moves away from the face when the head turns, which a detector's box does
/// not: on 21 real faces its crops overlapped with dlib's by 0.75 (intersection over union, median), these
/// by 0.85.) Throws ValueError unless there are 68 finite points that spread over at least a pixel.
[[nodiscard]] inline Square face_square(std::span<const Point> landmarks) {
  check_landmarks(landmarks);
  Point mean;
  for (const Point p : landmarks) mean = mean + (1.0F / landmark_count) * p;
  float squared = 0;
  for (const Point p : landmarks) {
    const Point d = p - mean;
    squared += (d.x * d.x + d.y * d.y) / landmark_count;
  }
  if (!(squared >= 1)) throw ValueError("landmarks: all within one pixel, no face to crop");
  return {mean, 3.5F * std::sqrt(squared)};
}

/// How the box of a face detector relates to the crop of the landmarks.
struct DetectorCalibration {
  float down = 0;   ///< from the box's centre to the crop's, in box sides
  float scale = 1;  ///< side of the crop over side of the box
};

/// dlib's frontal HOG detector (get_frontal_face_detector). Measured by examples/calibrate_detector.cpp:
/// medians over 101 boxes of 21 faces in 7 photographs, each detected at five sizes.
inline constexpr DetectorCalibration dlib_frontal = {.down = 0.086F, .scale = 1.196F};
/// OpenCV's haarcascade_frontalface_alt2.xml, measured likewise: medians over 84 boxes of 20 faces in 6.
inline constexpr DetectorCalibration haar_frontal = {.down = 0.111F, .scale = 1.132F};

/// The crop for a detector's box; its side counts as the mean of width and height. Throws ValueError for a
/// box without area.
[[nodiscard]] inline Square face_square(const Box& box,
                                        const DetectorCalibration& calibration = dlib_frontal) {
  if (!(box.width > 0) || !(box.height > 0)) throw ValueError("a face box needs a width and a height");
  const float side = (box.width + box.height) / 2;
  // A box of width w covers the pixels left .. left + w - 1, whose middle is left + (w - 1) / 2.
  return {{box.left + (box.width - 1) / 2, box.top + (box.height - 1) / 2 + calibration.down * side},
          calibration.scale * side};
}

/// How far two crops agree: the area that they share over the area that they cover, 0..1.
[[nodiscard]] inline float overlap(const Square& a, const Square& b) {
  const auto shared = [&](float p, float q) {
    return std::max(0.0F,
                    std::min(p + a.side / 2, q + b.side / 2) - std::max(p - a.side / 2, q - b.side / 2));
  };
  const float both = shared(a.centre.x, b.centre.x) * shared(a.centre.y, b.centre.y);
  return both / (a.side * a.side + b.side * b.side - both);
}

/// The map from picture to crop, `size` pixels wide and high; landmarks go with it. The crop's first pixel
/// covers the square's corner: pixel centres agree as in `rescale`.
[[nodiscard]] inline Affine crop_transform(const Square& square, int size) {
  if (!(square.side > 0) || size < 1) throw ValueError("a crop needs a side and at least one pixel");
  const float middle = static_cast<float>(size - 1) / 2;
  return similarity(square.centre, {middle, middle},
                    static_cast<double>(size) / static_cast<double>(square.side));
}

/// The registration that the released network of Sanchez et al. 2018 expects: chin (8) and outer eye corners
/// (36, 45) at fixed places of a 256 x 256 crop, in pixels from 0. Its input is then divided by 255
/// (Normalisation::unit).
[[nodiscard]] inline Affine sanchez2018_registration(std::span<const Point> landmarks) {
  check_landmarks(landmarks);
  return affine_from_points({landmarks[8], landmarks[36], landmarks[45]},
                            {{{127.6475F, 227.8161F}, {79.1608F, 87.0376F}, {176.8392F, 87.0376F}}});
}

}  // namespace aurum
