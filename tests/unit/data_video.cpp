// needs: opencv
// Videos through OpenCV: every frame in its place, and what is said of those that cannot be read.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <opencv2/videoio.hpp>
#include <string>
#include <vector>

#include "aurum/data/pts.hpp"
#include "aurum/data/sets/disfa.hpp"
#include "aurum/data/warp.hpp"
#include "aurum/interop/opencv_frames.hpp"
#include "aurum/interop/opencv_inspect.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/sets.hpp"

using namespace aurum;
using test::contains, test::message;

namespace {

/// A clip whose n-th frame is grey, 5 n + 20.
void write_clip(const std::filesystem::path& file, int frames) {
  cv::VideoWriter writer(file.string(), cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), 25, {64, 48});
  REQUIRE(writer.isOpened());
  for (int n = 0; n < frames; ++n) writer.write(cv::Mat(48, 64, CV_8UC3, cv::Scalar::all(5 * n + 20)));
}
int frame_of(const Image& picture) {
  return static_cast<int>((picture.at(picture.width / 2, picture.height / 2)[0] - 20 + 2.5) / 5);
}

}  // namespace

TEST_CASE("a video's frames come in order, each once", "[video]") {
  const test::TemporaryDirectory folder;
  write_clip(folder / "räume und zeiten 100%.avi", 12);
  VideoReader video(folder / "räume und zeiten 100%.avi");
  CHECK(video.announced() == 12);
  CHECK(video.frames_per_second() == Approx(25));
  CHECK(video.width() == 64);
  CHECK(video.height() == 48);
  Image picture;
  for (int n = 0; n < 12; ++n) {
    CHECK(video.position() == n);
    REQUIRE(video.next(picture));
    CHECK(frame_of(picture) == n);
  }
  CHECK_FALSE(video.next(picture));
  CHECK_FALSE(video.ended_early());
}

TEST_CASE("videos that cannot be read say so; one cut short ends early", "[video]") {
  const test::Tree tree;
  const auto problem = [&](const std::string& name) {
    return message<FileError>([&] { VideoReader{tree.folder / name}; });
  };
  tree.put("empty.avi", "");
  tree.put("text.mp4", "this is no video, whatever its name says");
  CHECK(contains(problem("none.avi"), "none.avi: no such file"));
  CHECK(contains(problem("empty.avi"), "empty.avi: the file is empty"));
  CHECK(contains(problem("text.mp4"), "text.mp4: not a video that can be decoded"));
  CHECK(contains(message<FileError>([&] { VideoReader{tree.path()}; }), "not a file"));
  CHECK(contains(message<FileError>([] { (void)VideoReader::camera(77); }),
                 "camera 77: there is no such camera"));

  write_clip(tree.folder / "whole.avi", 30);
  const std::string bytes = read_file(tree.folder / "whole.avi");
  tree.put("cut.avi", bytes.substr(0, bytes.size() * 4 / 5));
  VideoReader cut(tree.folder / "cut.avi");
  Image picture;
  int frames = 0;
  while (cut.next(picture)) CHECK(frame_of(picture) == frames++);
  CHECK(frames > 5);
  CHECK(frames < 30);
  CHECK(cut.announced() == 30);
  CHECK(cut.ended_early());
}

TEST_CASE("labels of DISFA find their frames of the video", "[video]") {
  const test::Tree tree;
  for (const int au : disfa_aus) tree.put("SN001_au" + std::to_string(au) + ".txt", "1,0\n2,1\n5,2\n9,3\n");
  write_clip(tree.folder / "LeftVideoSN001_comp.avi", 8);
  std::vector<std::pair<int, int>> seen;
  for (const int offset : {0, 1}) {
    const AnnotatedSet set = open_disfa(tree.path(), {.frame_offset = offset});
    seen.clear();
    visit_frames(set.videos[0], [&](std::size_t i, const Image& picture) {
      seen.emplace_back(set.videos[0].frames[i].number, frame_of(picture));
    });
    // Label 1 is of the video's first frame, or of its second; it has none for label 9.
    CHECK(seen == std::vector<std::pair<int, int>>{{1, offset}, {2, 1 + offset}, {5, 4 + offset}});
  }
}

TEST_CASE("matrices of OpenCV become pictures, whatever their kind", "[video]") {
  const cv::Mat bgr(2, 3, CV_8UC3, cv::Scalar(10, 20, 30));
  const Image picture = to_image(bgr);
  CHECK(picture.width == 3);
  CHECK(picture.height == 2);
  CHECK(std::vector<int>(picture.at(2, 1), picture.at(2, 1) + 3) == std::vector<int>{30, 20, 10});
  CHECK(to_image(cv::Mat(2, 3, CV_8UC1, cv::Scalar(7))).at(0, 0)[1] == 7);
  CHECK(to_image(cv::Mat(2, 3, CV_8UC4, cv::Scalar(1, 2, 3, 0))).at(0, 0)[0] == 3);
  CHECK(to_image(cv::Mat(2, 3, CV_16UC3, cv::Scalar(257 * 9, 0, 65535))).at(1, 1)[0] == 255);
  CHECK(to_image(cv::Mat(2, 3, CV_16UC1, cv::Scalar(257 * 9))).at(1, 1)[0] == 9);
  CHECK_THROWS_AS(to_image(cv::Mat()), ValueError);
  CHECK(contains(message<ValueError>([] { (void)to_image(cv::Mat(2, 2, CV_32FC3)); }), "found CV_32FC3"));
  Image mine(4, 4);
  as_mat(mine).setTo(cv::Scalar(1, 2, 3));
  CHECK(mine.at(3, 3)[2] == 3);
}

