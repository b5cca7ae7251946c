// needs: opencv
// Folders of video files as videos of one face each.
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <string>
#include <vector>

#include "aurum/data/video.hpp"
#include "aurum/interop/opencv_video_folder.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/sets.hpp"

using namespace aurum;
using test::contains, test::message;

static_assert(VideoData<VideoFiles>);
static_assert(detail::TellsPresent<VideoFiles> && detail::TellsLabels<VideoFiles> &&
              detail::TellsNames<VideoFiles>);

namespace {

constexpr int width = 96, height = 64;

/// A square, `side` pixels wide, whose left upper pixel is (left, top).
struct Patch {
  int left, top, side;
};
/// Which bright squares a frame shows.
using Scene = std::vector<Patch> (*)(int frame);

/// A dark video with the squares of a scene, each of them brighter at the top.
void write_clip(const std::filesystem::path& file, int frames, Scene scene) {
  std::filesystem::create_directories(file.parent_path());
  cv::VideoWriter writer(file.string(), cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), 25, {width, height});
  REQUIRE(writer.isOpened());
  for (int n = 0; n < frames; ++n) {
    cv::Mat picture(height, width, CV_8UC3, cv::Scalar::all(20));
    for (const auto& [left, top, side] : scene(n)) {
      cv::rectangle(picture, {left, top, side, side}, cv::Scalar::all(180), cv::FILLED);
      cv::rectangle(picture, {left, top, side, side / 2}, cv::Scalar::all(240), cv::FILLED);
    }
    writer.write(picture);
  }
}

/// Finds the bright squares of a picture, which do not stand above each other; counts how often it was asked.
struct BrightSquares {
  int* calls;
  void operator()(const ImageView& picture, std::vector<FoundFace>& faces) const {
    ++*calls;
    const auto top_of = [&](int x) {
      int y = 0;
      while (y < picture.height && picture.at(x, y)[1] < 130) ++y;
      return y;
    };
    int begin = -1;
    for (int x = 0; x <= picture.width; ++x) {
      const bool bright = x < picture.width && top_of(x) < picture.height;
      if (bright && begin < 0) begin = x;
      if (bright || begin < 0) continue;
      const auto side = static_cast<float>(x - begin);
      const Point corner{static_cast<float>(begin), static_cast<float>(top_of((begin + x) / 2))};
      faces.push_back({{corner + Point{(side - 1) / 2, (side - 1) / 2}, side}});
      begin = -1;
    }
  }
};

/// A folder of videos and its cache, gone when the test is.
struct Folder {
  test::Tree tree;
  int calls = 0;  ///< of the detector
  VideoFilesOptions options{.cache = tree.folder / "cache", .detector_name = "bright squares"};

  Folder() { options.detector = BrightSquares{&calls}; }
  [[nodiscard]] std::filesystem::path videos() const { return tree.folder / "videos"; }
  void put(const std::string& name, int frames, Scene scene) const {
    write_clip(videos() / name, frames, scene);
  }
  [[nodiscard]] VideoFiles open() { return VideoFiles(videos(), options); }
  [[nodiscard]] std::string problem() {
    return message<FileError>([&] { (void)open(); });
  }
};

std::vector<Patch> moving(int frame) { return {{10 + 2 * frame, 12, 30}}; }
std::vector<Patch> nobody(int) { return {}; }

}  // namespace

TEST_CASE("who is in video files is told by a file, before any is decoded", "[video]") {
  Folder folder;
  for (const char* name : {"b/1.avi", "b/2.avi", "c.avi"}) folder.put(name, 7, moving);
  folder.tree.put("videos/d.avi", "no video");
  folder.tree.put("videos/subjects.csv", "video,subject\nb/1.avi,Bea\nc.avi,Ann\nb/2.avi,Bea\n");
  CHECK_THROWS_WITH(folder.open(), Catch::Matchers::Contains("subjects.csv: does not list video d.avi"));
  CHECK(folder.calls == 0);
  folder.tree.put("videos/subjects.csv", "video,subject\nb/1.avi,Bea\nc.avi,Ann\nd.avi,Ann\nb/2.avi,Bea\n");
  const VideoFiles videos = folder.open();
  REQUIRE(videos.size() == 3);  // d.avi cannot be used
  CHECK(videos.subject_of(0) == videos.subject_of(1));
  CHECK(videos.subject_of(0) != videos.subject_of(2));
  CHECK(videos.frame(1, 0)->subject == videos.subject_of(1));
}

