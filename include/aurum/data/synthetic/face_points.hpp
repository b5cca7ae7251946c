#pragma once
#include <array>
#include <cmath>
#include <vector>

#include "aurum/core/geometry.hpp"
#include "aurum/data/synthetic/head_template.hpp"
#include "aurum/data/synthetic/identity.hpp"
#include "aurum/data/synthetic/person_geometry.hpp"

namespace aurum::synthetic {

/// The 68 points in iBUG order on a posed head, in pixels of the camera's picture. They are points of the
/// surface that is drawn. The jaw follows the 300-W habit: points 0 to 5 and 11 to 16 slide inwards along
/// the face to the *visible* outline where the cheek hides the jaw of a turned face; 6 to 10 stay on the
/// chin.
inline Landmarks face_points(const Identity& person, const Surface& posed, const Camera& camera,
                             const Rotation& head_turn) {
  const HeadTemplate& head = HeadTemplate::get();
  const auto project = [&](Point grid) {
    const Vec3 p = camera.project(head.interpolate(posed.position, grid));
    return Point{p.x, p.y};
  };
  // Grid places do not depend on the person, the brows' lift apart.
  static const auto fixed = [&] {
    using namespace reference;
    std::array<Point, 68> grid;
    constexpr float eye_k = 0.31F;
    for (const float side : {-1.F, 1.F}) {
      const bool right = side > 0;
      const auto lid = [&](float k, bool upper) {
        return head.locate(side * mix(eye_inner, eye_outer, k),
                           eye_axis(k) + (upper ? upper_lid(k) : -lower_lid(k)));
      };
      const auto set = [&](std::size_t left_index, std::size_t right_index, Point p) {
        grid[right ? right_index : left_index] = p;
      };
      set(36, 45, lid(1, true));
      set(37, 44, lid(1 - eye_k, true));
      set(38, 43, lid(eye_k, true));
      set(39, 42, lid(0, true));
      set(40, 47, lid(eye_k, false));
      set(41, 46, lid(1 - eye_k, false));
      const auto lip = [&](float u, int line) {  // 0 upper outer, 1 upper inner, 2 lower inner, 3 lower outer
        const float gap = mouth_gap(u);
        const std::array<float, 4> v{gap + upper_lip(u), gap, -gap, -gap - lower_lip(u)};
        return head.locate(side * u, mouth_level + v[static_cast<std::size_t>(line)]);
      };
      set(48, 54, lip(26.2F, 1));
      set(49, 53, lip(17, 0));
      set(50, 52, lip(6, 0));
      set(59, 55, lip(17, 3));
      set(58, 56, lip(8, 3));
      set(60, 64, lip(23.3F, 1));
      set(61, 63, lip(8.5F, 1));
      set(67, 65, lip(8.5F, 2));
      grid[51] = lip(0, 0), grid[57] = lip(0, 3), grid[62] = lip(0, 1), grid[66] = lip(0, 2);
      set(31, 35, head.locate(side * 15.5F, -45.5F));
      set(32, 34, head.locate(side * 8, -48.5F));
      constexpr std::array<float, 4> side_heights{0.5F, -16, -32, -48};
      for (std::size_t i = 0; i < 4; ++i) set(i, 16 - i, head.locate_side(side * 80, side_heights[i]));
      set(4, 12, head.locate_side(side * 72, -65));
      const auto jaw_row = static_cast<float>(head.rows() - 1 - HeadTemplate::jaw_row_from_end());
      set(5, 11, {head.locate_side(side * 51, 0).x, jaw_row});
      set(6, 10, {head.locate_side(side * 32, 0).x, jaw_row});
      set(7, 9, {head.locate_side(side * 15.5F, 0).x, jaw_row});
      grid[8] = {head.locate_side(0, 0).x, jaw_row};
    }
    grid[27] = head.locate(0, -2), grid[28] = head.locate(0, -12.5F), grid[29] = head.locate(0, -24),
    grid[30] = head.locate(0, -36);
    grid[33] = head.locate(0, -50);
    return grid;
  }();
  Landmarks points;
  const Vec3 up = head_turn * Vec3{0, 1, 0};
  const float length = std::hypot(up.x, up.y);
  const Point aside{up.y / length, up.x / length};  // to the head's right in the picture (y down)
  for (std::size_t i = 0; i < 68; ++i) {
    if (i >= 17 && i <= 26) {
      const bool right = i >= 22;
      const float k = std::array<float, 5>{0.02F, 0.25F, 0.5F, 0.75F, 1.0F}[right ? i - 22 : 21 - i];
      const float lift = 1.2F * person.brow_thickness * (1 - 0.6F * k);
      const float u = reference::brow_u(k);
      points.push_back(project(head.locate(right ? u : -u, reference::brow_v(k) + lift)));
      continue;
    }
    Point best = project(fixed[i]);
    if (i <= 5 || (i >= 11 && i <= 16)) {
      const float side = i <= 5 ? -1.F : 1.F;
      Point grid = fixed[i];
      for (int step = 0; step < 30; ++step) {
        grid.x -= side;
        const Point p = project(grid);
        if (side * ((p.x - best.x) * aside.x + (p.y - best.y) * aside.y) > 0) best = p;
      }
    }
    points.push_back(best);
  }
  return points;
}

}  // namespace aurum::synthetic
