#pragma once
// DISFA (Mavadati et al. 2013) and DISFA+ (Mavadati et al. 2016).
#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "aurum/data/sets/assemble.hpp"

namespace aurum {

/// The AUs of DISFA and DISFA+.
inline constexpr std::array disfa_action_units = {1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26};

struct DisfaOptions {
  bool right_camera = false;  ///< the other of the two videos of a person
  /// Added to a label's frame when its frame of the video and its landmarks are looked for: label 1 belongs
  /// to the first frame, and copies that count from 0 need 1.
  int frame_offset = 0;
};

/// Labels `SN001_au4.txt` (lines `frame,intensity`, frames from 1), videos `LeftVideoSN001_comp.avi`,
/// landmarks `SN001_0000_lm.mat` or, below a folder of the person, `l00000_lm.mat` (frames from 0); anywhere
/// below `root`, in either case. Throws FileError where there are no such labels or a folder cannot be read.
[[nodiscard]] inline AnnotatedSet open_disfa(const std::filesystem::path& root,
                                             const DisfaOptions& options = {}) {
  AnnotatedSet set{.name = "DISFA",
                   .labels = LabelKind::intensity,
                   .action_units = {disfa_action_units.begin(), disfa_action_units.end()},
                   .videos = {},
                   .problems = {}};
  std::map<std::string, detail::FilesByAu> labels;
  std::map<std::string, std::filesystem::path> videos;
  std::map<std::string, detail::FilesByFrame> landmarks;
  const std::string video_name = std::string(options.right_camera ? "Right" : "Left") + "VideoSN#_comp.avi";
  for (const std::filesystem::path& file : files_below(root)) {
    const std::string name = file.filename().string();
    const auto number = [&](const std::string& digits) { return parse_number<int>(digits).value_or(-1); };
    if (const auto label = match_name(name, "SN#_au#.txt")) {
      detail::add_file(labels["SN" + (*label)[0]], number((*label)[1]), file, set.problems);
    } else if (const auto video = match_name(name, video_name)) {
      detail::add_file(videos, "SN" + (*video)[0], file, set.problems);
    } else if (const auto points = match_name(name, "SN#_#_lm.mat")) {
      detail::add_file(landmarks["SN" + (*points)[0]], number((*points)[1]), file, set.problems);
    } else if (const auto unnamed = match_name(name, "l#_lm.mat")) {
      for (const auto& folder : {file.parent_path(), file.parent_path().parent_path()})
        if (const auto person = match_name(folder.filename().string(), "SN#"))
          detail::add_file(landmarks["SN" + (*person)[0]], number((*unnamed)[0]), file, set.problems);
    }
  }
  for (const auto& [subject, files] : labels) {
    AnnotatedVideo video{.name = subject,
                         .subject = subject,
                         .part = {},
                         .video = {},
                         .first_number = 1 - options.frame_offset,
                         .frames = {},
                         .labels = {}};
    detail::check_action_units(set, subject, files, set.problems);
    detail::read_labels(video, set.action_units, files, {LabelKind::intensity, std::nullopt}, set.problems);
    if (const auto found = videos.find(subject); found != videos.end())
      video.video = found->second;
    else
      set.problems.push_back({Problem::Kind::missing, subject, "has no video " + video_name});
    detail::attach(video, landmarks[subject], &AnnotatedFrame::landmarks, options.frame_offset - 1,
                   "landmark files", set.problems);
    set.videos.push_back(std::move(video));
  }
  detail::require_videos(set, root, "SN001_au1.txt");
  return set;
}

/// Labels `<person>/<trial>/AU4.txt` (lines `picture intensity`), pictures `<person>/<trial>/<picture>`;
/// anywhere below `root`. Throws FileError where there are no such labels or a folder cannot be read.
[[nodiscard]] inline AnnotatedSet open_disfa_plus(const std::filesystem::path& root) {
  AnnotatedSet set{.name = "DISFA+",
                   .labels = LabelKind::intensity,
                   .action_units = {disfa_action_units.begin(), disfa_action_units.end()},
                   .videos = {},
                   .problems = {}};
  using Trial = std::pair<std::string, std::string>;  // person, trial
  std::map<Trial, detail::FilesByAu> labels;
  std::map<Trial, std::map<std::string, std::filesystem::path>> pictures;
  for (const std::filesystem::path& file : files_below(root)) {
    const auto person = match_name(folder_name(file.parent_path()), "SN#");
    if (!person) continue;
    const Trial trial{"SN" + (*person)[0], folder_name(file)};
    if (const auto au = match_name(file.filename().string(), "AU#.txt"))
      detail::add_file(labels[trial], parse_number<int>((*au)[0]).value_or(-1), file, set.problems);
    else if (detail::picture_number(file))
      pictures[trial].emplace(lower_case(file.filename().string()), file);
  }
  for (const auto& [trial, files] : labels) {
    AnnotatedVideo video{.name = trial.first + "/" + trial.second,
                         .subject = trial.first,
                         .part = {},
                         .video = {},
                         .first_number = 0,
                         .frames = {},
                         .labels = {}};
    detail::check_action_units(set, video.name, files, set.problems);
    std::map<int, std::vector<float>> rows;
    detail::FilesByFrame found;
    for (std::size_t i = 0; i < set.action_units.size(); ++i) {
      const auto file = files.find(set.action_units[i]);
      if (file == files.end()) {
        set.problems.push_back({Problem::Kind::missing, video.name,
                                action_unit_label(set.action_units[i]) + " has no label file"});
        continue;
      }
      detail::try_file(file->second, set.problems, [&](const std::string& text, const std::string& name) {
        for (const auto& [picture, label] :
             parse_picture_labels(text, name, {LabelKind::intensity, std::nullopt}, set.problems)) {
          const auto number = detail::picture_number(picture);
          if (!number) {
            set.problems.push_back({Problem::Kind::wrong, name, picture + " is not a numbered picture"});
            continue;
          }
          rows.try_emplace(*number, set.action_units.size(), not_labelled).first->second[i] = label;
          const auto& all = pictures[trial];
          if (const auto at = all.find(lower_case(picture)); at != all.end()) found[*number] = at->second;
        }
      });
    }
    for (const auto& [number, row] : rows) {
      video.frames.push_back({.number = number, .picture = {}, .landmarks = {}});
      video.labels.insert(video.labels.end(), row.begin(), row.end());
    }
    detail::attach(video, found, &AnnotatedFrame::picture, 0, "pictures", set.problems);
    set.videos.push_back(std::move(video));
  }
  detail::require_videos(set, root, "<person>/<trial>/AU1.txt");
  return set;
}

}  // namespace aurum
