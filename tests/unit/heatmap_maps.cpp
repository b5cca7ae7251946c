#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "aurum/core/random.hpp"
#include "aurum/heatmap/decode.hpp"
#include "aurum/heatmap/render.hpp"
#include "support/catch.hpp"
#include "support/faces.hpp"
#include "support/message.hpp"

using namespace aurum;

namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

std::vector<float> draw(const std::vector<MapTarget>& targets, int size, auto kernel) {
  std::vector<float> values(targets.size() * static_cast<std::size_t>(size * size), -1.0F);
  render<float>(targets, make_view(values.data(), 1, {static_cast<int>(targets.size()), size, size}), kernel);
  return values;
}

/// Greatest distance between the centre drawn and the centre found, over places within a pixel.
float worst_place(float intensity, auto kernel) {
  float worst = 0;
  Random random{Seed{1}};
  for (int trial = 0; trial < 200; ++trial) {
    const Point centre{random.uniform(20, 40), random.uniform(20, 40)};
    const auto map = draw({{.intensity = intensity, .centres = 1, .centre = {centre}}}, 64, kernel);
    const Peak peak = find_peak(map.data(), 1, 64, 64);
    worst = std::max(worst, std::hypot(peak.x - centre.x, peak.y - centre.y));
  }
  return worst;
}

}  // namespace

TEST_CASE("a map is the highest of its blobs, each as high and as wide as the intensity", "[heatmap]") {
  const MapTarget target{.intensity = 3, .centres = 2, .centre = {{10, 12}, {30, 40}}};
  const auto map = draw({target}, 64, GaussianKernel{});
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x) {
      double wanted = 0;
      for (const auto& [u, v] : {std::pair{10, 12}, std::pair{30, 40}})
        wanted = std::max(wanted, 3 * std::exp(-((x - u) * (x - u) + (y - v) * (y - v)) / 18.0));
      CHECK(map[static_cast<std::size_t>(64 * y + x)] == Approx(wanted).epsilon(1e-5).margin(1e-30));
    }
}

TEST_CASE("blobs keep their place and width relative to the map when it has another size", "[heatmap]") {
  const std::array<int, 1> aus = {12};
  const std::array<float, 1> four = {4};
  const auto small = map_targets(aus, test::uneven_face(), four, 400, 64);
  const auto large = map_targets(aus, test::uneven_face(), four, 400, 192);
  const auto coarse = draw(small, 64, GaussianKernel{});
  const auto fine = draw(large, 192, GaussianKernel{});
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x)  // the centre of a coarse pixel is that of the middle one of 3 x 3 fine ones
      CHECK(fine[static_cast<std::size_t>(192 * (3 * y + 1) + 3 * x + 1)] ==
            Approx(coarse[static_cast<std::size_t>(64 * y + x)]).epsilon(1e-3).margin(1e-6));
}

TEST_CASE("intensity 0 gives a zero map, NaN a NaN map, other channels stay as they are", "[heatmap]") {
  const std::array<int, 3> aus = {6, 12, 25};
  const std::array<float, 3> intensities = {0, missing, 5};
  const auto targets = map_targets(aus, test::uneven_face(), intensities, 400, 32);
  std::vector<float> values(32 * 32 * 5, -7.0F);
  const View<float> all = make_view(values.data(), 1, {5, 32, 32});
  render<float>(targets, all.slice(1, 3));
  float greatest = 0;
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 32; ++x) {
      CHECK(all.at(0, y, x, 0) == -7);
      CHECK(all.at(0, y, x, 1) == 0);
      CHECK(std::isnan(all.at(0, y, x, 2)));
      CHECK(all.at(0, y, x, 4) == -7);
      greatest = std::max(greatest, all.at(0, y, x, 3));
    }
  CHECK(greatest > 4.8F);
  CHECK(greatest <= 5);
}

TEST_CASE("the other kernels are what they say", "[heatmap]") {
  CHECK(ExponentialKernel{}(2, 9) == Approx(2 * std::exp(-3.0 / 4)));
  CHECK(FixedGaussianKernel{.deviation = 3}(2, 9) == Approx(2 * std::exp(-0.5)));
  CHECK(TruncatedKernel<ExponentialKernel>{}(2, 143.9F) > 0);
  CHECK(TruncatedKernel<ExponentialKernel>{}(2, 144.1F) == 0);
  CHECK(GaussianKernel{}(0.01F, 2000) == 0);
}

TEST_CASE("the peak of a drawn blob is found to a hundredth of a pixel", "[heatmap]") {
  for (const float intensity : {1.0F, 2.0F, 3.0F, 5.0F}) {
    INFO("intensity " << intensity);
    CHECK(worst_place(intensity, GaussianKernel{}) < 0.01F);
    CHECK(worst_place(intensity, FixedGaussianKernel{}) < 0.01F);
  }
  CHECK(worst_place(0.3F, GaussianKernel{}) < 0.5F);  // too narrow to fit, but inside its pixel
}

