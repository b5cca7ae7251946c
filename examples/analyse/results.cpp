#include "results.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "aurum/core/ahead.hpp"
#include "aurum/core/error.hpp"
#include "aurum/data/image_file.hpp"
#include "aurum/io/atomic_file.hpp"
#include "aurum/train/progress.hpp"
#include "report.hpp"
#include "tables.hpp"

namespace examples {
namespace {

namespace fs = std::filesystem;

/// The frames of a source that are wanted, in their order; the next are decoded meanwhile.
class WantedFrames {
 public:
  using Numbered = std::pair<std::size_t, aurum::Image>;

  WantedFrames(const Source& source, std::size_t count, const std::function<bool(std::size_t)>& wanted)
      : frames_{source.open()}, pictures_([this, count, wanted] { return decode(count, wanted); }, 4) {}
  [[nodiscard]] std::optional<Numbered> next() { return pictures_.next(); }

 private:
  std::optional<Numbered> decode(std::size_t count, const std::function<bool(std::size_t)>& wanted) {
    while (next_ < count && !wanted(next_)) {
      if (!frames_->skip()) return std::nullopt;
      ++next_;
    }
    Frame frame;
    if (next_ == count || !frames_->next(frame)) return std::nullopt;
    return std::pair(next_++, std::move(frame.picture));
  }

