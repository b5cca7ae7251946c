#pragma once
// Published data sets, split by people as is customary.
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "aurum/data/sets/annotated_faces.hpp"
#include "aurum/data/sets/open.hpp"
#include "data.hpp"
#include "videos.hpp"

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

/// People that a network is tested on, who has learned from others.
struct TestPart {
  std::string name;  ///< "fold 1"; empty where there is one
  std::set<std::string> people;
};

/// One training of a protocol.
struct Fold {
  std::string name;  ///< "fold 1"; empty where there is one
  Split split;
};

/// Opens a data set. What is of no use is left out, which is told on stderr: AUs of which no table says where
/// they show (aurum/data/sets/places.hpp), and videos that would bring a person, or a part that is neither
/// to train nor to test on, where it does not belong. Throws FileError for a set in which something is wrong,
/// ValueError for options that do not fit it and where there are no landmarks.
[[nodiscard]] aurum::AnnotatedSet open_dataset(const DatasetOptions& options);

/// ", occurrences, landmarks of OpenFace, one frame in 5": what the faces and labels of a set depend on,
/// empty for a set as it is. A training goes on with no others.
[[nodiscard]] std::string faces_of(const aurum::AnnotatedSet& set, const DatasetOptions& options);

/// Who is tested on: the people of DISFA's folds one after the other; those of the parts for that of the sets
/// that have parts; a third of the people, always the same, of DISFA+, which has none.
[[nodiscard]] std::vector<TestPart> test_parts(const aurum::AnnotatedSet& set, const DatasetOptions& options);

/// Cuts the faces of an opened set out and splits them by people, once for each of `test_parts`. A sixth of
/// the people to train on, drawn by `seed`, choose the best epoch. `side`: of the network's input in pixels.
/// Reports its progress on stderr. Throws FileError for files that cannot be read, ValueError for a part
/// without faces.
[[nodiscard]] std::vector<Fold> dataset_folds(aurum::AnnotatedSet set, const DatasetOptions& options,
                                              int side, std::uint64_t seed);

/// The videos of an opened set, faces cut out, split as by `dataset_folds` for one part. Throws as that does,
/// and ValueError for a set of single pictures.
[[nodiscard]] VideoData dataset_videos(aurum::AnnotatedSet set, const TestPart& test,
                                       const DatasetOptions& options, int side, std::uint64_t seed);

/// As `dataset_folds`, but only the faces that are tested on, those of each part.
[[nodiscard]] std::vector<AnyData> test_faces(aurum::AnnotatedSet set, const std::vector<TestPart>& parts,
                                              const DatasetOptions& options, int side);

/// Frames of videos and pictures, as far as this program was compiled for them.
[[nodiscard]] aurum::FrameSource frame_source();

}  // namespace examples
