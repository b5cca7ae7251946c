#pragma once
#include <cmath>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/io/dtype.hpp"
#include "aurum/io/named_tensor.hpp"
#include "aurum/io/safetensors.hpp"

namespace aurum {

/// A tensor ready for a file, with the bytes that its record points to.
class StoredTensor {
 public:
  /// Stores the values as `dtype` (a floating-point type), filters in PyTorch's order.
  /// Throws ValueError if shape and values disagree or, unless `allow_non_finite`, if a value is not finite
  /// in `dtype`: a file that could not be loaded again must not replace one that can.
  template <std::floating_point T>
  StoredTensor(const NamedTensor<const T>& tensor, DType dtype, bool allow_non_finite = false)
      : bytes_(tensor.values.size() * size_of(dtype)) {
    std::vector<T> values(tensor.values.begin(), tensor.values.end());
    if (tensor.channels_last_filter) to_pytorch_order<T>(tensor.shape, tensor.values, values);
    encode<T>(values, dtype, bytes_);
    record_ = {tensor.name, dtype, tensor.shape, bytes_};
    if (allow_non_finite) return;
    std::vector<T> stored(values.size());
    decode<T>(dtype, bytes_, stored);
    for (std::size_t i = 0; i < stored.size(); ++i)
      if (!std::isfinite(stored[i]))
        throw ValueError("tensor '" + tensor.name + "': value " + std::to_string(i) + " (" +
                         std::to_string(values[i]) + ") is not finite as " + std::string(to_string(dtype)));
  }
  [[nodiscard]] const TensorRecord& record() const { return record_; }

  StoredTensor(StoredTensor&&) = default;  // moving a vector leaves its elements where they are
  StoredTensor& operator=(StoredTensor&&) = default;

 private:
  std::vector<std::byte> bytes_;
  TensorRecord record_;
};

struct SaveOptions {
  DType dtype = DType::f32;       ///< F16 and BF16 halve the file; loading rounds nothing further
  bool allow_non_finite = false;  ///< save NaN and infinity too
};

/// Writes the tensors, whole or not at all (see write_safetensors). The metadata gain "format": "pt", by
/// which Python programs know whose order of dimensions this is.
/// Throws ValueError for values that cannot be stored, FileError where the file cannot be written.
template <std::floating_point T>
void save_tensors(const std::filesystem::path& path, std::span<const NamedTensor<const T>> tensors,
                  Metadata metadata = {}, const SaveOptions& options = {}) {
  std::vector<StoredTensor> stored;
  std::vector<TensorRecord> records;
  for (const NamedTensor<const T>& tensor : tensors) {
    stored.emplace_back(tensor, options.dtype, options.allow_non_finite);
    records.push_back(stored.back().record());
  }
  metadata.emplace("format", "pt");
  write_safetensors(path, records, metadata);
}

/// The same for a list of tensors in a vector.
template <std::floating_point T>
void save_tensors(const std::filesystem::path& path, const std::vector<NamedTensor<const T>>& tensors,
                  Metadata metadata = {}, const SaveOptions& options = {}) {
  save_tensors(path, std::span<const NamedTensor<const T>>(tensors), std::move(metadata), options);
}

}  // namespace aurum
