#include "measure.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "aurum/analyse/face_follower.hpp"
#include "aurum/core/ahead.hpp"
#include "aurum/core/error.hpp"
#include "aurum/heatmap/sides.hpp"
#include "aurum/train/progress.hpp"

namespace examples {
namespace {

using aurum::Face;
using aurum::FoundFace;
using Clock = std::chrono::steady_clock;

/// Adds the time of its life to a sum.
class Stopwatch {
 public:
  explicit Stopwatch(double& sum) : sum_{sum} {}
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;
  ~Stopwatch() { sum_ += std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  double& sum_;
  Clock::time_point start_ = Clock::now();
};

/// Frames that are searched together, and their faces.
struct Chunk {
  std::vector<Frame> frames{};
  std::vector<std::vector<Face>> faces{};
  double decoding = 0, finding = 0;
  int people = 0;  ///< so far
};

/// Decodes and searches, chunk by chunk: the first has one frame, so that the next lie between two that were
/// searched.
class Searcher {
 public:
  Searcher(Frames& frames, bool moving, FaceFinder& finder, int every, long long most)
      : frames_{frames}, moving_{moving}, finder_{finder}, every_{every}, most_{most} {}

  std::optional<Chunk> operator()() {
    Chunk chunk;
    const long long wanted = std::min(number_ == 0 ? 1LL : every_, most_ > 0 ? most_ - number_ : every_);
    {
      const Stopwatch watch{chunk.decoding};
      while (std::ssize(chunk.frames) < wanted) {
        Frame frame;
        if (!frames_.next(frame)) break;
        chunk.frames.push_back(std::move(frame));
      }
    }
    if (chunk.frames.empty()) return std::nullopt;
    {
      const Stopwatch watch{chunk.finding};
      follow(chunk, [&](std::size_t i, std::vector<FoundFace>& found) {
        if (chunk.frames[i].fault.empty())
          finder_.find(chunk.frames[i], static_cast<int>(number_) + static_cast<int>(i) + 1, found);
      });
    }
    return chunk;
  }

  /// Goes past frames that were measured before: whole chunks of them. The follower learns who was there.
  void pass(const std::vector<std::vector<Face>>& known, const std::vector<double>& seconds) {
    while (number_ < std::ssize(known)) {
      Chunk chunk;
      const std::size_t count = number_ == 0 ? 1 : static_cast<std::size_t>(every_);
      for (std::size_t i = 0; i < count; ++i) {
        if (!frames_.skip()) throw aurum::Error("the source has fewer frames than were measured before");
        chunk.frames.push_back({.seconds = seconds[static_cast<std::size_t>(number_) + i]});
      }
      const auto first = known.begin() + static_cast<std::ptrdiff_t>(number_);
      follow(chunk, [&](std::size_t i, std::vector<FoundFace>& found) {
        for (const Face& face : first[static_cast<std::ptrdiff_t>(i)])
          found.push_back({face.detection.value_or(face.square), face.confidence, {}});
      });
    }
  }

 private:
  template <class Detect>
  void follow(Chunk& chunk, Detect detect) {
    std::vector<double> seconds;
    for (const Frame& frame : chunk.frames) seconds.push_back(frame.seconds);
    chunk.faces.resize(chunk.frames.size());
    if (!moving_) follower_ = aurum::FaceFollower{{.side_seconds = 0}};
    follower_.follow(seconds, chunk.faces, detect);
    number_ += std::ssize(chunk.frames);
    people_ = moving_ ? follower_.people() : people_ + follower_.people();
    chunk.people = people_;
  }

