#pragma once
// What a data set holds, for people to read.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "aurum/data/sets/annotated_set.hpp"
#include "aurum/heatmap/action_units.hpp"

namespace aurum {

/// How often each label occurs; one between two whole numbers counts as the nearer one.
struct LabelHistogram {
  std::array<long long, 6> count{};  ///< of the labels 0 to 5
  long long missing = 0;

  void add(float label) {
    if (std::isnan(label))
      ++missing;
    else
      ++count[static_cast<std::size_t>(std::lround(label))];
  }
  LabelHistogram& operator+=(const LabelHistogram& other) {
    for (std::size_t i = 0; i < count.size(); ++i) count[i] += other.count[i];
    missing += other.missing;
    return *this;
  }
  /// Frames in which the AU is there.
  [[nodiscard]] long long active() const { return count[1] + count[2] + count[3] + count[4] + count[5]; }
};

/// What is known of one person.
struct SubjectSummary {
  std::string part;
  int videos = 0;
  long long frames = 0;
  long long with_picture = 0;  ///< frames that have one, or whose video is there
  long long with_landmarks = 0;
  std::vector<LabelHistogram> labels;  ///< per AU of the set
};

[[nodiscard]] inline std::map<std::string, SubjectSummary> summarise(const AnnotatedSet& set) {
  std::map<std::string, SubjectSummary> people;
  for (const AnnotatedVideo& video : set.videos) {
    SubjectSummary& person = people[video.subject];
    person.labels.resize(set.action_units.size());
    person.part = video.part;
    ++person.videos;
    person.frames += std::ssize(video.frames);
    for (std::size_t i = 0; i < video.frames.size(); ++i) {
      if (!video.video.empty() || !video.frames[i].picture.empty()) ++person.with_picture;
      if (!video.frames[i].landmarks.empty()) ++person.with_landmarks;
      const auto labels = video.labels_of(i, set.action_units.size());
      for (std::size_t au = 0; au < labels.size(); ++au) person.labels[au].add(labels[au]);
    }
  }
  return people;
}

namespace detail {
inline std::string column(const std::string& text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : " " + text;
}
inline std::string column(long long number, std::size_t width) {
  return column(std::to_string(number), width);
}
inline std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

/// A cell of a CSV file: people of one's own folders may have any name.
inline std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string cell = "\"";
  for (const char c : text) cell += c == '"' ? std::string("\"\"") : std::string(1, c);
  return cell + "\"";
}

/// Lines for the people who lack labels: how many of each AU.
inline std::string describe_missing(const std::map<std::string, SubjectSummary>& people, std::size_t width) {
  std::string text;
  for (const auto& [name, person] : people) {
    if (std::ranges::all_of(person.labels, [](const LabelHistogram& l) { return l.missing == 0; })) continue;
    text += "  " + padded(name, width);
    for (const LabelHistogram& labels : person.labels) text += column(labels.missing, 7);
    text += "\n";
  }
  return text;
}
}  // namespace detail

/// A page about a set: how many people, videos and frames, how often each label of each AU occurs, a line for
/// each person with the frames in which each AU is there, and one for each who lacks labels.
[[nodiscard]] inline std::string describe(const AnnotatedSet& set) {
  using detail::column, detail::padded;
  const auto people = summarise(set);
  const std::size_t units = set.action_units.size();
  SubjectSummary all;
  all.labels.resize(units);
  for (const auto& [name, person] : people) {
    all.videos += person.videos;
    all.frames += person.frames;
    for (std::size_t i = 0; i < units; ++i) all.labels[i] += person.labels[i];
  }
  const bool videos = !set.single_pictures, intensity = set.labels == LabelKind::intensity;
  const std::string frames = videos ? "frames" : "pictures";
  if (!videos && units == 0)
    return set.name + ": " + std::to_string(all.frames) + " pictures with landmarks\n";
  std::string text = set.name + ": " + std::to_string(people.size()) + " people, " +
                     (videos ? std::to_string(all.videos) + " videos, " : "") + std::to_string(all.frames) +
                     " labelled " + frames + ", " + (intensity ? "intensities" : "occurrences") + " of " +
                     std::to_string(units) + " AUs\n\n";
  const std::size_t greatest = intensity ? 5 : 1;
  text += frames + " by label\n  AU  ";
  for (std::size_t v = 0; v <= greatest; ++v) text += column(static_cast<long long>(v), 9);
  text += column("no label", 11) + "\n";
  for (std::size_t i = 0; i < units; ++i) {
    text += "  " + padded(action_unit_label(set.action_units[i]), 4);
    for (std::size_t v = 0; v <= greatest; ++v) text += column(all.labels[i].count[v], 9);
    text += column(all.labels[i].missing, 11) + "\n";
  }
  std::size_t longest = 6;
  for (const auto& [name, person] : people) longest = std::max(longest, name.size());
  std::string units_line;
  for (const int au : set.action_units) units_line += column(action_unit_label(au), 7);
  units_line += "\n";
  text += "\n" + frames + " by person, and those in which each AU is there\n  " + padded("person", longest) +
          padded("  part", 13) + (videos ? column("videos", 8) + column("frames", 9) : "") +
          column("pictures", 10) + column("landmarks", 11) + units_line;
  for (const auto& [name, person] : people) {
    text += "  " + padded(name, longest) + padded("  " + (person.part.empty() ? "-" : person.part), 13) +
            (videos ? column(person.videos, 8) + column(person.frames, 9) : "") +
            column(person.with_picture, 10) + column(person.with_landmarks, 11);
    for (const LabelHistogram& labels : person.labels) text += column(labels.active(), 7);
    text += "\n";
  }
  if (const std::string missing = detail::describe_missing(people, longest); !missing.empty())
    text += "\n" + frames + " by person in which an AU has no label\n  " + padded("person", longest) +
            units_line + missing;
  return text;
}

/// The same in full, as CSV: `subject,part,au,label,frames`, the label empty for frames without one.
[[nodiscard]] inline std::string histogram_csv(const AnnotatedSet& set) {
  std::string text = "subject,part,au,label,frames\n";
  const std::size_t greatest = set.labels == LabelKind::intensity ? 5 : 1;
  for (const auto& [name, person] : summarise(set))
    for (std::size_t i = 0; i < set.action_units.size(); ++i) {
      const std::string head =
          detail::csv_cell(name) + "," + person.part + "," + std::to_string(set.action_units[i]) + ",";
      for (std::size_t v = 0; v <= greatest; ++v)
        text += head + std::to_string(v) + "," + std::to_string(person.labels[i].count[v]) + "\n";
      text += head + "," + std::to_string(person.labels[i].missing) + "\n";
    }
  return text;
}

}  // namespace aurum
