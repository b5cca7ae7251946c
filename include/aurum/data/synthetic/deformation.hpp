#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "aurum/data/synthetic/expression.hpp"
#include "aurum/data/synthetic/head_template.hpp"

namespace aurum::synthetic {

/// Everything that can move the vertices of the head template: sparse fields of displacements, scaled by a
/// coefficient and added up.
class Deformations {
 public:
  static const Deformations& get() {
    static const Deformations deformations;
    return deformations;
  }
  /// The head of a person with an expression, in mm, vertex by vertex of the template.
  [[nodiscard]] std::vector<Vec3> head(const Identity& person, const Expression& face) const;

 private:
  struct Field {
    std::vector<std::uint32_t> vertex;
    std::vector<Vec3> shift;
  };
  Deformations();
  template <class Function>
  static Field field(Function shift_at);
  static Vec3 push(std::span<const Push> pushes, Point rest);
  static Vec3 shape_shift(Shape shape, std::size_t vertex);
  static void add(const Field& field, float amount, std::vector<Vec3>& positions) {
    for (std::size_t i = 0; i < field.vertex.size(); ++i)
      positions[field.vertex[i]] += amount * field.shift[i];
  }

  std::array<Field, shape_count> shapes_;
  std::array<std::array<Field, action_unit_count>, 2> action_units_;
  // Lids: 1 closes the eye. Lips: mm of the middle of the lip, up. Jaw: mm of the chin, down.
  std::array<Field, 2> upper_lid_, lower_lid_, upper_lip_, lower_lip_;
  Field jaw_;
};

template <class Function>
Deformations::Field Deformations::field(Function shift_at) {
  Field result;
  for (std::size_t i = 0; i < HeadTemplate::get().vertices(); ++i) {
    const Vec3 shift = shift_at(i);
    if (dot(shift, shift) < 1e-5F) continue;
    result.vertex.push_back(static_cast<std::uint32_t>(i));
    result.shift.push_back(shift);
  }
  return result;
}

/// Pushes are evaluated where the skin is at rest: both lips get the same shift where they touch, so that
/// what moves the mouth does not open it.
inline Vec3 Deformations::push(std::span<const Push> pushes, Point rest) {
  Vec3 sum;
  const float side = std::clamp(rest.x / 4, -1.F, 1.F);
  for (const Push& p : pushes) {
    const float weight = bell(std::fabs(rest.x) - p.u, rest.y - p.v, p.width_u, p.width_v);
    sum += weight * Vec3{side * p.outward, p.up, p.forward};
  }
  return sum;
}

inline Vec3 Deformations::shape_shift(Shape shape, std::size_t vertex) {
  const HeadTemplate& head = HeadTemplate::get();
  const Vec3 p = head.position[vertex];
  const Point rest = head.rest_uv[vertex];
  const float front = smooth_step(110, 70, std::fabs(head.azimuth[vertex])), a = std::fabs(rest.x),
              v = rest.y;
  const float side = std::clamp(rest.x / 4, -1.F, 1.F);
  const auto one = [&](Push q) { return front * push(std::span{&q, 1}, rest); };
  const auto window = [&](float u0, float v0, float du, float dv) {
    return front * bell(a - u0, v - v0, du, dv);
  };
  switch (shape) {
    case Shape::width:
      return {0.035F * p.x, 0, 0};
    case Shape::height:
      return {0, 0.03F * p.y, 0};
    case Shape::jaw_width:
      return {0.07F * p.x * smooth_step(-10, -80, p.y), 0, 0};
    case Shape::jaw_corner: {
      const float corner = smooth_step(35, 65, std::fabs(head.azimuth[vertex])) * smooth_step(-15, -60, p.y) *
                           smooth_step(130, 90, std::fabs(head.azimuth[vertex]));
      return {3 * side * corner, -3.5F * corner, 0};
    }
    case Shape::chin_length:
      return {0, -4.2F * smooth_step(-72, -110, v) * front, 0};
    case Shape::chin_forward:
      return {0, 0, 3.5F * smooth_step(-70, -105, v) * front * smooth_step(60, 10, a)};
    case Shape::chin_width:
      return one({20, -112, 10, 14, 3.5F, 0, 1});
    case Shape::cheek:
      return one({46, -55, 14, 18, 3.3F, 0, 3.2F});
    case Shape::cheekbone:
      return one({52, -22, 14, 12, 1.6F, 0, 2});
    case Shape::forehead_slope:
      return {0, 0, -5 * smooth_step(20, 85, v) * front};
    case Shape::brow_ridge:
      return one({22, 15, 19, 7, 0, -0.5F, 2});
    case Shape::brow_height:
      return one({30, 18, 28, 8, 0, 2.3F, 0});
    case Shape::brow_tilt:
      return one({47, 18, 11, 8, 0, 2.2F, 0}) + one({13, 16, 9, 8, 0, -1.6F, 0});
    case Shape::brow_gap:
      return one({13, 16, 10, 7, 2, 0, 0});
    case Shape::brow_arch:
      return one({36, 20, 9, 7, 0, 1.7F, 0});
    case Shape::eye_spacing:
      return one({31, 0, 18, 14, 1.6F, 0, 0});
    case Shape::eye_size:
      return 0.065F * window(31.7F, 0, 17, 12) * Vec3{side * (a - 31.7F), 1.3F * (p.y + 0.7F), 0};
    case Shape::eye_tilt:
      return {0, 0.07F * (a - 31.7F) * window(31.7F, 0, 17, 12), 0};
    case Shape::eye_depth:
      return one({30, 0, 17, 11, 0, 0, -1.7F});
    case Shape::nose_length:
      return {0, -2.6F * front * smooth_step(8, -36, v) * smooth_step(-68, -46, v) * smooth_step(34, 14, a),
              0};
    case Shape::nose_width:
      return one({14, -41, 6, 7, 1.9F, 0, 0.5F});
    case Shape::nose_bridge:
      return one({0, -6, 7, 13, 0, 0, 2.2F});
    case Shape::nose_tip:
      return one({0, -37, 10, 8, 0, 0, 2.3F});
    case Shape::nose_upturn:
      return one({0, -38, 9, 7, 0, 2, 0});
    case Shape::nose_breadth:
      return one({7, -14, 5, 16, 1.2F, 0, 0});
    case Shape::nose_hump:
      return one({0, -15, 6, 7, 0, 0, 1.6F});
    case Shape::upper_lip:
      return one({0, -59.5F, 19, 3.3F, 0, 1.25F, 0.7F});
    case Shape::lower_lip:
      return one({0, -76, 16, 4.2F, 0, -1.5F, 0.8F});
    case Shape::mouth_width:
      return one({27, -67, 11, 9, 2.1F, 0, -0.7F});
    case Shape::mouth_height:
      return one({0, -67, 34, 13, 0, 1.9F, 0});
    case Shape::mouth_corners:
      return one({26, -68, 9, 8, 0, 1.3F, 0});
    case Shape::mouth_forward:
      return one({0, -67, 22, 14, 0, 0, 2.2F});
    case Shape::double_chin:
      return {0, -4 * smooth_step(-112, -119, v) * front, 3 * smooth_step(-112, -119, v) * front};
    case Shape::skew_brows:
      return {0, side * 0.9F * window(32, 18, 20, 8), 0};
    case Shape::skew_mouth:
      return {0, side * 0.6F * window(24, -68, 14, 12), 0};
    case Shape::skew_nose:
      return {0.9F * window(0, -35, 11, 12), 0, 0};
    case Shape::count:
      break;
  }
  return {};
}

inline Deformations::Deformations() {
  const HeadTemplate& head = HeadTemplate::get();
  for (std::size_t s = 0; s < shape_count; ++s)
    shapes_[s] = field([&](std::size_t i) { return shape_shift(static_cast<Shape>(s), i); });
  for (std::size_t side = 0; side < 2; ++side) {
    const auto half = [&](std::size_t i) {
      const float right = smooth_step(-5, 5, head.reference_uv[i].x);
      return (side == 1 ? right : 1 - right) * smooth_step(105, 80, std::fabs(head.azimuth[i]));
    };
    for (std::size_t k = 0; k < action_unit_count; ++k)
      action_units_[side][k] =
          field([&](std::size_t i) { return half(i) * push(action_unit_pushes(k), head.rest_uv[i]); });
    const auto eye_height = [](Point uv, float& above, float& inside) {
      const float k = reference::along_eye(std::fabs(uv.x));
      const float top = reference::upper_lid(k), bottom = reference::lower_lid(k),
                  y = uv.y - reference::eye_axis(k);
      above = y - top;
      inside = top + bottom > 1e-3F ? unit_clamp((y + bottom) / (top + bottom)) : 0;
      return top + bottom;
    };
    upper_lid_[side] = field([&](std::size_t i) {
      float above = 0, inside = 0;
      const float height = eye_height(head.reference_uv[i], above, inside);
      const float weight = above > 0 ? smooth_step(8, 0, above) : inside;
      return -half(i) * height * weight * Vec3{0, 1, -0.06F};
    });
    lower_lid_[side] = field([&](std::size_t i) {
      float above = 0, inside = 0;
      const float height = eye_height(head.reference_uv[i], above, inside);
      const float below = -above - height;
      return half(i) * height * (below > 0 ? smooth_step(10, 0, below) : 1 - inside) * Vec3{0, 1, 0.05F};
    });
    const auto lip = [&](std::size_t i, bool upper) {
      const Point uv = head.reference_uv[i];
      const float gap = reference::mouth_gap(uv.x),
                  y = (upper ? 1.F : -1.F) * (uv.y - reference::mouth_level);
      const float weight = y > gap       ? smooth_step(21, 3, y - gap)
                           : gap > 1e-3F ? unit_clamp((y + gap) / (2 * gap))
                                         : 0;
      return half(i) * gap / 3 * weight * Vec3{0, 1, 0};
    };
    upper_lip_[side] = field([&](std::size_t i) { return lip(i, true); });
    lower_lip_[side] = field([&](std::size_t i) { return lip(i, false); });
  }
  jaw_ = field([&](std::size_t i) {
    const Point uv = head.reference_uv[i];
    const float gap = reference::mouth_gap(uv.x), y = uv.y - reference::mouth_level;
    const float centre = gap > 1e-3F ? unit_clamp((gap - y) / (2 * gap)) : y < 0 ? 1.F : 0.F;
    const float cheek = smooth_step(22, -26, y);
    const float weight = mix(centre, cheek, smooth_step(12, 27, std::fabs(uv.x))) *
                         smooth_step(95, 45, std::fabs(head.azimuth[i]));
    return weight * Vec3{-0.04F * head.position[i].x / 10, -1, -0.45F};
  });
}

inline std::vector<Vec3> Deformations::head(const Identity& person, const Expression& face) const {
  std::vector<Vec3> positions = HeadTemplate::get().position;
  for (std::size_t s = 0; s < shape_count; ++s) add(shapes_[s], person.shape[s], positions);
  constexpr std::size_t au1 = action_unit_index(1), au4 = action_unit_index(4), au5 = action_unit_index(5),
                        au6 = action_unit_index(6), au9 = action_unit_index(9), au10 = action_unit_index(10),
                        au12 = action_unit_index(12), au17 = action_unit_index(17),
                        au20 = action_unit_index(20), au25 = action_unit_index(25),
                        au26 = action_unit_index(26);
  for (std::size_t side = 0; side < 2; ++side) {
    std::array<float, action_unit_count> m{};
    for (std::size_t k = 0; k < action_unit_count; ++k) {
      m[k] = motion(person, face, side, k);
      add(action_units_[side][k], m[k] + person.resting[side][k] + face.unlabelled[side][k], positions);
    }
    const float squint = person.lower_lid_rest + 0.17F * m[au6] + 0.10F * m[au9] + 0.04F * m[au12];
    const float open = person.lid_rest + 0.09F * m[au6] + 0.10F * m[au9] + 0.09F * m[au4] - 0.30F * m[au5] -
                       0.03F * m[au1] + 0.012F * std::max(0.F, -face.gaze_up_degrees);
    const float lower = std::clamp(mix(squint, std::max(squint, 0.12F), face.blink), -0.1F, 0.45F);
    add(lower_lid_[side], lower, positions);
    add(upper_lid_[side], std::min(1 - lower, mix(open, 1 - lower, face.blink)), positions);
    // A jaw that drops behind closed lips: the lower lip stays with the upper one.
    const float jaw = 17 * 0.5F * (motion(person, face, 0, au26) + motion(person, face, 1, au26));
    const float parted = std::max(smooth_step(0, 1.2F, face.intensity[side][au25]), 0.2F * person.lips_rest);
    const float gap = 7.5F * m[au25] + person.lips_rest;
    add(upper_lip_[side], parted * (1.5F * m[au10] + 2.0F * m[au12] + 1.0F * m[au9]) + 0.28F * gap,
        positions);
    add(lower_lip_[side], (1 - parted) * jaw - 0.72F * gap * (1 - 0.3F * m[au17]) - parted * 0.8F * m[au20],
        positions);
    if (side == 1) add(jaw_, jaw, positions);
  }
  return positions;
}

}  // namespace aurum::synthetic
