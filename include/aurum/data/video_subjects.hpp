#pragma once
#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "aurum/data/csv.hpp"
#include "aurum/data/file.hpp"
#include "aurum/data/sets/tree.hpp"

namespace aurum {

/// Who is in the videos of a folder.
struct VideoSubjects {
  std::vector<std::string> names;
  std::vector<int> of;  ///< of each video, a place in `names`
};

/// Reads `subjects.csv` of a folder, columns `video` and `subject`; without it each video is of somebody
/// else, who has its name. `videos`: all of their names. Throws FileError that names the file and line for
/// another header, videos that there are not, are listed twice or without a subject, and where not all are
/// listed.
[[nodiscard]] inline VideoSubjects read_video_subjects(const std::filesystem::path& folder,
                                                       const std::vector<std::string>& videos) {
  VideoSubjects result;
  const std::filesystem::path path = folder / "subjects.csv";
  std::map<std::string, std::string> named;
  if (type_of(path) == std::filesystem::file_type::not_found) {
    for (const std::string& video : videos) named.emplace(video, video);
  } else {
    const std::string text = read_file(path);
    CsvReader rows(text, path.string());
    const auto header = rows.next();
    if (!header || *header != std::vector<std::string>{"video", "subject"})
      throw rows.error("expected the header 'video,subject'");
    while (const auto cells = rows.next()) {
      if (cells->size() != 2) throw rows.error("expected 2 cells, found " + std::to_string(cells->size()));
      const std::string& name = cells->front();
      if (std::ranges::find(videos, name) == videos.end()) throw rows.error("there is no video " + name);
      if (cells->back().empty()) throw rows.error("video " + name + " has no subject");
      if (!named.emplace(name, cells->back()).second) throw rows.error("video " + name + " is listed twice");
    }
  }
  for (const std::string& video : videos) {
    const auto subject = named.find(video);
    if (subject == named.end()) throw FileError(path.string(), "does not list video " + video);
    const auto known = std::ranges::find(result.names, subject->second);
    result.of.push_back(static_cast<int>(known - result.names.begin()));
    if (known == result.names.end()) result.names.push_back(subject->second);
  }
  return result;
}

}  // namespace aurum
