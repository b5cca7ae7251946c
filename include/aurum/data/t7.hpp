#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

#include "aurum/core/geometry.hpp"
#include "aurum/data/bytes.hpp"
#include "aurum/data/file.hpp"
#include "aurum/data/landmarks68.hpp"

namespace aurum {
namespace detail {

/// The class of the next Torch object, which must be a new one.
inline std::string_view torch_class(ByteReader& bytes) {
  constexpr std::int32_t torch_object = 4;
  const auto type = bytes.next<std::int32_t>();
  if (type != torch_object)
    bytes.fail("expected a Torch object (type 4), found type " + std::to_string(type));
  bytes.skip(sizeof(std::int32_t));  // its number in the file
  const auto text = [&]() -> std::string_view {
    const auto length = bytes.next<std::int32_t>();
    if (length < 0 || length > 64) bytes.fail("a name of " + std::to_string(length) + " characters");
    return bytes.take(static_cast<std::size_t>(length));
  };
  const std::string_view version = text();
  return version.starts_with("V ") ? text() : version;  // old files have no version
}

}  // namespace detail

/// The landmarks of a Torch7 file in binary format, as LS3D-W has them beside its pictures: one tensor of
/// floats or doubles, 68 x 2 (or 68 x 3, of which the depth is left out). Like 300-W's `.pts` files, from
/// which LS3D-W was made, it counts pixels from 1, as Torch does; the result from 0. `name` stands in
/// messages. Throws FileError for anything else.
[[nodiscard]] inline Landmarks parse_t7(std::string_view content, const std::string& name = ".t7") {
  ByteReader bytes(content, name);
  const std::string_view kind = detail::torch_class(bytes);
  const bool doubles = kind == "torch.DoubleTensor";
  if (!doubles && kind != "torch.FloatTensor")
    bytes.fail("expected a torch.FloatTensor or torch.DoubleTensor, found '" + std::string(kind) + "'");
  const auto dimensions = bytes.next<std::int32_t>();
  if (dimensions != 2)
    bytes.fail("expected a matrix, found a tensor of " + std::to_string(dimensions) + " dimensions");
  const auto rows = bytes.next<std::int64_t>(), columns = bytes.next<std::int64_t>();
  if (rows != landmark_count || (columns != 2 && columns != 3))
    bytes.fail("expected 68 x 2 numbers, found " + std::to_string(rows) + " x " + std::to_string(columns));
  const auto row_stride = bytes.next<std::int64_t>(), column_stride = bytes.next<std::int64_t>();
  const auto offset = bytes.next<std::int64_t>();  // from 1
  const std::string_view storage = detail::torch_class(bytes);
  if (storage != (doubles ? "torch.DoubleStorage" : "torch.FloatStorage"))
    bytes.fail("expected the numbers of the tensor, found '" + std::string(storage) + "'");
  const auto count = bytes.next<std::int64_t>();
  const std::size_t width = doubles ? sizeof(double) : sizeof(float);
  if (count < 0 || static_cast<std::uint64_t>(count) > bytes.left() / width)
    bytes.fail("ends early: expected " + std::to_string(count) + " numbers, found " +
               std::to_string(bytes.left() / width));
  constexpr std::int64_t far = 1 << 20;  // so that nothing below can overflow
  if (row_stride < 0 || column_stride < 0 || row_stride > far || column_stride > far || offset < 1 ||
      offset > far || offset - 1 + (rows - 1) * row_stride + column_stride >= count)
    bytes.fail("its tensor reaches beyond its numbers");
  const std::string_view numbers = bytes.take(static_cast<std::size_t>(count) * width);
  const auto value = [&](std::int64_t row, std::int64_t column) {
    const char* const at =
        numbers.data() +
        static_cast<std::size_t>(offset - 1 + row * row_stride + column * column_stride) * width;
    double wide = 0;
    float narrow = 0;
    if (doubles)
      std::memcpy(&wide, at, width);
    else
      std::memcpy(&narrow, at, width), wide = static_cast<double>(narrow);
    if (!std::isfinite(wide) || std::abs(wide) > 1e6)
      bytes.fail("point " + std::to_string(row) + " is nowhere");
    return static_cast<float>(wide);
  };
  Landmarks landmarks;
  for (std::int64_t i = 0; i < rows; ++i) landmarks.push_back({value(i, 0) - 1, value(i, 1) - 1});
  return landmarks;
}

[[nodiscard]] inline Landmarks read_t7(const std::filesystem::path& path) {
  return parse_t7(read_file(path), path.string());
}

}  // namespace aurum
