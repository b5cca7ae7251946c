#pragma once
// Finding the files of a data set by their names: copies of the published sets differ in the case of names
// and in the folders above them.
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/data/text.hpp"

namespace aurum {

namespace detail {
[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_letter_or_digit(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}
}  // namespace detail

/// What the wild cards of `pattern` stand for in `name`, or nothing where it is another name. `#` stands for
/// digits, `*` for letters and digits, both for as many as there are and at least one; everything else for
/// itself, in either case.
[[nodiscard]] inline std::optional<std::vector<std::string>> match_name(std::string_view name,
                                                                        std::string_view pattern) {
  std::vector<std::string> found;
  std::size_t at = 0;
  for (const char p : pattern) {
    if (p == '#' || p == '*') {
      const std::size_t begin = at;
      while (at < name.size() &&
             (p == '#' ? detail::is_digit(name[at]) : detail::is_letter_or_digit(name[at])))
        ++at;
      if (at == begin) return std::nullopt;
      found.emplace_back(name.substr(begin, at - begin));
    } else if (at >= name.size() || to_lower(name[at++]) != to_lower(p)) {
      return std::nullopt;
    }
  }
  if (at != name.size()) return std::nullopt;
  return found;
}

/// What lies at a path, `not_found` where nothing does. Throws FileError where one may not know.
[[nodiscard]] inline std::filesystem::file_type type_of(const std::filesystem::path& path) {
  std::error_code problem;
  const std::filesystem::file_type type = std::filesystem::status(path, problem).type();
  if (type == std::filesystem::file_type::none)
    throw FileError(path.string(), "cannot be read: " + problem.message());
  return type;
}

/// All files below a folder, in the order of their paths; links to folders are not followed. Throws FileError
/// where there is no such folder, or it or one below cannot be read.
[[nodiscard]] inline std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  if (type_of(folder) != fs::file_type::directory) throw FileError(folder.string(), "no such folder");
  // Folder by folder: a recursive_directory_iterator does not say which one it could not read.
  std::vector<fs::path> files, folders = {folder};
  while (!folders.empty()) {
    const fs::path current = std::move(folders.back());
    folders.pop_back();
    std::error_code problem, ignored;
    fs::directory_iterator entry(current, problem);
    for (; !problem && entry != fs::directory_iterator{}; entry.increment(problem)) {
      if (entry->is_regular_file(ignored))
        files.push_back(entry->path());
      else if (entry->is_directory(ignored) && !entry->is_symlink(ignored))
        folders.push_back(entry->path());
    }
    if (problem) throw FileError(current.string(), "cannot be read: " + problem.message());
  }
  std::ranges::sort(files);
  return files;
}

/// The name of the folder that a file lies in; empty where it has none.
[[nodiscard]] inline std::string folder_name(const std::filesystem::path& file) {
  return file.parent_path().filename().string();
}

}  // namespace aurum
