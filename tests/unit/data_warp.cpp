#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "aurum/core/random.hpp"
#include "aurum/data/affine.hpp"
#include "aurum/data/normalise.hpp"
#include "aurum/data/warp.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"

using namespace aurum;

namespace {

Image noise(int width, int height) {
  Image image(width, height);
  Random random{Seed{9}};
  for (auto& value : image.pixels) value = static_cast<std::uint8_t>(random.below(256));
  return image;
}

/// The obvious bilinear interpolation, in double.
double bilinear(const Image& image, double u, double v, int c, Border border) {
  if (border == Border::blank && (u < 0 || v < 0 || u > image.width - 1 || v > image.height - 1)) return 0;
  u = std::clamp(u, 0.0, image.width - 1.0);
  v = std::clamp(v, 0.0, image.height - 1.0);
  double sum = 0;
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x)
      sum +=
          std::max(0.0, 1 - std::abs(u - x)) * std::max(0.0, 1 - std::abs(v - y)) * image.at(x, y)[c] / 255.0;
  return sum;
}

std::vector<float> warped(const Image& image, const Affine& map, int width, int height,
                          Border border = Border::replicate) {
  std::vector<float> values(static_cast<std::size_t>(3 * width * height), -1.0F);
  warp(image, map, make_view(values.data(), 1, {3, height, width}), border);
  return values;
}

}  // namespace

TEST_CASE("affine maps compose, invert and pass through three points", "[data]") {
  const Affine a = similarity({3, 4}, {10, -2}, 1.7, 30);
  const Affine b{.xx = 1.2, .xy = 0.3, .x0 = 5, .yx = -0.4, .yy = 0.8, .y0 = -7};
  const Point p{11, -6};
  CHECK(a({3, 4}).x == Approx(10));
  CHECK(a({3, 4}).y == Approx(-2));
  CHECK(compose(a, b)(p).x == Approx(a(b(p)).x));
  CHECK(compose(a, b)(p).y == Approx(a(b(p)).y));
  CHECK(compose(inverse(b), b)(p).x == Approx(p.x));
  CHECK(compose(b, inverse(b))(p).y == Approx(p.y));
  const Affine found = affine_from_points({Point{0, 0}, {10, 1}, {2, 9}}, {b({0, 0}), b({10, 1}), b({2, 9})});
  CHECK(found.xy == Approx(b.xy).epsilon(1e-5));
  CHECK(found.y0 == Approx(b.y0).epsilon(1e-5));
  // Degrees turn clockwise as seen: right goes to below.
  CHECK(similarity({0, 0}, {0, 0}, 1, 90)({1, 0}).y == Approx(1));

  CHECK_THROWS_AS(affine_from_points({Point{0, 0}, {1, 1}, {2, 2}}, {Point{0, 0}, {1, 1}, {2, 3}}),
                  ValueError);
  CHECK_THROWS_AS(inverse(Affine{.xx = 0, .yy = 0}), ValueError);
  CHECK_THROWS_AS(inverse(Affine{.x0 = std::numeric_limits<double>::quiet_NaN()}), ValueError);
}

TEST_CASE("a warp agrees with the naive double loop, inside and over the border", "[data]") {
  const Image image = noise(23, 17);
  for (const Border border : {Border::replicate, Border::blank})
    for (const Affine& map :
         {Affine{}, similarity({11, 8}, {15, 15}, 1.4, 25), similarity({11, 8}, {15, 15}, 0.7, -40),
          similarity({2, 3}, {15, 15}, 3, 190)}) {
      const auto result = warped(image, map, 31, 29, border);
      const Affine back = inverse(map);
      for (int y = 0; y < 29; ++y)
        for (int x = 0; x < 31; ++x) {
          const double u = back.xx * x + back.xy * y + back.x0;
          const double v = back.yx * x + back.yy * y + back.y0;
          // On the very edge of the picture the border policy hangs on rounding.
          if (border == Border::blank && (std::abs(u) < 1e-4 || std::abs(v) < 1e-4 ||
                                          std::abs(u - 22) < 1e-4 || std::abs(v - 16) < 1e-4))
            continue;
          for (int c = 0; c < 3; ++c)
            REQUIRE(result[static_cast<std::size_t>(3 * (31 * y + x) + c)] ==
                    Approx(bilinear(image, u, v, c, border)).margin(2e-5));
        }
    }
}

TEST_CASE("a strong reduction averages: a fine chequered picture becomes grey, not aliased", "[data]") {
  Image image(240, 240);
  for (int y = 0; y < 240; ++y)
    for (int x = 0; x < 240; ++x)
      for (int c = 0; c < 3; ++c) image.at(x, y)[c] = (x + y) % 2 == 0 ? 255 : 0;
  for (const double scale : {0.5, 0.4, 0.25, 0.1}) {
    INFO("scale " << scale);
    for (const float value : warped(image, similarity({119.5F, 119.5F}, {9.5F, 9.5F}, scale, 0), 20, 20))
      CHECK(value == Approx(0.5).margin(0.03));
  }
}

