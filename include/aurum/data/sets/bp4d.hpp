#pragma once
// BP4D as FERA 2015 gives it out (Zhang et al. 2014, Valstar et al. 2015).
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "aurum/data/sets/assemble.hpp"
#include "aurum/data/sets/splits.hpp"

namespace aurum {

/// The intensities `F001_T1_AU06.csv` (lines `frame,intensity`) or the occurrences `F001_T1.csv` (a table
/// whose header names the AUs), 9 being no label, of a segment of the pictures `F001/T1/2440.jpg`; anywhere
/// below `root`. Parts are those of FERA 2015: people of odd number `train`, of even number `development`.
/// Throws FileError where there are no such labels or a folder cannot be read.
[[nodiscard]] inline AnnotatedSet open_bp4d(const std::filesystem::path& root,
                                            LabelKind kind = LabelKind::intensity) {
  AnnotatedSet set{.name = "BP4D", .labels = kind, .action_units = {}, .videos = {}, .problems = {}};
  if (kind == LabelKind::intensity) set.action_units.assign(bp4d_aus.begin(), bp4d_aus.end());
  using Task = std::pair<std::string, std::string>;  // person in lower case, task
  std::map<std::string, std::string> people;         // as they are written
  const auto task_of = [&](const std::string& person, const std::string& number) {
    people.try_emplace(lower_case(person), person);
    return Task{lower_case(person), "T" + number};
  };
  std::map<Task, detail::FilesByAu> intensities;
  std::map<Task, std::filesystem::path> tables;
  std::map<Task, detail::FilesByFrame> pictures;
  for (const std::filesystem::path& file : files_below(root)) {
    const std::string name = file.filename().string();
    if (const auto au = match_name(name, "*_T#_AU#.csv")) {
      if (kind == LabelKind::intensity)
        detail::add_file(intensities[task_of((*au)[0], (*au)[1])], parse_number<int>((*au)[2]).value_or(-1),
                         file, set.problems);
    } else if (const auto table = match_name(name, "*_T#.csv")) {
      if (kind == LabelKind::occurrence)
        detail::add_file(tables, task_of((*table)[0], (*table)[1]), file, set.problems);
    } else if (const auto number = detail::picture_number(file)) {
      if (const auto task = match_name(folder_name(file), "T#"))
        detail::add_file(pictures[task_of(folder_name(file.parent_path()), (*task)[0])], *number, file,
                         set.problems);
    }
  }
  const LabelRules rules{kind, 9};
  const auto video_of = [&](const Task& task) {
    const auto number = subject_number(task.first);
    AnnotatedVideo video;
    video.subject = people.at(task.first);
    video.name = video.subject + "/" + task.second;
    video.labelled_in_part = true;
    video.part = !number ? "" : *number % 2 == 1 ? "train" : "development";
    return video;
  };
  const auto finish = [&](AnnotatedVideo video, const Task& task) {
    const auto found = pictures.find(task);
    detail::attach(video, found == pictures.end() ? detail::FilesByFrame{} : found->second,
                   &AnnotatedFrame::picture, 0, "pictures", set.problems);
    set.videos.push_back(std::move(video));
  };
  detail::read_tasks(set, intensities, tables, rules, pictures, "pictures", video_of, finish);
  detail::require_videos(set, root, kind == LabelKind::intensity ? "F001_T1_AU06.csv" : "F001_T1.csv");
  return set;
}

}  // namespace aurum
