#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "aurum/data/augment.hpp"
#include "aurum/heatmap/action_units.hpp"
#include "support/catch.hpp"
#include "support/faces.hpp"

using namespace aurum;

namespace {

/// A picture with a mark of its own colour at every fourth landmark of the test face.
struct Marked {
  Image image{400, 400};
  Landmarks landmarks = test::uneven_face();
  Marked() {
    std::fill(image.pixels.begin(), image.pixels.end(), std::uint8_t{60});
    for (std::size_t k = 0; k < landmarks.size(); k += 4)
      for (int y = -3; y <= 3; ++y)
        for (int x = -3; x <= 3; ++x) {
          std::uint8_t* pixel =
              image.at(static_cast<int>(landmarks[k].x) + x, static_cast<int>(landmarks[k].y) + y);
          pixel[0] = 255;
          pixel[1] = static_cast<std::uint8_t>(3 * k);
        }
  }
};

struct Crop {
  int size;
  std::vector<float> values = std::vector<float>(static_cast<std::size_t>(3 * size * size));
  [[nodiscard]] View<float> view() { return make_view(values.data(), 1, {3, size, size}); }
};

constexpr Augmentation geometry_only() {
  Augmentation options = Augmentation::none();
  options.rotation_degrees = 30;
  options.least_scale = 0.8F;
  options.greatest_scale = 1.2F;
  options.translation = 0.1F;
  options.flip = 0.5F;
  return options;
}

}  // namespace

TEST_CASE("without variation an augmented crop is the plain crop", "[data]") {
  const Marked marked;
  Crop crop{96}, plain{96};
  Random random{Seed{1}};
  const Landmarks landmarks =
      augment(marked.image, marked.landmarks, Augmentation::none(), random, crop.view());
  const Affine map = crop_transform(face_square(marked.landmarks), 96);
  warp(marked.image, map, plain.view());
  CHECK(crop.values == plain.values);
  CHECK(landmarks == map(marked.landmarks));
}

TEST_CASE("landmarks move with the picture, whatever flip, turn and scale", "[data]") {
  const Marked marked;
  int flips = 0;
  for (std::uint64_t stream = 0; stream < 40; ++stream) {
    Crop crop{200};
    Random random{Seed{2}, stream};
    const Landmarks landmarks = augment(marked.image, marked.landmarks, geometry_only(), random, crop.view());
    // A face that was not mirrored keeps 0 (left ear) to 8 (chin) to 16 turning the same way; so does a
    // mirrored one with its names exchanged.
    const Point a = landmarks[0] - landmarks[8];
    const Point b = landmarks[16] - landmarks[8];
    CHECK(a.x * b.y - a.y * b.x > 0);
    int seen = 0, matched_plain = 0, matched_mirrored = 0;
    for (std::size_t k = 0; k < landmarks.size(); ++k) {
      const int x = static_cast<int>(std::lround(landmarks[k].x));
      const int y = static_cast<int>(std::lround(landmarks[k].y));
      if (x < 0 || y < 0 || x > 199 || y > 199) continue;
      const bool plain = k % 4 == 0;
      const bool mirrored = landmark_mirror[k] % 4 == 0;
      if (!plain && !mirrored) continue;
      ++seen;
      const float red = crop.view().at(0, y, x, 0);
      const float green = crop.view().at(0, y, x, 1);
      const auto is = [&](std::size_t index) {
        return red > 0.9F && std::abs(green - 3 * static_cast<float>(index) / 255) < 0.04F;
      };
      matched_plain += plain && is(k) ? 1 : 0;
      matched_mirrored += mirrored && is(static_cast<std::size_t>(landmark_mirror[k])) ? 1 : 0;
    }
    flips += matched_mirrored > matched_plain ? 1 : 0;
    INFO("stream " << stream << ": " << seen << " seen");
    CHECK(std::max(matched_plain, matched_mirrored) >= 13);
  }
  CHECK(flips > 8);
  CHECK(flips < 32);
}

TEST_CASE("a flipped crop is the mirrored crop, with the mirrored AU centres", "[data]") {
  const Marked marked;
  Augmentation options = Augmentation::none();
  options.flip = 1;
  Crop crop{100}, plain{100};
  Random random{Seed{1}};
  const Landmarks flipped = augment(marked.image, marked.landmarks, options, random, crop.view());
  const Landmarks straight = crop_face(marked.image, marked.landmarks, plain.view());
  for (int y = 0; y < 100; ++y)
    for (int x = 0; x < 100; ++x)
      CHECK(crop.view().at(0, y, x, 0) == Approx(plain.view().at(0, y, 99 - x, 0)).margin(1e-5));
  for (const ActionUnit& unit : action_units) {
    const Centres before = action_unit_centres(unit, straight);
    const Centres after = action_unit_centres(unit, flipped);
    float left_before = 1e9F, right_after = -1e9F;
    for (int i = 0; i < before.size; ++i) {
      left_before = std::min(left_before, before.point[static_cast<std::size_t>(i)].x);
      right_after = std::max(right_after, after.point[static_cast<std::size_t>(i)].x);
    }
    CHECK(right_after == Approx(99 - left_before).margin(1e-3));
  }
}

TEST_CASE("it is known of a stream whether it mirrors the picture", "[data]") {
  const Marked marked;
  int mirrored = 0;
  for (std::uint64_t i = 0; i < 40; ++i) {
    Augmentation options = Augmentation::none();
    options.flip = 0.5F;
    Crop crop{32};
    Random random = Random{Seed{1}}.fork(i);
    const bool mirror = mirrors(options, random);
    // The tip of the nose of an uneven face lies elsewhere in its mirror image.
    const Point nose = augment(marked.image, marked.landmarks, options, random, crop.view())[30];
    CHECK(mirror == (nose != crop_face(marked.image, marked.landmarks, crop.view())[30]));
    mirrored += mirror;
  }
  CHECK(mirrored > 10);
  CHECK(mirrored < 30);
}