TEST_CASE("video files are videos of the faces in them", "[video]") {
  Folder folder;
  folder.put("b/räume.avi", 23, moving);
  folder.put("a.AVI", 7, moving);
  folder.put(".hidden.avi", 7, moving);
  folder.tree.put("videos/notes.txt", "");
  int told = 0;
  folder.options.on_frame = [&](const VideoFilesProgress& progress) {
    ++told;
    CHECK(progress.files == 2);
    CHECK(progress.number == (progress.file == "a.AVI" ? 0 : 1));
    CHECK(progress.announced == (progress.number == 0 ? 7 : 23));
    CHECK(progress.frames <= progress.announced);
  };
  const VideoFiles videos = folder.open();
  CHECK(told == 30);
  CHECK(folder.calls < 20);  // not every frame is searched
  REQUIRE(videos.size() == 2);
  CHECK(videos.cached() == 0);
  CHECK(videos.problems().empty());
  CHECK(videos.action_units().empty());
  CHECK(videos.name_of(0) == "a.AVI");
  CHECK(videos.name_of(1) == "b/räume.avi");
  CHECK(videos.subject_of(0) != videos.subject_of(1));
  CHECK(videos.frames(0) == 7);
  CHECK(videos.frames(1) == 23);
  for (int i = 0; i < 23; ++i) {
    CHECK(videos.present(1, i));
    CHECK(videos.labels(1, i).empty());
    const auto sample = videos.frame(1, i);
    REQUIRE(sample);
    CHECK(sample->image.width == 128);
    CHECK(sample->image.height == 128);
    CHECK(sample->intensities.empty());
    CHECK(sample->name == "b/räume.avi: frame " + std::to_string(i));
    // The square fills the middle 4/5, whose upper half is the brighter, and the points say so.
    const Square square = face_square(sample->landmarks);
    CHECK(std::abs(square.side - 128 / 1.25F) < 0.1F);
    CHECK(std::abs(square.centre.x - 63.5F) < 0.1F);
    CHECK(std::abs(square.centre.y - 63.5F) < 0.1F);
    const auto grey = [&](int x, int y) { return int{sample->image.at(x, y)[1]}; };
    CHECK(std::abs(grey(64, 40) - 240) < 12);
    CHECK(std::abs(grey(64, 90) - 180) < 12);
    for (const auto& [x, y] : {std::pair{20, 64}, {107, 64}, {64, 20}, {64, 107}}) CHECK(grey(x, y) > 110);
    for (const auto& [x, y] : {std::pair{5, 64}, {122, 64}, {64, 5}, {64, 122}}) CHECK(grey(x, y) < 60);
  }
  CHECK(contains(message<ValueError>([&] { (void)videos.frame(2, 0); }), "video 2 of a set of 2"));
  CHECK(contains(message<ValueError>([&] { (void)videos.present(0, 7); }),
                 "frame 7 of video a.AVI, which has 7"));
  CHECK(contains(message<ValueError>([&] { (void)videos.labels(0, -1); }), "frame -1"));
}

TEST_CASE("frames without the face are missing, and who shows in the most is the face", "[video]") {
  Folder folder;
  folder.put("gap.avi", 30, [](int n) {
    return n < 3 || (n >= 8 && n < 14) ? std::vector<Patch>{} : std::vector<Patch>{{30, 20, 30}};
  });
  // A small one that stays, a large one that goes, and one as large that comes long after.
  folder.put("people.avi", 90, [](int n) {
    std::vector<Patch> squares{{4, 20, 14}};
    if (n < 20 || n >= 65) squares.push_back({40, 10, 44});
    return squares;
  });
  // Two, as long as each other.
  folder.put("two.avi", 12, [](int) { return std::vector<Patch>{{4, 20, 16}, {50, 14, 32}}; });
  // Somebody who leaves, and somebody else who comes for less long.
  folder.put("z.avi", 80, [](int n) {
    return n < 30    ? std::vector<Patch>{{30, 20, 30}}
           : n >= 60 ? std::vector<Patch>{{4, 20, 40}}
                     : std::vector<Patch>{};
  });
  const VideoFiles videos = folder.open();
  REQUIRE(videos.size() == 4);
  for (int i = 0; i < 80; ++i) CHECK(videos.present(3, i) == (i < 30));
  CHECK(videos.frames(0) == 30);
  for (int i = 0; i < 30; ++i) {
    const bool there = i >= 3 && (i < 8 || i >= 14);
    CHECK(videos.present(0, i) == there);
    CHECK(videos.frame(0, i).has_value() == there);
  }
  // A square of 14 pixels, enlarged to 128, has wide soft borders; one of 44 has sharp ones.
  for (int i = 0; i < 90; ++i) CHECK(videos.present(1, i));
  const auto border = [&](int video) {
    const Image image = videos.frame(video, 10)->image;
    int soft = 0;
    for (int x = 0; x < 64; ++x) soft += image.at(x, 40)[1] > 60 && image.at(x, 40)[1] < 200 ? 1 : 0;
    return soft;
  };
  CHECK(border(1) > 2 * border(2));
}

