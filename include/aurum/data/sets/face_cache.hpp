#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "aurum/data/crop.hpp"
#include "aurum/data/image_file.hpp"
#include "aurum/data/warp.hpp"
#include "aurum/io/safetensors.hpp"

namespace aurum {

/// How faces are kept. What training does to them afterwards (see `Augmentation`) wants more around them than
/// the network's crop shows, and more pixels than it has.
struct FaceCacheOptions {
  int side = 256;  ///< of the pictures that are kept, in pixels
  /// What they show, in sides of the face's square (see `face_square`): as much as the papers' augmentation
  /// may look at, a scale of 0.8 turned by 30 degrees.
  float margin = 1.71F;
  int quality = 95;  ///< of JPEG
  friend bool operator==(const FaceCacheOptions&, const FaceCacheOptions&) = default;
};

namespace detail {
inline Metadata cache_metadata(const FaceCacheOptions& options, const std::string& origin) {
  return {{"format", "aurum face cache 1"},
          {"side", std::to_string(options.side)},
          {"margin", std::to_string(options.margin)},
          {"quality", std::to_string(options.quality)},
          {"origin", origin}};
}
}  // namespace detail

/// The faces of a video, cut out once, so that training need neither decode videos nor read large pictures
/// again: JPEG pictures in one safetensors file, with their landmarks and the numbers of their frames.
class FaceCache {
 public:
  /// The cache at `path`, if it was made with these options from that origin (a text that says from which
  /// files, and which of them); else nothing. A file that is damaged counts as none.
  [[nodiscard]] static std::optional<FaceCache> open(const std::filesystem::path& path,
                                                     const FaceCacheOptions& options,
                                                     const std::string& origin) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return std::nullopt;
    try {
      FaceCache cache(SafetensorsFile::map(path));
      if (cache.file_.metadata() == detail::cache_metadata(options, origin) && cache.valid()) return cache;
    } catch (const FileError&) {
    }
    return std::nullopt;
  }

  [[nodiscard]] int size() const { return static_cast<int>(numbers_.size()); }
  /// Numbers of the frames, in ascending order.
  [[nodiscard]] std::span<const std::int32_t> numbers() const { return numbers_; }
  /// Labelled frames that gave no face: for want of landmarks, and of a picture.
  [[nodiscard]] std::pair<int, int> left_out() const { return {left_out_[0], left_out_[1]}; }
  /// The i-th face; its landmarks are in pixels of this picture. Throws FileError where it cannot be decoded.
  [[nodiscard]] Image image(int index) const {
    const auto i = static_cast<std::size_t>(index);
    const auto begin = static_cast<std::size_t>(i == 0 ? 0 : ends_[i - 1]),
               end = static_cast<std::size_t>(ends_[i]);
    return decode_image({reinterpret_cast<const char*>(pictures_.data()) + begin, end - begin},
                        file_.name() + ": frame " + std::to_string(numbers_[i]));
  }
  [[nodiscard]] Landmarks landmarks(int index) const {
    const std::size_t first = static_cast<std::size_t>(index) * 2 * landmark_count;
    Landmarks points;
    for (std::size_t k = 0; k < landmark_count; ++k)
      points.push_back({landmarks_[first + 2 * k], landmarks_[first + 2 * k + 1]});
    return points;
  }

 private:
  explicit FaceCache(SafetensorsFile file) : file_{std::move(file)} {
    numbers_ = numbers_of<std::int32_t>("frames");
    ends_ = numbers_of<std::int64_t>("ends");
    landmarks_ = numbers_of<float>("landmarks");
    left_out_ = numbers_of<std::int32_t>("left_out");
    if (const TensorRecord* record = file_.find("pictures")) pictures_ = record->bytes;
  }

  /// The numbers are few beside the pictures: a copy, for the file promises no alignment.
  template <class Number>
  [[nodiscard]] std::vector<Number> numbers_of(const char* name) const {
    const TensorRecord* const record = file_.find(name);
    if (record == nullptr || record->dtype != dtype_of<Number>) return {};
    std::vector<Number> numbers(record->bytes.size() / sizeof(Number));
    if (!numbers.empty()) std::memcpy(numbers.data(), record->bytes.data(), record->bytes.size());
    return numbers;
  }
  [[nodiscard]] bool valid() const {
    return left_out_.size() == 2 && ends_.size() == numbers_.size() &&
           landmarks_.size() == numbers_.size() * 2 * landmark_count && std::ranges::is_sorted(ends_) &&
           (ends_.empty() || ends_.front() >= 0) &&
           (ends_.empty() ? 0 : static_cast<std::size_t>(ends_.back())) == pictures_.size();
  }

  SafetensorsFile file_;
  std::vector<std::int32_t> numbers_, left_out_;
  std::vector<std::int64_t> ends_;
  std::vector<float> landmarks_;
  std::span<const std::byte> pictures_;
};

/// Makes a cache: faces are added in ascending order of their frames, and `commit` puts the file in place,
/// whole, for `FaceCache::open`.
class FaceCacheWriter {
 public:
  FaceCacheWriter(std::filesystem::path path, const FaceCacheOptions& options, std::string origin)
      : path_{std::move(path)}, options_{options}, origin_{std::move(origin)} {}

  /// Cuts the face out of its frame. Throws ValueError for landmarks that show none.
  void add(int number, const Image& frame, std::span<const Point> landmarks) {
    Square square = face_square(landmarks);
    square.side *= options_.margin;
    const Affine map = crop_transform(square, options_.side);
    const std::string jpeg = encode_jpeg(warp(frame, map, options_.side, options_.side), options_.quality);
    pictures_.insert(pictures_.end(), jpeg.begin(), jpeg.end());
    ends_.push_back(static_cast<std::int64_t>(pictures_.size()));
    numbers_.push_back(number);
    for (const Point p : map(landmarks)) landmarks_.insert(landmarks_.end(), {p.x, p.y});
  }
  [[nodiscard]] int size() const { return static_cast<int>(numbers_.size()); }

  /// `without_landmarks`, `without_picture`: labelled frames that were not added. Throws FileError where it
  /// cannot be written; then there is what was there before.
  void commit(int without_landmarks, int without_picture) const {
    const std::vector<std::int32_t> left_out{without_landmarks, without_picture};
    const auto count = static_cast<std::int64_t>(numbers_.size());
    const auto record = [](const char* name, std::vector<std::int64_t> shape, const auto& values) {
      using Number = typename std::decay_t<decltype(values)>::value_type;
      return TensorRecord{name, dtype_of<Number>, std::move(shape), std::as_bytes(std::span(values))};
    };
    const std::array records = {record("pictures", {static_cast<std::int64_t>(pictures_.size())}, pictures_),
                                record("ends", {count}, ends_), record("frames", {count}, numbers_),
                                record("left_out", {2}, left_out),
                                record("landmarks", {count, landmark_count, 2}, landmarks_)};
    write_safetensors(path_, records, detail::cache_metadata(options_, origin_));
  }

 private:
  std::filesystem::path path_;
  FaceCacheOptions options_;
  std::string origin_;
  std::vector<std::uint8_t> pictures_;
  std::vector<std::int64_t> ends_;
  std::vector<std::int32_t> numbers_;
  std::vector<float> landmarks_;
};

}  // namespace aurum
