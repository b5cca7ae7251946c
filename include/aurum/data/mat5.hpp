#pragma once
// The matrices of MATLAB's files of version 5 to 7, which DISFA's landmarks come in.
#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "aurum/core/geometry.hpp"
#include "aurum/data/bytes.hpp"
#include "aurum/data/file.hpp"
#include "aurum/data/landmarks68.hpp"

namespace aurum {

/// A real matrix of numbers, column after column.
struct MatlabMatrix {
  int rows = 0;
  int columns = 0;
  std::vector<double> values;
  [[nodiscard]] double at(int row, int column) const {
    return values[static_cast<std::size_t>(column) * static_cast<std::size_t>(rows) +
                  static_cast<std::size_t>(row)];
  }
};

namespace detail {

/// The types of MATLAB's data elements that matter here.
enum class MatlabType : std::uint32_t {
  int8 = 1,
  uint8,
  int16,
  uint16,
  int32,
  uint32,
  single,
  double_ = 9,
  int64 = 12,
  uint64,
  matrix,
  compressed
};

struct MatlabElement {
  MatlabType type;
  std::string_view content;
};

/// The next data element: its tag, its content and the bytes that fill it up to eight. Small ones lie within
/// their tag.
inline MatlabElement next_element(ByteReader& bytes) {
  const auto first = bytes.next<std::uint32_t>();
  if (const std::uint32_t small = first >> 16; small != 0) {
    const std::string_view content = bytes.take(4);
    if (small > 4) bytes.fail("a small data element of " + std::to_string(small) + " bytes");
    return {MatlabType{first & 0xFFFF}, content.substr(0, small)};
  }
  const auto size = bytes.next<std::uint32_t>();
  const MatlabElement element{MatlabType{first}, bytes.take(size)};
  if (element.type != MatlabType::compressed)
    bytes.skip(std::min<std::size_t>((8 - size % 8) % 8, bytes.left()));
  return element;
}

/// What zlib packed, of at most `most` bytes.
inline std::string inflate_bytes(std::string_view packed, std::size_t most, const std::string& name) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) throw FileError(name, "zlib cannot be used");
  std::string bytes;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  int state = Z_OK;
  while (state == Z_OK && bytes.size() <= most) {
    constexpr std::size_t step = 1 << 14;
    bytes.resize(bytes.size() + step);
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data() + bytes.size() - step);
    stream.avail_out = step;
    state = inflate(&stream, Z_NO_FLUSH);
    bytes.resize(bytes.size() - stream.avail_out);
    if (state == Z_OK && stream.avail_in == 0 && stream.avail_out > 0) break;  // ends early
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END)
    throw FileError(name, bytes.size() > most
                              ? "a compressed matrix of more than " + std::to_string(most) + " bytes"
                              : "a compressed matrix is damaged or ends early");
  return bytes;
}

template <class Stored>
void append_numbers(std::string_view bytes, std::vector<double>& values) {
  for (std::size_t at = 0; at + sizeof(Stored) <= bytes.size(); at += sizeof(Stored)) {
    Stored number;
    std::memcpy(&number, bytes.data() + at, sizeof number);
    values.push_back(static_cast<double>(number));
  }
}

/// Numbers of whatever type MATLAB found small enough for them.
inline std::vector<double> numbers_of(const MatlabElement& element, const ByteReader& bytes) {
  std::vector<double> values;
  switch (element.type) {
    case MatlabType::int8:
      append_numbers<std::int8_t>(element.content, values);
      break;
    case MatlabType::uint8:
      append_numbers<std::uint8_t>(element.content, values);
      break;
    case MatlabType::int16:
      append_numbers<std::int16_t>(element.content, values);
      break;
    case MatlabType::uint16:
      append_numbers<std::uint16_t>(element.content, values);
      break;
    case MatlabType::int32:
      append_numbers<std::int32_t>(element.content, values);
      break;
    case MatlabType::uint32:
      append_numbers<std::uint32_t>(element.content, values);
      break;
    case MatlabType::single:
      append_numbers<float>(element.content, values);
      break;
    case MatlabType::double_:
      append_numbers<double>(element.content, values);
      break;
    case MatlabType::int64:
      append_numbers<std::int64_t>(element.content, values);
      break;
    case MatlabType::uint64:
      append_numbers<std::uint64_t>(element.content, values);
      break;
    default:
      bytes.fail("numbers of an unknown type " + std::to_string(static_cast<std::uint32_t>(element.type)));
  }
  return values;
}

