#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/io/atomic_file.hpp"
#include "aurum/io/dtype.hpp"
#include "aurum/io/mapped_file.hpp"

// The safetensors format (huggingface/safetensors, README "Format"): 8 bytes little-endian length of the
// header; the header, JSON {"name": {"dtype", "shape", "data_offsets": [begin, end]}, "__metadata__":
// {string: string}}; the tensors' bytes, little-endian and row-major, without gaps or overlaps.

namespace aurum {

static_assert(std::endian::native == std::endian::little, "safetensors are read without swapping bytes");

using Metadata = std::map<std::string, std::string>;

/// A named tensor in a file, or to be put into one. `bytes` belong to somebody else.
struct TensorRecord {
  std::string name;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;  ///< empty: a scalar
  std::span<const std::byte> bytes;
};

/// "2x3x5", "scalar" for no dimensions.
[[nodiscard]] inline std::string to_string(std::span<const std::int64_t> shape) {
  std::string text;
  for (const std::int64_t size : shape) {
    if (!text.empty()) text += 'x';
    text += std::to_string(size);
  }
  return text.empty() ? "scalar" : text;
}

namespace detail {

/// Larger headers are refused, as the format's own library does.
inline constexpr std::uint64_t largest_header = 100'000'000;
inline constexpr std::size_t header_start = sizeof(std::uint64_t);

/// Bytes of a tensor, or nothing if a dimension is negative or the product does not fit.
[[nodiscard]] inline std::optional<std::uint64_t> bytes_of(DType dtype, std::span<const std::int64_t> shape) {
  std::uint64_t bytes = size_of(dtype);
  for (const std::int64_t size : shape) {
    if (size < 0) return std::nullopt;
    const auto factor = static_cast<std::uint64_t>(size);
    if (factor != 0 && bytes > std::numeric_limits<std::uint64_t>::max() / factor) return std::nullopt;
    bytes *= factor;
  }
  return bytes;
}

struct PlacedTensor {
  std::string name;
  DType dtype;
  std::vector<std::int64_t> shape;
  std::uint64_t begin;
  std::uint64_t end;
};

struct Header {
  Metadata metadata;
  std::vector<PlacedTensor> tensors;  // in the order of their data
};

/// Checks a header against the number of bytes that follow it.
class HeaderParser {
 public:
  HeaderParser(const std::string& file, std::uint64_t data_size) : file_(file), data_size_(data_size) {}

  [[nodiscard]] Header parse(std::string_view text) const {
    const nlohmann::json json = parse_json(text);
    Header header;
    for (const auto& [name, entry] : json.items()) {
      if (name == "__metadata__")
        header.metadata = metadata(entry);
      else
        header.tensors.push_back(tensor(name, entry));
    }
    std::sort(header.tensors.begin(), header.tensors.end(), [](const auto& a, const auto& b) {
      return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
    });
    std::uint64_t position = 0;
    std::string before = "the start of the data";
    for (const PlacedTensor& tensor : header.tensors) {
      if (tensor.begin != position)
        fail(tensor.name, "expected its data to begin at " + std::to_string(position) + " (" + before +
                              "), found " + std::to_string(tensor.begin) +
                              (tensor.begin < position ? ": they overlap" : ": a hole"));
      position = tensor.end;
      before = "the end of '" + tensor.name + "'";
    }
    if (position != data_size_)
      fail("expected " + std::to_string(position) + " bytes of tensor data, found " +
           std::to_string(data_size_));
    return header;
  }

 private:
  [[nodiscard]] nlohmann::json parse_json(std::string_view text) const {
    using nlohmann::json;
    if (text.empty() || text.front() != '{') fail("expected a header that begins with '{'");
    std::vector<std::set<std::string>> keys;  // of the objects that are open
    const auto check = [&](int depth, json::parse_event_t event, json& value) {
      if (depth > 3) fail("the header is nested too deeply");
      if (event == json::parse_event_t::object_start) keys.emplace_back();
      if (event == json::parse_event_t::object_end) keys.pop_back();
      if (event == json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second)
        fail("the header has the key '" + value.get<std::string>() + "' twice");
      return true;
    };
    try {
      return json::parse(text.begin(), text.end(), check);
    } catch (const json::exception& error) {
      fail(std::string("the header is not JSON: ") + error.what());
    }
  }

  [[nodiscard]] Metadata metadata(const nlohmann::json& entry) const {
    if (!entry.is_object())
      fail(std::string("expected __metadata__ to be an object, found ") + entry.type_name());
    Metadata metadata;
    for (const auto& [key, value] : entry.items()) {
      if (!value.is_string()) fail("metadata '" + key + "': expected a string, found " + value.type_name());
      metadata[key] = value.get<std::string>();
    }
    return metadata;
  }

