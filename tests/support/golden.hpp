#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "aurum/core/tensor.hpp"
#include "aurum/io/safetensors.hpp"

// Reading the files that tests/golden/README.md describes.

namespace aurum::test {

/// tests/golden/<name>.safetensors. Throws Error for what is not there.
class Golden {
 public:
  explicit Golden(const std::string& name)
      : file_(SafetensorsFile::read(std::filesystem::path(AURUM_GOLDEN) / (name + ".safetensors"))) {}

  [[nodiscard]] bool has(const std::string& name) const { return file_.find(name) != nullptr; }
  [[nodiscard]] const std::vector<std::int64_t>& shape(const std::string& name) const {
    return record(name).shape;
  }
  [[nodiscard]] std::vector<double> doubles(const std::string& name) const { return read<double>(name); }
  [[nodiscard]] std::vector<float> floats(const std::string& name) const { return read<float>(name); }
  /// Row `index` of a matrix.
  [[nodiscard]] std::vector<double> row(const std::string& name, std::size_t index) const {
    const auto columns = static_cast<std::ptrdiff_t>(shape(name).at(1));
    const std::vector<double> all = doubles(name);
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(index) * columns;
    return {begin, begin + columns};
  }
  [[nodiscard]] const std::string& text(const std::string& key) const {
    const auto found = file_.metadata().find(key);
    if (found == file_.metadata().end()) throw FileError(file_.name(), "no metadata '" + key + "'");
    return found->second;
  }
  [[nodiscard]] bool has_text(const std::string& key) const { return file_.metadata().contains(key); }
  /// Metadata that hold a list, one item a line.
  [[nodiscard]] std::vector<std::string> lines(const std::string& key) const {
    std::vector<std::string> list;
    std::istringstream stream(text(key));
    for (std::string line; std::getline(stream, line);) list.push_back(line);
    return list;
  }

 private:
  [[nodiscard]] const TensorRecord& record(const std::string& name) const {
    const TensorRecord* found = file_.find(name);
    if (found == nullptr) throw FileError(file_.name(), "no tensor '" + name + "'");
    return *found;
  }
  template <class T>
  [[nodiscard]] std::vector<T> read(const std::string& name) const {
    const TensorRecord& tensor = record(name);
    std::vector<T> values(tensor.bytes.size() / size_of(tensor.dtype));
    decode(tensor.dtype, tensor.bytes, std::span<T>(values));
    return values;
  }

  SafetensorsFile file_;
};

/// The greatest deviation in units of the RMS of `expected`; infinite if the sizes differ or something is
/// NaN.
template <class Actual, class Expected>
[[nodiscard]] double greatest_error(const Actual& actual, const Expected& expected) {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  if (std::size(actual) != std::size(expected)) return infinite;
  double greatest = 0;
  double squares = 0;
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    const auto wanted = static_cast<double>(expected[i]);
    const double deviation = std::abs(static_cast<double>(actual[i]) - wanted);
    if (!(deviation <= greatest)) greatest = std::isnan(deviation) ? infinite : deviation;
    squares += wanted * wanted;
  }
  if (greatest == 0) return 0;
  return greatest / std::sqrt(squares / static_cast<double>(std::size(expected)));
}

/// Fills a view from numbers in PyTorch's order (NCHW).
template <class T, class Values>
void from_nchw(const Values& values, View<T> view) {
  std::size_t i = 0;
  for (int n = 0; n < view.batch; ++n)
    for (int c = 0; c < view.channels; ++c)
      for (int y = 0; y < view.height; ++y)
        for (int x = 0; x < view.width; ++x) view.at(n, y, x, c) = static_cast<T>(values[i++]);
}

/// The numbers of a view in PyTorch's order (NCHW).
template <class T>
[[nodiscard]] std::vector<double> to_nchw(View<T> view) {
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(view.size()));
  for (int n = 0; n < view.batch; ++n)
    for (int c = 0; c < view.channels; ++c)
      for (int y = 0; y < view.height; ++y)
        for (int x = 0; x < view.width; ++x) values.push_back(static_cast<double>(view.at(n, y, x, c)));
  return values;
}

}  // namespace aurum::test
