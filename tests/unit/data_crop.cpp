#include <cmath>
#include <string>
#include <vector>

#include "aurum/data/crop.hpp"
#include "aurum/data/image_file.hpp"
#include "aurum/data/pts.hpp"
#include "aurum/data/warp.hpp"
#include "support/catch.hpp"
#include "support/faces.hpp"

using namespace aurum;

namespace {

const std::string faces = std::string(AURUM_TEST_DATA) + "/faces/";

struct Detected {
  std::string name;
  Box box;          ///< as dlib's frontal detector finds it; loc_0 looks down and is not found
  float agreement;  ///< overlap of the two crops, less a little
};

}  // namespace

TEST_CASE("a detector's box leads to nearly the crop that the landmarks lead to", "[data]") {
  for (const Detected& face :
       {Detected{"loc_1", {302, 267, 310, 311}, 0.85F}, Detected{"loc_2", {782, 485, 447, 446}, 0.8F},
        Detected{"loc_4", {429, 285, 87, 87}, 0.85F}}) {
    INFO(face.name);
    const Square by_landmarks = face_square(read_pts(faces + face.name + ".pts"));
    const Square by_detector = face_square(face.box);
    CHECK(overlap(by_landmarks, by_detector) > face.agreement);
  }
}

TEST_CASE("a crop takes its square to the whole output and nearly all landmarks into it", "[data]") {
  for (const std::string name : {"loc_0", "loc_1", "loc_2", "loc_4"}) {
    INFO(name);
    const Landmarks landmarks = read_pts(faces + name + ".pts");
    const Square square = face_square(landmarks);
    const Affine map = crop_transform(square, 128);
    const Point corner = map(square.centre - Point{square.side / 2, square.side / 2});
    CHECK(corner.x == Approx(-0.5).margin(1e-3));
    CHECK(corner.y == Approx(-0.5).margin(1e-3));
    int inside = 0;
    for (const Point p : map(landmarks)) inside += p.x >= 0 && p.y >= 0 && p.x <= 127 && p.y <= 127 ? 1 : 0;
    CHECK(inside >= 67);
  }
}

TEST_CASE("a frontal face has brows and chin just inside its crop", "[data]") {
  const Landmarks landmarks = crop_transform(face_square(test::uneven_face()), 100)(test::uneven_face());
  float top = 100, bottom = 0, left = 100, right = 0;
  for (const Point p : landmarks) {
    top = std::min(top, p.y);
    bottom = std::max(bottom, p.y);
    left = std::min(left, p.x);
    right = std::max(right, p.x);
  }
  CHECK(top > 10);
  CHECK(top < 25);
  CHECK(bottom > 88);
  CHECK(bottom < 96);
  CHECK(left > 10);
  CHECK(right < 90);
}

TEST_CASE("the crop follows a face that moves, grows and turns", "[data]") {
  const Landmarks face = test::uneven_face();
  const Square before = face_square(face);
  const Affine move = similarity({200, 200}, {300, 150}, 1.5, 30);
  const Square after = face_square(move(face));
  CHECK(after.side == Approx(1.5 * before.side));
  CHECK(after.centre.x == Approx(move(before.centre).x));
  CHECK(after.centre.y == Approx(move(before.centre).y));
}

TEST_CASE("the released BMVC network's registration puts chin and eyes where it wants them", "[data]") {
  const Landmarks face = test::uneven_face();
  const Landmarks registered = sanchez2018_registration(face)(face);
  CHECK(registered[8].x == Approx(127.6475));
  CHECK(registered[8].y == Approx(227.8161));
  CHECK(registered[36].x == Approx(79.1608));
  CHECK(registered[45].x == Approx(176.8392));
  CHECK(registered[45].y == Approx(87.0376));
}

TEST_CASE("no crop without a face", "[data]") {
  CHECK_THROWS_AS(face_square(Landmarks(67)), ValueError);
  CHECK_THROWS_AS(face_square(Landmarks(68)), ValueError);  // all in one place
  CHECK_THROWS_AS(face_square(Box{1, 2, 0, 5}), ValueError);
  CHECK_THROWS_AS(crop_transform({{5, 5}, 0}, 64), ValueError);
  CHECK_THROWS_AS(crop_transform({{5, 5}, 10}, 0), ValueError);
  Landmarks line = test::uneven_face();
  line[8] = line[36];
  CHECK_THROWS_AS(sanchez2018_registration(line), ValueError);
}
