// Videos as folders of pictures.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "aurum/data/augment.hpp"
#include "aurum/data/sparse_labels.hpp"
#include "aurum/data/video.hpp"
#include "aurum/data/video_folder.hpp"
#include "support/catch.hpp"
#include "support/faces.hpp"
#include "support/message.hpp"
#include "support/temporary_directory.hpp"

using namespace aurum;
using test::contains, test::message;

static_assert(VideoData<FrameFolders>);
static_assert(detail::TellsPresent<FrameFolders> && detail::TellsLabels<FrameFolders> &&
              detail::TellsNames<FrameFolders>);

namespace {

Image grey(int level, int width = 8, int height = 8) {
  Image image(width, height);
  std::ranges::fill(image.pixels, static_cast<std::uint8_t>(level));
  return image;
}

/// A folder for videos, gone when the test is.
struct Root {
  test::TemporaryDirectory folder;
  [[nodiscard]] std::filesystem::path path(const std::string& name) const {
    std::filesystem::create_directories((folder / name).parent_path());
    return folder / name;
  }
  void picture(const std::string& name, const Image& image) const {
    if (name.ends_with(".png"))
      write_png(path(name), image);
    else
      write_jpeg(path(name), image);
  }
  void text(const std::string& name, const std::string& content) const { write_file(path(name), content); }
  void landmarks(const std::string& name) const { write_pts(path(name), test::uneven_face()); }
  [[nodiscard]] FrameFolders open() const { return FrameFolders(folder.path()); }
  [[nodiscard]] std::string problem() const {
    return message<FileError>([&] { (void)open(); });
  }
};

int level_of(const FrameFolders& videos, int video, int index) {
  return videos.frame(video, index)->image.at(4, 4)[0];
}

}  // namespace

TEST_CASE("folders of numbered pictures are videos, numbers without a picture missing frames", "[video]") {
  const Root root;
  root.picture("b tape/frame10.png", grey(100));
  root.picture("b tape/frame2.png", grey(20));
  root.picture("b tape/frame5.PNG.png", grey(50));
  root.picture("a/take 3 0007.jpg", grey(70));  // the last number counts; a video of one frame
  root.text("a/notes.txt", "");
  root.text(".hidden/x", "");
  root.text("notes.txt", "");
  const FrameFolders videos = root.open();
  REQUIRE(videos.size() == 2);
  CHECK(videos.action_units().empty());
  CHECK(videos.name_of(0) == "a");
  CHECK(videos.frames(0) == 1);
  CHECK(videos.number_of(0, 0) == 7);
  CHECK(videos.frames(1) == 9);
  CHECK(videos.subject_of(0) != videos.subject_of(1));
  for (int i = 0; i < 9; ++i) {
    const bool there = i == 0 || i == 3 || i == 8;
    CHECK(videos.present(1, i) == there);
    CHECK(videos.frame(1, i).has_value() == there);
    if (there) CHECK(level_of(videos, 1, i) == 10 * (i + 2));
  }
  CHECK(videos.frame(1, 8)->name == "b tape/frame10.png");
  CHECK(videos.frame(1, 8)->intensities.empty());
  CHECK(videos.frame(1, 8)->subject == videos.subject_of(1));
  videos.check_pictures();
  CHECK(contains(message<ValueError>([&] { (void)videos.frame(2, 0); }), "video 2 of a set of 2"));
  CHECK(contains(message<ValueError>([&] { (void)videos.frame(1, 9); }), "frame 9 of video b tape"));
  CHECK(contains(message<ValueError>([&] { (void)sliding_windows(videos, 4, 1, 1); }),
                 "video 0 (a) has 1 frame, fewer than the 4"));
}

TEST_CASE("a picture without landmarks is the crop, whole", "[video]") {
  const Root root;
  Image picture(40, 40);
  for (std::size_t i = 0; i < picture.pixels.size(); ++i)
    picture.pixels[i] = static_cast<std::uint8_t>(i * 37 % 251);
  root.picture("v/1.png", picture);
  const auto sample = root.open().frame(0, 0);
  std::vector<float> crop(3 * 40 * 40);
  (void)crop_face(sample->image, sample->landmarks, make_view(crop.data(), 1, {3, 40, 40}));
  for (std::size_t i = 0; i < crop.size(); ++i)
    REQUIRE(std::abs(255 * crop[i] - static_cast<float>(picture.pixels[i])) < 0.05F);
}