TEST_CASE("a reduction keeps places: a ramp stays the same ramp", "[data]") {
  Image image(251, 199);  // no multiple of the block
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) {
      image.at(x, y)[0] = static_cast<std::uint8_t>(x);
      image.at(x, y)[1] = static_cast<std::uint8_t>(y);
    }
  for (const double scale : {0.45, 0.3, 0.12}) {
    INFO("scale " << scale);
    const Affine map = similarity({125, 99}, {9.5F, 9.5F}, scale, 20);
    const Affine back = inverse(map);
    const auto result = warped(image, map, 20, 20);
    for (int y = 0; y < 20; ++y)
      for (int x = 0; x < 20; ++x) {
        const Point p = back({static_cast<float>(x), static_cast<float>(y)});
        if (p.x < 10 || p.y < 10 || p.x > 240 || p.y > 188) continue;
        CHECK(255 * result[static_cast<std::size_t>(3 * (20 * y + x))] == Approx(p.x).margin(0.6));
        CHECK(255 * result[static_cast<std::size_t>(3 * (20 * y + x) + 1)] == Approx(p.y).margin(0.6));
      }
  }
}

TEST_CASE("a window beside the picture, a one-pixel picture and extreme scales do not crash", "[data]") {
  const Image one = noise(1, 1);
  CHECK(warped(one, similarity({0, 0}, {5, 5}, 3, 10), 8, 8)[17] == Approx(one.pixels[2] / 255.0));
  const Image image = noise(50, 40);
  double corner = 0;  // the mean of the first block
  for (int y = 0; y < 5; ++y)
    for (int x = 0; x < 5; ++x) corner += image.at(x, y)[0] / 255.0 / 25;
  CHECK(warped(image, similarity({-900, -900}, {0, 0}, 0.2), 9, 9)[0] == Approx(corner).margin(0.003));
  CHECK(warped(image, similarity({-900, -900}, {0, 0}, 0.2), 9, 9, Border::blank)[0] == 0);
  CHECK(warped(image, similarity({25, 20}, {4, 4}, 1e-4), 9, 9)[0] == Approx(0.5).margin(0.1));
  CHECK(warped(image, similarity({25, 20}, {4, 4}, 1e4), 9, 9)[0] >= 0);
  CHECK_THROWS_AS(warp(Image{}, Affine{}, 4, 4), ValueError);
  std::vector<float> values(64);
  CHECK_THROWS_AS(warp(image, Affine{}, make_view(values.data(), 1, {4, 4, 4})), ValueError);
  CHECK_THROWS_AS(to_float(image, make_view(values.data(), 1, {3, 4, 4})), ValueError);
}

TEST_CASE("a warp writes into a slice and leaves its neighbours", "[data]") {
  const Image image = noise(6, 5);
  std::vector<float> values(6 * 5 * 5, -3.0F);
  const View<float> all = make_view(values.data(), 1, {5, 5, 6});
  to_float(image, all.slice(1, 3));
  for (int y = 0; y < 5; ++y)
    for (int x = 0; x < 6; ++x) {
      CHECK(all.at(0, y, x, 0) == -3);
      CHECK(all.at(0, y, x, 4) == -3);
      for (int c = 0; c < 3; ++c) CHECK(all.at(0, y, x, 1 + c) == Approx(image.at(x, y)[c] / 255.0));
    }
}

TEST_CASE("pictures go to floats and back unchanged, and resizing keeps corners where they are", "[data]") {
  const Image image = noise(13, 9);
  std::vector<float> values(3 * 13 * 9);
  const View<float> view = make_view(values.data(), 1, {3, 9, 13});
  to_float(image, view);
  CHECK(to_image(view).pixels == image.pixels);
  CHECK(resize(image, 13, 9).pixels == image.pixels);
  const Image triple = resize(image, 39, 27);
  for (int y = 0; y < 9; ++y)
    for (int x = 0; x < 13; ++x) CHECK(triple.at(3 * x + 1, 3 * y + 1)[1] == image.at(x, y)[1]);
  CHECK(resize(triple, 13, 9).width == 13);
}

TEST_CASE("somebody else's pixels are read where they lie: rows apart, blue first", "[data]") {
  const Image image = noise(31, 22);
  constexpr std::ptrdiff_t row = 3 * 31 + 7;
  std::vector<std::uint8_t> bytes(row * 22, 99);
  for (int y = 0; y < 22; ++y)
    for (int x = 0; x < 31; ++x)
      for (int c = 0; c < 3; ++c)
        bytes[static_cast<std::size_t>(y * row + 3 * x + c)] = image.at(x, y)[2 - c];
  const ImageView view(bytes.data(), 31, 22, row, PixelOrder::bgr);
  for (const int size : {5, 12, 30, 70})  // averaged in blocks first, and not
    CHECK(resize(view, size, size).pixels == resize(image, size, size).pixels);
  CHECK(ImageView(Image()).empty());
  CHECK_THROWS_AS(resize(ImageView(), 2, 2), ValueError);
}

TEST_CASE("min-max stretches each image by itself to 0..1; unit leaves it", "[data]") {
  std::vector<float> values = {0.2F, 0.3F, 0.4F, 0.6F, 0.5F, 0.2F, /* second */ 0.7F,
                               0.7F, 0.7F, 0.7F, 0.7F, 0.7F};
  const View<float> images = make_view(values.data(), 2, {3, 1, 2});
  const auto before = values;
  normalise(images, Normalisation::unit);
  CHECK(values == before);
  normalise(images, Normalisation::min_max);
  CHECK(values[0] == 0);
  CHECK(values[1] == Approx(0.25));
  CHECK(values[3] == 1);
  CHECK(values[8] == 0);  // one colour: no range to stretch
  CHECK(parse_normalisation(to_string(Normalisation::min_max)) == Normalisation::min_max);
  CHECK(parse_normalisation("unit") == Normalisation::unit);
  CHECK(
      test::contains(test::message<ValueError>([] { (void)parse_normalisation("imagenet"); }), "'imagenet'"));
}
