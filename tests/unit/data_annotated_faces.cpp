// From a data set's files to faces that a network is trained on: the cache of crops and the landmarks.
// test: optimised
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "aurum/data/augment.hpp"
#include "aurum/data/sets/annotated_faces.hpp"
#include "aurum/data/sets/annotated_videos.hpp"
#include "aurum/data/sets/bp4d.hpp"
#include "aurum/data/synthetic_faces.hpp"
#include "aurum/data/video.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/sets.hpp"

using namespace aurum;
using test::contains, test::message;

namespace {

/// A BP4D of two people with three frames each, and what OpenFace would find in them: the second frame of the
/// second person has no face, its third one no labels.
struct Bp4d {
  test::Tree tree;
  SyntheticFaces faces{{.seed = Seed{3}, .images = 6, .identities = 2, .size = 200}};

  Bp4d() {
    for (int person = 0; person < 2; ++person) {
      const std::string name = person == 0 ? "F001" : "M002";
      std::string openface = test::openface_header();
      for (const int au : bp4d_aus) {
        const std::string number = (au < 10 ? "0" : "") + std::to_string(au);
        tree.put("AU_INT/" + name + "_T1_AU" + number + ".csv",
                 "10,1\n11,2\n12," + std::to_string(person == 0 ? au % 5 : 9) + "\n");
      }
      for (int frame = 0; frame < 3; ++frame) {
        const Sample face = faces.sample(3 * person + frame);
        tree.put(name + "/T1/" + std::to_string(10 + frame) + ".png", encode_png(face.image));
        const bool found = person == 0 || frame != 1;
        openface += test::openface_row(frame + 1, 0.9, found, face.landmarks);
        openface += test::openface_row(frame + 1, 0.2, true, std::vector<Point>(68, Point{5, 5}));
      }
      tree.put("openface/" + name + "_T1.csv", openface);
    }
  }
  [[nodiscard]] AnnotatedFaces::Options options() const {
    return {.cache = tree.folder / "cache", .landmarks = openface_landmarks(tree.folder / "openface")};
  }
};

std::vector<float> crop(const Image& image, const Landmarks& points) {
  std::vector<float> pixels(std::size_t{3} * 64 * 64);
  crop_face(image, points, make_view(pixels.data(), 1, Shape{3, 64, 64}));
  return pixels;
}

}  // namespace

TEST_CASE("faces are cut out once and show what their frames show", "[data]") {
  const Bp4d bp4d;
  const AnnotatedSet set = open_bp4d(bp4d.tree.path());
  REQUIRE(set.problems.empty());
  auto options = bp4d.options();
  AnnotatedFaces faces(set);
  const PreparedVideo first = faces.add(set.videos[0], options), second = faces.add(set.videos[1], options);
  CHECK(first.faces == 3);
  CHECK_FALSE(first.cached);
  // In the frame that OpenFace lost, its other find, all points in one place, is no face.
  CHECK(second.faces == 2);
  CHECK(second.without_landmarks == 1);
  CHECK(second.without_picture == 0);

  REQUIRE(faces.size() == 4);  // one frame of the second person has no label at all
  CHECK(faces.subjects()[1] == "M002");
  CHECK(faces.subject_of(3) == 1);
  CHECK(std::vector<float>(faces.labels(2).begin(), faces.labels(2).end()) ==
        std::vector<float>{1, 0, 2, 4, 2});
  CHECK_THROWS_AS(faces.sample(4), ValueError);
  for (int i = 0; i < 4; ++i) {
    const Sample kept = faces.sample(i), original = bp4d.faces.sample(i);
    CHECK(kept.image.width == 256);
    const std::vector<float> a = crop(kept.image, kept.landmarks),
                             b = crop(original.image, original.landmarks);
    double difference = 0;
    for (std::size_t k = 0; k < a.size(); ++k) difference += std::abs(static_cast<double>(a[k] - b[k]));
    CHECK(difference / static_cast<double>(a.size()) <
          0.012);  // JPEG, one resampling more, rounded landmarks
  }
  CHECK(faces.sample(3).name == "M002/T1: frame 10");

  AnnotatedFaces again(set);
  CHECK(again.add(set.videos[0], options).cached);
  CHECK(AnnotatedFaces(set).add(set.videos[1], options).without_landmarks == 1);  // is remembered
  CHECK(again.sample(1).image.pixels == faces.sample(1).image.pixels);
}

static_assert(VideoData<AnnotatedVideos> && detail::TellsPresent<AnnotatedVideos> &&
              detail::TellsLabels<AnnotatedVideos> && detail::TellsNames<AnnotatedVideos>);

