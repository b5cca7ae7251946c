#pragma once
// The second pass: everything that is written about a source that was measured.
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "au_network.hpp"
#include "aurum/analyse/recording.hpp"
#include "aurum/interop/opencv_video.hpp"
#include "frames.hpp"
#include "journal.hpp"
#include "measure.hpp"
#include "overlay.hpp"

namespace examples {

struct ResultOptions {
  std::vector<std::string> formats;  ///< openface, jsonl; none
  bool overlay = false, report = false;
  bool sheets = false;  ///< of pictures: one for each face
  bool part = false;    ///< the first frames only were asked for
  aurum::Refinement refinement;
  std::string command{};  ///< for the report
};

/// Writes tables, overlays, sheets and the report. False where a picture could not be read or the source
/// ended early, which is said on stderr. The network draws the maps of the report and the sheets; from
/// one without maps the report has the faces alone, and there are no sheets. Throws FileError.
bool write_results(const Source& source, const Journal& journal, AuNetwork& network,
                   const ResultOptions& options, const std::filesystem::path& folder,
                   const MeasureReport& measured);

/// The overlay of a camera, which shows nothing twice, drawn while it is measured: intensities as measured.
/// Its video has as many frames a second whatever the camera gives.
class LiveOverlay {
 public:
  LiveOverlay(std::filesystem::path file, std::vector<int> action_units)
      : file_{std::move(file)}, action_units_{std::move(action_units)} {}
  void add(const aurum::Image& picture, const JournalFrame& frame);
  /// Puts the video in place. Throws FileError.
  void finish();

 private:
  static constexpr double rate = 30;

  std::filesystem::path file_;
  std::vector<int> action_units_;
  std::optional<Overlay> overlay_;
  std::optional<aurum::VideoWriter> video_;
  long long written_ = 0;
};

}  // namespace examples