TEST_CASE("landmarks of a mean face fill pictures of any size", "[video]") {
  for (const auto& [width, height] : {std::pair{4, 4}, {128, 128}, {1, 5}, {300, 200}, {4000, 3000}}) {
    const Landmarks points = landmarks_filling(width, height);
    const Square square = face_square(points);
    const float side = static_cast<float>(std::max(width, height));
    CHECK(std::abs(square.side - side) < 1e-5F * side);
    CHECK(std::abs(square.centre.x - static_cast<float>(width - 1) / 2) < 1e-5F * side);
    CHECK(std::abs(square.centre.y - static_cast<float>(height - 1) / 2) < 1e-5F * side);
    const Landmarks mirrored = mirror(points, width);
    for (std::size_t k = 0; k < points.size(); ++k)
      CHECK(std::abs(mirrored[k].x - points[k].x) < 1e-2F * side);
  }
  CHECK(contains(message<ValueError>([] { (void)landmarks_filling(3, 3); }), "found 3 x 3"));
  CHECK_THROWS_AS(landmarks_filling(8, 0), ValueError);
}

TEST_CASE("frames without a face are missing where a video has landmarks", "[video]") {
  const Root root;
  for (const int n : {1, 2, 3}) root.picture("v/f" + std::to_string(n) + ".png", grey(10 * n));
  root.landmarks("v/f2.pts");
  root.landmarks("v/f9.pts");  // a face whose picture is gone
  root.picture("w/f1.png", grey(1));
  const FrameFolders videos = root.open();
  CHECK(videos.frames(0) == 3);
  CHECK_FALSE(videos.present(0, 0));
  CHECK_FALSE(videos.frame(0, 2));
  CHECK(std::abs(videos.frame(0, 1)->landmarks[30].x - test::uneven_face()[30].x) < 1e-3F);
  CHECK(videos.present(1, 0));  // without any: the whole picture
}

TEST_CASE("frames have labels where labels.csv lists them, and people where subjects.csv does", "[video]") {
  const Root root;
  for (const char* const video : {"a", "b", "c"})
    for (const int n : {4, 5, 7})
      root.picture(std::string(video) + "/" + std::to_string(n) + ".png", grey(n));
  root.text("b/labels.csv", "frame,AU12,AU04\r\n5,3.5,9\r\n4,,nan\r\n6,1,1\r\n99,1,1\r\n");
  root.text("c/labels.csv", "frame,AU12,AU4\n7,1,2\n");
  root.text("subjects.csv", "video,subject\nb,Ann\nc,Bea\na,Ann\n");
  const FrameFolders videos = root.open();
  CHECK(std::ranges::equal(videos.action_units(), std::vector<int>{12, 4}));
  CHECK(videos.labels(0, 0).size() == 2);
  CHECK(std::isnan(videos.labels(0, 0)[1]));
  CHECK(videos.labels(1, 1)[0] == 3.5F);
  CHECK(std::isnan(videos.labels(1, 1)[1]));
  CHECK(std::isnan(videos.labels(1, 0)[0]));
  CHECK(videos.labels(1, 2).empty());  // frame 6 has a label and no picture
  CHECK(videos.frame(2, 3)->intensities == std::vector<float>{1, 2});
  CHECK(videos.subject_of(0) == videos.subject_of(1));
  CHECK(videos.subject_of(2) != videos.subject_of(1));
  CHECK(std::ranges::equal(videos.subjects(), std::vector<std::string>{"Ann", "Bea"}));
  CHECK(all_labelled_frames(videos) == std::vector<LabelledFrame>{{1, 1}, {2, 3}});
}

TEST_CASE("a folder that holds no videos says so", "[video]") {
  const Root root;
  CHECK(contains(message<FileError>([&] { FrameFolders{root.folder / "none"}; }), "no such folder"));
  CHECK(contains(root.problem(), "the folder is empty"));
  root.text("readme", "");
  CHECK(contains(root.problem(), "holds no folders; expected one for each video"));
  root.picture("1.png", grey(1));
  CHECK(contains(root.problem(), "holds pictures, where one folder of pictures for each video was expected"));
}

TEST_CASE("a video whose pictures cannot be told in order says so", "[video]") {
  const auto problem = [](const std::vector<std::string>& names) {
    const Root root;
    for (const std::string& name : names) root.picture("v/" + name, grey(1));
    return root.problem();
  };
  {
    const Root root;
    root.text("v/readme", "");
    CHECK(contains(root.problem(), "v: a video without pictures (.jpg, .jpeg, .png)"));
  }
  CHECK(contains(problem({"face.png"}), "face.png: expected the number of a frame in the picture's name"));
  CHECK(contains(problem({"1.png", "a01.png"}), "1.png and a01.png are both frame 1"));
  CHECK(contains(problem({"f2.jpg", "f2.png"}), "are both frame 2"));
  CHECK(contains(problem({"f20190824123456.png"}), "the number 20190824123456 is too large"));
  CHECK(contains(problem({"2147483647.png"}), "too large"));
  CHECK(problem({"0.png", "2147483646.png"}) == "nothing was thrown");
}

