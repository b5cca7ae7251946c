#pragma once
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "aurum/data/sets/tree.hpp"
#include "aurum/data/text.hpp"

namespace aurum {

/// Whether a file's name ends as those of videos do, in either case: .mp4, .avi, .mkv, .mov, .webm, .m4v,
/// .mpg.
[[nodiscard]] inline bool is_video_file(const std::filesystem::path& path) {
  constexpr const char* endings[] = {".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v", ".mpg"};
  return std::ranges::find(endings, lower_case(path.extension().string())) != std::end(endings);
}

/// The video files in a folder and the folders below, as paths from it, in their order. What has a name that
/// begins with a dot is passed over, links to folders too. Throws FileError where there is no such folder, or
/// it or one below cannot be read.
[[nodiscard]] inline std::vector<std::filesystem::path> video_files_below(
    const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> videos;
  for (const auto& file : files_below(folder)) {
    if (!is_video_file(file)) continue;
    std::filesystem::path from_there = file.lexically_relative(folder);
    if (std::ranges::none_of(from_there, [](const auto& part) { return part.string().starts_with('.'); }))
      videos.push_back(std::move(from_there));
  }
  return videos;
}

}  // namespace aurum
