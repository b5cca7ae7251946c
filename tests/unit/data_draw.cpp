#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "aurum/data/crop.hpp"
#include "aurum/data/draw.hpp"
#include "aurum/heatmap/render.hpp"
#include "support/catch.hpp"
#include "support/faces.hpp"

using namespace aurum;

namespace {

Colour pixel(const Image& image, int x, int y) {
  const auto* p = image.at(x, y);
  return {p[0], p[1], p[2]};
}

int painted(const Image& image) {
  int count = 0;
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) count += pixel(image, x, y) == black ? 0 : 1;
  return count;
}

}  // namespace

TEST_CASE("the heat colours run from blue over green to red", "[draw]") {
  CHECK(heat_colour(0).blue > heat_colour(0).red);
  CHECK(heat_colour(0.5F).green == 255);
  CHECK(heat_colour(1).red > 100);
  CHECK(heat_colour(1).blue == 0);
  CHECK(heat_colour(7) == heat_colour(1));
}

TEST_CASE("lines, points and boxes land where they should and are clipped", "[draw]") {
  Image image(20, 10);
  draw_line(image, {2, 5}, {12, 5}, white);
  for (int x = 2; x <= 12; ++x) CHECK(pixel(image, x, 5) == white);
  CHECK(pixel(image, 1, 5) == black);
  CHECK(pixel(image, 7, 3) == black);
  Image framed(20, 10);
  draw_box(framed, {3, 2, 10, 6}, gold);
  CHECK(pixel(framed, 3, 2) == gold);
  CHECK(pixel(framed, 12, 7) == gold);
  CHECK(pixel(framed, 7, 4) == black);
  CHECK(pixel(framed, 13, 8) == black);

  Image around(8, 8);
  draw_line(around, {-50, -50}, {60, 60}, white);
  draw_box(around, {-5, -5, 100, 100}, white);
  draw_point(around, {std::numeric_limits<float>::quiet_NaN(), 2}, white);
  draw_point(around, {3e9F, 2}, white);
  draw_text(around, 5, -3, "AU?", white, 2);
  CHECK(pixel(around, 3, 3).red > 150);
  Image face(400, 400);
  draw_face(face, test::uneven_face(), white);
  draw_points(face, test::uneven_face(), gold);
  CHECK(painted(face) > 1000);
}

TEST_CASE("text is drawn in the font, small letters as capitals", "[draw]") {
  Image capital(40, 9), small(40, 9), doubled(80, 18);
  draw_text(capital, 1, 1, "AU12 3.4", white);
  draw_text(small, 1, 1, "au12 3.4", white);
  CHECK(capital.pixels == small.pixels);
  CHECK(text_width("AU12") == 24);
  draw_text(doubled, 2, 2, "AU12 3.4", white, 2);
  CHECK(painted(doubled) == 4 * painted(capital));
  CHECK(pixel(capital, 3, 1) == white);  // the top of the A
  CHECK(pixel(capital, 1, 1) == black);

  Image bright(30, 12);
  fill(bright, 0, 0, 30, 12, white);
  draw_label(bright, 0, 0, "AU12", white);
  CHECK(pixel(bright, 0, 0).red == 102);  // the ground
  CHECK(pixel(bright, 3, 1) == white);
  CHECK(pixel(bright, 29, 11) == white);
}

TEST_CASE("a heatmap shows over the crop and over the picture at the AU's centre", "[draw]") {
  const std::array<int, 1> aus = {26};
  const std::array<float, 1> five = {5};
  const Landmarks face = test::uneven_face();
  const Affine to_crop = crop_transform(face_square(face), 128);
  const auto targets = map_targets(aus, to_crop(face), five, 128, 32);
  std::vector<float> values(32 * 32);
  const View<float> maps = make_view(values.data(), 1, {1, 32, 32});
  render<float>(targets, maps);

  const auto hottest = [](const Image& image) {
    double x_sum = 0, y_sum = 0, weight = 0;
    for (int y = 0; y < image.height; ++y)
      for (int x = 0; x < image.width; ++x) {
        const double w = pixel(image, x, y).red > 100 ? 1 : 0;
        x_sum += w * x;
        y_sum += w * y;
        weight += w;
      }
    return Point{static_cast<float>(x_sum / weight), static_cast<float>(y_sum / weight)};
  };
  Image crop(128, 128);
  overlay_heatmap(crop, maps, 0, map_over_crop(32, 128));
  const Point mouth = action_unit_centres(find_action_unit(26), face).point[0];
  CHECK(hottest(crop).x == Approx(to_crop(mouth).x).margin(1));
  CHECK(hottest(crop).y == Approx(to_crop(mouth).y).margin(1));

  Image picture(400, 400);
  overlay_heatmap(picture, maps, 0, compose(inverse(to_crop), map_over_crop(32, 128)));
  CHECK(hottest(picture).x == Approx(mouth.x).margin(2));
  CHECK(hottest(picture).y == Approx(mouth.y).margin(2));

  for (float& value : values) value = std::numeric_limits<float>::quiet_NaN();
  Image untouched(128, 128);
  overlay_heatmap(untouched, maps, 0, map_over_crop(32, 128));
  CHECK(painted(untouched) == 0);
  CHECK_THROWS_AS(overlay_heatmap(untouched, maps, 1, Affine{}), ValueError);
}

TEST_CASE("bars are as long as the intensities, NaN has none", "[draw]") {
  const std::array<int, 3> aus = {6, 12, 25};
  const std::array<float, 3> intensities = {5, 2.5F, std::numeric_limits<float>::quiet_NaN()};
  const Image bars = intensity_bars(aus, intensities, 100);
  const auto length = [&](int row) {
    int count = 0;
    for (int x = text_width("AU00 0.0 "); x < bars.width; ++x) {
      const Colour c = pixel(bars, x, 12 * row + 7);
      count += c == black || c == Colour{48, 48, 48} ? 0 : 1;
    }
    return count;
  };
  CHECK(length(0) == 100);
  CHECK(length(1) == 50);
  CHECK(length(2) == 0);
  CHECK(intensity_label(6, 3.44F) == "AU06 3.4");
  CHECK(intensity_label(12, std::numeric_limits<float>::quiet_NaN()) == "AU12 -");
  CHECK_THROWS_AS(intensity_bars(aus, std::span(intensities).first(2)), ValueError);
}

TEST_CASE("a montage has every picture in its cell", "[draw]") {
  std::vector<Image> images;
  for (int i = 0; i < 5; ++i) {
    images.emplace_back(10, 6);
    fill(images.back(), 0, 0, 10, 6, {static_cast<std::uint8_t>(50 * i + 50), 0, 0});
  }
  const Image sheet = montage(images, 3, 2);
  CHECK(sheet.width == 34);
  CHECK(sheet.height == 14);
  CHECK(pixel(sheet, 12, 0).red == 100);
  CHECK(pixel(sheet, 10, 0) == black);
  CHECK(pixel(sheet, 0, 8).red == 200);
  CHECK(pixel(sheet, 33, 13) == black);
  CHECK_THROWS_AS(montage({}, 2), ValueError);
}
