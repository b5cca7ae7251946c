#include <cmath>
#include <limits>

#include "aurum/heatmap/action_units.hpp"
#include "aurum/heatmap/render.hpp"
#include "support/catch.hpp"
#include "support/faces.hpp"
#include "support/message.hpp"

using namespace aurum;

TEST_CASE("mirroring a face mirrors the centres of every AU", "[heatmap]") {
  constexpr int width = 400;
  const Landmarks face = test::uneven_face();
  const Landmarks mirrored = mirror(face, width);
  for (const ActionUnit& unit : action_units) {
    INFO(action_unit_label(unit.number));
    const Centres before = action_unit_centres(unit, face);
    const Centres after = action_unit_centres(unit, mirrored);
    REQUIRE(after.size == before.size);
    REQUIRE(before.size >= 1);
    for (int i = 0; i < before.size; ++i) {
      // AU17's two points lie on the mid-line, so they stay in their order; others change sides.
      const int twin = unit.number == 17 || i == 2 || before.size == 1 ? i : 1 - i;
      const Point p = before.point[static_cast<std::size_t>(i)];
      const Point q = after.point[static_cast<std::size_t>(twin)];
      CHECK(q.x == Approx(width - 1 - p.x).margin(1e-3));
      CHECK(q.y == Approx(p.y).margin(1e-3));
    }
  }
}

TEST_CASE("the mirror permutation is its own inverse and keeps the parts of the face", "[heatmap]") {
  for (std::size_t k = 0; k < landmark_mirror.size(); ++k)
    CHECK(landmark_mirror[static_cast<std::size_t>(landmark_mirror[k])] == static_cast<int>(k));
  const Landmarks face = test::uneven_face();
  // A near-symmetric face: the twin of a point is the nearest point of the mirrored face, for most points.
  const Landmarks mirrored = mirror(face, 400);
  for (std::size_t k = 0; k < face.size(); ++k) {
    INFO("landmark " << k);
    CHECK(std::hypot(mirrored[k].x - face[k].x, mirrored[k].y - face[k].y) < 20);
  }
}

TEST_CASE("AU25 sits between the middles of the inner lips, from 68 or 66 points alike", "[heatmap]") {
  const Landmarks face = test::uneven_face();
  const Centres centres = action_unit_centres(find_action_unit(25), face);
  REQUIRE(centres.size == 1);
  CHECK(centres.point[0].x == Approx((face[62].x + face[66].x) / 2));
  CHECK(centres.point[0].y == Approx((face[62].y + face[66].y) / 2));

  Landmarks tracker = face;  // as the DISFA tracker gives it
  tracker.erase(tracker.begin() + 64);
  tracker.erase(tracker.begin() + 60);
  REQUIRE(tracker.size() == 66);
  // The paper prints 61,64: its 66-point mark-up.
  CHECK((tracker[61].x + tracker[64].x) / 2 == Approx(centres.point[0].x));
  const Landmarks back = to_landmarks68(tracker);
  for (std::size_t k = 0; k < face.size(); ++k) {
    if (k == 60 || k == 64) continue;
    CHECK(back[k] == face[k]);
  }
  for (const ActionUnit& unit : action_units)
    for (int i = 0; i < action_unit_centres(unit, face).size; ++i)
      CHECK(action_unit_centres(unit, face).point[static_cast<std::size_t>(i)] ==
            action_unit_centres(unit, back).point[static_cast<std::size_t>(i)]);
}

TEST_CASE("the table has every AU of the three data sets and can be replaced", "[heatmap]") {
  for (const int au : bp4d_aus) CHECK(find_action_unit(au).number == au);
  for (const int au : disfa_aus) CHECK(find_action_unit(au).number == au);
  for (const int au : fera2017_aus) CHECK(find_action_unit(au).number == au);

  const std::array<ActionUnit, 1> own = {
      {{.number = 45, .name = "Blink", .left = {37, 41}, .right = {44, 46}}}};
  const Landmarks face = test::uneven_face();
  CHECK(action_unit_centres(find_action_unit(45, own), face).size == 2);
  CHECK_THROWS_AS(find_action_unit(12, own), ValueError);
  const std::array<ActionUnit, 1> wrong = {{{.number = 45, .name = "Blink", .left = {68}}}};
  CHECK(test::contains(test::message<ValueError>([&] { (void)action_unit_centres(wrong[0], face); }),
                       "outside 0..67"));
}

TEST_CASE("an AU outside the table, too few and NaN landmarks are refused by name", "[heatmap]") {
  using test::contains, test::message;
  const std::string unknown = message<ValueError>([] { (void)find_action_unit(3); });
  CHECK(contains(unknown, "AU3 "));
  CHECK(contains(unknown, "known are 1, 2, 4, 5, 6"));
  CHECK(contains(message<ValueError>([] { (void)to_landmarks68(Landmarks(67)); }), "found 67"));
  CHECK_THROWS_AS(action_unit_centres(find_action_unit(12), Landmarks(66)), ValueError);
  Landmarks face = test::uneven_face();
  face[30].y = std::numeric_limits<float>::quiet_NaN();
  CHECK(contains(message<ValueError>([&] { (void)to_landmarks68(face); }), "point 30"));
  CHECK_THROWS_AS(mirror(face, 400), ValueError);
}
