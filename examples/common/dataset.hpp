#pragma once
// Published data sets, split by people as is customary.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "aurum/data/sets/annotated_faces.hpp"
#include "aurum/data/sets/open.hpp"
#include "data.hpp"

namespace examples {

struct DatasetOptions {
  std::string name;       ///< of aurum::set_layouts; empty: none
  std::string root;       ///< where the set lies
  std::string landmarks;  ///< a folder of OpenFace's CSV files; empty: the set's own landmarks
  std::string cache;      ///< a folder for the faces that are cut out
  int fold = 0;           ///< of DISFA, from 1; 0: all three
  int every = 1;          ///< use each so many-th labelled frame
  aurum::SetOptions set;
};

void add_dataset_options(CLI::App& app, DatasetOptions& options);

/// One training of a protocol.
struct Fold {
  std::string name;  ///< "fold 1"; empty where there is one
  Split split;
};

/// Opens a data set with intensities. Throws FileError for one in which something is wrong, ValueError for
/// options that do not fit it and where there are no landmarks.
[[nodiscard]] aurum::AnnotatedSet open_dataset(const DatasetOptions& options);

/// Cuts the faces of an opened set out and splits them by people: DISFA into its folds, BP4D and FERA 2017
/// into their own parts; DISFA+, which has none, is tested on a third of its people. A sixth of the people to
/// train on, drawn by `seed`, choose the best epoch. `side`: of the network's input in pixels. Reports its
/// progress on stderr. Throws FileError for files that cannot be read, ValueError for a part without faces.
[[nodiscard]] std::vector<Fold> dataset_folds(aurum::AnnotatedSet set, const DatasetOptions& options,
                                              int side, std::uint64_t seed);

/// Frames of videos and pictures, as far as this program was compiled for them.
[[nodiscard]] aurum::FrameSource frame_source();

}  // namespace examples