/// The content of a matrix element, if it is the variable `wanted`; found says so.
inline bool read_matrix(std::string_view content, const std::string& name, const std::string& wanted,
                        MatlabMatrix& matrix) {
  ByteReader bytes(content, name);
  const MatlabElement flags = next_element(bytes);
  const MatlabElement sizes = next_element(bytes);
  if (next_element(bytes).content != wanted) return false;
  std::uint32_t kind = 0;
  if (flags.type == MatlabType::uint32 && flags.content.size() >= sizeof kind)
    std::memcpy(&kind, flags.content.data(), sizeof kind);
  constexpr std::uint32_t complex = 0x800, least_class = 6, greatest_class = 15;  // double to uint64
  if ((kind & 0xFF) < least_class || (kind & 0xFF) > greatest_class || (kind & complex) != 0)
    bytes.fail("'" + wanted + "' is not a matrix of real numbers");
  const auto shape = sizes.content.size() <= 64 ? numbers_of(sizes, bytes) : std::vector<double>{};
  const auto fits = [](double n) { return n >= 0 && n <= 1 << 20; };
  if (shape.size() != 2 || !fits(shape[0]) || !fits(shape[1])) bytes.fail("'" + wanted + "' is not a matrix");
  matrix.rows = static_cast<int>(shape[0]);
  matrix.columns = static_cast<int>(shape[1]);
  const double count = shape[0] * shape[1];
  const MatlabElement numbers = next_element(bytes);
  if (static_cast<double>(numbers.content.size()) > count * sizeof(double))
    bytes.fail("'" + wanted + "' is followed by more numbers than its " + std::to_string(matrix.rows) +
               " x " + std::to_string(matrix.columns));
  matrix.values = numbers_of(numbers, bytes);
  if (static_cast<double>(matrix.values.size()) != count)
    bytes.fail("'" + wanted + "' is " + std::to_string(matrix.rows) + " x " + std::to_string(matrix.columns) +
               ", but " + std::to_string(matrix.values.size()) + " numbers follow");
  return true;
}

}  // namespace detail

/// The variable `wanted` of a MATLAB file, version 5 (which `save -v6` and `-v7` write) of a little-endian
/// machine. `name` stands in messages. Throws FileError for any other file, one that is damaged and one
/// without such a matrix.
[[nodiscard]] inline MatlabMatrix parse_mat5(std::string_view content, const std::string& wanted,
                                             const std::string& name = ".mat") {
  ByteReader bytes(content, name);
  constexpr std::size_t text_size = 116, offset_size = 8, largest = std::size_t{1} << 26;
  const std::string_view text = bytes.take(text_size);
  if (text.starts_with("MATLAB 7.3"))
    bytes.fail("is a MATLAB 7.3 file (HDF5); save it with -v7 to have it read here");
  bytes.skip(offset_size);
  const auto version = bytes.next<std::uint16_t>();
  const std::string_view order = bytes.take(2);
  if (order == "MI") bytes.fail("comes from a big-endian machine");
  if (order != "IM" || version != 0x0100) bytes.fail("is not a MATLAB file of version 5 to 7");
  MatlabMatrix matrix;
  while (bytes.left() >= 8) {
    const detail::MatlabElement element = detail::next_element(bytes);
    if (element.type == detail::MatlabType::matrix) {
      if (detail::read_matrix(element.content, name, wanted, matrix)) return matrix;
    } else if (element.type == detail::MatlabType::compressed) {
      const std::string unpacked = detail::inflate_bytes(element.content, largest, name);
      ByteReader inner(unpacked, name);
      const detail::MatlabElement packed = detail::next_element(inner);
      if (packed.type == detail::MatlabType::matrix &&
          detail::read_matrix(packed.content, name, wanted, matrix))
        return matrix;
    }
  }
  bytes.fail("has no matrix '" + wanted + "'");
}

/// The landmarks of a file of DISFA: the variable `pts`, 66 x 2 (or 68 x 2), in pixels from 0; as 68 points
/// (see `to_landmarks68`). Throws FileError for anything else.
[[nodiscard]] inline Landmarks read_disfa_landmarks(const std::filesystem::path& path) {
  const MatlabMatrix points = parse_mat5(read_file(path), "pts", path.string());
  if (points.columns != 2 || (points.rows != short_landmark_count && points.rows != landmark_count))
    throw FileError(path.string(), "'pts': expected 66 x 2 numbers, found " + std::to_string(points.rows) +
                                       " x " + std::to_string(points.columns));
  Landmarks landmarks;
  for (int i = 0; i < points.rows; ++i)
    landmarks.push_back({static_cast<float>(points.at(i, 0)), static_cast<float>(points.at(i, 1))});
  try {
    return to_landmarks68(landmarks);
  } catch (const ValueError& problem) {
    throw FileError(path.string(), problem.what());
  }
}

}  // namespace aurum
