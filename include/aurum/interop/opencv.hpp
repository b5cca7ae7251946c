#pragma once
// OpenCV's matrices and our pictures. OpenCV holds colours as blue, green, red.
#include <cstddef>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <string>

#include "aurum/core/error.hpp"
#include "aurum/data/image.hpp"

namespace aurum {

/// The pixels of `image` as a matrix of RGB, without a copy; they stay the image's.
[[nodiscard]] inline cv::Mat as_mat(Image& image) {
  return {image.height, image.width, CV_8UC3, image.pixels.data()};
}

/// A matrix of colours as OpenCV reads them (BGR, 8 bits), looked at where it lies, for predictors and
/// analysers. Throws ValueError for other kinds (`to_image` copies those) and for an empty one.
[[nodiscard]] inline ImageView view_of(const cv::Mat& mat) {
  if (mat.empty() || mat.type() != CV_8UC3)
    throw ValueError("a picture of OpenCV: expected CV_8UC3, found " +
                     (mat.empty() ? "no pixels" : std::string(cv::typeToString(mat.type()))));
  return {mat.data, mat.cols, mat.rows, static_cast<std::ptrdiff_t>(mat.step[0]), PixelOrder::bgr};
}

/// Copies a matrix as OpenCV reads pictures and videos (grey, BGR or BGRA, of 8 or 16 bits) into `image`,
/// which keeps its memory where it has as much. What is transparent is left as its colour says. Throws
/// ValueError for an empty matrix and for other kinds.
inline void to_image(const cv::Mat& mat, Image& image) {
  if (mat.empty() || mat.dims != 2) throw ValueError("a picture of OpenCV: expected pixels, found none");
  const int channels = mat.channels();
  if ((mat.depth() != CV_8U && mat.depth() != CV_16U) || (channels != 1 && channels != 3 && channels != 4))
    throw ValueError("a picture of OpenCV: expected 1, 3 or 4 channels of 8 or 16 bits, found " +
                     std::string(cv::typeToString(mat.type())));
  cv::Mat bytes = mat;
  if (mat.depth() == CV_16U) mat.convertTo(bytes, CV_8U, 1.0 / 257);
  image.width = mat.cols;
  image.height = mat.rows;
  image.pixels.resize(std::size_t{3} * static_cast<std::size_t>(mat.cols) *
                      static_cast<std::size_t>(mat.rows));
  cv::Mat target = as_mat(image);
  cv::cvtColor(bytes, target,
               channels == 1   ? cv::COLOR_GRAY2RGB
               : channels == 3 ? cv::COLOR_BGR2RGB
                               : cv::COLOR_BGRA2RGB);
}
[[nodiscard]] inline Image to_image(const cv::Mat& mat) {
  Image image;
  to_image(mat, image);
  return image;
}

}  // namespace aurum
