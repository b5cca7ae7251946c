#pragma once
// What the layouts have in common: labels that lie in one file per AU, pictures that are found by number.
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/data/file.hpp"
#include "aurum/data/sets/annotated_set.hpp"
#include "aurum/data/sets/label_files.hpp"
#include "aurum/data/sets/tree.hpp"
#include "aurum/heatmap/action_units.hpp"

namespace aurum::detail {

/// Files of a video by the number of their frame.
using FilesByFrame = std::map<int, std::filesystem::path>;

/// The label files of one video, by AU.
using FilesByAu = std::map<int, std::filesystem::path>;

/// Notes a second file for what has one already, and keeps the first.
template <class Key>
void add_file(std::map<Key, std::filesystem::path>& files, const Key& key, const std::filesystem::path& file,
              std::vector<Problem>& problems) {
  const auto [found, added] = files.emplace(key, file);
  if (!added)
    problems.push_back(
        {Problem::Kind::wrong, file.string(), "there is a second one: " + found->second.string()});
}

/// Reads a file into `read`; what cannot be read is a problem of the set.
template <class Read>
void try_file(const std::filesystem::path& file, std::vector<Problem>& problems, const Read& read) {
  try {
    read(read_file(file), file.string());
  } catch (const FileError& error) {
    problems.push_back({Problem::Kind::wrong, error.file(), error.problem()});
  }
}

/// Puts the labels of a video's AUs, each from a file of its own that `parse(text, name)` reads, side by
/// side.
template <class Parse>
void read_labels(AnnotatedVideo& video, std::span<const int> action_units, const FilesByAu& files,
                 std::vector<Problem>& problems, const Parse& parse) {
  std::map<int, std::vector<float>> rows;
  std::vector<FrameLabels> columns(action_units.size());
  for (std::size_t i = 0; i < action_units.size(); ++i) {
    const auto file = files.find(action_units[i]);
    if (file == files.end()) {
      problems.push_back(
          {Problem::Kind::missing, video.name, action_unit_label(action_units[i]) + " has no label file"});
      continue;
    }
    try_file(file->second, problems,
             [&](const std::string& text, const std::string& name) { columns[i] = parse(text, name); });
    for (const auto& [frame, label] : columns[i])
      rows.try_emplace(frame, action_units.size(), not_labelled).first->second[i] = label;
  }
  for (std::size_t i = 0; i < action_units.size(); ++i) {
    const std::size_t lacking = rows.size() - columns[i].size();
    if (columns[i].empty() || lacking == 0) continue;
    const auto first =
        std::ranges::find_if(rows, [&](const auto& r) { return !columns[i].contains(r.first); });
    problems.push_back({Problem::Kind::missing, video.name,
                        action_unit_label(action_units[i]) + " has no label for " + std::to_string(lacking) +
                            " of " + std::to_string(rows.size()) + " frames, the first of them " +
                            std::to_string(first->first)});
  }
  for (const auto& [frame, row] : rows) {
    video.frames.push_back({.number = frame, .picture = {}, .landmarks = {}});
    video.labels.insert(video.labels.end(), row.begin(), row.end());
  }
}

/// The same from files of `frame,label` lines.
inline void read_labels(AnnotatedVideo& video, std::span<const int> action_units, const FilesByAu& files,
                        const LabelRules& rules, std::vector<Problem>& problems) {
  read_labels(video, action_units, files, problems, [&](const std::string& text, const std::string& name) {
    return parse_frame_labels(text, name, rules, problems);
  });
}

/// Notes what `found` has for videos that `labelled` does not: their label files may be lost.
template <class Labelled, class Found, class NameOf>
void note_unlabelled(const Labelled& labelled, const Found& found, const char* what, const NameOf& name_of,
                     std::vector<Problem>& problems) {
  std::size_t count = 0;
  std::string first;
  for (const auto& [key, files] : found)
    if (!labelled.contains(key) && count++ == 0) first = name_of(key);
  if (count > 0)
    problems.push_back({Problem::Kind::missing, first,
                        std::string("has ") + what + " but no label files" +
                            (count > 1 ? ", and so have " + std::to_string(count - 1) + " others" : "")});
}

/// Reads videos whose labels are a table of all AUs. The set's AUs are those of the first; a table of others
/// is a problem.
template <class Key, class VideoOf, class Finish>
void read_tables(AnnotatedSet& set, const std::map<Key, std::filesystem::path>& tables,
                 const LabelRules& rules, const VideoOf& video_of, const Finish& finish) {
  for (const auto& [key, file] : tables) {
    AnnotatedVideo video = video_of(key);
    try_file(file, set.problems, [&](const std::string& text, const std::string& name) {
      const LabelTable table = parse_label_table(text, name, rules, set.problems);
      if (set.action_units.empty()) set.action_units = table.action_units;
      if (table.rows.empty()) return;
      std::vector<std::size_t> places;  // of the set's AUs in this table
      for (const int au : set.action_units)
        places.push_back(
            static_cast<std::size_t>(std::ranges::find(table.action_units, au) - table.action_units.begin()));
      const auto numbers = [](const std::vector<int>& aus) {
        std::string list;
        for (const int au : aus) list += (list.empty() ? "" : ", ") + std::to_string(au);
        return list;
      };
      if (!std::ranges::is_permutation(table.action_units, set.action_units)) {
        set.problems.push_back({Problem::Kind::wrong, name,
                                "expected the AUs of the tables before it (" + numbers(set.action_units) +
                                    "), found " + numbers(table.action_units)});
        return;
      }
      for (const auto& [frame, row] : table.rows) {
        video.frames.push_back({.number = frame, .picture = {}, .landmarks = {}});
        for (const std::size_t place : places) video.labels.push_back(row[place]);
      }
    });
    finish(std::move(video), key);
  }
}

/// A problem for every label file of an AU that the set does not have.
inline void check_action_units(const AnnotatedSet& set, const std::string& video, const FilesByAu& files,
                               std::vector<Problem>& problems) {
  for (const auto& [au, file] : files)
    if (std::ranges::count(set.action_units, au) == 0)
      problems.push_back({Problem::Kind::wrong, file.string(),
                          set.name + " has no " + action_unit_label(au) + " (video " + video + ")"});
}

/// Reads a set that labels either intensities, in a file for each AU, or occurrences, in tables: one of the
/// maps is empty. `found` has the pictures or videos of its videos, `what` they are stands in problems.
template <class Key, class Found, class VideoOf, class Finish>
void read_tasks(AnnotatedSet& set, const std::map<Key, FilesByAu>& intensities,
                const std::map<Key, std::filesystem::path>& tables, const LabelRules& rules,
                const Found& found, const char* what, const VideoOf& video_of, const Finish& finish) {
  for (const auto& [key, files] : intensities) {
    AnnotatedVideo video = video_of(key);
    check_action_units(set, video.name, files, set.problems);
    read_labels(video, set.action_units, files, rules, set.problems);
    finish(std::move(video), key);
  }
  read_tables(set, tables, rules, video_of, finish);
  const auto name_of = [&](const Key& key) { return video_of(key).name; };
  if (rules.kind == LabelKind::intensity)
    note_unlabelled(intensities, found, what, name_of, set.problems);
  else
    note_unlabelled(tables, found, what, name_of, set.problems);
}

/// Gives every labelled frame the file that `files` has for its number plus `offset`. `what` they are stands
/// in problems.
inline void attach(AnnotatedVideo& video, const FilesByFrame& files,
                   std::filesystem::path AnnotatedFrame::*member, int offset, const std::string& what,
                   std::vector<Problem>& problems) {
  if (member == &AnnotatedFrame::picture && !files.empty()) {
    video.first_number = files.begin()->first;
    for (const auto& [number, file] : files) video.picture_numbers.push_back(number);
  }
  std::size_t lacking = 0, used = 0;
  int first = 0, last = 0;
  for (AnnotatedFrame& frame : video.frames) {
    const auto file = files.find(frame.number + offset);
    if (file != files.end()) {
      frame.*member = file->second, ++used;
    } else {
      if (lacking++ == 0) first = frame.number;
      last = frame.number;
    }
  }
  if (files.empty() && !video.frames.empty()) {
    problems.push_back({Problem::Kind::missing, video.name, "has no " + what});
    return;
  }
  if (lacking > 0)
    problems.push_back({Problem::Kind::missing, video.name,
                        std::to_string(lacking) + " of " + std::to_string(video.frames.size()) +
                            " labelled frames have no " + what + ", the first of them " +
                            std::to_string(first)});
  if (video.labelled_in_part) return;  // what lies beyond the labels tells nothing
  // Labels without a file at one end and files without a label at the other: a count that is shifted, not
  // files that were lost.
  const auto labels_from =
      static_cast<std::ptrdiff_t>(video.frames.empty() ? 0 : video.frames.front().number + offset);
  const auto labels_to =
      static_cast<std::ptrdiff_t>(video.frames.empty() ? 0 : video.frames.back().number + offset);
  const bool early = lacking > 0 && first == video.frames.front().number && labels_to < files.rbegin()->first;
  const bool late = lacking > 0 && last == video.frames.back().number && files.begin()->first < labels_from;
  if (early || late)
    problems.push_back({Problem::Kind::missing, video.name,
                        "labels count frames from " + std::to_string(video.frames.front().number) + " to " +
                            std::to_string(video.frames.back().number) + ", " + what + " from " +
                            std::to_string(files.begin()->first) + " to " +
                            std::to_string(files.rbegin()->first) + ": one of them is shifted"});
  else if (used < files.size())
    problems.push_back({Problem::Kind::missing, video.name,
                        std::to_string(files.size() - used) + " of " + std::to_string(files.size()) + " " +
                            what + " are of frames without a label"});
}

/// Whether a file is a picture, and the number that its name spells.
[[nodiscard]] inline std::optional<int> picture_number(const std::filesystem::path& file) {
  const auto number = is_picture(file) ? parse_number<int>(file.stem().string()) : std::nullopt;
  return number && *number >= 0 && *number <= greatest_frame ? number : std::nullopt;
}

/// Throws where nothing was found: then it is another data set, or another folder of it.
inline void require_videos(const AnnotatedSet& set, const std::filesystem::path& root,
                           const std::string& expected) {
  if (set.videos.empty())
    throw FileError(root.string(), "no labels of " + set.name + ": expected files named " + expected);
}

}  // namespace aurum::detail
