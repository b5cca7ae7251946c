#pragma once
#include <array>
#include <cmath>
#include <vector>

#include "aurum/core/geometry.hpp"
#include "aurum/data/synthetic/space.hpp"

namespace aurum::synthetic {

/// The drawing on the face: curves in *reference coordinates* (u, v), millimetres of the frontal view of the
/// mean face with half open mouth. Skin, landmarks and wrinkles are all placed in these coordinates and go
/// wherever the surface goes.
namespace reference {
inline constexpr float eye_inner = 17.5F, eye_outer = 46, mouth_level = -67.5F, mouth_half_width = 26;

/// Place along an eye, 0 at the inner corner, 1 at the outer one; u >= 0.
constexpr float along_eye(float u) { return (u - eye_inner) / (eye_outer - eye_inner); }
constexpr float eye_axis(float k) { return mix(-1.8F, 0.4F, k); }
inline float eye_arch(float k) { return k <= 0 || k >= 1 ? 0 : std::sqrt(4 * k * (1 - k)); }
/// Height of the lid margins above and below the axis.
inline float upper_lid(float k) { return eye_arch(k) * (5.9F - 0.9F * (k - 0.4F)); }
inline float lower_lid(float k) { return eye_arch(k) * (3.6F + 1.0F * (k - 0.5F)); }

inline float mouth_arch(float u) {
  const float t = 1 - square(u / mouth_half_width);
  return t <= 0 ? 0 : std::pow(t, 0.75F);
}
/// Half the height of the gap between the lips.
inline float mouth_gap(float u) { return 3 * mouth_arch(u * 1.06F); }
/// Thickness of the red of the lips.
inline float upper_lip(float u) {
  const float bow = 0.9F * std::exp(-square((std::fabs(u) - 6) / 4)) - 0.9F * std::exp(-square(u / 3));
  return 4.7F * mouth_arch(u) * (0.85F + 0.15F * mouth_arch(u)) + bow;
}
inline float lower_lip(float u) { return 6.8F * mouth_arch(u * 1.02F); }

/// Centre line of the mean brow, 0 at the inner end, 1 at the outer one.
constexpr float brow_u(float k) { return mix(11, 55, k); }
constexpr float brow_v(float k) { return 14.5F + 9.5F * k - 10.5F * k * k * k; }
}  // namespace reference

/// The mean head at rest as a grid of points over azimuth (columns) and height (rows).
class HeadTemplate {
 public:
  static const HeadTemplate& get() {
    static const HeadTemplate head;
    return head;
  }
  [[nodiscard]] int rows() const { return static_cast<int>(row_heights_.size()); }
  [[nodiscard]] int columns() const { return static_cast<int>(azimuths_.size()); }
  [[nodiscard]] std::size_t vertices() const { return position.size(); }
  [[nodiscard]] std::size_t index(int row, int column) const {
    return static_cast<std::size_t>(row) * azimuths_.size() + static_cast<std::size_t>(column);
  }

  std::vector<Vec3> position;       ///< millimetres, lips closed, eyes open
  std::vector<Point> reference_uv;  ///< reference coordinates of every vertex
  std::vector<Point> rest_uv;       ///< the same with the gap between the lips taken out
  std::vector<float> azimuth;       ///< degrees from the front, signed

  /// Grid coordinates (column, row) of a reference point with |u| < 58.
  [[nodiscard]] Point locate(float u, float v) const {
    float column = 0.5F * static_cast<float>(columns() - 1), row = 0.5F * static_cast<float>(rows());
    for (int pass = 0; pass < 6; ++pass) {
      column = search(columns(), u, [&](int i) { return blend_row(i, row, &Point::x); });
      row = search(rows(), -v, [&](int j) { return -blend_column(j, column, &Point::y); });
    }
    return {column, row};
  }
  /// Grid coordinates of the surface point at azimuth `degrees` on the row whose *side* lies at height v.
  [[nodiscard]] Point locate_side(float degrees, float v) const {
    const float column =
        search(columns(), degrees, [&](int i) { return azimuths_[static_cast<std::size_t>(i)]; });
    return {column, search(rows(), -v, [&](int j) { return -blend_column(j, column, &Point::y); })};
  }
  /// Value of a per-vertex array at grid coordinates.
  template <class T>
  [[nodiscard]] T interpolate(const std::vector<T>& values, Point grid) const {
    const int i = std::clamp(static_cast<int>(grid.x), 0, columns() - 2);
    const int j = std::clamp(static_cast<int>(grid.y), 0, rows() - 2);
    const float s = grid.x - static_cast<float>(i), t = grid.y - static_cast<float>(j);
    return (1 - t) * ((1 - s) * values[index(j, i)] + s * values[index(j, i + 1)]) +
           t * ((1 - s) * values[index(j + 1, i)] + s * values[index(j + 1, i + 1)]);
  }
  [[nodiscard]] static int jaw_row_from_end() { return under_jaw_rows; }