  [[nodiscard]] PlacedTensor tensor(const std::string& name, const nlohmann::json& entry) const {
    if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") || !entry.contains("shape") ||
        !entry.contains("data_offsets"))
      fail(name, "expected an object with dtype, shape and data_offsets");
    const nlohmann::json& type_name = entry["dtype"];
    if (!type_name.is_string()) fail(name, "expected dtype to be a string");
    const auto dtype = parse_dtype(type_name.get_ref<const std::string&>());
    if (!dtype) fail(name, "unknown dtype " + type_name.get<std::string>());

    PlacedTensor tensor{name, *dtype, {}, 0, 0};
    for (const std::uint64_t size : integers(name, "shape", entry["shape"])) {
      if (size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        fail(name, "a dimension of " + std::to_string(size) + " is too large");
      tensor.shape.push_back(static_cast<std::int64_t>(size));
    }
    const auto bytes = bytes_of(tensor.dtype, tensor.shape);
    if (!bytes) fail(name, "its shape " + to_string(tensor.shape) + " is too large");

    const auto offsets = integers(name, "data_offsets", entry["data_offsets"]);
    if (offsets.size() != 2) fail(name, "expected 2 data_offsets, found " + std::to_string(offsets.size()));
    tensor.begin = offsets[0];
    tensor.end = offsets[1];
    const std::string range =
        "data_offsets [" + std::to_string(tensor.begin) + ", " + std::to_string(tensor.end) + "]";
    if (tensor.begin > tensor.end || tensor.end > data_size_)
      fail(name, range + " lie outside the " + std::to_string(data_size_) +
                     " bytes of data: is the file cut short?");
    if (tensor.end - tensor.begin != *bytes)
      fail(name, "expected " + std::to_string(*bytes) + " bytes for " + std::string(to_string(tensor.dtype)) +
                     " " + to_string(tensor.shape) + ", found " + range);
    return tensor;
  }

  [[nodiscard]] std::vector<std::uint64_t> integers(const std::string& name, const std::string& key,
                                                    const nlohmann::json& list) const {
    const auto refuse = [&](const std::string& found) {
      fail(name, "expected " + key + " to be a list of whole numbers from 0, found " + found);
    };
    if (!list.is_array()) refuse(list.type_name());
    std::vector<std::uint64_t> numbers;
    for (const auto& number : list) {
      if (!number.is_number_unsigned())
        refuse("a list with " + (number.is_number() ? std::to_string(number.get<double>())
                                                    : std::string("a value of type ") + number.type_name()));
      numbers.push_back(number.get<std::uint64_t>());
    }
    return numbers;
  }

  [[noreturn]] void fail(const std::string& problem) const { throw FileError(file_, problem); }
  [[noreturn]] void fail(const std::string& tensor, const std::string& problem) const {
    fail("tensor '" + tensor + "': " + problem);
  }

  const std::string& file_;
  std::uint64_t data_size_;
};

}  // namespace detail

/// The content of a safetensors file, in memory or mapped. Everything is checked before anything is returned:
/// the JSON (no duplicate keys, nothing unknown), types, shapes, and offsets that cover the data exactly
/// once.
class SafetensorsFile {
 public:
  /// Throws FileError, naming the file, the tensor, what was expected and what was found.
  [[nodiscard]] static SafetensorsFile read(const std::filesystem::path& path) {
    const std::string name = path.string();
    std::error_code error;
    if (!std::filesystem::exists(path, error)) throw FileError(name, "there is no such file");
    if (!std::filesystem::is_regular_file(path, error)) throw FileError(name, "is not a file");
    const std::uint64_t size = std::filesystem::file_size(path, error);
    std::ifstream stream(path, std::ios::binary);
    if (error || !stream) throw FileError(name, "cannot be opened");
    const auto read_bytes = [&](void* to, std::uint64_t count) {
      stream.read(static_cast<char*>(to), static_cast<std::streamsize>(count));
      if (static_cast<std::uint64_t>(stream.gcount()) != count)
        throw FileError(name, "cannot be read to its end (" + std::to_string(size) + " bytes)");
    };
    return parse(name, size, read_bytes);
  }

  /// The same from bytes in memory; `name` stands for the file in messages.
  [[nodiscard]] static SafetensorsFile parse(std::span<const std::byte> bytes, const std::string& name) {
    return parse(name, bytes.size(), [&](void* to, std::uint64_t count) {
      if (count != 0) std::memcpy(to, bytes.data(), count);
      bytes = bytes.subspan(count);
    });
  }

  /// The same without reading the tensors, which stay in the file: for those that are larger than memory, or
  /// of which little is needed. Nobody may shorten the file while this object lives.
  [[nodiscard]] static SafetensorsFile map(const std::filesystem::path& path) {
    MappedFile mapping(path);
    const std::span<const std::byte> bytes = mapping.bytes();
    std::size_t used = 0;
    SafetensorsFile file = with_header(path.string(), bytes.size(), [&](void* to, std::uint64_t count) {
      if (count != 0) std::memcpy(to, bytes.data() + used, count);
      used += count;
    });
    file.mapping_ = std::move(mapping);
    file.place(bytes.subspan(used));
    return file;
  }

