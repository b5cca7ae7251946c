#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <vector>

#include "aurum/core/geometry.hpp"
#include "aurum/data/synthetic/expression.hpp"
#include "aurum/data/synthetic/noise.hpp"

namespace aurum::synthetic {

/// A relief of the skin over reference coordinates, in mm: furrows are negative, bulges positive.
class SkinRelief {
 public:
  static constexpr int width = 192, height = 272;
  static constexpr float texel = 0.75F, left = -72, top = 80;

  struct Sample {
    float height, slope_u, slope_v;
  };
  SkinRelief() : values_(std::size_t{width} * height) {}
  [[nodiscard]] Sample at(float u, float v) const {
    const float x = std::clamp((u - left) / texel, 0.F, width - 1.01F),
                y = std::clamp((top - v) / texel, 0.F, height - 1.01F);
    const int ix = static_cast<int>(x), iy = static_cast<int>(y);
    const float fx = x - static_cast<float>(ix), fy = y - static_cast<float>(iy);
    const float* p = values_.data() + (iy * width + ix);
    const float a = p[0], b = p[1], c = p[width], d = p[width + 1];
    return {mix(mix(a, b, fx), mix(c, d, fx), fy), mix(b - a, d - c, fy) / texel,
            mix(a - c, b - d, fx) / texel};
  }
  /// The folds of a person with an expression, those of age included.
  static SkinRelief of(const Identity& person, const Expression& face);

 private:
  friend class Folds;
  std::vector<float> values_;
};

/// The folds that can be drawn, each for the right half of the face and mirrored for the left one.
class Folds {
 public:
  enum Kind {
    forehead_centre,
    forehead_centre_other,
    forehead_side,
    forehead_side_other,
    frown,
    frown_single,
    crow,
    pouch,
    cheek,
    nose_wrinkles,
    nasolabial_upper,
    nasolabial,
    dimple,
    corner_down,
    chin_boss,
    chin_fold,
    stretch,
    eye_bag,
    hollow,
    kinds
  };
  static const Folds& get() {
    static const Folds folds;
    return folds;
  }
  void add(Kind kind, std::size_t side, float amount, SkinRelief& relief) const {
    if (amount <= 0.01F) return;
    for (const Texel& t : texels_[kind]) {
      const int column = side == 1 ? t.column : SkinRelief::width - 1 - t.column;
      relief.values_[static_cast<std::size_t>(t.row * SkinRelief::width + column)] += amount * t.height;
    }
  }

