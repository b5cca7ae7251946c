#include <vector>

#include "aurum/analyse/tracker.hpp"
#include "support/catch.hpp"

using namespace aurum;

namespace {

std::vector<int> update(Tracker& tracker, const std::vector<Square>& faces, double seconds) {
  const auto found = tracker.update(faces, seconds);
  return {found.begin(), found.end()};
}
using Identities = std::vector<int>;

}  // namespace

TEST_CASE("faces keep their identities, whatever their order", "[analyse]") {
  Tracker tracker;
  for (int n = 0; n < 50; ++n) {
    const auto x = static_cast<float>(4 * n);
    const Square right{{100 + x, 100}, 80}, left{{500 - x, 120}, 90};  // they pass each other at frame 50
    const auto found =
        n % 3 == 0 ? update(tracker, {left, right}, n / 25.0) : update(tracker, {right, left}, n / 25.0);
    if (n == 0)
      CHECK(found == Identities{0, 1});
    else
      CHECK(found == (n % 3 == 0 ? Identities{0, 1} : Identities{1, 0}));
  }
  CHECK(tracker.people() == 2);
}

TEST_CASE("two who pass each other keep going the way they went", "[analyse]") {
  Tracker tracker;
  for (int n = 0; n < 60; ++n) {
    const auto x = static_cast<float>(10 * n);
    // Side by side at frame 30, one a little above the other.
    CHECK(update(tracker, {{{100 + x, 100}, 80}, {{700 - x, 130}, 80}}, n / 25.0) == Identities{0, 1});
  }
}

TEST_CASE("somebody who is lost for a moment comes back as the same person", "[analyse]") {
  Tracker tracker;
  const Square face{{200, 200}, 100}, other{{600, 200}, 100}, moved{{240, 200}, 100};
  CHECK(update(tracker, {face, other}, 0) == Identities{0, 1});
  CHECK(update(tracker, {other}, 0.04) == Identities{1});
  CHECK(update(tracker, {}, 0.4).empty());
  CHECK(update(tracker, {moved, other}, 0.8) == Identities{0, 1});
  CHECK(update(tracker, {face}, 2.5) == Identities{2});  // after more than a second somebody new
  CHECK(update(tracker, {face, face}, 2.54) == Identities{2, 3});
  CHECK(tracker.people() == 4);
}

TEST_CASE("a face far from everybody is somebody new", "[analyse]") {
  Tracker tracker;
  CHECK(update(tracker, {{{100, 100}, 50}}, 0) == Identities{0});
  CHECK(update(tracker, {{{300, 100}, 50}}, 0.04) == Identities{1});
  CHECK(update(tracker, {{{100, 100}, 200}}, 0.08) == Identities{2});  // as large a face is another one
  CHECK_THROWS_AS(tracker.update({}, 0.01), ValueError);
  CHECK_THROWS_AS(Tracker({.least_overlap = 0}), ValueError);
}
