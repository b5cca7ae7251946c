#pragma once
// The only header of aurum that includes xtensor, which moved its headers in version 0.26.
#if __has_include(<xtensor/containers/xtensor.hpp>)
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif

#include <array>
#include <cstddef>
#include <string>
#include <type_traits>

#include "aurum/core/error.hpp"
#include "aurum/core/tensor.hpp"

namespace aurum {

/// Copies an xtensor array or expression {batch, channels, height, width} into a view, which is channels
/// last, and converts to its type.
/// Throws ValueError if the expression has another shape than the view.
template <class Expression, class T>
void copy_from_nchw(const xt::xexpression<Expression>& expression, View<T> to) {
  const Expression& from = expression.derived_cast();
  const std::array wanted{to.batch, to.channels, to.height, to.width};
  bool fits = from.dimension() == wanted.size();
  std::string found;
  for (std::size_t i = 0; i < from.dimension(); ++i) {
    const auto size = static_cast<std::size_t>(from.shape()[i]);
    fits = fits && size == static_cast<std::size_t>(wanted[i]);
    found += (i == 0 ? "" : "x") + std::to_string(size);
  }
  if (!fits)
    throw ValueError("xtensor array: expected " + std::to_string(to.batch) + "x" + to_string(to.shape()) +
                     ", found " + (found.empty() ? "a scalar" : found));
  for (int n = 0; n < to.batch; ++n)
    for (int y = 0; y < to.height; ++y)
      for (int x = 0; x < to.width; ++x)
        for (int c = 0; c < to.channels; ++c) to.at(n, y, x, c) = static_cast<T>(from(n, c, y, x));
}

/// The values of a view as an array {batch, channels, height, width}.
template <class T>
[[nodiscard]] xt::xtensor<std::remove_const_t<T>, 4> to_nchw(View<T> from) {
  using Array = xt::xtensor<std::remove_const_t<T>, 4>;
  auto array =
      Array::from_shape({static_cast<std::size_t>(from.batch), static_cast<std::size_t>(from.channels),
                         static_cast<std::size_t>(from.height), static_cast<std::size_t>(from.width)});
  for (int n = 0; n < from.batch; ++n)
    for (int c = 0; c < from.channels; ++c)
      for (int y = 0; y < from.height; ++y)
        for (int x = 0; x < from.width; ++x) array(n, c, y, x) = from.at(n, y, x, c);
  return array;
}

}  // namespace aurum