  SafetensorsFile(SafetensorsFile&&) = default;  // records point into the data: moved, not copied
  SafetensorsFile& operator=(SafetensorsFile&&) = default;

  /// The path, as the caller gave it.
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const Metadata& metadata() const { return metadata_; }
  /// In the order of their data. They live as long as this object.
  [[nodiscard]] std::span<const TensorRecord> tensors() const { return tensors_; }
  /// The tensor of that name, or nullptr.
  [[nodiscard]] const TensorRecord* find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &tensors_[found->second];
  }

 private:
  SafetensorsFile() = default;

  template <class ReadBytes>
  static SafetensorsFile parse(const std::string& name, std::uint64_t size, ReadBytes read_bytes) try {
    SafetensorsFile file = with_header(name, size, read_bytes);
    file.data_.resize(file.placed_.empty() ? 0 : file.placed_.back().end);
    read_bytes(file.data_.data(), file.data_.size());
    file.place(file.data_);
    return file;
  } catch (const std::bad_alloc&) {
    throw FileError(name, "does not fit into memory (" + std::to_string(size) + " bytes)");
  }

  /// Everything but the tensors.
  template <class ReadBytes>
  static SafetensorsFile with_header(const std::string& name, std::uint64_t size, ReadBytes read_bytes) {
    if (size < detail::header_start)
      throw FileError(name, "expected a safetensors file, found only " + std::to_string(size) + " bytes");
    std::uint64_t header_size = 0;
    read_bytes(&header_size, detail::header_start);
    const std::uint64_t rest = size - detail::header_start;
    if (header_size > detail::largest_header)
      throw FileError(name, "expected a safetensors header of at most " +
                                std::to_string(detail::largest_header) + " bytes, found a length of " +
                                std::to_string(header_size));
    if (header_size > rest)
      throw FileError(name, "expected a header of " + std::to_string(header_size) + " bytes, found only " +
                                std::to_string(rest));
    std::string text(header_size, '\0');
    read_bytes(text.data(), header_size);
    detail::Header header = detail::HeaderParser(name, rest - header_size).parse(text);

    SafetensorsFile file;
    file.name_ = name;
    file.metadata_ = std::move(header.metadata);
    file.placed_ = std::move(header.tensors);
    return file;
  }

  /// The tensors lie in `data`.
  void place(std::span<const std::byte> data) {
    for (detail::PlacedTensor& tensor : std::exchange(placed_, {})) {
      by_name_[tensor.name] = tensors_.size();
      tensors_.push_back({std::move(tensor.name), tensor.dtype, std::move(tensor.shape),
                          data.subspan(tensor.begin, tensor.end - tensor.begin)});
    }
  }

  std::string name_;
  Metadata metadata_;
  std::vector<std::byte> data_;
  std::optional<MappedFile> mapping_;
  std::vector<detail::PlacedTensor> placed_;  ///< until they are in `tensors_`
  std::vector<TensorRecord> tensors_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
};

/// Writes tensors and metadata so that `path` holds either the whole new file or what it held before. The
/// bytes do not depend on the order of `records`: they are sorted by type and name, as the format's own
/// library does.
/// Throws ValueError for records that no file can hold, FileError where it cannot be written.
inline void write_safetensors(const std::filesystem::path& path, std::span<const TensorRecord> records,
                              const Metadata& metadata = {}) {
  std::vector<const TensorRecord*> sorted;
  for (const TensorRecord& record : records) sorted.push_back(&record);
  std::sort(sorted.begin(), sorted.end(), [](const TensorRecord* a, const TensorRecord* b) {
    return std::tie(b->dtype, a->name) < std::tie(a->dtype, b->name);
  });

  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t end = 0;
  for (const TensorRecord* record : sorted) {
    const std::string where = path.string() + ": tensor '" + record->name + "': ";
    if (record->name == "__metadata__" || header.contains(record->name))
      throw ValueError(where + "this name is taken");
    const auto bytes = detail::bytes_of(record->dtype, record->shape);
    if (bytes != record->bytes.size())
      throw ValueError(where + std::string(to_string(record->dtype)) + " " + to_string(record->shape) +
                       " does not describe " + std::to_string(record->bytes.size()) + " bytes");
    const std::uint64_t begin = std::exchange(end, end + record->bytes.size());
    header[record->name] = {
        {"dtype", to_string(record->dtype)}, {"shape", record->shape}, {"data_offsets", {begin, end}}};
  }

  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::exception& error) {
    throw ValueError(path.string() + ": a name or metadata are not UTF-8: " + error.what());
  }
  text.append((8 - text.size() % 8) % 8, ' ');  // so that the data are aligned
  const std::uint64_t header_size = text.size();
  if (header_size > detail::largest_header)
    throw ValueError(path.string() + ": names and metadata of " + std::to_string(header_size) +
                     " bytes are too long");

  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&header_size, 1)));
  file.write(std::as_bytes(std::span(text)));
  for (const TensorRecord* record : sorted) file.write(record->bytes);
  file.commit();
}

}  // namespace aurum
