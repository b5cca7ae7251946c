#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "aurum/core/error.hpp"

namespace aurum {

/// Values in memory under the name and shape that they have in a weights file: what `load_tensors` fills
/// (T is float or double) and `save_tensors` stores (const float, const double).
template <class T>
struct NamedTensor {
  std::string name;
  std::vector<std::int64_t> shape;  ///< in PyTorch's order: {Cout, Cin, kh, kw} for filters, {C} for vectors
  std::span<T> values;              ///< as many as `shape` says
  /// `values` are a filter in aurum's order [Cout][kh][kw][Cin]; files hold [Cout][Cin][kh][kw].
  bool channels_last_filter = false;
};

namespace detail {
/// Transposes each of the `count` matrices rows x columns.
template <class T>
void transpose_each(std::int64_t count, std::int64_t rows, std::int64_t columns, const T* from, T* to) {
  for (std::int64_t matrix = 0; matrix < count; ++matrix, from += rows * columns, to += rows * columns)
    for (std::int64_t row = 0; row < rows; ++row)
      for (std::int64_t column = 0; column < columns; ++column)
        to[column * rows + row] = from[row * columns + column];
}

inline void check_filter(std::span<const std::int64_t> shape, std::size_t from, std::size_t to) {
  std::size_t count = 1;
  for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
  if (shape.size() != 4 || from != count || to != count)
    throw ValueError("expected a filter {Cout, Cin, kh, kw} and as many values, found " +
                     std::to_string(shape.size()) + " dimensions that hold " + std::to_string(count) + ", " +
                     std::to_string(from) + " and " + std::to_string(to) + " values");
}
}  // namespace detail

/// Filters from [Cout][kh][kw][Cin] in memory to [Cout][Cin][kh][kw]. `shape` is {Cout, Cin, kh, kw}; the
/// spans must not overlap. Throws ValueError if shape and spans disagree.
template <class T>
void to_pytorch_order(std::span<const std::int64_t> shape, std::span<const T> from,
                      std::span<std::type_identity_t<T>> to) {
  detail::check_filter(shape, from.size(), to.size());
  detail::transpose_each(shape[0], shape[2] * shape[3], shape[1], from.data(), to.data());
}

/// The inverse of `to_pytorch_order`, under the same conditions.
template <class T>
void from_pytorch_order(std::span<const std::int64_t> shape, std::span<const T> from,
                        std::span<std::type_identity_t<T>> to) {
  detail::check_filter(shape, from.size(), to.size());
  detail::transpose_each(shape[0], shape[1], shape[2] * shape[3], from.data(), to.data());
}

}  // namespace aurum