 private:
  struct Texel {
    int column, row;
    float height;
  };
  struct Line {
    std::initializer_list<Point> path;
    float width, depth;
    float rim = 0.35F;  // skin piled up on both sides
  };
  Folds();
  template <class Height>
  void draw(Kind kind, Height height_at) {
    for (int row = 0; row < SkinRelief::height; ++row)
      for (int column = SkinRelief::width / 2 - 8; column < SkinRelief::width; ++column) {
        // The two halves overlap in the middle and share the work there.
        const float u = SkinRelief::left + SkinRelief::texel * (static_cast<float>(column) + 0.5F) - 0.375F;
        const float v = SkinRelief::top - SkinRelief::texel * static_cast<float>(row);
        const float height = height_at(u, v) * smooth_step(-5, 5, u);
        if (std::fabs(height) > 0.004F) texels_[kind].push_back({column, row, height});
      }
  }
  static float lines(std::initializer_list<Line> all, float u, float v) {
    float height = 0;
    for (const Line& line : all) {
      float nearest = 1e9F, place = 0;
      const auto count = static_cast<float>(line.path.size() - 1);
      const Point* p = line.path.begin();
      for (std::size_t i = 0; i + 1 < line.path.size(); ++i) {
        const Point a = p[i], d = p[i + 1] - p[i];
        const float t = unit_clamp(((u - a.x) * d.x + (v - a.y) * d.y) / (d.x * d.x + d.y * d.y));
        const float squared = square(u - a.x - t * d.x) + square(v - a.y - t * d.y);
        if (squared < nearest) nearest = squared, place = (static_cast<float>(i) + t) / count;
      }
      if (nearest > square(5 * line.width)) continue;
      const float ends = smooth_step(0, 0.2F, place) * smooth_step(1, 0.8F, place);
      const float s = nearest / square(line.width);
      height += line.depth * (0.25F + 0.75F * ends) *
                (-std::exp(-0.5F * s) + line.rim * std::exp(-0.5F * square(std::sqrt(s) - 2.2F)));
    }
    return height;
  }
  std::array<std::vector<Texel>, kinds> texels_;
};

inline Folds::Folds() {
  const Noise& noise = Noise::get();
  const auto wavy = [&](float u, float v) { return v + 1.6F * noise(0.08F * u + 3, 0.05F * v); };
  draw(forehead_centre, [&](float u, float v) {
    v = wavy(u, v);
    return lines({{{{-8, 33}, {8, 34}, {17, 32}, {26, 31}}, 1.4F, 1.1F},
                  {{{-8, 41}, {10, 42}, {20, 40}, {28, 39}}, 1.5F, 1.2F},
                  {{{-8, 50}, {12, 50}, {24, 48}}, 1.4F, 0.9F}},
                 u, v);
  });
  draw(forehead_centre_other, [&](float u, float v) {
    v = wavy(u + 40, v);
    return lines(
        {{{{-8, 36}, {6, 37}, {15, 35}, {24, 32}}, 1.8F, 1.4F}, {{{-8, 47}, {9, 48}, {22, 45}}, 1.8F, 1.3F}},
        u, v);
  });
  draw(forehead_side, [&](float u, float v) {
    v = wavy(u, v);
    return lines({{{{20, 33}, {32, 34}, {44, 32}, {54, 27}}, 1.4F, 1.0F},
                  {{{22, 40}, {36, 42}, {48, 40}, {57, 34}}, 1.5F, 1.2F},
                  {{{24, 49}, {38, 51}, {52, 46}}, 1.4F, 0.9F}},
                 u, v);
  });
  draw(forehead_side_other, [&](float u, float v) {
    v = wavy(u + 40, v);
    return lines({{{{18, 36}, {34, 39}, {46, 36}, {55, 30}}, 1.8F, 1.3F},
                  {{{20, 46}, {36, 49}, {52, 43}}, 1.8F, 1.2F}},
                 u, v);
  });
  draw(frown, [&](float u, float v) {
    return lines({{{{6, 6}, {6.5F, 14}, {6, 22}, {8, 32}}, 1.3F, 1.7F, 0.5F},
                  {{{12, 20}, {13, 27}, {15, 33}}, 1.3F, 0.7F}},
                 u, v) +
           1.1F * bell(u - 14, v - 17, 6, 5);
  });
  draw(frown_single, [&](float u, float v) {
    return lines({{{{2.5F, 5}, {3, 14}, {2.5F, 24}, {4, 31}}, 1.5F, 1.6F, 0.5F},
                  {{{9, 8}, {10, 17}, {12, 25}}, 1.2F, 0.9F},
                  {{{-6, 5}, {3, 4}, {8, 5}}, 1.2F, 0.9F}},
                 u, v) +
           1.0F * bell(u - 13, v - 16, 7, 5);
  });
  draw(crow, [&](float u, float v) {
    return lines({{{{49, 4}, {56, 8}, {62, 13}}, 1.1F, 0.9F},
                  {{{49.5F, 1}, {57, 2}, {64, 4}}, 1.1F, 1.0F},
                  {{{49, -3}, {57, -6}, {63, -8}}, 1.1F, 0.9F},
                  {{{47, -8}, {54, -13}, {59, -18}}, 1.1F, 0.7F}},
                 u, v);
  });
  draw(pouch, [&](float u, float v) {
    return 0.9F * lines({{{{17, -9}, {25, -12.5F}, {34, -13.5F}, {44, -11}, {50, -6}}, 1.4F, 1.2F, 0.7F}}, u,
                        v) +
           1.0F * bell(u - 31, v + 8.5F, 10, 2.4F);
  });
  draw(cheek, [&](float u, float v) {
    return 3.2F * bell(u - 40, v + 29, 11, 8) - 1.0F * bell(u - 30, v + 17, 13, 3);
  });
  draw(nose_wrinkles, [&](float u, float v) {
    return lines({{{{2, 3}, {7, 0}, {12, -5}}, 1.1F, 1.2F, 0.6F},
                  {{{1, -2}, {7, -5}, {13, -11}}, 1.1F, 1.2F, 0.6F},
                  {{{2, -8}, {8, -11}, {13, -17}}, 1.1F, 0.9F, 0.6F},
                  {{{-7, 9}, {3, 7}, {10, 8}}, 1.2F, 0.9F, 0.5F},
                  {{{16, -24}, {20, -31}, {21, -38}}, 1.6F, 0.9F}},
                 u, v) +
           1.2F * bell(u - 17, v + 21, 5, 6);
  });
  draw(nasolabial_upper, [&](float u, float v) {
    return lines({{{{15, -33}, {20, -38}, {25, -46}, {29, -56}}, 1.9F, 2.3F, 0.4F}}, u, v) +
           1.7F * bell(u - 27, v + 39, 7, 7);
  });
  draw(nasolabial, [&](float u, float v) {
    return lines({{{{18, -37}, {25, -45}, {32, -54}, {36, -64}, {36, -72}}, 2.5F, 1.8F, 0.4F}}, u, v) +
           1.5F * bell(u - 39, v + 51, 6, 9);
  });
  draw(dimple, [&](float u, float v) {
    return lines({{{{33, -60}, {35.5F, -67}, {33, -74}}, 1.7F, 2.2F, 0.6F}}, u, v) -
           1.6F * bell(u - 31, v + 67, 2.4F, 3) + 1.0F * bell(u - 40, v + 67, 3.5F, 8);
  });
  draw(corner_down, [&](float u, float v) {
    return lines({{{{26, -69}, {30, -74}, {33, -81}, {33, -88}}, 1.5F, 1.9F, 0.5F}}, u, v) +
           1.5F * bell(u - 27, v + 79, 4, 4.5F) + 0.8F * bell(u - 38, v + 80, 4, 8);
  });
  draw(chin_boss, [&](float u, float v) {
    const float pits = noise(0.3F * u + 9, 0.3F * v) + 0.4F * noise(0.6F * u, 0.6F * v + 40);
    return bell(u, v + 99, 13, 8) * (1.6F + 1.1F * pits);
  });
  draw(chin_fold, [&](float u, float v) {
    return lines({{{{-8, -84}, {6, -84}, {13, -87}, {18, -93}}, 1.9F, 2.0F, 0.4F}}, u, v);
  });
  draw(stretch, [&](float u, float v) {
    return lines({{{{36, -56}, {40, -66}, {41, -78}, {37, -90}}, 1.6F, 1.6F, 0.6F},
                  {{{43, -60}, {46.5F, -70}, {46, -82}}, 1.5F, 1.2F, 0.5F},
                  {{{31, -74}, {32, -82}, {29, -90}}, 1.3F, 0.9F},
                  {{{20, -84}, {27, -82}, {34, -77}}, 1.3F, 0.8F}},
                 u, v) -
           0.9F * bell(u, v + 90, 14, 8);
  });
  draw(eye_bag, [&](float u, float v) {
    return lines({{{{17, -7}, {23, -14}, {32, -17}, {42, -15}}, 1.8F, 1.1F, 0.5F}}, u, v);
  });
  draw(hollow, [&](float u, float v) {
    return -1.8F * bell(u - 42, v + 66, 5, 16) + 0.8F * bell(u - 33, v + 68, 3.5F, 14);
  });
}

inline SkinRelief SkinRelief::of(const Identity& person, const Expression& face) {
  const Folds& folds = Folds::get();
  SkinRelief relief;
  const float age = person.age;
  for (std::size_t side = 0; side < 2; ++side) {
    const auto fold = [&](int number) { return folding(person, face, side, action_unit_index(number)); };
    const auto draw = [&](Folds::Kind kind, float amount) { folds.add(kind, side, amount, relief); };
    const float lines = smooth_step(0.25F, 0.75F, person.forehead_lines),
                frown = smooth_step(0.3F, 0.7F, person.frown_lines);
    const float resting = 0.55F * square(age);
    const float centre = 1.1F * fold(1) + 0.25F * fold(2) + resting, outer = 1.1F * fold(2) + 0.6F * resting;
    draw(Folds::forehead_centre, (1 - lines) * centre);
    draw(Folds::forehead_centre_other, lines * centre);
    draw(Folds::forehead_side, (1 - lines) * outer);
    draw(Folds::forehead_side_other, lines * outer);
    const float corrugated = fold(4) + 0.35F * fold(9) + 0.45F * square(age) * person.frown_lines;
    draw(Folds::frown, (1 - frown) * corrugated);
    draw(Folds::frown_single, frown * corrugated);
    draw(Folds::crow, fold(6) + 0.5F * square(age));
    draw(Folds::pouch, fold(6) + 0.25F * fold(9));
    draw(Folds::cheek, 0.6F * fold(6) + 0.6F * fold(12));
    draw(Folds::nose_wrinkles, fold(9));
    draw(Folds::nasolabial_upper, fold(10) + 0.6F * fold(9));
    const float furrow = fold(12) + 0.25F * fold(6) + 0.15F * fold(15) + 0.1F + 0.45F * age;
    draw(Folds::nasolabial, furrow / (1 + 0.3F * furrow));  // skin has an end
    draw(Folds::dimple, fold(14));
    draw(Folds::corner_down, fold(15) + 0.35F * square(age));
    draw(Folds::chin_boss, fold(17));
    draw(Folds::chin_fold, 0.6F * fold(17) + 0.3F * fold(15) + 0.15F);
    draw(Folds::stretch, fold(20));
    draw(Folds::eye_bag, 0.2F + 0.6F * age);
    draw(Folds::hollow, 0.8F * fold(26));
  }
  return relief;
}

}  // namespace aurum::synthetic
