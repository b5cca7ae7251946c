#pragma once
// The first pass over a source: frames are decoded and searched for faces in one thread, networks look at the
// faces in another.
#include <atomic>
#include <functional>

#include "au_network.hpp"
#include "finders.hpp"
#include "frames.hpp"
#include "journal.hpp"

namespace examples {

struct MeasureOptions {
  int every = 0;       ///< search each so many-th frame of a video (see FaceFollower); 0: each 0.2 seconds
  bool sides = false;  ///< the left and the right side of every AU, too
  bool heat = false;   ///< keep heatmaps for the overlay
  long long most = 0;  ///< frames; 0: all
};

/// Seconds that the stages took in all, and what came of them.
struct MeasureReport {
  double decoding = 0, finding = 0, network = 0, all = 0;
  long long frames = 0;  ///< that were measured in this run
  bool stopped = false;
};

/// Sees frames as they are measured.
using FrameVisitor = std::function<void(const aurum::Image&, const JournalFrame&)>;

/// How often frames of a source are searched.
[[nodiscard]] int search_interval(const MeasureOptions& options, const Source& source, const Frames& frames,
                                  const FaceFinder& finder);

/// Measures what the journal lacks and adds it there, frame by frame, until the end, or until `stop`. A
/// network that remembers has to begin with the first frame: the journal must be empty then. The
/// aligner, where there is one, gives faces without landmarks theirs. Shows its progress on stderr. Throws
/// FileError where the source cannot be decoded or the journal cannot be written; what was measured before is
/// in the journal.
MeasureReport measure(const Source& source, FaceFinder& finder, AuNetwork& network,
                      aurum::AnyPredictor* aligner, const MeasureOptions& options, Journal& journal,
                      const std::atomic<bool>& stop, const FrameVisitor& visit = {});

}  // namespace examples
