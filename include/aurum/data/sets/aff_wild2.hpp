#pragma once
// The AU labels of Aff-Wild2 (Kollias and Zafeiriou 2019).
#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "aurum/data/sets/assemble.hpp"

namespace aurum {

inline constexpr std::array aff_wild2_action_units = {1, 2, 4, 6, 7, 10, 12, 15, 23, 24, 25, 26};

/// Occurrences `AU_Set/<part>/<video>.txt` (a header, then one line of twelve labels a frame, -1 being none),
/// pictures `<video>/00001.jpg`; anywhere below `root`. Parts as their folders say: `train`, `validation`.
/// People are not known: each video, its `_left` and `_right` together, counts as one. Throws FileError where
/// there are no such labels or a folder cannot be read.
[[nodiscard]] inline AnnotatedSet open_aff_wild2(const std::filesystem::path& root) {
  AnnotatedSet set{.name = "Aff-Wild2",
                   .labels = LabelKind::occurrence,
                   .action_units = {aff_wild2_action_units.begin(), aff_wild2_action_units.end()},
                   .videos = {},
                   .problems = {}};
  std::map<std::string, std::filesystem::path> labels;
  std::map<std::string, detail::FilesByFrame> pictures;
  for (const std::filesystem::path& file : files_below(root)) {
    if (lower_case(file.extension().string()) == ".txt" &&
        lower_case(folder_name(file.parent_path())) == "au_set")
      detail::add_file(labels, file.stem().string(), file, set.problems);
    else if (const auto number = detail::picture_number(file))
      detail::add_file(pictures[folder_name(file)], *number, file, set.problems);
  }
  for (const auto& [name, file] : labels) {
    const std::string part = lower_case(folder_name(file));
    std::string subject = name;
    for (const std::string side : {"_left", "_right"})
      if (subject.ends_with(side)) subject.resize(subject.size() - side.size());
    AnnotatedVideo video;
    video.name = name;
    video.subject = subject;
    video.part = part.starts_with("train") ? "train" : part.starts_with("val") ? "validation" : part;
    video.first_number = 1;
    detail::try_file(file, set.problems, [&](const std::string& text, const std::string& path) {
      const auto rows =
          parse_label_rows(text, path, set.action_units.size(), {LabelKind::occurrence, -1}, set.problems);
      for (const auto& row : rows) {
        video.frames.push_back(
            {.number = static_cast<int>(video.frames.size()) + 1, .picture = {}, .landmarks = {}});
        video.labels.insert(video.labels.end(), row.begin(), row.end());
      }
    });
    detail::attach(video, pictures[name], &AnnotatedFrame::picture, 0, "pictures", set.problems);
    set.videos.push_back(std::move(video));
  }
  detail::require_videos(set, root, "AU_Set/<part>/<video>.txt");
  return set;
}

}  // namespace aurum
