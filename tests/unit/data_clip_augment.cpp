// Variation of clips: what is the same for all of their frames, and what must not be.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "aurum/data/clip_augment.hpp"
#include "support/catch.hpp"
#include "support/faces.hpp"
#include "support/message.hpp"

using namespace aurum;
using test::contains, test::message;

namespace {

constexpr int side = 32;

struct Crop {
  std::vector<float> values = std::vector<float>(std::size_t{3} * side * side);
  [[nodiscard]] View<float> view() { return make_view(values.data(), 1, {3, side, side}); }
};

Image flat(std::uint8_t level) {
  Image image(400, 400);
  std::ranges::fill(image.pixels, level);
  return image;
}
Image noisy(std::uint64_t seed) {
  Image image(400, 400);
  Random random{Seed{seed}};
  for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(random.below(256));
  return image;
}
/// A picture of coloured noise in the middle of the range, so that nothing is held to 0..1.
Crop coloured(std::uint64_t seed) {
  Crop crop;
  Random random{Seed{seed}};
  for (float& value : crop.values) value = random.uniform(0.3F, 0.7F);
  return crop;
}
Crop guarded(Crop crop, const ShortcutGuards& options, const Random& clip, int frame) {
  (void)guard_against_shortcuts(crop.view(), options, clip, frame);
  return crop;
}
bool is_grey(const Crop& crop) {
  for (std::size_t i = 0; i < crop.values.size(); i += 3)
    if (crop.values[i] != crop.values[i + 1] || crop.values[i] != crop.values[i + 2]) return false;
  return true;
}

}  // namespace

TEST_CASE("a stream is read alike whatever the picture is: frames of a clip are varied alike", "[data]") {
  const Landmarks face = test::uneven_face();
  Landmarks smaller;
  for (const Point p : face) smaller.push_back(Point{150, 140} + 0.3F * p);
  const std::array pictures = {flat(0), flat(255), noisy(1), noisy(2)};
  Augmentation options;
  options.translation = 0.1F;
  options.occlusion = 0.9F;
  for (std::uint64_t clip = 0; clip < 60; ++clip) {
    std::set<std::uint32_t> next;
    std::vector<Landmarks> points;
    for (const Image& picture : pictures)
      for (const Landmarks* const landmarks : {&face, &std::as_const(smaller)}) {
        Crop crop;
        Random stream{Seed{7}, clip};
        points.push_back(augment(picture, *landmarks, options, stream, crop.view()));
        next.insert(stream.bits());
        Crop again;
        CHECK(augment_in_clip(picture, *landmarks, options, Random{Seed{7}, clip}, again.view()) ==
              points.back());
        CHECK(again.values == crop.values);
      }
    CHECK(next.size() == 1);  // as many numbers were drawn
    for (const Landmarks& other : points)
      for (std::size_t k = 0; k < other.size(); ++k) {  // the same turn, scale and shift about the face
        CHECK(std::abs(other[k].x - points[0][k].x) < 1e-3F);
        CHECK(std::abs(other[k].y - points[0][k].y) < 1e-3F);
      }
  }
}

TEST_CASE("frames of a clip are covered at the same place, by the same noise", "[data]") {
  const Landmarks face = test::uneven_face();
  Augmentation options = Augmentation::none();
  options.occlusion = 1;
  int of_noise = 0, of_colour = 0, of_another_part = 0;
  for (std::uint64_t clip = 0; clip < 60; ++clip) {
    const Random stream{Seed{9}, clip};
    // Where black and white pictures agree, something of neither covers them.
    Crop black, white, face_crop, plain;
    (void)augment_in_clip(flat(0), face, options, stream, black.view());
    (void)augment_in_clip(flat(255), face, options, stream, white.view());
    const Image picture = noisy(3);
    (void)augment_in_clip(picture, face, options, stream, face_crop.view());
    (void)crop_face(picture, face, plain.view());
    std::set<float> inside;
    bool covered_alike = true;
    for (std::size_t i = 0; i < black.values.size(); ++i)
      if (black.values[i] == white.values[i]) {
        inside.insert(black.values[i]);
        covered_alike = covered_alike && face_crop.values[i] == black.values[i];
      } else {
        covered_alike = covered_alike && face_crop.values[i] == plain.values[i];
      }
    if (inside.empty())
      ++of_another_part;
    else {
      CHECK(covered_alike);
      ++(inside.size() > 3 ? of_noise : of_colour);
    }
  }
  CHECK(of_noise > 5);
  CHECK(of_colour > 5);
  CHECK(of_another_part > 5);
}

