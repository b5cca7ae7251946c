#include <cmath>
#include <limits>
#include <vector>

#include "aurum/analyse/recording.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"

using namespace aurum;

namespace {

constexpr float none = std::numeric_limits<float>::quiet_NaN();

MeasuredFace face(int identity, std::vector<float> intensities) {
  MeasuredFace result;
  result.identity = identity;
  result.intensities = std::move(intensities);
  return result;
}

/// Two AUs; person 1 comes in frame 2, frame 3 has nobody.
Recording two_people() {
  Recording recording{.action_units = {6, 12}, .frames = {}};
  recording.frames.push_back({.number = 1, .seconds = 0, .faces = {face(0, {1, 0})}});
  recording.frames.push_back({.number = 2, .seconds = 1, .faces = {face(0, {3, 0}), face(1, {0, 4})}});
  recording.frames.push_back({.number = 3, .seconds = 2});
  recording.frames.push_back({.number = 4, .seconds = 3, .faces = {face(1, {2, 5}), face(0, {1, 2})}});
  return recording;
}

}  // namespace

TEST_CASE("a recording gives everybody a track", "[analyse]") {
  const auto tracks = tracks_of(two_people());
  REQUIRE(tracks.size() == 2);
  CHECK(tracks.at(0).seconds == std::vector<double>{0, 1, 3});
  CHECK(tracks.at(0).intensities == std::vector<float>{1, 0, 3, 0, 1, 2});
  CHECK(tracks.at(1).intensities == std::vector<float>{0, 4, 2, 5});

  Recording wrong = two_people();
  wrong.frames[1].faces[1].intensities.pop_back();
  CHECK(test::contains(test::message<ValueError>([&] { (void)tracks_of(wrong); }),
                       "frame 2: expected 2 intensities, found 1"));
  Recording uneven = two_people();  // sides in one frame only
  uneven.frames[0].faces[0].left = uneven.frames[0].faces[0].right = {1, 1};
  CHECK_THROWS_AS(refined(uneven, {}), ValueError);
}

TEST_CASE("refining goes along each person's track and changes nothing else", "[analyse]") {
  const Recording recording = two_people();
  const Recording same = refined(recording, {});
  CHECK(same.frames[3].faces[0].intensities == std::vector<float>{2, 5});
  // Person 0 rests in frame 1 at {1, 0}, person 1 in frame 2 at {0, 4}.
  const Recording rested = refined(recording, {.baseline = true});
  CHECK(rested.frames[1].faces[0].intensities == std::vector<float>{2, 0});
  CHECK(rested.frames[3].faces[0].intensities == std::vector<float>{2, 1});
  CHECK(rested.frames[3].faces[1].intensities == std::vector<float>{0, 2});
  CHECK(rested.frames[2].faces.empty());
  const Recording smooth = refined(recording, {.smoothing = 100});
  CHECK(smooth.frames[0].faces[0].intensities[0] == Approx(5.0 / 3).margin(1e-3));
  CHECK(smooth.frames[1].faces[1].intensities[1] == Approx(4.5).margin(1e-3));
}

TEST_CASE("sides are refined like the intensities that they belong to", "[analyse]") {
  Recording recording{.action_units = {12, 25}, .frames = {}};
  for (int i = 0; i < 8; ++i) {
    const auto n = static_cast<float>(i % 4);
    MeasuredFace measured = face(0, {n + 1, 0});
    measured.left = {n + 1, none};
    measured.right = {n / 2, none};
    recording.frames.push_back({.number = i + 1, .seconds = i * 0.1, .faces = {measured}});
  }
  const Recording rested = refined(recording, {.baseline = true});
  CHECK(rested.frames[2].faces[0].intensities == std::vector<float>{2, 0});
  CHECK(rested.frames[2].faces[0].left[0] == 2);
  CHECK(rested.frames[2].faces[0].right[0] == 1);
  CHECK(std::isnan(rested.frames[2].faces[0].left[1]));
}

TEST_CASE("keyframes are the strongest moments, each told once", "[analyse]") {
  const Recording recording = two_people();
  const auto moments = keyframes(recording, 10);
  REQUIRE(moments.size() == 3);
  CHECK(moments[0].intensity == 5);  // person 1, AU12, frame 4; their AU6 shows most there, too
  CHECK(moments[0].frame == 3);
  CHECK(moments[0].face == 0);
  CHECK(moments[0].unit == 1);
  CHECK(moments[1].intensity == 3);
  CHECK(moments[1].frame == 1);
  CHECK(moments[2].intensity == 2);  // person 0, AU12, frame 4
  CHECK(keyframes(recording, 1).size() == 1);
  CHECK(keyframes(recording, 10, 4.5F).size() == 1);
  for (const Keyframe& moment : keyframes(recording, 10, 0, 0))
    CHECK(moment.intensity == recording.frames[moment.frame].faces.at(moment.face).intensities[moment.unit]);
  CHECK(keyframes(recording, 10, 1, 2.5).size() == 2);  // person 0's moments are two seconds apart
}
