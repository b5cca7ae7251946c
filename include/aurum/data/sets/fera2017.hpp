#pragma once
// FERA 2017 (Valstar et al. 2017): BP4D in nine views.
#include <filesystem>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "aurum/data/sets/assemble.hpp"

namespace aurum {

struct Fera2017Options {
  LabelKind kind = LabelKind::intensity;
  std::vector<int> views = {1, 2, 3, 4, 5, 6, 7, 8, 9};  ///< 6 is the frontal one
  int first_number = 1;                                  ///< the label files' number of a video's first frame
};

/// The intensities `FERA17_TR_F001_T1_AU01_Int.csv` (lines `frame,intensity`) or the occurrences
/// `FERA17_TR_F001_T1.csv` (a table whose header names the AUs), 9 being no label; videos
/// `FERA17_TR_F001_T1_6.mp4`, the last number being the view; anywhere below `root`. Parts: `train` (TR),
/// `validation` (VA). Throws FileError where there are no such labels or a folder cannot be read, ValueError
/// for a first frame that can have no such number.
[[nodiscard]] inline AnnotatedSet open_fera2017(const std::filesystem::path& root,
                                                const Fera2017Options& options = {}) {
  if (options.first_number < 0 || options.first_number > greatest_frame)
    throw ValueError("FERA 2017: expected a first frame's number from 0 to " +
                     std::to_string(greatest_frame) + ", found " + std::to_string(options.first_number));
  AnnotatedSet set{
      .name = "FERA 2017", .labels = options.kind, .action_units = {}, .videos = {}, .problems = {}};
  if (options.kind == LabelKind::intensity) set.action_units.assign(fera2017_aus.begin(), fera2017_aus.end());
  using Task = std::tuple<std::string, std::string, std::string>;  // part, person in lower case, task
  std::map<std::string, std::string> people;                       // as they are written
  std::map<Task, detail::FilesByAu> intensities;
  std::map<Task, std::filesystem::path> tables;
  std::map<Task, std::map<int, std::filesystem::path>> videos;  // by view
  for (const std::filesystem::path& file : files_below(root)) {
    const std::string name = file.filename().string();
    const auto task = [&](const std::vector<std::string>& found) {
      people.try_emplace(lower_case(found[1]), found[1]);
      return Task{lower_case(found[0]), lower_case(found[1]), "T" + found[2]};
    };
    const auto number = [](const std::string& digits) { return parse_number<int>(digits).value_or(-1); };
    if (const auto au = match_name(name, "FERA17_*_*_T#_AU#_Int.csv")) {
      if (options.kind == LabelKind::intensity)
        detail::add_file(intensities[task(*au)], number((*au)[3]), file, set.problems);
    } else if (const auto table = match_name(name, "FERA17_*_*_T#.csv")) {
      if (options.kind == LabelKind::occurrence) detail::add_file(tables, task(*table), file, set.problems);
    } else if (const auto video = match_name(name, "FERA17_*_*_T#_#.mp4")) {
      detail::add_file(videos[task(*video)], number((*video)[3]), file, set.problems);
    }
  }
  const LabelRules rules{options.kind, 9};
  const auto video_of = [&](const Task& task) {
    const std::string& part = std::get<0>(task);
    AnnotatedVideo video;
    video.subject = people.at(std::get<1>(task));
    video.name = video.subject + "/" + std::get<2>(task);
    video.part = part == "tr" ? "train" : part == "va" ? "validation" : part;
    video.first_number = options.first_number;
    return video;
  };
  const auto finish = [&](AnnotatedVideo video, const Task& task) {
    bool found = false;
    const auto views = videos.find(task);
    for (const auto& [view, file] :
         views == videos.end() ? std::map<int, std::filesystem::path>{} : views->second) {
      if (std::ranges::count(options.views, view) == 0) continue;
      found = true;
      AnnotatedVideo one = video;
      one.name += "/view " + std::to_string(view);
      one.video = file;
      set.videos.push_back(std::move(one));
    }
    if (found) return;
    set.problems.push_back({Problem::Kind::missing, video.name, "has no video of the views asked for"});
    set.videos.push_back(std::move(video));
  };
  detail::read_tasks(set, intensities, tables, rules, videos, "videos", video_of, finish);
  detail::require_videos(
      set, root,
      options.kind == LabelKind::intensity ? "FERA17_TR_F001_T1_AU01_Int.csv" : "FERA17_TR_F001_T1.csv");
  return set;
}

}  // namespace aurum
