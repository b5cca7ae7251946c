// AU intensities of everybody in videos, pictures or before a camera: tables, overlays, a report.
// needs: opencv
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <set>

#include "analyse/finders.hpp"
#include "analyse/measure.hpp"
#include "analyse/results.hpp"
#include "aurum/data/file.hpp"
#include "networks.hpp"
#include "options.hpp"
#include "program.hpp"
#include "temporal/video_networks.hpp"

namespace {

namespace fs = std::filesystem;
using namespace examples;

struct Options {
  std::vector<std::string> paths;
  std::optional<int> camera;
  std::string weights, temporal, landmark_weights, output;
  std::string formats = "openface";
  bool mirror = false, resume = false, sequence = false;
  double frames_per_second = 0;
  Machine machine;
  FinderOptions finder;
  MeasureOptions measure;
  ResultOptions results;
};

/// The model in the box: of an installed program beside it, else in the source tree.
std::string model_in_the_box() {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  const fs::path installed = program.parent_path().parent_path() / "share/aurum/au14.safetensors";
  return fs::exists(installed, ignored) ? installed.string() : AURUM_MODELS "/au14.safetensors";
}

/// How the frames of a source are measured. Whatever changes the numbers is in it.
nlohmann::json how_of(const Options& options, const Source& source, const aurum::ModelInfo& info, int every) {
  return {{"format", "aurum measurements 1"},
          {"source", source.stamp},
          {"weights", aurum::file_stamp(options.temporal.empty() ? options.weights : options.temporal)},
          {"landmark weights",
           options.landmark_weights.empty() ? "" : aurum::file_stamp(options.landmark_weights)},
          {"action units", info.action_units},
          {"mirror", options.mirror},
          {"faces", describe(options.finder, source)},
          {"searched each", every},
          {"frames a second", source.frames_per_second},
          {"sequence", source.sequence},
          {"most frames", options.measure.most},
          {"sides", options.measure.sides},
          {"heatmaps", options.measure.heat}};
}

std::vector<std::string> split_formats(const std::string& text) {
  std::vector<std::string> formats;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    formats.push_back(text.substr(begin, end - begin));
    begin = end + 1;
    if (formats.back() != "openface" && formats.back() != "jsonl" && formats.back() != "none")
      throw aurum::ValueError("--format: expected openface, jsonl or none, found '" + formats.back() + "'");
  }
  return formats;
}

/// Faces of a journal: people of a video, and all that pictures show.
std::size_t count_faces(const Journal& journal, bool moving) {
  std::set<int> people;
  std::size_t all = 0;
  journal.read([&](const JournalFrame& record) {
    for (const aurum::MeasuredFace& face : record.frame.faces) people.insert(face.identity);
    all += record.frame.faces.size();
  });
  return moving ? people.size() : all;
}

void tell(const Source& source, const MeasureReport& report, const Journal& journal) {
  std::printf("%s: %zu frames, %zu faces", source.name.c_str(), journal.frames(),
              count_faces(journal, source.moving()));
  if (report.frames > 0) {
    const auto n = static_cast<double>(report.frames);
    std::printf("; %.1f frames a second (a frame: decoding %.1f ms, finding faces %.1f ms, network %.1f ms)",
                n / report.all, 1e3 * report.decoding / n, 1e3 * report.finding / n,
                1e3 * report.network / n);
  }
  std::printf("\n");
  std::fflush(stdout);
}

/// 0, 1 where something could not be read, or the exit code of a program that was stopped.
int analyse(const Options& options, const Source& source, AuNetwork& network, aurum::AnyPredictor* aligner,
            const std::atomic<bool>& stop) {
  const std::unique_ptr<FaceFinder> finder = make_finder(options.finder, source);
  const int every = search_interval(options.measure, source, *source.open(), *finder);
  const nlohmann::json how = how_of(options, source, network.info(), every);
  const fs::path file = fs::path(options.output) / (source.name + ".measured");
  Journal journal =
      options.resume && Journal::was_begun(file) ? Journal::resume(file, how) : Journal(file, how);
  if (network.remembers() && journal.frames() > 0 && !journal.complete()) {
    std::fprintf(stderr,
                 "aurum-analyse: %s: what a network of --temporal remembers is not kept; measuring from the "
                 "beginning again\n",
                 source.name.c_str());
    journal = Journal(file, how);
  }
  MeasureReport report;
  std::optional<LiveOverlay> live;
  if (options.results.overlay && source.kind == Source::Kind::camera)
    live.emplace(fs::path(options.output) / (source.name + ".overlay.mp4"), network.info().action_units);
  FrameVisitor visit;
  if (live)
    visit = [&](const aurum::Image& picture, const JournalFrame& frame) { live->add(picture, frame); };
  if (!journal.complete())
    report = measure(source, *finder, network, aligner, options.measure, journal, stop, visit);
  if (live) live->finish();
  // A camera has no end but that somebody stops it.
  if (report.stopped && source.kind != Source::Kind::camera) return stopped_exit_code;
  tell(source, report, journal);
  return write_results(source, journal, network, options.results, options.output, report) ? 0 : 1;
}

