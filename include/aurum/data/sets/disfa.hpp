#pragma once
// DISFA (Mavadati et al. 2013) and DISFA+ (Mavadati et al. 2016).
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "aurum/data/sets/assemble.hpp"

namespace aurum {

struct DisfaOptions {
  bool right_camera = false;  ///< the other of the two videos of a person
  /// Added to a label's frame when its frame of the video and its landmarks are looked for: label 1 belongs
  /// to the first frame, and copies that count from 0 need 1.
  int frame_offset = 0;
};

namespace detail {
/// "SN001" for "SN1", "sn001" and so on, of which `digits` are the digits.
inline std::string disfa_person(const std::string& digits) {
  char name[24];
  std::snprintf(name, sizeof name, "SN%03d", parse_number<int>(digits).value_or(0));
  return name;
}
}  // namespace detail

/// Labels `SN001_au4.txt` (lines `frame,intensity`, frames from 1), videos `LeftVideoSN001_comp.avi`,
/// landmarks `SN001_0000_lm.mat` or, below a folder of the person, `l00000_lm.mat` (frames from 0); anywhere
/// below `root`, in either case. Throws FileError where there are no such labels or a folder cannot be read,
/// ValueError for an offset of more than 10,000 frames.
[[nodiscard]] inline AnnotatedSet open_disfa(const std::filesystem::path& root,
                                             const DisfaOptions& options = {}) {
  if (options.frame_offset > 10'000 || options.frame_offset < -10'000)
    throw ValueError("DISFA: expected a frame offset from -10000 to 10000, found " +
                     std::to_string(options.frame_offset));
  AnnotatedSet set{.name = "DISFA",
                   .labels = LabelKind::intensity,
                   .action_units = {disfa_aus.begin(), disfa_aus.end()},
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
      detail::add_file(labels[detail::disfa_person((*label)[0])], number((*label)[1]), file, set.problems);
    } else if (const auto video = match_name(name, video_name)) {
      detail::add_file(videos, detail::disfa_person((*video)[0]), file, set.problems);
    } else if (const auto points = match_name(name, "SN#_#_lm.mat")) {
      detail::add_file(landmarks[detail::disfa_person((*points)[0])], number((*points)[1]), file,
                       set.problems);
    } else if (const auto unnamed = match_name(name, "l#_lm.mat")) {
      for (const auto& folder : {file.parent_path(), file.parent_path().parent_path()})
        if (const auto person = match_name(folder.filename().string(), "SN#"))
          detail::add_file(landmarks[detail::disfa_person((*person)[0])], number((*unnamed)[0]), file,
                           set.problems);
    }
  }
  for (const auto& [subject, files] : labels) {
    AnnotatedVideo video;
    video.name = video.subject = subject;
    video.first_number = 1 - options.frame_offset;
    video.spare_frames = 1;  // labels of 4844 or 4845 frames, whatever the video
    detail::check_action_units(set, subject, files, set.problems);
    detail::read_labels(video, set.action_units, files, {LabelKind::intensity, std::nullopt}, set.problems);
    if (const auto found = videos.find(subject); found != videos.end())
      video.video = found->second;
    else
      set.problems.push_back({Problem::Kind::missing, subject, "has no video " + video_name});
    const auto points = landmarks.find(subject);
    detail::attach(video, points == landmarks.end() ? detail::FilesByFrame{} : points->second,
                   &AnnotatedFrame::landmarks, options.frame_offset - 1, "landmark files", set.problems);
    set.videos.push_back(std::move(video));
  }
  const auto itself = [](const std::string& subject) { return subject; };
  detail::note_unlabelled(labels, videos, "a video", itself, set.problems);
  detail::note_unlabelled(labels, landmarks, "landmark files", itself, set.problems);
  detail::require_videos(set, root, "SN001_au1.txt");
  return set;
}

/// Labels `<person>/<trial>/AU4.txt` (lines `picture intensity`), pictures `<person>/<trial>/<picture>`;
/// anywhere below `root`. Throws FileError where there are no such labels or a folder cannot be read.
[[nodiscard]] inline AnnotatedSet open_disfa_plus(const std::filesystem::path& root) {
  AnnotatedSet set{.name = "DISFA+",
                   .labels = LabelKind::intensity,
                   .action_units = {disfa_aus.begin(), disfa_aus.end()},
                   .videos = {},
                   .problems = {}};
  using Trial = std::pair<std::string, std::string>;  // person, trial in lower case
  std::map<Trial, detail::FilesByAu> labels;
  std::map<Trial, detail::FilesByFrame> pictures;
  std::map<Trial, std::string> names;
  for (const std::filesystem::path& file : files_below(root)) {
    const auto person = match_name(folder_name(file.parent_path()), "SN#");
    if (!person) continue;
    const Trial trial{detail::disfa_person((*person)[0]), lower_case(folder_name(file))};
    names.try_emplace(trial, trial.first + "/" + folder_name(file));
    if (const auto au = match_name(file.filename().string(), "AU#.txt"))
      detail::add_file(labels[trial], parse_number<int>((*au)[0]).value_or(-1), file, set.problems);
    else if (const auto number = detail::picture_number(file))
      detail::add_file(pictures[trial], *number, file, set.problems);
  }
  for (const auto& [trial, files] : labels) {
    AnnotatedVideo video;
    video.name = names.at(trial);
    video.subject = trial.first;
    detail::check_action_units(set, video.name, files, set.problems);
    detail::read_labels(
        video, set.action_units, files, set.problems, [&](const std::string& text, const std::string& name) {
          FrameLabels by_number;
          for (const auto& [picture, label] :
               parse_picture_labels(text, name, {LabelKind::intensity, std::nullopt}, set.problems)) {
            if (const auto number = detail::picture_number(picture))
              by_number.emplace(*number, label);
            else
              set.problems.push_back({Problem::Kind::wrong, name, picture + " is not a numbered picture"});
          }
          return by_number;
        });
    detail::attach(video, pictures[trial], &AnnotatedFrame::picture, 0, "pictures", set.problems);
    set.videos.push_back(std::move(video));
  }
  detail::note_unlabelled(
      labels, pictures, "pictures", [&](const Trial& t) { return names.at(t); }, set.problems);
  detail::require_videos(set, root, "<person>/<trial>/AU1.txt");
  return set;
}

}  // namespace aurum
