#pragma once
// BP4D as FERA 2015 gives it out (Zhang et al. 2014, Valstar et al. 2015).
#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "aurum/data/sets/assemble.hpp"

namespace aurum {

/// The AUs of BP4D whose intensity is labelled.
inline constexpr std::array bp4d_action_units = {6, 10, 12, 14, 17};

/// The intensities `F001_T1_AU06.csv` (lines `frame,intensity`) or the occurrences `F001_T1.csv` (a table
/// whose header names the AUs), 9 being no label; pictures `F001/T1/2440.jpg`; anywhere below `root`. Parts
/// are those of FERA 2015: people of odd number `train`, of even number `development`. Throws FileError where
/// there are no such labels or a folder cannot be read.
[[nodiscard]] inline AnnotatedSet open_bp4d(const std::filesystem::path& root,
                                            LabelKind kind = LabelKind::intensity) {
  AnnotatedSet set{.name = "BP4D", .labels = kind, .action_units = {}, .videos = {}, .problems = {}};
  if (kind == LabelKind::intensity)
    set.action_units.assign(bp4d_action_units.begin(), bp4d_action_units.end());
  using Task = std::pair<std::string, std::string>;  // person, task
  std::map<Task, detail::FilesByAu> intensities;
  std::map<Task, std::filesystem::path> tables;
  std::map<Task, detail::FilesByFrame> pictures;
  for (const std::filesystem::path& file : files_below(root)) {
    const std::string name = file.filename().string();
    if (const auto au = match_name(name, "*_T#_AU#.csv")) {
      if (kind == LabelKind::intensity)
        detail::add_file(intensities[{(*au)[0], "T" + (*au)[1]}], parse_number<int>((*au)[2]).value_or(-1),
                         file, set.problems);
    } else if (const auto table = match_name(name, "*_T#.csv")) {
      if (kind == LabelKind::occurrence)
        detail::add_file(tables, Task{(*table)[0], "T" + (*table)[1]}, file, set.problems);
    } else if (const auto number = detail::picture_number(file)) {
      if (const auto task = match_name(folder_name(file), "T#"))
        detail::add_file(pictures[{folder_name(file.parent_path()), "T" + (*task)[0]}], *number, file,
                         set.problems);
    }
  }
  const LabelRules rules{kind, 9};
  const auto video_of = [](const Task& task) {
    const auto digits = match_name(task.first.substr(1), "#");
    const int person = digits ? parse_number<int>((*digits)[0]).value_or(0) : 0;
    return AnnotatedVideo{.name = task.first + "/" + task.second,
                          .subject = task.first,
                          .part = person % 2 == 1 ? "train" : "development",
                          .video = {},
                          .first_number = 0,
                          .frames = {},
                          .labels = {}};
  };
  const auto finish = [&](AnnotatedVideo video, const Task& task) {
    detail::attach(video, pictures[task], &AnnotatedFrame::picture, 0, "pictures", set.problems);
    set.videos.push_back(std::move(video));
  };
  for (const auto& [task, files] : intensities) {
    AnnotatedVideo video = video_of(task);
    detail::check_action_units(set, video.name, files, set.problems);
    detail::read_labels(video, set.action_units, files, rules, set.problems);
    finish(std::move(video), task);
  }
  detail::read_tables(
      set, tables, rules, [&](const Task& task) { return video_of(task); }, finish);
  detail::require_videos(set, root, kind == LabelKind::intensity ? "F001_T1_AU06.csv" : "F001_T1.csv");
  return set;
}

}  // namespace aurum
