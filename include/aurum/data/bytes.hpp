#pragma once
#include <bit>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "aurum/core/error.hpp"

namespace aurum {

/// Reads a little-endian file's numbers one after the other. `name` stands in messages. Throws FileError
/// where the bytes end early.
class ByteReader {
 public:
  ByteReader(std::string_view bytes, std::string name) : rest_{bytes}, name_{std::move(name)} {}

  template <class Number>
  [[nodiscard]] Number next() {
    static_assert(std::endian::native == std::endian::little);
    Number number;
    std::memcpy(&number, take(sizeof number).data(), sizeof number);
    return number;
  }
  [[nodiscard]] std::string_view take(std::size_t count) {
    if (count > rest_.size())
      fail("ends early: expected " + std::to_string(count) + " more bytes, found " +
           std::to_string(rest_.size()));
    const std::string_view part = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return part;
  }
  void skip(std::size_t count) { (void)take(count); }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[noreturn]] void fail(const std::string& problem) const { throw FileError(name_, problem); }

 private:
  std::string_view rest_;
  std::string name_;
};

}  // namespace aurum