TEST_CASE("pictures that cannot be read, or are of another size, are named", "[video]") {
  const Root root;
  root.picture("v/1.png", grey(1));
  root.picture("v/2.png", grey(2, 8, 9));
  root.text("v/3.png", "no picture");
  root.picture("v/4.png", grey(4));
  const FrameFolders videos = root.open();
  CHECK(contains(message<FileError>([&] { (void)videos.frame(0, 1); }),
                 "2.png: a picture of 8 x 9; the first of its video, 1.png, has 8 x 8"));
  CHECK(contains(message<FileError>([&] { (void)videos.frame(0, 2); }), "3.png: neither a JPEG nor a PNG"));
  CHECK(level_of(videos, 0, 3) == 4);
  CHECK(contains(message<FileError>([&] { videos.check_pictures(); }), "2.png"));
  root.text("v/1.png", "");
  CHECK(contains(root.problem(), "1.png: the file is empty"));
  root.picture("v/1.png", grey(1, 3, 3));
  CHECK(contains(root.problem(), "1.png: expected a face of at least 4 pixels across, found 3 x 3"));
}

TEST_CASE("landmarks that belong to no picture, or are none, are named", "[video]") {
  const Root root;
  root.picture("v/f1.png", grey(1));
  root.landmarks("v/f_1.pts");
  CHECK(contains(root.problem(), "v: none of its landmarks (.pts) has the name of a picture"));
  root.text("v/f1.pts", "{\n1 2\n}\n");
  CHECK(contains(message<FileError>([&] { (void)root.open().frame(0, 0); }), "f1.pts: expected 68 points"));
}

TEST_CASE("labels of videos that are wrong are refused with their line", "[video]") {
  const Root root;
  root.picture("v/1.png", grey(1));
  root.picture("w/1.png", grey(1));
  const auto problem = [&](const std::string& text) {
    root.text("v/labels.csv", text);
    return root.problem();
  };
  CHECK(contains(problem(""), "v/labels.csv: is empty; expected a header 'frame,AU01,...'"));
  CHECK(contains(problem("file,AU12\n"), "line 1: expected 'frame' as the first column, found 'file'"));
  CHECK(contains(problem("frame\n"), "line 1: no column of an AU"));
  CHECK(contains(problem("frame,smile\n"), "line 1: column 'smile' is no AU (AU01, AU2, ...)"));
  CHECK(contains(problem("frame,AU99\n"), "AU99 is not in the table"));
  CHECK(contains(problem("frame,AU12,AU12\n"), "AU12 has two columns"));
  CHECK(contains(problem("frame,AU12\n"), "no frames are listed"));
  CHECK(contains(problem("frame,AU12\n1\n"), "line 2: expected 2 cells, found 1"));
  CHECK(contains(problem("frame,AU12\none,1\n"), "line 2: frame: 'one' is not a whole number"));
  CHECK(contains(problem("frame,AU12\n1,6\n"), "line 2: AU12: intensity 6"));
  CHECK(contains(problem("frame,AU12\n1,x\n"), "line 2: AU12: 'x' is not a number"));
  CHECK(contains(problem("frame,AU12\n1,1\n1,1\n"), "line 3: frame 1 is listed twice"));
  CHECK(contains(problem("frame,AU12\n0,1\n7,1\n"),
                 "none of its frames has a picture; the first picture is "
                 "frame 1"));
  root.text("w/labels.csv", "frame,AU04\n1,1\n");
  const std::string other = problem("frame,AU12\n1,1\n");
  CHECK(contains(other, "w/labels.csv: line 1: its columns are not those of"));
  CHECK(contains(other, "v/labels.csv"));
}

TEST_CASE("subjects of videos that are wrong are refused with their line", "[video]") {
  const Root root;
  root.picture("v/1.png", grey(1));
  root.picture("w/1.png", grey(1));
  const auto problem = [&](const std::string& text) {
    root.text("subjects.csv", text);
    return root.problem();
  };
  CHECK(contains(problem(""), "expected the header 'video,subject'"));
  CHECK(contains(problem("name,subject\n"), "line 1: expected the header 'video,subject'"));
  CHECK(contains(problem("video,subject\nv\n"), "line 2: expected 2 cells, found 1"));
  CHECK(contains(problem("video,subject\nx,1\n"), "line 2: there is no video x"));
  CHECK(contains(problem("video,subject\nv,\n"), "line 2: video v has no subject"));
  CHECK(contains(problem("video,subject\nv,1\nv,1\n"), "line 3: video v is listed twice"));
  CHECK(contains(problem("video,subject\nv,1\n"), "subjects.csv: does not list video w"));
}
