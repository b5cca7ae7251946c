#pragma once
// Folders of one's own as data sets that can be looked through. They have no protocol to train by:
// `train_au --folder` and `train_fan --folder` split them. Needs libjpeg(-turbo) and libpng, see
// image_file.hpp.
#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "aurum/data/folder.hpp"
#include "aurum/data/landmark_folder.hpp"
#include "aurum/data/sets/open.hpp"
#include "aurum/data/sets/tree.hpp"

namespace aurum {

/// Whether a file's name ends as those of landmarks that lie beside pictures do (see LandmarkFolder).
[[nodiscard]] inline bool is_landmark_file(const std::filesystem::path& path) {
  return path.extension() == ".pts" || path.extension() == ".t7";
}

/// What FolderFaces reads: `labels.csv` and the pictures that it lists. Wrong rows, or a wrong header, are
/// problems. Pictures without a subject are of "unknown". Throws FileError where there is no `labels.csv`.
[[nodiscard]] inline AnnotatedSet open_labelled_folder(const std::filesystem::path& root) {
  AnnotatedSet set{.name = "labelled folder",
                   .labels = LabelKind::intensity,
                   .single_pictures = true,
                   .action_units = {},
                   .videos = {},
                   .problems = {}};
  const auto note = [&](const FileError& error) {
    set.problems.push_back({Problem::Kind::wrong, error.file(), error.problem()});
  };
  (void)type_of(root / "labels.csv");  // a folder that may not be looked into is none
  try {
    const FolderFaces faces(root, action_units, note);
    set.action_units.assign(faces.action_units().begin(), faces.action_units().end());
    std::map<std::string, AnnotatedVideo> people;
    for (int i = 0; i < faces.size(); ++i) {
      std::string person =
          faces.subjects().empty() ? "" : faces.subjects()[static_cast<std::size_t>(faces.subject_of(i))];
      if (person.empty()) person = "unknown";
      AnnotatedVideo& pictures = people[person];
      pictures.name = pictures.subject = person;
      pictures.frames.push_back({.number = i, .picture = faces.picture(i), .landmarks = faces.landmarks(i)});
      const auto labels = faces.labels(i);
      pictures.labels.insert(pictures.labels.end(), labels.begin(), labels.end());
    }
    for (auto& [person, pictures] : people) set.videos.push_back(std::move(pictures));
  } catch (const FileError& error) {
    if (error.file() != (root / "labels.csv").string()) throw;
    note(error);
  }
  return set;
}

/// What LandmarkFolder reads: pictures with landmarks beside them, and no labels. Pictures and landmark files
/// that lie alone are problems. Throws FileError where there is no annotated picture.
[[nodiscard]] inline AnnotatedSet open_landmark_folder(const std::filesystem::path& root) {
  AnnotatedSet set{.name = "folder of landmarks",
                   .labels = LabelKind::intensity,
                   .single_pictures = true,
                   .action_units = {},
                   .videos = {},
                   .problems = {}};
  const LandmarkFolder faces(root);
  AnnotatedVideo pictures;
  pictures.name = pictures.subject = "unknown";
  const auto stem = [](std::filesystem::path file) { return file.replace_extension(); };
  std::set<std::filesystem::path> paired;
  for (int i = 0; i < faces.size(); ++i) {
    pictures.frames.push_back({.number = i, .picture = faces.picture(i), .landmarks = faces.landmarks(i)});
    paired.insert(stem(faces.picture(i)));
  }
  set.videos.push_back(std::move(pictures));
  for (const std::filesystem::path& file : files_below(root)) {
    const bool picture = is_picture(file);
    if ((picture || is_landmark_file(file)) && !paired.contains(stem(file)))
      set.problems.push_back(
          {Problem::Kind::missing, file.string(),
           picture ? "has no landmarks beside it (.pts, .t7)" : "has no picture beside it"});
  }
  return set;
}

inline constexpr SetLayout labelled_folder = {
    "folder", "labels.csv",
    [](const std::filesystem::path& root, const SetOptions&) { return open_labelled_folder(root); }};
inline constexpr SetLayout landmark_folder = {
    "landmarks", "",
    [](const std::filesystem::path& root, const SetOptions&) { return open_landmark_folder(root); }};

/// What can be looked through: published sets and folders of one's own.
inline constexpr auto all_layouts = [] {
  std::array<SetLayout, set_layouts.size() + 2> all{};
  std::ranges::copy(set_layouts, all.begin());
  all[set_layouts.size()] = labelled_folder;
  all.back() = landmark_folder;
  return all;
}();

/// Which of `all_layouts` a folder has: a labelled folder holds `labels.csv`, a published set its label
/// files, a folder of landmarks neither. Throws FileError where it is none of them, or there is no such
/// folder.
[[nodiscard]] inline const SetLayout& recognise_layout(const std::filesystem::path& root) {
  const auto files = files_below(root);
  if (std::ranges::binary_search(files, root / labelled_folder.labels)) return labelled_folder;
  if (const SetLayout* published = layout_of(files)) return *published;
  if (std::ranges::any_of(files, is_landmark_file)) return landmark_folder;
  throw FileError(root.string(), "no label file of a data set that is known (" + set_layout_names() +
                                     "), no labels.csv and no landmarks (.pts, .t7)");
}

}  // namespace aurum
