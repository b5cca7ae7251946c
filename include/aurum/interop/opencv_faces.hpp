#pragma once
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>
#include <string>
#include <vector>

#include "aurum/analyse/face.hpp"
#include "aurum/core/error.hpp"
#include "aurum/data/crop.hpp"
#include "aurum/data/image.hpp"

namespace aurum {

/// OpenCV's cascade classifier as a FaceDetector, with a cascade of upright faces that look at the camera:
/// the crops are calibrated for haarcascade_frontalface_alt2.xml of OpenCV's data files. Copies are
/// independent.
class CascadeFaces {
 public:
  /// `least`: the side of the smallest face to look for, as a part of the picture's longer side. Throws
  /// FileError for a file that holds no cascade, ValueError unless `least` lies above 0, to 1.
  explicit CascadeFaces(const std::filesystem::path& cascade, float least = 0.1F)
      : file_{cascade}, least_{least} {
    if (!(least > 0) || least > 1)
      throw ValueError("faces: expected a smallest side above 0, to 1, found " + std::to_string(least));
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(cascade, ignored))
      throw FileError(cascade.string(), "no such file");
    try {
      if (classifier_.load(cascade.string()) && !classifier_.empty()) return;
    } catch (const cv::Exception&) {
    }
    throw FileError(cascade.string(), "expected a cascade of OpenCV, found something else");
  }

  /// Reads the cascade again: OpenCV's classifiers and matrices would be shared.
  CascadeFaces(const CascadeFaces& other) : CascadeFaces(other.file_, other.least_) {}
  CascadeFaces& operator=(const CascadeFaces&) = delete;

  /// Appends the faces of a picture, from left to right. The confidence of one that n windows have seen is
  /// n / (n + 3): it grows with their number (3 at least) and is no probability.
  void operator()(const ImageView& picture, std::vector<FoundFace>& faces) {
    if (picture.empty()) throw ValueError("faces: the picture has no pixels");
    const cv::Mat colours(picture.height, picture.width, CV_8UC3, const_cast<std::uint8_t*>(picture.pixels),
                          static_cast<std::size_t>(picture.row));
    cv::cvtColor(colours, grey_, picture.order == PixelOrder::rgb ? cv::COLOR_RGB2GRAY : cv::COLOR_BGR2GRAY);
    const int side =
        std::max(1, static_cast<int>(least_ * static_cast<float>(std::max(grey_.cols, grey_.rows))));
    classifier_.detectMultiScale(grey_, boxes_, counts_, 1.1, 3, 0, {side, side});
    const std::size_t before = faces.size();
    for (std::size_t i = 0; i < boxes_.size(); ++i) {
      const Box box{static_cast<float>(boxes_[i].x), static_cast<float>(boxes_[i].y),
                    static_cast<float>(boxes_[i].width), static_cast<float>(boxes_[i].height)};
      const auto count = static_cast<float>(counts_[i]);
      faces.push_back({face_square(box, haar_frontal), count / (count + 3), Landmarks{}});
    }
    std::ranges::sort(faces.begin() + static_cast<std::ptrdiff_t>(before), faces.end(), {},
                      [](const FoundFace& face) { return face.square.centre.x; });
  }

 private:
  std::filesystem::path file_;
  float least_;
  cv::CascadeClassifier classifier_;
  cv::Mat grey_;
  std::vector<cv::Rect> boxes_;
  std::vector<int> counts_;
};

}  // namespace aurum
