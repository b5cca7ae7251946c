#pragma once
// What every published data set comes down to: videos of people whose frames carry labels. The headers beside
// this one read one layout each; nothing here opens a picture or a video.
#include <cstddef>
#include <filesystem>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/data/label_kind.hpp"

namespace aurum {

/// A frame that is labelled, and where it and its face lie.
struct AnnotatedFrame {
  int number = 0;                   ///< as the label files count
  std::filesystem::path picture;    ///< empty: a frame of the video, or there is none
  std::filesystem::path landmarks;  ///< empty: there are none for this frame alone
};

/// A video of one person, as a file or as the pictures of its frames, with labels.
struct AnnotatedVideo {
  std::string name;                    ///< within its set: "SN001", "F001/T1"
  std::string subject;                 ///< as the set calls the person
  std::string part{};                  ///< of the split that the set comes with: "train"; empty: it has none
  std::filesystem::path video;         ///< empty: the frames have pictures
  int first_number = 0;                ///< the number of the first frame of the video, or of its pictures
  bool labelled_in_part = false;       ///< labels are of a segment of it by design (BP4D), not of every frame
  int spare_frames = 0;                ///< at its end, that lack a label in sound copies too (DISFA)
  std::vector<int> picture_numbers{};  ///< of all pictures there are, labelled or not, ascending
  std::vector<AnnotatedFrame> frames;  ///< in ascending order of their numbers
  std::vector<float> labels;           ///< frames x AUs; NaN: not labelled

  /// The labels of the i-th frame, one for each of `count` AUs.
  [[nodiscard]] std::span<const float> labels_of(std::size_t i, std::size_t count) const {
    return std::span(labels).subspan(i * count, count);
  }
};

/// Something in a data set that is not as its layout says.
struct Problem {
  enum class Kind {
    wrong,   ///< a file or a label that cannot be what was meant: nobody should train on it
    missing  ///< something that others have, or a suspicion: frames without a picture, a count that is
             ///< shifted
  };
  Kind kind = Kind::wrong;
  std::string where;  ///< a file, with its line where there is one, or a video
  std::string what;
};

/// A data set as it was found. Problems do not stop its being read: `aurum-data check` shows all of them.
struct AnnotatedSet {
  std::string name;  ///< "DISFA"
  LabelKind labels = LabelKind::intensity;
  bool single_pictures = false;  ///< of no video: each of `videos` stands for all pictures of a person
  std::vector<int> action_units;
  std::vector<AnnotatedVideo> videos;  ///< in the order of their names
  std::vector<Problem> problems;

  /// The people, in the order of their names.
  [[nodiscard]] std::vector<std::string> subjects() const {
    std::set<std::string> names;
    for (const AnnotatedVideo& v : videos) names.insert(v.subject);
    return {names.begin(), names.end()};
  }
};

/// Throws FileError, with the first problem and how many there are, for a set that holds something wrong.
inline void require_sound(const AnnotatedSet& set) {
  std::size_t wrong = 0;
  const Problem* first = nullptr;
  for (const Problem& problem : set.problems)
    if (problem.kind == Problem::Kind::wrong && wrong++ == 0) first = &problem;
  if (wrong == 1) throw FileError(first->where, first->what);
  if (wrong > 1)
    throw FileError(first->where, first->what + " (and " + std::to_string(wrong - 1) + " more problems of " +
                                      set.name + "; aurum-data check lists them)");
}

/// Greater numbers of frames are taken for mistakes.
inline constexpr int greatest_frame = 100'000'000;

inline constexpr float not_labelled = std::numeric_limits<float>::quiet_NaN();

}  // namespace aurum