TEST_CASE("frames of a clip get the same colour change", "[data]") {
  const Landmarks face = test::uneven_face();
  Augmentation options = Augmentation::none();
  options.brightness = 0.2F;
  options.saturation = 0.2F;
  options.hue_degrees = 10;
  Image tinted(400, 400);
  for (int y = 0; y < 400; ++y)
    for (int x = 0; x < 400; ++x) tinted.at(x, y)[0] = 120, tinted.at(x, y)[1] = 100, tinted.at(x, y)[2] = 90;
  Image spotted = tinted;
  for (int y = 0; y < 60; ++y)
    for (int x = 0; x < 400; ++x) spotted.at(x, y)[2] = 200;
  for (std::uint64_t clip = 0; clip < 10; ++clip) {
    Crop a, b;
    (void)augment_in_clip(tinted, face, options, Random{Seed{1}, clip}, a.view());
    (void)augment_in_clip(spotted, face, options, Random{Seed{1}, clip}, b.view());
    for (int c = 0; c < 3; ++c) {
      CHECK(a.view().at(0, side - 1, 3, c) == b.view().at(0, side - 1, 3, c));
      CHECK(a.view().at(0, side - 1, 3, c) != Approx(tinted.at(0, 0)[c] / 255.0).epsilon(1e-5));
    }
  }
}

TEST_CASE("without guards a picture stays as it is", "[data]") {
  const Crop before = coloured(1);
  CHECK(guarded(before, ShortcutGuards::none(), Random{Seed{1}}, 3).values == before.values);
}

TEST_CASE("a whole clip turns grey, or none of it", "[data]") {
  ShortcutGuards options;
  int grey_clips = 0;
  for (std::uint64_t clip = 0; clip < 200; ++clip) {
    int grey_frames = 0;
    for (int frame = 0; frame < 3; ++frame)
      grey_frames += is_grey(guarded(coloured(clip), options, Random{Seed{5}, clip}, frame)) ? 1 : 0;
    CHECK((grey_frames == 0 || grey_frames == 3));
    grey_clips += grey_frames / 3;
  }
  CHECK(std::abs(grey_clips - 60) < 26);  // four deviations of 200 x 0.3
}

TEST_CASE("borders are cut off, alike in a clip, and points go along", "[data]") {
  ShortcutGuards options = ShortcutGuards::none();
  options.border = 0.2F;
  std::set<double> shifts;
  for (std::uint64_t clip = 0; clip < 20; ++clip) {
    // Red grows with x, green with y; the outermost pixels are blue.
    Crop crop;
    View<float> view = crop.view();
    for (int y = 0; y < side; ++y)
      for (int x = 0; x < side; ++x) {
        view.at(0, y, x, 0) = static_cast<float>(x) / side;
        view.at(0, y, x, 1) = static_cast<float>(y) / side;
        view.at(0, y, x, 2) = x == 0 || y == 0 || x == side - 1 || y == side - 1 ? 1.0F : 0.0F;
      }
    Crop other = crop;
    const Affine map = guard_against_shortcuts(crop.view(), options, Random{Seed{2}, clip}, 0);
    const Affine same = guard_against_shortcuts(other.view(), options, Random{Seed{2}, clip}, 9);
    CHECK(crop.values == other.values);
    CHECK((map.xx == same.xx && map.x0 == same.x0 && map.yy == same.yy && map.y0 == same.y0));
    shifts.insert(map.x0);
    for (int y = 0; y < side; ++y)
      for (int x = 0; x < side; ++x) {
        CHECK(view.at(0, y, x, 2) == 0);
        const Point from{side * view.at(0, y, x, 0), side * view.at(0, y, x, 1)};
        CHECK(map(from).x == Approx(static_cast<float>(x)).margin(1e-3));
        CHECK(map(from).y == Approx(static_cast<float>(y)).margin(1e-3));
      }
  }
  CHECK(shifts.size() == 20);
}

