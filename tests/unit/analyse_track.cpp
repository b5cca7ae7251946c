#include <cmath>
#include <limits>
#include <vector>

#include "aurum/analyse/track.hpp"
#include "support/catch.hpp"

using namespace aurum;

namespace {

constexpr float unknown = std::numeric_limits<float>::quiet_NaN();

AuTrack track_of(const std::vector<float>& first, const std::vector<float>& second, double step) {
  AuTrack track{.units = 2, .seconds = {}, .intensities = {}};
  for (std::size_t i = 0; i < first.size(); ++i) {
    track.seconds.push_back(static_cast<double>(i) * step);
    track.intensities.insert(track.intensities.end(), {first[i], second[i]});
  }
  return track;
}

}  // namespace

TEST_CASE("smoothing keeps what is constant and spreads what is not", "[analyse]") {
  const AuTrack track = track_of({0, 0, 0, 3, 0, 0, 0}, {2, 2, unknown, 2, 2, 2, 2}, 0.04);
  const AuTrack smooth = smoothed(track, 0.04);
  const double w1 = std::exp(-0.5), w2 = std::exp(-2.0), w3 = std::exp(-4.5);
  const double all = 1 + 2 * (w1 + w2 + w3);
  CHECK(smooth.frame(3)[0] == Approx(3 / all));
  CHECK(smooth.frame(2)[0] == Approx(3 * w1 / (all - w3)));  // one neighbour less on the left
  CHECK(smooth.frame(2)[0] > smooth.frame(1)[0]);
  for (std::size_t i = 0; i < 7; ++i)
    if (i != 2) CHECK(smooth.frame(i)[1] == Approx(2));
  CHECK(std::isnan(smooth.frame(2)[1]));
  // A gap in time keeps what lies beyond it apart.
  AuTrack apart = track;
  for (std::size_t i = 4; i < 7; ++i) apart.seconds[i] += 10;
  CHECK(smoothed(apart, 0.04).frame(4)[0] == 0);
  CHECK_THROWS_AS(smoothed(track, 0), ValueError);
  std::swap(apart.seconds[0], apart.seconds[6]);
  CHECK_THROWS_AS(smoothed(apart, 1), ValueError);
}

TEST_CASE("a face at rest is zero once its baseline is taken away", "[analyse]") {
  // A heavy brow (0.75) that is there in every frame; a smile that comes and goes.
  std::vector<float> brow(40, 0.75F), smile(40, 0);
  for (std::size_t i = 10; i < 25; ++i) smile[i] = 4, brow[i] = 1.25F;
  brow[3] = 0;  // one misreading is not the baseline
  const AuTrack track = track_of(brow, smile, 0.04);
  const std::vector<float> baseline = quiet_baseline(track);
  CHECK(baseline == std::vector<float>{0.75F, 0});
  const AuTrack rest = without_baseline(track, baseline);
  CHECK(rest.frame(0)[0] == 0);
  CHECK(rest.frame(3)[0] == 0);  // not below
  CHECK(rest.frame(12)[0] == 0.5F);
  CHECK(rest.frame(12)[1] == 4);

  const AuTrack blind = track_of({unknown, unknown}, {1, 2}, 0.04);
  const std::vector<float> half = quiet_baseline(blind);
  CHECK(std::isnan(half[0]));
  CHECK(half[1] == 1);
  CHECK(std::isnan(without_baseline(blind, half).frame(0)[0]));
  CHECK_THROWS_AS(quiet_baseline(track_of({}, {}, 1)), ValueError);
  CHECK_THROWS_AS(without_baseline(track, std::vector<float>{1}), ValueError);
}