  Frames& frames_;
  bool moving_;
  FaceFinder& finder_;
  long long every_, most_;
  aurum::FaceFollower follower_{};
  long long number_ = 0;  ///< frames so far
  int people_ = 0;
};

/// The intensities of an AU's two sides; NaN for AUs that have none, or no place in the table.
aurum::Sides<float> sides_of(int au, const aurum::Prediction& prediction, int channel,
                             const aurum::Landmarks& landmarks) {
  const aurum::ActionUnit* const unit = aurum::lookup_action_unit(au);
  if (unit == nullptr || !aurum::has_two_sides(*unit)) return {std::nanf(""), std::nanf("")};
  const int size = prediction.heatmaps.width;
  const aurum::DividingLine line =
      landmarks.empty()
          ? aurum::dividing_line(*unit, size)
          : aurum::dividing_line(*unit, prediction.picture_to_input(landmarks), prediction.input.width, size);
  return intensity(aurum::find_side_peaks(prediction.heatmaps, channel, line));
}

Heat heat_of(const aurum::View<const float>& maps) {
  Heat heat{maps.width, {}};
  for (int y = 0; y < maps.height; ++y)
    for (int x = 0; x < maps.width; ++x) {
      float most = 0;
      for (int c = 0; c < maps.channels; ++c) most = std::max(most, maps.at(0, y, x, c));
      heat.pixels.push_back(
          static_cast<std::uint8_t>(std::lround(255 * std::min(most / aurum::greatest_intensity, 1.0F))));
    }
  return heat;
}

}  // namespace

int search_interval(const MeasureOptions& options, const Source& source, const Frames& frames,
                    const FaceFinder& finder) {
  if (!source.moving() || finder.free()) return 1;
  if (options.every > 0) return options.every;
  return std::max(1, static_cast<int>(std::lround(0.2 * frames.frames_per_second())));
}

MeasureReport measure(const Source& source, FaceFinder& finder, AuNetwork& network,
                      aurum::AnyPredictor* aligner, const MeasureOptions& options, Journal& journal,
                      const std::atomic<bool>& stop, const FrameVisitor& visit) {
  MeasureReport report;
  if (network.remembers() && journal.frames() > 0)
    throw aurum::Error("measure: expected no frames before those of a network that remembers, found " +
                       std::to_string(journal.frames()));
  network.forget();
  const std::unique_ptr<Frames> frames = source.open();
  const int every = search_interval(options, source, *frames, finder);
  Searcher searcher(*frames, source.moving(), finder, every, options.most);
  if (journal.frames() > 0) {
    const auto interval = static_cast<std::size_t>(every);
    journal.keep(1 + (journal.frames() - 1) / interval * interval);
    std::vector<std::vector<Face>> known;
    std::vector<double> seconds;
    journal.read([&](const JournalFrame& record) {
      known.emplace_back(record.frame.faces.begin(), record.frame.faces.end());
      seconds.push_back(record.frame.seconds);
    });
    searcher.pass(known, seconds);
  }

  const std::vector<int>& aus = network.info().action_units;
  const auto look_at = [&](const Frame& frame, int number, const Face& face) {
    aurum::MeasuredFace measured{face};
    if (aligner != nullptr && measured.landmarks.empty())
      measured.landmarks = (*aligner)(frame.picture, face.square).points();
    const aurum::Prediction& prediction = network(frame.picture, face, number, frame.seconds);
    measured.intensities = prediction.intensities();
    for (std::size_t i = 0; options.sides && i < aus.size(); ++i) {
      const auto [left, right] = sides_of(aus[i], prediction, static_cast<int>(i), measured.landmarks);
      measured.left.push_back(left);
      measured.right.push_back(right);
    }
    return std::pair(std::move(measured), options.heat ? heat_of(prediction.heatmaps) : Heat{});
  };
  const auto start = Clock::now();
  long long expected = frames->announced();
  if (options.most > 0) expected = expected > 0 ? std::min(expected, options.most) : options.most;
  aurum::Progress progress(source.name, static_cast<double>(expected));
  {
    aurum::Ahead<Chunk> chunks([&] { return searcher(); });
    while (std::optional<Chunk> chunk = chunks.next()) {
      report.decoding += chunk->decoding;
      report.finding += chunk->finding;
      std::vector<JournalFrame> records;
      {
        const Stopwatch watch{report.network};
        for (std::size_t i = 0; i < chunk->frames.size(); ++i) {
          const Frame& frame = chunk->frames[i];
          JournalFrame record{.frame = {.number = static_cast<int>(journal.frames() + i) + 1,
                                        .seconds = frame.seconds,
                                        .file = frame.file,
                                        .fault = frame.fault}};
          if (!source.moving()) network.forget();
          for (const Face& face : chunk->faces[i]) {
            auto [measured, heat] = look_at(frame, record.frame.number, face);
            record.frame.faces.push_back(std::move(measured));
            record.heat.push_back(std::move(heat));
          }
          records.push_back(std::move(record));
        }
      }
      for (std::size_t i = 0; visit && i < records.size(); ++i) visit(chunk->frames[i].picture, records[i]);
      journal.append(records);
      report.frames += std::ssize(records);
      progress.update(static_cast<double>(journal.frames()), std::to_string(chunk->people) + " faces so far");
      if (stop.load()) {
        report.stopped = true;
        break;
      }
    }
  }
  report.all = std::chrono::duration<double>(Clock::now() - start).count();
  if (!report.stopped) journal.finish();
  return report;
}

}  // namespace examples