  /// The skull without features at azimuth `degrees` (0 front, 90 side) and profile row `t`.
  [[nodiscard]] static Vec3 skull(float degrees, float t);
  /// The profile row at height y of the front.
  [[nodiscard]] static float profile_row(float y) {
    int i = 1;
    while (i + 1 < jaw_profile && profile[static_cast<std::size_t>(i)].front_y > y) ++i;
    const float a = profile[static_cast<std::size_t>(i - 1)].front_y,
                b = profile[static_cast<std::size_t>(i)].front_y;
    return static_cast<float>(i - 1) + (a - y) / (a - b);
  }

 private:
  struct Profile {
    float front_y, front_z, half_width, side_z, side_y;
  };
  static constexpr int jaw_profile = 13, under_jaw_rows = 5;
  static constexpr std::array<Profile, 16> profile{{{112, -76, 8, -85, 112},
                                                    {108, -48, 36, -85, 108},
                                                    {95, -25, 58, -85, 95},
                                                    {75, -10, 68, -85, 75},
                                                    {50, -2, 72.5F, -85, 50},
                                                    {25, 0, 72.5F, -84, 25},
                                                    {0, -4, 70, -82, 0},
                                                    {-25, -4, 68.5F, -80, -17},
                                                    {-47, -2, 66, -78, -30},
                                                    {-67.5F, -1, 63, -76, -42},
                                                    {-90, -4, 59, -75, -53},
                                                    {-110, -6, 55, -74, -62},
                                                    {-118, -12, 51, -74, -68},
                                                    {-120, -30, 47, -74, -74},
                                                    {-122, -44, 45, -76, -84},
                                                    {-126, -52, 44, -78, -96}}};

  HeadTemplate();
  static float features(float u, float v);
  [[nodiscard]] float blend_row(int column, float row, float Point::*part) const {
    const int j = std::clamp(static_cast<int>(row), 0, rows() - 2);
    return mix(reference_uv[index(j, column)].*part, reference_uv[index(j + 1, column)].*part,
               row - static_cast<float>(j));
  }
  [[nodiscard]] float blend_column(int row, float column, float Point::*part) const {
    const int i = std::clamp(static_cast<int>(column), 0, columns() - 2);
    return mix(reference_uv[index(row, i)].*part, reference_uv[index(row, i + 1)].*part,
               column - static_cast<float>(i));
  }
  template <class Value>
  static float search(int count, float wanted, Value value) {
    int low = 0, high = count - 1;
    while (high - low > 1) {
      const int middle = (low + high) / 2;
      (value(middle) <= wanted ? low : high) = middle;
    }
    const float a = value(low), b = value(high);
    return static_cast<float>(low) + unit_clamp((wanted - a) / (b - a));
  }

