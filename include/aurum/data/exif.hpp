#pragma once
// How a camera was held: phones store pictures as the sensor saw them and say in EXIF how to turn them.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "aurum/data/image.hpp"

namespace aurum {

/// The EXIF orientation of a JPEG file's bytes, 1 to 8 (EXIF 2.3, tag 0x0112); 1, upright, where it says none
/// or what it says cannot be read.
[[nodiscard]] inline int exif_orientation(std::string_view jpeg) {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(jpeg[at]); };
  // Segments of the file: FF, a marker, two bytes of length (which count themselves), content.
  for (std::size_t at = 2; at + 4 <= jpeg.size() && byte(at) == 0xFF;) {
    const std::uint8_t marker = byte(at + 1);
    const std::size_t length = static_cast<std::size_t>(byte(at + 2) << 8 | byte(at + 3));
    constexpr std::uint8_t app1 = 0xE1, start_of_scan = 0xDA;
    if (marker == start_of_scan || length < 2 || length > jpeg.size() - at - 2) return 1;
    const std::string_view segment = jpeg.substr(at + 4, length - 2);
    at += 2 + length;
    constexpr std::string_view name{"Exif\0\0", 6};
    if (marker != app1 || !segment.starts_with(name)) continue;

    // A TIFF file: byte order, 42, the place of the first directory; entries of twelve bytes.
    const std::string_view tiff = segment.substr(name.size());
    const bool big = tiff.starts_with("MM");
    if (!big && !tiff.starts_with("II")) return 1;
    const auto number = [&](std::size_t from, std::size_t count) -> std::uint32_t {
      if (from > tiff.size() || count > tiff.size() - from) return 0;
      std::uint32_t value = 0;
      for (std::size_t i = 0; i < count; ++i)
        value = value << 8 | static_cast<std::uint8_t>(tiff[from + (big ? i : count - 1 - i)]);
      return value;
    };
    const std::size_t directory = number(4, 4);
    const std::uint32_t entries = number(directory, 2);
    for (std::uint32_t i = 0; i < entries; ++i) {
      constexpr std::uint32_t orientation_tag = 0x0112, entry_size = 12, of_short = 3;
      const std::size_t entry = directory + 2 + std::size_t{i} * entry_size;
      if (entry > tiff.size()) return 1;
      if (number(entry, 2) != orientation_tag) continue;
      const std::uint32_t value = number(entry + 2, 2) == of_short ? number(entry + 8, 2) : 1;
      return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
    }
    return 1;
  }
  return 1;
}

/// A stored picture as its EXIF orientation says that it is to be looked at.
[[nodiscard]] inline Image upright(Image stored, int orientation) {
  if (orientation <= 1 || orientation > 8) return stored;
  const bool turned = orientation >= 5;  // rows become columns
  Image image(turned ? stored.height : stored.width, turned ? stored.width : stored.height);
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) {
      int u = turned ? y : x, v = turned ? x : y;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
        u = stored.width - 1 - u;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
        v = stored.height - 1 - v;
      const std::uint8_t* const from = std::as_const(stored).at(u, v);
      std::uint8_t* const to = image.at(x, y);
      for (int c = 0; c < 3; ++c) to[c] = from[c];
    }
  return image;
}

}  // namespace aurum
