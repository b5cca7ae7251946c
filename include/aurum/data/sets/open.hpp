#pragma once
// Data sets by their names, for programs that are told which one, or have to find out.
#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "aurum/data/sets/aff_wild2.hpp"
#include "aurum/data/sets/bp4d.hpp"
#include "aurum/data/sets/disfa.hpp"
#include "aurum/data/sets/fera2017.hpp"

namespace aurum {

/// Options of all layouts; each takes what concerns it.
struct SetOptions {
  DisfaOptions disfa{};
  Fera2017Options fera2017{};
};

/// A layout that can be opened.
struct SetLayout {
  const char* name;    ///< as on a command line
  const char* labels;  ///< a name as its label files have it (see `match_name`)
  AnnotatedSet (*open)(const std::filesystem::path& root, const SetOptions& options);
};

inline constexpr std::array<SetLayout, 7> set_layouts = {{
    {"disfa", "SN#_au#.txt",
     [](const std::filesystem::path& root, const SetOptions& o) { return open_disfa(root, o.disfa); }},
    {"disfa+", "AU#.txt",
     [](const std::filesystem::path& root, const SetOptions&) { return open_disfa_plus(root); }},
    {"fera2017", "FERA17_*_*_T#_AU#_Int.csv",
     [](const std::filesystem::path& root, const SetOptions& o) { return open_fera2017(root, o.fera2017); }},
    {"fera2017-occurrence", "FERA17_*_*_T#.csv",
     [](const std::filesystem::path& root, const SetOptions& o) {
       Fera2017Options occurrence = o.fera2017;
       occurrence.kind = LabelKind::occurrence;
       return open_fera2017(root, occurrence);
     }},
    {"bp4d", "*_T#_AU#.csv",
     [](const std::filesystem::path& root, const SetOptions&) { return open_bp4d(root); }},
    {"bp4d-occurrence", "*_T#.csv",
     [](const std::filesystem::path& root, const SetOptions&) {
       return open_bp4d(root, LabelKind::occurrence);
     }},
    {"aff-wild2", "",
     [](const std::filesystem::path& root, const SetOptions&) { return open_aff_wild2(root); }},
}};

/// Their names, for messages: "disfa, disfa+, ...".
[[nodiscard]] inline std::string set_layout_names(std::span<const SetLayout> layouts = set_layouts) {
  std::string names;
  for (const SetLayout& layout : layouts) names += (names.empty() ? "" : ", ") + std::string(layout.name);
  return names;
}

/// Throws ValueError, with the names there are, for another one.
[[nodiscard]] inline const SetLayout& find_set_layout(std::string_view name,
                                                      std::span<const SetLayout> layouts = set_layouts) {
  for (const SetLayout& layout : layouts)
    if (name == layout.name) return layout;
  throw ValueError("no data set '" + std::string(name) + "', expected one of " + set_layout_names(layouts));
}

/// The layout of which these files are, by the names of the label files among them: the first of
/// `set_layouts`, so that intensities go before occurrences. Null where no name is of a label file.
[[nodiscard]] inline const SetLayout* layout_of(std::span<const std::filesystem::path> files) {
  for (const SetLayout& layout : set_layouts)
    for (const std::filesystem::path& file : files)
      if (layout.labels[0] != '\0' ? match_name(file.filename().string(), layout.labels).has_value()
                                   : lower_case(folder_name(file.parent_path())) == "au_set")
        return &layout;
  return nullptr;
}

/// The layout that a folder has (see `layout_of`). Throws FileError where it has none, or there is no such
/// folder.
[[nodiscard]] inline const SetLayout& recognise_set(const std::filesystem::path& root) {
  if (const SetLayout* layout = layout_of(files_below(root))) return *layout;
  throw FileError(root.string(), "no label file of a data set that is known (" + set_layout_names() + ")");
}

}  // namespace aurum