TEST_CASE("turns and scales stay within their ranges and reach most of them", "[data]") {
  const Marked marked;
  float least_angle = 99, greatest_angle = -99, least_scale = 9, greatest_scale = 0;
  Augmentation options = geometry_only();
  options.flip = 0;
  Crop crop{32};
  const Landmarks straight = crop_face(marked.image, marked.landmarks, crop.view());
  const Point eyes = straight[45] - straight[36];
  for (std::uint64_t stream = 0; stream < 200; ++stream) {
    Random random{Seed{4}, stream};
    const Landmarks landmarks = augment(marked.image, marked.landmarks, options, random, crop.view());
    const Point turned = landmarks[45] - landmarks[36];
    const float angle = (std::atan2(turned.y, turned.x) - std::atan2(eyes.y, eyes.x)) * 57.29578F;
    const float scale = std::hypot(turned.x, turned.y) / std::hypot(eyes.x, eyes.y);
    least_angle = std::min(least_angle, angle);
    greatest_angle = std::max(greatest_angle, angle);
    least_scale = std::min(least_scale, scale);
    greatest_scale = std::max(greatest_scale, scale);
  }
  CHECK(least_angle >= -30.01F);
  CHECK(least_angle < -27);
  CHECK(greatest_angle <= 30.01F);
  CHECK(greatest_angle > 27);
  CHECK(least_scale >= 0.7999F);
  CHECK(least_scale < 0.83F);
  CHECK(greatest_scale <= 1.2001F);
  CHECK(greatest_scale > 1.17F);
}

TEST_CASE("the same stream gives the same crop, another stream another; colours stay in 0..1", "[data]") {
  const Marked marked;
  Crop first{64}, again{64}, other{64};
  const auto make = [&](Crop& crop, std::uint64_t stream) {
    Random random{Seed{7}, stream};
    return augment(marked.image, marked.landmarks, {}, random, crop.view());
  };
  for (std::uint64_t stream = 0; stream < 30; ++stream) {
    CHECK(make(first, stream) == make(again, stream));
    CHECK(first.values == again.values);
    (void)make(other, stream + 1);
    CHECK(first.values != other.values);
    CHECK(*std::ranges::min_element(first.values) >= 0);
    CHECK(*std::ranges::max_element(first.values) <= 1);
  }
}

TEST_CASE("occlusion covers one rectangle and leaves the rest", "[data]") {
  const Marked marked;
  Augmentation options = Augmentation::none();
  options.occlusion = 1;
  for (std::uint64_t stream = 0; stream < 20; ++stream) {
    Crop crop{100}, plain{100};
    Random random{Seed{8}, stream};
    (void)augment(marked.image, marked.landmarks, options, random, crop.view());
    (void)crop_face(marked.image, marked.landmarks, plain.view());
    int left = 100, right = -1, top = 100, bottom = -1;
    for (int y = 0; y < 100; ++y)
      for (int x = 0; x < 100; ++x)
        for (int c = 0; c < 3; ++c)
          if (crop.view().at(0, y, x, c) != plain.view().at(0, y, x, c)) {
            left = std::min(left, x);
            right = std::max(right, x);
            top = std::min(top, y);
            bottom = std::max(bottom, y);
          }
    CHECK(right - left + 1 <= 40);
    CHECK(bottom - top + 1 <= 40);
  }
}

TEST_CASE("colour changes do what they say", "[data]") {
  const std::vector<float> start = {0.5F, 0.3F, 0.1F, 0.2F, 0.2F, 0.2F};
  const auto changed = [&](float brightness, float contrast, float saturation, float hue) {
    std::vector<float> values = start;
    detail::change_colours(make_view(values.data(), 1, {3, 1, 2}),
                           detail::colour_matrix(brightness, saturation, hue), contrast);
    return values;
  };
  const auto same = changed(1, 1, 1, 0);
  for (std::size_t i = 0; i < start.size(); ++i) CHECK(same[i] == Approx(start[i]));
  CHECK(changed(1.5F, 1, 1, 0)[0] == Approx(0.75));
  CHECK(changed(1, 1, 0, 0)[0] == Approx(0.3));   // grey
  CHECK(changed(1, 0, 1, 0)[0] == Approx(0.25));  // the mean
  const auto turned = changed(1, 1, 1, 120);      // a third of the circle: channels move round
  CHECK(turned[1] == Approx(0.5));
  CHECK(turned[2] == Approx(0.3));
  CHECK(turned[0] == Approx(0.1));
  for (std::size_t i = 3; i < 6; ++i) CHECK(changed(1, 1, 1.5F, 77)[i] == Approx(0.2));  // grey stays grey
}

TEST_CASE("augmentation refuses what it cannot do", "[data]") {
  const Marked marked;
  Random random{Seed{1}};
  std::vector<float> values(3 * 8 * 6);
  CHECK_THROWS_AS(augment(marked.image, marked.landmarks, {}, random, make_view(values.data(), 1, {3, 6, 8})),
                  ValueError);
  Crop crop{8};
  CHECK_THROWS_AS(augment(marked.image, Landmarks(67), {}, random, crop.view()), ValueError);
  CHECK_THROWS_AS(augment(Image{}, marked.landmarks, {}, random, crop.view()), ValueError);
  CHECK_THROWS_AS(augment(marked.image, marked.landmarks, {.least_scale = 0}, random, crop.view()),
                  ValueError);
  CHECK_THROWS_AS(augment(marked.image, marked.landmarks, {.greatest_occluder = 1.5F}, random, crop.view()),
                  ValueError);
}
