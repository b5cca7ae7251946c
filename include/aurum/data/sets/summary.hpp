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

/// How often each label occurs.
struct LabelHistogram {
  std::array<long long, 6> count{};  ///< of the labels 0 to 5
  long long missing = 0;

  void add(float label) {
    if (std::isnan(label))
      ++missing;
    else
      ++count[static_cast<std::size_t>(label)];
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
}  // namespace detail

/// A page about a set: how many people, videos and frames, how often each label of each AU occurs, and a
/// line for each person with the frames in which each AU is there.
[[nodiscard]] inline std::string describe(const AnnotatedSet& set) {
  const auto people = summarise(set);
  const std::size_t units = set.action_units.size();
  SubjectSummary all;
  all.labels.resize(units);
  for (const auto& [name, person] : people) {
    all.videos += person.videos;
    all.frames += person.frames;
    for (std::size_t i = 0; i < units; ++i) all.labels[i] += person.labels[i];
  }
  const bool intensity = set.labels == LabelKind::intensity;
  std::string text = set.name + ": " + std::to_string(people.size()) + " people, " +
                     std::to_string(all.videos) + " videos, " + std::to_string(all.frames) +
                     " labelled frames, " + (intensity ? "intensities" : "occurrences") + " of " +
                     std::to_string(units) + " AUs\n\n";
  const std::size_t greatest = intensity ? 5 : 1;
  text += "frames by label\n  AU  ";
  for (std::size_t v = 0; v <= greatest; ++v) text += detail::column(static_cast<long long>(v), 9);
  text += detail::column("no label", 11) + "\n";
  for (std::size_t i = 0; i < units; ++i) {
    std::string name = action_unit_label(set.action_units[i]);
    name.resize(std::max<std::size_t>(name.size(), 4), ' ');
    text += "  " + name;
    for (std::size_t v = 0; v <= greatest; ++v) text += detail::column(all.labels[i].count[v], 9);
    text += detail::column(all.labels[i].missing, 11) + "\n";
  }
  std::size_t longest = 6;
  for (const auto& [name, person] : people) longest = std::max(longest, name.size());
  const auto padded = [](std::string t, std::size_t width) {
    t.resize(std::max(t.size(), width), ' ');
    return t;
  };
  text += "\nframes by person, and those in which each AU is there\n  " + padded("person", longest) +
          padded("  part", 13) + detail::column("videos", 8) + detail::column("frames", 9) +
          detail::column("pictures", 10) + detail::column("landmarks", 11);
  for (const int au : set.action_units) text += detail::column(action_unit_label(au), 7);
  text += "\n";
  for (const auto& [name, person] : people) {
    text += "  " + padded(name, longest) + padded("  " + (person.part.empty() ? "-" : person.part), 13) +
            detail::column(person.videos, 8) + detail::column(person.frames, 9) +
            detail::column(person.with_picture, 10) + detail::column(person.with_landmarks, 11);
    for (const LabelHistogram& labels : person.labels) text += detail::column(labels.active(), 7);
    text += "\n";
  }
  return text;
}

/// The same in full, as CSV: `subject,part,au,label,frames`, the label empty for frames without one.
[[nodiscard]] inline std::string histogram_csv(const AnnotatedSet& set) {
  std::string text = "subject,part,au,label,frames\n";
  const std::size_t greatest = set.labels == LabelKind::intensity ? 5 : 1;
  for (const auto& [name, person] : summarise(set))
    for (std::size_t i = 0; i < set.action_units.size(); ++i) {
      const std::string head = name + "," + person.part + "," + std::to_string(set.action_units[i]) + ",";
      for (std::size_t v = 0; v <= greatest; ++v)
        text += head + std::to_string(v) + "," + std::to_string(person.labels[i].count[v]) + "\n";
      text += head + "," + std::to_string(person.labels[i].missing) + "\n";
    }
  return text;
}

}  // namespace aurum