int analyse_all(Options& options, const std::string& command) {
  std::vector<Source> sources;
  if (options.camera) sources.push_back(camera_source(*options.camera));
  for (Source& source : find_sources(options.paths, options.sequence, options.frames_per_second))
    sources.push_back(std::move(source));
  if (sources.empty())
    throw aurum::ValueError("expected a video, a picture, a folder or --camera, found none");
  if (options.camera && !options.paths.empty())
    throw aurum::ValueError("--camera goes on until it is stopped: expected no paths beside it");
  if (sources.size() > 1 && fs::is_regular_file(options.finder.faces))
    throw aurum::ValueError("--faces: one file tells the faces of one source, found " +
                            std::to_string(sources.size()) + "; a folder may have a file for each");
  if (options.results.sheets && std::ranges::any_of(sources, &Source::moving))
    throw aurum::ValueError("--sheets is for pictures; of a video --report shows the strongest moments");
  const aurum::Refinement& refinement = options.results.refinement;
  if ((refinement.baseline || refinement.smoothing > 0) && !std::ranges::all_of(sources, &Source::moving))
    throw aurum::ValueError(
        "--smooth and --baseline compare frames of a video: expected videos, a camera or --sequence, found "
        "pictures");
  if (options.camera && options.resume)
    throw aurum::ValueError("a camera shows nothing twice: --resume cannot go on");
  if (!options.temporal.empty() && options.measure.sides)
    throw aurum::ValueError(
        "--left-right takes the sides of AUs from heatmaps: a network of --temporal has "
        "none, it gives one number per AU");
  if (!options.temporal.empty() && options.results.sheets)
    throw aurum::ValueError(
        "--sheets draws a heatmap of every AU: a network of --temporal has none, it gives "
        "one number per AU");
  AuNetwork network = options.temporal.empty()
                          ? AuNetwork(open_au_weights(options.weights, options.machine, options.mirror))
                          : AuNetwork(open_temporal_weights(options.temporal, options.machine));
  if (options.measure.sides && !network.info().sides)
    std::fprintf(stderr,
                 "aurum-analyse: %s was not trained to tell the sides of AUs apart; expect both alike\n",
                 options.weights.c_str());
  std::optional<aurum::AnyPredictor> aligner;
  if (!options.landmark_weights.empty())
    aligner = open_landmark_weights(options.landmark_weights, options.machine, options.mirror);
  fs::create_directories(options.output);
  options.measure.heat = options.results.overlay && network.has_maps();
  options.results.formats = split_formats(options.formats);
  options.results.command = command;
  options.results.part = options.measure.most > 0;
  const std::atomic<bool>& stop = stop_requested();
  int code = 0;
  for (const Source& source : sources) {
    try {
      const int result = analyse(options, source, network, aligner ? &*aligner : nullptr, stop);
      if (result == stopped_exit_code) {
        std::fprintf(stderr, "stopped; go on with\n  %s%s\n", command.c_str(),
                     options.resume ? "" : " --resume");
        return result;
      }
      code = std::max(code, result);
    } catch (const aurum::Error& error) {  // the other sources are none the worse
      if (sources.size() == 1) throw;
      std::fprintf(stderr, "aurum-analyse: %s\n", error.what());
      code = 1;
    }
  }
  return code;
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  options.weights = model_in_the_box();
  CLI::App app{
      "Measures the intensity (0 to 5) of facial Action Units of everybody in videos and pictures.\n\n"
      "  aurum-analyse --output out --overlay --report clip.mp4\n"
      "  aurum-analyse --weights au.safetensors --output out --format openface,jsonl folder-of-photographs\n"
      "  aurum-analyse --weights au.safetensors --output out --camera 0 --frames 600 --report\n\n"
      "What is measured is kept in <output>/<name>.measured: a run that was stopped goes on with --resume, "
      "and one\n"
      "that is repeated with --resume and other formats, smoothing or baseline measures nothing again."};
  app.add_option("paths", options.paths, "videos, pictures, and folders of them");
  app.add_option("--camera", options.camera, "a camera, the first being 0")->check(CLI::Range(0, 99));
  auto* weights = app.add_option(
      "--weights", options.weights,
      "an AU network's weights; the file says which of\n" + list_networks() +
          "\nDefault: the model in the box, trained on synthetic faces alone (docs/analyse.md)");
  auto* temporal =
      app.add_option(
             "--temporal", options.temporal,
             "in the place of --weights, a network that follows everybody through the video, trained "
             "by\ntrain_au_video, on 25 frames a second; no heatmaps (docs/analyse.md). The file says "
             "which of\n" +
                 list_temporal_networks())
          ->check(CLI::ExistingFile)
          ->excludes(weights);
  app.add_option("--landmark-weights", options.landmark_weights,
                 "a landmark network, for 68 points of faces that come without");
  app.add_option("--output", options.output, "folder for everything that is written")->required();
  app.add_option(
         "--format", options.formats,
         "tables: openface (CSV with OpenFace's columns), jsonl (a JSON object a frame), with a comma both,\n"
         "or none")
      ->capture_default_str();
  app.add_flag("--overlay", options.results.overlay,
               "a video (of pictures: pictures) with heatmaps, and bars, values and names of the AUs");
  app.add_flag("--sheets", options.results.sheets,
               "of pictures: a sheet for each face, with the heatmap of every AU");
  app.add_flag("--report", options.results.report, "a page with curves over time and the strongest moments");
  app.add_option("--smooth", options.results.refinement.smoothing,
                 "deviation in seconds of a window over time; 0: none")
      ->check(CLI::Range(0.0, 60.0))
      ->capture_default_str();
  app.add_flag("--baseline", options.results.refinement.baseline,
               "subtract what each face shows at rest: the median of its quietest frames");
  app.add_option("--detector", options.finder.detector,
                 "who finds faces (default: " + detectors().front() + ")")
      ->check(CLI::IsMember(detectors()));
  app.add_option("--cascade", options.finder.cascade, "another cascade file for the detector haar")
      ->check(CLI::ExistingFile);
  app.add_option("--smallest", options.finder.smallest,
                 "side of the smallest face to find, as a part of the picture's longer side")
      ->check(CLI::Range(0.01, 1.0))
      ->capture_default_str();
  app.add_option(
         "--search-each", options.measure.every,
         "search each so many-th frame of a video for faces, and all frames where somebody comes or goes;\n"
         "0: each 0.2 seconds")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  app.add_option(
         "--faces", options.finder.faces,
         "no detector: a CSV file of OpenFace with landmarks, or of boxes (frame or file, left, top,\n"
         "width, height), or a folder of such, <name>.csv, or for pictures of <picture>.pts or <picture>.csv")
      ->check(CLI::ExistingPath);
  app.add_flag("--left-right", options.measure.sides,
               "the picture's left and right side of every AU that has two, too: columns behind OpenFace's\n"
               "(AU12_left, AU12_right); for networks that were trained for it (train_au --sides)");
  app.add_flag("--mirror", options.mirror, mirror_help)->excludes(temporal);
  app.add_flag("--sequence", options.sequence, "the pictures of a folder are the frames of a video");
  app.add_option("--fps", options.frames_per_second,
                 "frames a second of a sequence (default 30), or of a video instead of what it says")
      ->check(CLI::PositiveNumber);
  app.add_option("--frames", options.measure.most, "stop after so many frames; 0: at the end")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--resume", options.resume, "go on with what was measured before");
  add_machine_options(app, options.machine);
  CLI11_PARSE(app, count, arguments);
  const std::string command = command_line({arguments, static_cast<std::size_t>(count)});
  return run("aurum-analyse", [&] { return analyse_all(options, command); });
}