TEST_CASE("the apex tells the intensity where the centre falls between pixels", "[heatmap]") {
  const MapTarget between{.intensity = 1, .centres = 1, .centre = {{20.5F, 30.5F}}};
  const auto map = draw({between}, 64, GaussianKernel{});
  const Peak peak = find_peak(map.data(), 1, 64, 64);
  CHECK(peak.value == Approx(std::exp(-0.25)));  // what the paper reads
  CHECK(peak.apex == Approx(1).epsilon(1e-4));
}

TEST_CASE("of equal maxima the first counts; a border, a flat and a one-pixel map are fine", "[heatmap]") {
  std::vector<float> map(5 * 4, 0.0F);
  const auto found = [&] { return find_peak(map.data(), 1, 5, 4); };
  CHECK(found().x == 0);
  CHECK(found().value == 0);
  map[7] = map[12] = 2;
  CHECK(found().x == 2);
  CHECK(found().y == Approx(1.5));  // the twin below draws it down
  std::fill(map.begin(), map.end(), -3.0F);
  map[19] = -1;
  CHECK(found().x == 4);
  CHECK(found().y == 3);
  CHECK(found().value == -1);
  CHECK(intensity(found()) == 0);
  const float one = 7;
  CHECK(find_peak(&one, 1, 1, 1).value == 7);
  CHECK(intensity(find_peak(&one, 1, 1, 1)) == 5);
  map[3] = missing;
  CHECK(std::isnan(found().value));
  CHECK(std::isnan(found().x));
  CHECK(std::isnan(intensity(found())));
}

TEST_CASE("a network's noise does not throw the refined place out of its pixel", "[heatmap]") {
  Random random{Seed{3}};
  double error = 0, coarse = 0;
  for (int trial = 0; trial < 200; ++trial) {
    const Point centre{random.uniform(20, 40), random.uniform(20, 40)};
    auto map = draw({{.intensity = 2, .centres = 1, .centre = {centre}}}, 64, GaussianKernel{});
    for (float& value : map) value += random.normal(0, 0.02F);
    const Peak peak = find_peak(map.data(), 1, 64, 64);
    error += std::hypot(peak.x - centre.x, peak.y - centre.y) / 200;
    coarse += std::hypot(std::round(peak.x) - centre.x, std::round(peak.y) - centre.y) / 200;
  }
  CHECK(error < 0.1);
  CHECK(error < coarse / 3);
}

TEST_CASE("decoding a batch gives every AU's intensity and place back", "[heatmap]") {
  const std::array<float, 12> first = {1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2};
  const std::array<float, 12> second = {0, 5, 0, 4, 0, 3, 0, 2, 0, 1, 0, 5};
  auto targets = map_targets(disfa_aus, test::uneven_face(), first, 400, 64);
  for (const MapTarget& t : map_targets(disfa_aus, test::uneven_face(), second, 400, 64))
    targets.push_back(t);
  std::vector<float> values(2 * 64 * 64 * 12);
  const View<float> maps = make_view(values.data(), 2, {12, 64, 64});
  render<float>(targets, maps);
  const std::vector<Peak> peaks = decode(maps);
  REQUIRE(peaks.size() == 24);
  for (std::size_t i = 0; i < peaks.size(); ++i) {
    INFO("map " << i);
    const float wanted = targets[i].intensity;
    CHECK(intensity(peaks[i]) <= wanted);
    CHECK(intensity(peaks[i]) >= wanted * std::exp(-0.25F / std::max(wanted * wanted, 1.0F)) - 1e-4F);
    if (wanted == 0) continue;
    float nearest = 1e9F;
    const Point place = to_input(peaks[i], 64, 400);
    for (int k = 0; k < targets[i].centres; ++k) {
      const Point centre = rescale(targets[i].centre[k], 400.0F / 64);
      nearest = std::min(nearest, std::hypot(place.x - centre.x, place.y - centre.y));
    }
    CHECK(nearest < 2.5F);  // 0.4 of a map pixel: where two blobs meet, the fit is not exact
  }
}

TEST_CASE("intensities outside 0..5, wrong counts and sizes are refused", "[heatmap]") {
  using test::contains, test::message;
  const Landmarks face = test::uneven_face();
  const std::array<int, 2> aus = {6, 12};
  const auto with = [&](std::vector<float> intensities) {
    return message<ValueError>([&] { (void)map_targets(aus, face, intensities, 256, 64); });
  };
  CHECK(contains(with({1, 5.5F}), "AU12: intensity 5.5"));
  CHECK(contains(with({-0.1F, 5}), "AU06: intensity -0.1"));
  CHECK(contains(with({1}), "expected 2 intensities, found 1"));
  CHECK(contains(with({missing, 5}), "nothing was thrown"));
  const std::array<float, 2> fine = {1, 2};
  CHECK_THROWS_AS(map_targets(aus, Landmarks(67), fine, 256, 64), ValueError);
  CHECK_THROWS_AS(map_targets(aus, face, fine, 0, 64), ValueError);

  std::vector<float> values(3 * 16);
  const std::array<MapTarget, 2> two{};
  CHECK_THROWS_AS(render<float>(two, make_view(values.data(), 1, {3, 4, 4})), ValueError);
  std::array<Peak, 2> room{};
  CHECK_THROWS_AS(decode(make_view(values.data(), 1, {3, 4, 4}), std::span<Peak>(room)), ValueError);
}