TEST_CASE("faces are cut out once, and again when video or options have changed", "[video]") {
  Folder folder;
  folder.put("a.avi", 12, moving);
  folder.put("b.avi", 12, moving);
  folder.put("empty.avi", 12, nobody);
  const auto searched = [&] {
    folder.calls = 0;
    const VideoFiles videos = folder.open();
    CHECK(videos.size() == 2);
    REQUIRE(videos.problems().size() == 1);
    CHECK(videos.problems()[0].what == "no face was found in its 12 frames");
    CHECK(videos.frame(1, 11).has_value());
    if (folder.calls == 0) CHECK(videos.cached() == 3);
    return folder.calls;
  };
  const int all = searched();
  CHECK(all > 0);
  CHECK(searched() == 0);
  folder.options.detector_name = "another";
  CHECK(searched() == all);
  folder.options.faces.side = 100;
  CHECK(searched() == all);
  folder.options.search_every = 1;
  CHECK(searched() == 3 * 12);
  CHECK(searched() == 0);
  const auto file = folder.videos() / "b.avi";
  std::filesystem::last_write_time(file, std::filesystem::last_write_time(file) + std::chrono::seconds(5));
  CHECK(searched() == 12);
  // A cache that is damaged is none.
  folder.tree.put("cache/a.avi.faces", "these are no faces");
  CHECK(searched() == 12);
  CHECK(searched() == 0);
}

TEST_CASE("videos that cannot be used are told, and the others are", "[video]") {
  Folder folder;
  folder.put("whole.avi", 40, moving);
  const std::string bytes = read_file(folder.videos() / "whole.avi");
  folder.tree.put("videos/cut.avi", bytes.substr(0, bytes.size() * 4 / 5));
  folder.tree.put("videos/text.mp4", "this is no video, whatever its name says");
  folder.tree.put("videos/zero.mkv", "");
  for (const int cached : {0, 2}) {
    const VideoFiles videos = folder.open();
    CHECK(videos.cached() == cached);
    REQUIRE(videos.size() == 2);
    CHECK(videos.name_of(0) == "cut.avi");
    CHECK(videos.name_of(1) == "whole.avi");
    CHECK(videos.frames(0) > 5);
    CHECK(videos.frames(0) < 40);
    REQUIRE(videos.problems().size() == 3);
    CHECK(videos.problems()[0].name == "cut.avi");
    CHECK(videos.problems()[0].what ==
          "ended early: only " + std::to_string(videos.frames(0)) + " of its 40 frames can be decoded");
    CHECK(videos.problems()[1].name == "text.mp4");
    CHECK(videos.problems()[1].what == "not a video that can be decoded");
    CHECK(videos.problems()[2].what == "the file is empty");
  }
}

TEST_CASE("folders without a video that can be used are refused, and wrong options", "[video]") {
  Folder folder;
  CHECK(contains(folder.problem(), "videos: no such folder"));
  folder.tree.put("videos/notes.txt", "");
  CHECK(contains(folder.problem(), "videos: holds no video files (.mp4, "));
  folder.tree.put("videos/zero.mkv", "");
  CHECK(contains(folder.problem(), "none of its video files can be used: zero.mkv: the file is empty"));
  folder.put("a.avi", 3, moving);
  folder.tree.put("wall", "");
  folder.options.cache = folder.tree.folder / "wall";
  CHECK(contains(folder.problem(), "wall"));
  folder.options.search_every = 0;
  CHECK_THROWS_AS(folder.open(), ValueError);
  folder.options.search_every = 1;
  folder.options.detector = nullptr;
  CHECK(contains(message<ValueError>([&] { (void)folder.open(); }), "expected a detector of faces"));
}