TEST_CASE("a view of a matrix is its pixels", "[video]") {
  cv::Mat bgr(4, 5, CV_8UC3, cv::Scalar(10, 20, 30));
  const ImageView view = view_of(bgr.colRange(1, 4));
  CHECK(view.width == 3);
  CHECK(view.height == 4);
  CHECK(view.order == PixelOrder::bgr);
  CHECK(view.at(0, 1) == bgr.ptr(1) + 3);
  CHECK(resize(view, 2, 2).at(1, 1)[0] == 30);
  CHECK_THROWS_AS(view_of(cv::Mat(2, 2, CV_8UC1)), ValueError);
  CHECK_THROWS_AS(view_of(cv::Mat()), ValueError);
}

TEST_CASE("what is written as a video can be read, and appears whole", "[video]") {
  const test::TemporaryDirectory folder;
  {
    VideoWriter video(folder / "räume.mp4", 25, 64, 48);
    for (int n = 0; n < 20; ++n) {
      Image frame(64, 48);
      std::fill(frame.pixels.begin(), frame.pixels.end(), static_cast<std::uint8_t>(5 * n + 20));
      video.write(frame);
    }
    Image other(64, 50);
    CHECK(contains(message<ValueError>([&] { video.write(other); }),
                   "expected a frame of 64 x 48, found 64 x 50"));
    CHECK_FALSE(std::filesystem::exists(folder / "räume.mp4"));
    video.commit();
  }
  CHECK(folder.files() == 1);
  VideoReader video(folder / "räume.mp4");
  CHECK(video.frames_per_second() == Approx(25));
  Image picture;
  int frames = 0;
  while (video.next(picture)) CHECK(std::abs(picture.at(32, 24)[1] - (5 * frames++ + 20)) < 6);
  CHECK(frames == 20);

  { VideoWriter given_up(folder / "other.mp4", 25, 64, 48); }
  CHECK(folder.files() == 1);
  CHECK_THROWS_AS(VideoWriter(folder / "odd.mp4", 25, 63, 48), ValueError);
  CHECK(contains(message<FileError>([] {
                   VideoWriter{"/no/such/folder/x.mp4", 25, 64, 48};
                 }),
                 "no such video can be written"));
}

TEST_CASE("landmarks outside a video's pictures and labels past its end are found", "[video]") {
  const test::TemporaryDirectory folder;
  write_clip(folder / "clip.avi", 4);
  const auto points = [&](const std::string& name, float x) {
    write_pts(folder / name, Landmarks(landmark_count, Point{x, 20}));
    return folder / name;
  };
  AnnotatedVideo video;
  video.video = folder / "clip.avi";
  video.first_number = 1;
  video.frames = {{1, {}, points("within.pts", 30)}, {4, {}, points("beside.pts", 64.6F)}, {5, {}, {}}};
  const std::vector<Problem> problems = inspect_video(video);
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].what ==
        "labels without a frame: 1; they are of frames 1 to 5, and the video has 4, the first one called 1");
  CHECK(contains(problems[1].where, "beside.pts"));
  CHECK(problems[1].what == "68 of 68 points lie outside the picture of 64 x 48");
}

TEST_CASE("frames before and after the labels of a video are suspicious, unless they are of a part",
          "[video]") {
  const test::TemporaryDirectory folder;
  write_clip(folder / "clip.avi", 12);
  AnnotatedVideo video;
  video.video = folder / "clip.avi";
  video.first_number = 1;
  const auto problems = [&](int from, int to) {
    video.frames.clear();
    for (int number = from; number <= to; ++number) video.frames.push_back({number, {}, {}});
    std::string text;
    for (const Problem& problem : inspect_video(video)) text += problem.what + "\n";
    return text;
  };
  CHECK(problems(1, 12).empty());
  CHECK(
      problems(1, 5) ==
      "frames without a label: 0 before the first label, 7 after the last; labels, of frames 1 to 5, and the "
      "video has 12, the first one called 1, may be shifted or cut off\n");
  const std::string shifted = problems(3, 14);
  CHECK(contains(shifted, "labels without a frame: 2; they are of frames 3 to 14"));
  CHECK(contains(shifted, "frames without a label: 2 before the first label, 0 after the last"));
  CHECK(contains(problems(20, 21), "frames without a label: 12 before the first label, 0 after the last"));
  video.spare_frames = 1;
  CHECK(problems(1, 11).empty());
  CHECK(contains(problems(1, 10), "2 after the last"));
  CHECK(contains(problems(2, 12), "1 before the first label"));
  video.labelled_in_part = true;
  CHECK(problems(3, 5).empty());
  CHECK(contains(problems(3, 14), "labels without a frame: 2"));
  video.frames.clear();
  CHECK(inspect_video(video).empty());
}