TEST_CASE("each frame of a clip has its own brightness, contrast and noise within what was asked", "[data]") {
  const auto mean_of = [](const Crop& crop) {
    double sum = 0;
    for (const float value : crop.values) sum += static_cast<double>(value);
    return sum / static_cast<double>(crop.values.size());
  };
  const Crop before = coloured(4);
  const Random clip{Seed{6}};
  ShortcutGuards brightness = ShortcutGuards::none(), contrast = brightness, noise = brightness;
  brightness.frame_brightness = 0.05F;
  contrast.frame_contrast = 0.1F;
  noise.noise = 0.02F;
  std::set<double> means, stretches;
  for (int frame = 0; frame < 20; ++frame) {
    const double ratio = mean_of(guarded(before, brightness, clip, frame)) / mean_of(before);
    CHECK(std::abs(ratio - 1) <= 0.0501);
    means.insert(ratio);
    const Crop stretched = guarded(before, contrast, clip, frame);
    CHECK(mean_of(stretched) == Approx(mean_of(before)).epsilon(1e-4));
    stretches.insert(static_cast<double>(stretched.values[0]));
    const Crop speckled = guarded(before, noise, clip, frame);
    float greatest = 0;
    for (std::size_t i = 0; i < before.values.size(); ++i)
      greatest = std::max(greatest, std::abs(speckled.values[i] - before.values[i]));
    CHECK(greatest <= 0.0201F);
    CHECK(greatest > 0.015F);
    CHECK(speckled.values != guarded(before, noise, clip, frame + 1).values);
    CHECK(speckled.values == guarded(before, noise, clip, frame).values);
  }
  CHECK(means.size() == 20);
  CHECK(stretches.size() == 20);
}

TEST_CASE("guards do not depend on how far the clip's stream was read, and stay within 0 to 1", "[data]") {
  ShortcutGuards options;
  options.noise = 0.5F;
  Random stream{Seed{8}};
  Crop crop;
  for (std::size_t i = 0; i < crop.values.size(); ++i) crop.values[i] = i % 2 == 0 ? 0.0F : 1.0F;
  const Crop fresh = guarded(crop, options, stream, 1);
  (void)stream.bits();
  CHECK(guarded(crop, options, stream, 1).values == fresh.values);
  CHECK(std::ranges::all_of(fresh.values, [](float value) { return value >= 0 && value <= 1; }));
}

TEST_CASE("guards refuse other views and options out of range", "[data]") {
  Crop crop;
  const Random clip{Seed{}};
  const auto problem = [&](const ShortcutGuards& options, int frame) {
    return message<ValueError>([&] { (void)guard_against_shortcuts(crop.view(), options, clip, frame); });
  };
  CHECK(contains(problem({.grey = 1.5F}, 0), "out of its range"));
  CHECK(contains(problem({.border = 0.3F}, 0), "out of its range"));
  CHECK(contains(problem({.noise = -0.1F}, 0), "out of its range"));
  CHECK(contains(problem({.frame_contrast = std::nanf("")}, 0), "out of its range"));
  CHECK(contains(problem({}, -1), "frame -1"));
  CHECK(contains(
      message<ValueError>([&] { (void)guard_against_shortcuts(crop.view().slice(0, 2), {}, clip, 0); }),
      "expected one image of 3 channels, found 1 of 2"));
}
