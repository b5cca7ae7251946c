#pragma once
// What was measured, kept on disk frame by frame: an interrupted run goes on from it, and everything that is
// written in the end is made from it. A sequence of records, each its length (32 bits, little endian) and an
// object in CBOR (RFC 8949): first how it was measured, then frame by frame, at the end "complete".
#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "aurum/analyse/recording.hpp"

namespace examples {

/// Heatmaps of a face for the overlay: the greatest of all AUs in each pixel, 0 to 255 for 0 to 5.
struct Heat {
  int size = 0;                        ///< pixels to a side; 0: not kept
  std::vector<std::uint8_t> pixels{};  ///< size x size
};

/// A frame as the journal has it.
struct JournalFrame {
  aurum::MeasuredFrame frame{};
  std::vector<Heat> heat{};  ///< one per face
};

class Journal {
 public:
  /// Begins a journal, in place of one of that name. Throws FileError where it cannot be written.
  Journal(std::filesystem::path file, const nlohmann::json& how);
  /// Whether there is one of which more was written than a part of its first record.
  [[nodiscard]] static bool was_begun(const std::filesystem::path& file);
  /// Goes on with one. A last record that was cut off is dropped. Throws FileError where it cannot be read,
  /// is no journal, or was measured in another way; the message lists what differs.
  [[nodiscard]] static Journal resume(const std::filesystem::path& file, const nlohmann::json& how);

  [[nodiscard]] std::size_t frames() const { return ends_.size() - 1; }
  /// Whether the source has no more frames.
  [[nodiscard]] bool complete() const { return complete_; }
  /// Drops the frames after the first `count`.
  void keep(std::size_t count);
  /// Adds frames, all or, where the disk is full, none. Throws FileError.
  void append(std::span<const JournalFrame> frames);
  /// Says that there are no more.
  void finish();
  /// Calls `visit` for every frame, in their order.
  void read(const std::function<void(JournalFrame)>& visit) const;

 private:
  void cut(std::uintmax_t bytes) const;
  explicit Journal(std::filesystem::path file) : file_{std::move(file)} {}
  void add(const std::string& bytes);

  std::filesystem::path file_;
  std::vector<std::uintmax_t> ends_;  ///< in bytes, of the first record and of every frame
  bool complete_ = false;
};

}  // namespace examples