TEST_CASE("the faces of a data set are videos, with frames missing where there is no face", "[data]") {
  const Bp4d bp4d;
  for (const char* number : {"06", "10", "12", "14", "17"})  // the second person's third frame, labelled now
    bp4d.tree.put(std::string("AU_INT/M002_T1_AU") + number + ".csv", "10,1\n11,2\n12,5\n");
  AnnotatedSet set = open_bp4d(bp4d.tree.path());
  const auto options = bp4d.options();
  const auto faces = std::make_shared<AnnotatedFaces>(set);
  std::string nobody = test::openface_header();
  for (int frame = 1; frame <= 3; ++frame)
    nobody += test::openface_row(frame, 0.1, false, std::vector<Point>(68, Point{5, 5}));
  bp4d.tree.put("openface/F001_T1.csv", nobody);
  CHECK(faces->add(set.videos[0], options).faces == 0);
  CHECK(faces->add(set.videos[1], options).faces == 2);

  const AnnotatedVideos videos(faces);
  REQUIRE(videos.size() == 1);
  CHECK(videos.name_of(0) == "M002/T1");
  CHECK(faces->subjects()[static_cast<std::size_t>(videos.subject_of(0))] == "M002");
  CHECK(videos.frames(0) == 3);
  CHECK(videos.action_units().size() == 5);
  CHECK(videos.present(0, 0));
  CHECK_FALSE(videos.present(0, 1));
  CHECK_FALSE(videos.frame(0, 1).has_value());
  CHECK(videos.labels(0, 1).empty());
  CHECK(labels_at(videos, 0, 2) == std::vector<float>(5, 5.F));
  CHECK(videos.frame(0, 2)->name == "M002/T1: frame 12");
  CHECK(videos.frame(0, 2)->image.pixels == faces->sample(1).image.pixels);

  CHECK(contains(message<ValueError>([&] { (void)videos.frame(0, 3); }), "frame 3 of 3 of M002/T1"));
  CHECK(contains(message<ValueError>([&] { (void)videos.frames(1); }), "video 1 of 1"));
  set.single_pictures = true;
  CHECK(contains(message<ValueError>([&] { AnnotatedVideos{std::make_shared<AnnotatedFaces>(set)}; }),
                 "single pictures"));
}

TEST_CASE("a cache of other options, other landmarks or an older file is made anew", "[data]") {
  const Bp4d bp4d;
  const AnnotatedSet set = open_bp4d(bp4d.tree.path());
  auto options = bp4d.options();
  const auto cached = [&] { return AnnotatedFaces(set).add(set.videos[0], options).cached; };
  CHECK_FALSE(cached());
  CHECK(cached());
  options.faces.side = 128;
  CHECK_FALSE(cached());
  CHECK(cached());
  const auto csv = bp4d.tree.folder / "openface/F001_T1.csv";
  std::filesystem::last_write_time(csv, std::filesystem::last_write_time(csv) + std::chrono::seconds(5));
  CHECK_FALSE(cached());
  const auto picture = bp4d.tree.folder / "F001/T1/11.png";
  std::filesystem::last_write_time(picture,
                                   std::filesystem::last_write_time(picture) + std::chrono::seconds(5));
  CHECK_FALSE(cached());
  const auto file = bp4d.tree.folder / "cache/F001_T1.faces";
  const std::string bytes = read_file(file);
  write_file(file,
             std::string_view(bytes).substr(0, bytes.size() - 100));  // cut short: as if there were none
  CHECK_FALSE(cached());
  CHECK(cached());
}

TEST_CASE("landmarks and pictures that cannot be had are errors that name the file", "[data]") {
  const Bp4d bp4d;
  const AnnotatedSet set = open_bp4d(bp4d.tree.path());
  auto options = bp4d.options();
  AnnotatedFaces faces(set);
  options.landmarks = openface_landmarks(bp4d.tree.folder / "nowhere");
  CHECK(
      contains(message<FileError>([&] { faces.add(set.videos[0], options); }), "F001_T1.csv: no such file"));
  bp4d.tree.put("openface/M002_T1.csv", "frame, success\n1, 1\n");
  options = bp4d.options();
  CHECK(
      contains(message<FileError>([&] { faces.add(set.videos[1], options); }), "has no columns x_0 to y_67"));
  bp4d.tree.put("F001/T1/11.png", "nothing");
  CHECK(contains(message<FileError>([&] { faces.add(set.videos[0], options); }),
                 "11.png: neither a JPEG nor a PNG"));
  CHECK_FALSE(std::filesystem::exists(bp4d.tree.folder / "cache/F001_T1.faces"));
  CHECK(faces.size() == 0);
  bp4d.tree.put("file", "");
  options.cache = bp4d.tree.folder / "file" / "cache";
  CHECK(contains(message<FileError>([&] { faces.add(set.videos[0], options); }), "cannot be made"));
  AnnotatedVideo video = set.videos[0];
  video.video = "clip.avi";
  options = bp4d.options();
  CHECK(
      contains(message<FileError>([&] { faces.add(video, options); }), "clip.avi: a video, where pictures"));
}

TEST_CASE("OpenFace counts pictures, not their numbers", "[data]") {
  const Bp4d bp4d;
  // Pictures 10, 11, 12 of the first person become 10, 12, 15, of which 11 was never there.
  for (const int au : bp4d_aus)
    bp4d.tree.put("AU_INT/F001_T1_AU" + std::string(au < 10 ? "0" : "") + std::to_string(au) + ".csv",
                  "10,1\n12,2\n15,3\n");
  std::filesystem::rename(bp4d.tree.folder / "F001/T1/12.png", bp4d.tree.folder / "F001/T1/15.png");
  std::filesystem::rename(bp4d.tree.folder / "F001/T1/11.png", bp4d.tree.folder / "F001/T1/12.png");
  const AnnotatedSet set = open_bp4d(bp4d.tree.path());
  const OpenFaceTable table = read_openface_csv(bp4d.tree.folder / "openface/F001_T1.csv");
  OpenFaceLandmarks source(bp4d.tree.folder / "openface");
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(source(set.videos[0], set.videos[0].frames[i]) == table.rows[2 * i].landmarks);
}
