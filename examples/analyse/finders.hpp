#pragma once
// Who finds the faces: a detector, or a file that says where they are.
#include <string>
#include <vector>

#include "aurum/analyse/face.hpp"
#include "frames.hpp"

namespace examples {

struct FinderOptions {
  std::string detector;   ///< dlib or haar; empty: the best that there is
  std::string cascade;    ///< file for haar; empty: where Debian has it
  float smallest = 0.1F;  ///< side of the smallest face, as a part of the picture's longer side
  std::string faces;      ///< a file or folder that says where the faces are; empty: a detector finds them
};

/// Finds the faces of the frames of one source.
class FaceFinder {
 public:
  virtual ~FaceFinder() = default;
  /// Appends the faces of the frame of that number, from 1.
  virtual void find(const Frame& frame, int number, std::vector<aurum::FoundFace>& faces) = 0;
  /// Whether searching a frame costs nothing.
  [[nodiscard]] virtual bool free() const = 0;
};

/// Throws ValueError for a detector that this program lacks, FileError for files that cannot be read or say
/// nothing of the source.
[[nodiscard]] std::unique_ptr<FaceFinder> make_finder(const FinderOptions& options, const Source& source);

/// As one line, for the journal: other finders, other measurements.
[[nodiscard]] std::string describe(const FinderOptions& options, const Source& source);

/// The detectors of this program, the best first.
[[nodiscard]] std::vector<std::string> detectors();

}  // namespace examples
