// needs: image
// uses: opencv
// Looks through a data set before anybody trains on it: what is there per person and AU, and what is not as
// it should be.  aurum-data check DIR
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "aurum/backend/cpu/threads.hpp"
#include "aurum/data/file.hpp"
#include "aurum/data/sets/folders.hpp"
#include "aurum/data/sets/inspect.hpp"
#include "aurum/data/sets/summary.hpp"
#include "aurum/train/progress.hpp"
#if __has_include(<opencv2/videoio.hpp>)
#include "aurum/interop/opencv_inspect.hpp"
#define AURUM_DATA_OPENS_VIDEOS
#endif

namespace {

using namespace aurum;

struct Options {
  std::string folder;
  std::string layout;
  SetOptions set;
  std::string csv;
  int shown = 20;
  int threads = 0;
  bool open = false;
};

#ifdef AURUM_DATA_OPENS_VIDEOS
constexpr const char* opened = "every picture, video and landmark file";
#else
constexpr const char* opened = "every picture and landmark file, but no video (this program lacks OpenCV)";
#endif

/// Opens them, in parallel.
std::vector<Problem> inspect_all(const AnnotatedSet& set, int threads) {
  std::vector<std::function<std::vector<Problem>()>> files;
  for (const AnnotatedVideo& video : set.videos) {
#ifdef AURUM_DATA_OPENS_VIDEOS
    if (!video.video.empty()) {
      files.emplace_back([&video] { return inspect_video(video); });
      continue;
    }
#endif
    for (const AnnotatedFrame& frame : video.frames)
      if (!frame.picture.empty() || !frame.landmarks.empty())
        files.emplace_back([&frame] { return inspect(frame); });
  }
  std::vector<std::vector<Problem>> found(files.size());
  Progress progress("opening", static_cast<double>(files.size()));
  std::mutex drawing;
  std::size_t done = 0;
  Threads workers(threads);
  workers.run(std::ssize(files), [&](std::ptrdiff_t i, int) {
    const auto file = static_cast<std::size_t>(i);
    found[file] = files[file]();
    const std::scoped_lock lock{drawing};
    progress.update(static_cast<double>(++done));
  });
  std::vector<Problem> problems;
  for (const auto& of_file : found) problems.insert(problems.end(), of_file.begin(), of_file.end());
  return problems;
}

/// Prints the first problems of a kind; returns how many there are.
long long print(const std::vector<Problem>& problems, Problem::Kind kind, const char* title, int shown) {
  const auto count =
      std::ranges::count_if(problems, [&](const Problem& problem) { return problem.kind == kind; });
  if (count == 0) return 0;
  std::printf("\n%s: %td\n", title, count);
  for (int left = shown; const Problem& problem : problems) {
    if (problem.kind != kind) continue;
    if (left-- == 0) break;
    std::printf("  %s: %s\n", problem.where.c_str(), problem.what.c_str());
  }
  if (count > shown) std::printf("  ... and %td more (--shown)\n", count - shown);
  return count;
}

int check(const Options& options) {
  const SetLayout& layout = options.layout.empty() ? recognise_layout(options.folder)
                                                   : find_set_layout(options.layout, all_layouts);
  AnnotatedSet set = layout.open(options.folder, options.set);
  if (options.open) {
    const auto found = inspect_all(set, options.threads);
    set.problems.insert(set.problems.end(), found.begin(), found.end());
  }
  std::printf("%s", describe(set).c_str());
  if (!options.csv.empty()) write_file(options.csv, histogram_csv(set));
  const long long wrong = print(set.problems, Problem::Kind::wrong, "wrong", options.shown) +
                          print(set.problems, Problem::Kind::missing, "missing or suspicious", options.shown);
  if (wrong == 0)
    std::printf("\nnothing is wrong or missing%s\n",
                options.open ? "" : " by the names of the files (--open looks into them)");
  return wrong == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  CLI::App app{"Data sets with AU labels or landmarks."};
  app.require_subcommand(1);
  CLI::App& check_app = *app.add_subcommand(
      "check",
      "Reads a whole data set and prints what it holds per person and AU, and everything that is wrong or\n"
      "missing; then ends with 1. Pictures, videos and landmarks are found by the names of their files, and\n"
      "looked into with --open.\n\n  aurum-data check DISFA --open --csv counts.csv");
  check_app.add_option("folder", options.folder, "where the data set lies")->required();
  check_app.add_option("--set", options.layout,
                       "which it is: " + set_layout_names(all_layouts) + " [found out]");
  check_app.add_flag("--open", options.open, std::string("open ") + opened + ", too");
  check_app
      .add_option("--frame-offset", options.set.disfa.frame_offset,
                  "DISFA: added to a label's frame to find its landmarks and its frame of the video")
      ->capture_default_str();
  check_app.add_flag("--right-camera", options.set.disfa.right_camera, "DISFA: the right video");
  check_app.add_option("--views", options.set.fera2017.views, "FERA 2017: which of the views 1 to 9 [all]")
      ->check(CLI::Range(1, 9));
  check_app
      .add_option("--first-number", options.set.fera2017.first_number,
                  "FERA 2017: the number that label files give to a video's first frame")
      ->capture_default_str();
  check_app.add_option("--csv", options.csv, "write the number of frames by person, AU and label here");
  check_app.add_option("--shown", options.shown, "how many problems of a kind are printed")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  check_app.add_option("--threads", options.threads, "0: one per core")->check(CLI::Range(0, 1024));
  CLI11_PARSE(app, count, arguments);
  try {
    return check(options);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "aurum-data: %s\n", problem.what());
    return 2;
  }
}