  std::vector<float> azimuths_;     // of the columns
  std::vector<float> row_heights_;  // profile rows
};

inline Vec3 HeadTemplate::skull(float degrees, float t) {
  const float clamped = std::clamp(t, 0.F, static_cast<float>(profile.size()) - 1.001F);
  const auto i = static_cast<std::size_t>(clamped);
  const float s = clamped - static_cast<float>(i);
  const auto& p0 = profile[i > 0 ? i - 1 : 0];
  const auto& p1 = profile[i];
  const auto& p2 = profile[i + 1];
  const auto& p3 = profile[std::min(i + 2, profile.size() - 1)];
  const auto spline = [&](float Profile::*part) {  // Catmull-Rom
    const float a = p0.*part, b = p1.*part, c = p2.*part, d = p3.*part;
    return b + 0.5F * s * (c - a + s * (2 * a - 5 * b + 4 * c - d + s * (3 * (b - c) + d - a)));
  };
  const float half_width = spline(&Profile::half_width), side_z = spline(&Profile::side_z);
  const float angle = radians(degrees), sine = std::sin(angle), cosine = std::cos(angle);
  const float depth = cosine >= 0 ? spline(&Profile::front_z) - side_z : 96 * half_width / 73;
  // A superellipse: the front of a face is flatter than an ellipse.
  constexpr float power = 2.15F;
  const float radius = std::pow(
      std::pow(std::fabs(sine) / half_width, power) + std::pow(std::fabs(cosine) / depth, power), -1 / power);
  const float side = cosine >= 0 ? sine * sine : 1;
  return {radius * sine, mix(spline(&Profile::front_y), spline(&Profile::side_y), side),
          side_z + radius * cosine};
}

/// Relief of the face over the skull, in mm towards the camera.
inline float HeadTemplate::features(float u, float v) {
  const float a = std::fabs(u);
  const auto at = [&](float x, float y, float width_x, float width_y) {
    return bell(a - x, v - y, width_x, width_y);
  };
  float z = 3.0F * at(22, 15, 17, 6) + 1.5F * at(0, 19, 12, 9);  // brow ridge
  z += -7.5F * at(29, -0.5F, 15, 9) - 3.5F * at(16, 3, 5, 8);    // socket
  z += 6.2F * at(31.5F, -0.8F, 10.5F, 6.6F);                     // eyeball under the lids
  z += 4.5F * at(49, -26, 15, 12) - 2.5F * at(47, -62, 12, 15);  // cheekbone, cheek
  constexpr std::array<std::array<float, 2>, 12> ridge{{{-53, 0},
                                                        {-50, 3},
                                                        {-47, 8.5F},
                                                        {-44, 14.5F},
                                                        {-40, 20},
                                                        {-36, 22.5F},
                                                        {-31, 22},
                                                        {-22, 17.5F},
                                                        {-10, 12},
                                                        {0, 8},
                                                        {8, 4.5F},
                                                        {18, 0}}};
  constexpr std::array<std::array<float, 2>, 5> breadth{
      {{-46, 10}, {-37, 9.5F}, {-28, 8}, {-10, 6.8F}, {8, 8.5F}}};
  z += curve(ridge, v) * std::exp(-std::pow(a / curve(breadth, v), 2.0F));
  z += 8.5F * at(13.2F, -40.5F, 4.3F, 4.6F) - 2.5F * at(19.5F, -39, 2.5F, 5);  // wing, groove beside it
  z += -4.5F * at(7, -45.5F, 3, 2) + 1.5F * at(0, -36, 6, 5);                  // nostril, tip
  z += 5.5F * bell(u, v + 66, 25, 17);                                         // teeth under the lips
  z += -1.3F * bell(u, v + 54, 2.6F, 5) + 0.6F * at(5, -54, 2.5F, 5);          // philtrum
  z += 3.3F * bell(u, v + 63.5F, 17, 3.4F) + 4.0F * bell(u, v + 73, 15, 4);    // lips
  z += -1.8F * bell(u, v + 67.5F, 20, 1.5F) - 2.5F * at(28, -68, 4.5F, 5);     // between them, corners
  z += -4.5F * bell(u, v + 84.5F, 15, 4.5F) + 6 * bell(u, v + 102, 15, 9);     // fold, chin
  return z;
}

inline HeadTemplate::HeadTemplate() {
  for (float a = 0; a < 151; a += a < 27 ? 1.35F : a < 60 ? 2.5F : a < 100 ? 4.F : 10.F) {
    azimuths_.push_back(a);
    if (a > 0) azimuths_.insert(azimuths_.begin(), -a);
  }
  for (float y = 112; y > -117.5F; y -= y > 60 ? 7.F : y > 30 ? 4.F : y > -59 ? 1.8F : y > -80 ? 1.15F : 2.2F)
    row_heights_.push_back(profile_row(y));
  for (int i = 0; i < under_jaw_rows; ++i)
    row_heights_.push_back(static_cast<float>(jaw_profile - 1) + 0.7F * static_cast<float>(i));
  for (const float t : row_heights_) {
    for (const float a : azimuths_) {
      Vec3 p = skull(a, t);
      const float facing = smooth_step(100, 60, std::fabs(a));
      const Point uv{std::fabs(a) <= 70 ? p.x : std::copysign(skull(70, t).x + 1.2F * (std::fabs(a) - 70), a),
                     p.y};
      const float gap = reference::mouth_gap(uv.x), level = reference::mouth_level;
      Point rest = uv;
      if (std::fabs(uv.y - level) < gap)
        rest.y = level;
      else if (uv.y > level)
        rest.y -= gap * smooth_step(16, 0, uv.y - level - gap);
      else
        rest.y += gap * smooth_step(16, 0, level - gap - uv.y);
      p.y += facing * (rest.y - uv.y);
      p.z += facing * features(uv.x, rest.y);
      position.push_back(p);
      reference_uv.push_back(uv);
      rest_uv.push_back(rest);
      azimuth.push_back(a);
    }
  }
}

}  // namespace aurum::synthetic