  std::unique_ptr<Frames> frames_;
  std::size_t next_ = 0;
  aurum::Ahead<Numbered> pictures_;  ///< last: its thread uses all of the above
};

/// A video, or for pictures a picture each.
void write_overlay(const Source& source, const Journal& journal, const aurum::Recording& recording,
                   const fs::path& folder) {
  const bool moving = source.moving();
  const double rate = source.open()->frames_per_second();
  const std::vector<std::string> names = moving ? std::vector<std::string>{} : names_of_pictures(recording);
  aurum::Progress progress("overlay", static_cast<double>(recording.frames.size()));
  WantedFrames frames(source, recording.frames.size(), [](std::size_t) { return true; });
  int width = 0, height = 0;  // of the last picture
  int lost = 0;               // frames before the first picture, whose size is not known yet
  std::optional<Overlay> overlay;
  std::optional<aurum::VideoWriter> video;
  journal.read([&](const JournalFrame& measured) {
    auto numbered = frames.next();
    if (!numbered) return;
    auto& [i, picture] = *numbered;
    progress.update(static_cast<double>(i));
    // A picture of a sequence that could not be read has its time all the same.
    if (picture.empty() && moving && width == 0) ++lost;
    if (picture.empty() && moving) picture = aurum::Image(width, height);
    if (picture.empty()) return;
    width = picture.width;
    height = picture.height;
    if (!overlay || !moving) overlay.emplace(width, height, recording.action_units);
    aurum::Image drawn = overlay->draw(picture, recording.frames[i].faces, measured.heat);
    if (!moving) return aurum::write_jpeg(folder / source.name / (names[i] + ".overlay.jpg"), drawn);
    if (!video) {
      video.emplace(folder / (source.name + ".overlay.mp4"), rate, drawn.width, drawn.height);
      aurum::Image black(drawn.width, drawn.height);
      for (; lost > 0; --lost) video->write(black);
    }
    video->write(drawn);
  });
  if (video) video->commit();
}

/// A sheet for each face of pictures.
void write_sheets(const Source& source, const aurum::Recording& recording, AuNetwork& network,
                  const fs::path& folder) {
  const std::vector<std::string> names = names_of_pictures(recording);
  aurum::Progress progress("sheets", static_cast<double>(recording.frames.size()));
  WantedFrames frames(source, recording.frames.size(),
                      [&](std::size_t i) { return !recording.frames[i].faces.empty(); });
  while (const auto numbered = frames.next()) {
    const auto& [i, picture] = *numbered;
    progress.update(static_cast<double>(i));
    if (picture.empty()) continue;
    const std::vector<aurum::MeasuredFace>& faces = recording.frames[i].faces;
    for (std::size_t k = 0; k < faces.size(); ++k)
      if (const auto maps = network.maps(picture, faces[k].square))
        aurum::write_jpeg(folder / (names[i] + "." + std::to_string(k) + ".sheet.jpg"),
                          draw_sheet(picture, faces[k], *maps, recording.action_units));
  }
}

std::vector<Figure> draw_keyframes(const Source& source, const aurum::Recording& recording,
                                   AuNetwork& network, bool moving) {
  constexpr std::size_t most = 9;
  constexpr int size = 320;
  std::vector<Figure> figures;
  for (const aurum::Keyframe& keyframe : aurum::keyframes(recording, most, 1, moving ? 1 : 0))
    figures.push_back({keyframe, {}});
  const auto of_frame = [&](std::size_t i) { return [i](const Figure& f) { return f.keyframe.frame == i; }; };
  WantedFrames frames(source, recording.frames.size(),
                      [&](std::size_t i) { return std::ranges::any_of(figures, of_frame(i)); });
  while (const auto numbered = frames.next()) {
    const auto& [i, picture] = *numbered;
    for (Figure& figure : figures) {
      if (figure.keyframe.frame != i || picture.empty()) continue;
      const aurum::Square& square = recording.frames[i].faces[figure.keyframe.face].square;
      figure.picture = draw_keyframe(picture, square, network.maps(picture, square),
                                     static_cast<int>(figure.keyframe.unit), size);
    }
  }
  std::erase_if(figures, [](const Figure& figure) { return figure.picture.empty(); });
  return figures;
}

void write_report(const Source& source, const aurum::Recording& recording, AuNetwork& network,
                  const ResultOptions& options, const fs::path& folder, std::vector<std::string> complaints,
                  const MeasureReport& measured) {
  const bool moving = source.moving();
  const auto faces = std::ranges::count_if(recording.frames, [](const auto& f) { return !f.faces.empty(); });
  const aurum::ModelInfo& info = network.info();
  ReportFacts facts{.title = source.name + ": Action Units",
                    .facts = {},
                    .complaints = std::move(complaints),
                    .moving = moving};
  facts.facts.emplace_back("frames", std::to_string(recording.frames.size()) + ", a face in " +
                                         std::to_string(faces) + " of them");
  facts.facts.emplace_back("network", info.layout + " on " + aurum::to_string(info.input));
  facts.facts.emplace_back("trained on", info.training_data);
  std::string how = options.refinement.baseline ? "each face's rest subtracted" : "as measured";
  if (options.refinement.smoothing > 0)
    how += ", smoothed over " + std::to_string(options.refinement.smoothing).substr(0, 4) + " s";
  facts.facts.emplace_back("intensities", how);
  if (measured.frames > 0)
    facts.facts.emplace_back(
        "speed", std::to_string(std::lround(static_cast<double>(measured.frames) / measured.all)) +
                     " frames a second");
  facts.facts.emplace_back("command", options.command);
  std::vector<Figure> figures;
  if (source.kind != Source::Kind::camera) figures = draw_keyframes(source, recording, network, moving);
  aurum::write_atomically(folder / (source.name + ".html"), report_html(recording, figures, facts));
}

}  // namespace

bool write_results(const Source& source, const Journal& journal, AuNetwork& network,
                   const ResultOptions& options, const fs::path& folder, const MeasureReport& measured) {
  const bool moving = source.moving();
  aurum::Recording recording{network.info().action_units, {}};
  journal.read([&](JournalFrame frame) { recording.frames.push_back(std::move(frame.frame)); });
  if (moving) recording = refined(std::move(recording), options.refinement);

  std::vector<std::string> complaints;
  if (source.kind == Source::Kind::video && !options.part) {
    const std::unique_ptr<Frames> frames = source.open();
    const long long announced = frames->announced();
    if (frames->counted() && std::ssize(recording.frames) < announced)
      complaints.push_back(source.files.front().string() + ": ends after " +
                           std::to_string(recording.frames.size()) + " of " + std::to_string(announced) +
                           " frames: it was cut off or is damaged");
  }
  for (const aurum::MeasuredFrame& frame : recording.frames)
    if (!frame.fault.empty()) complaints.push_back(frame.fault);
  for (const std::string& complaint : complaints)
    std::fprintf(stderr, "aurum-analyse: %s\n", complaint.c_str());

  const fs::path pictures = folder / source.name;  // what is written for each of them
  if (!moving) fs::create_directories(pictures);
  for (const std::string& format : options.formats) {
    if (format == "jsonl") write_json_lines(folder / (source.name + ".jsonl"), recording, moving);
    if (format == "openface" && moving) write_openface(folder / (source.name + ".csv"), recording);
    if (format == "openface" && !moving) write_openface_of_pictures(pictures, recording);
  }
  if (options.overlay && source.kind != Source::Kind::camera)
    write_overlay(source, journal, recording, folder);
  if (options.sheets && !moving) write_sheets(source, recording, network, pictures);
  if (options.report) write_report(source, recording, network, options, folder, complaints, measured);
  return complaints.empty();
}

void LiveOverlay::add(const aurum::Image& picture, const JournalFrame& frame) {
  if (!overlay_) overlay_.emplace(picture.width, picture.height, action_units_);
  aurum::Image drawn = overlay_->draw(picture, frame.frame.faces, frame.heat);
  if (!video_) video_.emplace(file_, rate, drawn.width, drawn.height);
  for (const auto wanted = 1 + std::llround(frame.frame.seconds * rate); written_ < wanted; ++written_)
    video_->write(drawn);
}

void LiveOverlay::finish() {
  if (video_) video_->commit();
}

}  // namespace examples
