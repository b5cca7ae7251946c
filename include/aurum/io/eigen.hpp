#pragma once
// The only header of aurum that includes Eigen: feature maps and heatmaps as Eigen matrices, without a copy.
#include <Eigen/Core>
#include <string>
#include <type_traits>

#include "aurum/core/error.hpp"
#include "aurum/core/tensor.hpp"

namespace aurum {

namespace detail {
template <class T>
using EigenMatrix = Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
/// Eigen's matrix, constant where the values are.
template <class T>
using EigenValues = std::conditional_t<std::is_const_v<T>, const EigenMatrix<T>, EigenMatrix<T>>;
}  // namespace detail

/// The memory of a view as an Eigen matrix.
template <class T>
using PixelMatrix = Eigen::Map<detail::EigenValues<T>, Eigen::Unaligned, Eigen::OuterStride<>>;
template <class T>
using MapMatrix =
    Eigen::Map<detail::EigenValues<T>, Eigen::Unaligned, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>;

/// All pixels of a batch, (batch * height * width) x channels: row (n * height + y) * width + x is a pixel's
/// channels. What is written to it is written to the view's memory.
template <class T>
[[nodiscard]] PixelMatrix<T> as_pixels(View<T> v) {
  return {v.data, v.pixels(), v.channels, Eigen::OuterStride<>(v.pixel_stride)};
}

/// One channel of one image, height x width: a heatmap. What is written to it is written to the view's
/// memory. Throws ValueError for an image or a channel that the view does not have.
template <class T>
[[nodiscard]] MapMatrix<T> as_map(View<T> v, int image, int channel) {
  if (image < 0 || image >= v.batch || channel < 0 || channel >= v.channels)
    throw ValueError("as_map: expected an image below " + std::to_string(v.batch) + " and a channel below " +
                     std::to_string(v.channels) + ", found " + std::to_string(image) + " and " +
                     std::to_string(channel));
  return {&v.at(image, 0, 0, channel), v.height, v.width, {v.width * v.pixel_stride, v.pixel_stride}};
}

/// A contiguous view of `batch` images of `shape` over the memory of a row-major matrix whose rows are their
/// pixels. Throws ValueError where the matrix has other rows or columns.
template <class T, int Rows, int Columns>
[[nodiscard]] View<T> as_view(Eigen::Matrix<T, Rows, Columns, Eigen::RowMajor>& pixels, int batch,
                              const Shape& shape) {
  const View<T> view = make_view(pixels.data(), batch, shape);
  if (pixels.rows() != view.pixels() || pixels.cols() != view.channels)
    throw ValueError("as_view: expected " + std::to_string(view.pixels()) + " rows of " +
                     std::to_string(view.channels) + " channels, found " + std::to_string(pixels.rows()) +
                     " of " + std::to_string(pixels.cols()));
  return view;
}

}  // namespace aurum
