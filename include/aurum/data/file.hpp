#pragma once
#include <filesystem>
#include <fstream>
#include <ios>
#include <string>
#include <string_view>
#include <system_error>

#include "aurum/core/error.hpp"
#include "aurum/data/text.hpp"

namespace aurum {

/// The bytes of a file. Throws FileError where it is missing, not a regular file or cannot be read.
[[nodiscard]] inline std::string read_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) throw FileError(path.string(), "no such file");
  if (!std::filesystem::is_regular_file(path, ignored)) throw FileError(path.string(), "not a regular file");
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? static_cast<std::streamoff>(file.tellg()) : -1;
  if (size < 0) throw FileError(path.string(), "cannot be opened");
  std::string bytes(static_cast<std::size_t>(size), '\0');
  file.seekg(0);
  file.read(bytes.data(), size);
  if (!file) throw FileError(path.string(), "cannot be read");
  return bytes;
}

/// Tells a file apart from what it was before: its name, size and time.
[[nodiscard]] inline std::string file_stamp(const std::filesystem::path& file) {
  std::error_code ignored;
  return file.filename().string() + " " + std::to_string(std::filesystem::file_size(file, ignored)) + " " +
         std::to_string(std::filesystem::last_write_time(file, ignored).time_since_epoch().count());
}

/// Whether a file's name ends as those of JPEG and PNG files do.
[[nodiscard]] inline bool is_picture(const std::filesystem::path& path) {
  const std::string extension = lower_case(path.extension().string());
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

/// Writes a file, replacing one of that name. Throws FileError where it cannot.
inline void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (!file) throw FileError(path.string(), "cannot be created");
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw FileError(path.string(), "cannot be written");
}

}  // namespace aurum
