#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "aurum/core/geometry.hpp"
#include "aurum/data/synthetic/space.hpp"

namespace aurum::synthetic {

enum class Material : std::uint8_t { background, skin, ear, neck, cloth, hair, rim };

/// What is seen at a pixel: everything that shading needs.
struct Fragment {
  Point uv;     ///< the surface's own coordinates (mm)
  Vec3 normal;  ///< towards the camera, in the camera's axes
  float extra = 0;
};

/// A pinhole camera on the z axis, and where its picture lies in pixels.
struct Camera {
  float distance = 900;     ///< mm from the head's origin
  float pixels_per_mm = 1;  ///< at the head's origin
  Point centre;             ///< pixel of the head's origin
  /// Pixel (x to the right, y down), keeping z.
  [[nodiscard]] Vec3 project(Vec3 p) const {
    const float scale = pixels_per_mm * distance / (distance - p.z);
    return {centre.x + scale * p.x, centre.y - scale * p.y, p.z};
  }
  /// The point at depth z seen at a pixel.
  [[nodiscard]] Vec3 lift(float x, float y, float z) const {
    const float scale = (distance - z) / (distance * pixels_per_mm);
    return {(x - centre.x) * scale, (centre.y - y) * scale, z};
  }
};

/// A picture of fragments with a depth test (larger z is nearer).
class Canvas {
 public:
  static constexpr float nothing = -1e9F;
  Canvas(int width_, int height_)
      : width(width_),
        height(height_),
        depth(count(), nothing),
        material(count(), Material::background),
        fragment(count()) {}
  int width, height;
  std::vector<float> depth;
  std::vector<Material> material;
  std::vector<Fragment> fragment;
  [[nodiscard]] std::size_t index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x);
  }

 private:
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  }
};

/// A grid of vertices in the camera's axes. Rows go down and columns to the right on faces turned to the
/// camera.
struct Surface {
  int rows = 0, columns = 0;
  std::vector<Vec3> position;
  std::vector<Fragment> vertex;
  Surface(int rows_, int columns_) : rows(rows_), columns(columns_), position(count()), vertex(count()) {}
  [[nodiscard]] std::size_t index(int row, int column) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
           static_cast<std::size_t>(column);
  }
  /// Normals from the neighbours on the grid.
  void compute_normals() {
    for (int j = 0; j < rows; ++j)
      for (int i = 0; i < columns; ++i) {
        const Vec3 across =
            position[index(j, std::min(i + 1, columns - 1))] - position[index(j, std::max(i - 1, 0))];
        const Vec3 down =
            position[index(std::min(j + 1, rows - 1), i)] - position[index(std::max(j - 1, 0), i)];
        vertex[index(j, i)].normal = normalised(cross(down, across));
      }
  }

 private:
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
  }
};

/// Draws a surface. `covers(fragment)` may refuse pixels (the edge of hair); triangles seen from behind are
/// left out unless `both_sides`.
template <class Covers>
void rasterise(const Surface& surface, const Camera& camera, Material material, bool both_sides,
               Covers covers, Canvas& canvas) {
  std::vector<Vec3> screen(surface.position.size());
  for (std::size_t i = 0; i < screen.size(); ++i) screen[i] = camera.project(surface.position[i]);
  const auto triangle = [&](std::size_t i0, std::size_t i1, std::size_t i2) {
    const Vec3 a = screen[i0], b = screen[i1], c = screen[i2];
    const float area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
    if (std::fabs(area) < 1e-6F || (area < 0 && !both_sides)) return;
    const int x0 = std::max(0, static_cast<int>(std::ceil(std::min({a.x, b.x, c.x}))));
    const int x1 = std::min(canvas.width - 1, static_cast<int>(std::floor(std::max({a.x, b.x, c.x}))));
    const int y0 = std::max(0, static_cast<int>(std::ceil(std::min({a.y, b.y, c.y}))));
    const int y1 = std::min(canvas.height - 1, static_cast<int>(std::floor(std::max({a.y, b.y, c.y}))));
    // Weights of b and c, linear in x and y.
    const float inverse = 1 / area;
    const float w1_x = (c.y - a.y) * inverse, w1_y = (a.x - c.x) * inverse;
    const float w2_x = (a.y - b.y) * inverse, w2_y = (b.x - a.x) * inverse;
    for (int y = y0; y <= y1; ++y)
      for (int x = x0; x <= x1; ++x) {
        const float dx = static_cast<float>(x) - a.x, dy = static_cast<float>(y) - a.y;
        const float w1 = dx * w1_x + dy * w1_y, w2 = dx * w2_x + dy * w2_y, w0 = 1 - w1 - w2;
        if (w0 < -1e-5F || w1 < -1e-5F || w2 < -1e-5F) continue;
        const float z = w0 * a.z + w1 * b.z + w2 * c.z;
        const std::size_t pixel = canvas.index(x, y);
        if (z <= canvas.depth[pixel]) continue;
        const Fragment &f0 = surface.vertex[i0], &f1 = surface.vertex[i1], &f2 = surface.vertex[i2];
        const Fragment blend{w0 * f0.uv + (w1 * f1.uv + w2 * f2.uv),
                             w0 * f0.normal + w1 * f1.normal + w2 * f2.normal,
                             w0 * f0.extra + w1 * f1.extra + w2 * f2.extra};
        if (!covers(blend)) continue;
        canvas.depth[pixel] = z;
        canvas.material[pixel] = material;
        canvas.fragment[pixel] = blend;
      }
  };
  for (int j = 0; j + 1 < surface.rows; ++j)
    for (int i = 0; i + 1 < surface.columns; ++i) {
      const std::size_t a = surface.index(j, i), b = surface.index(j, i + 1);
      const std::size_t c = surface.index(j + 1, i), d = surface.index(j + 1, i + 1);
      triangle(a, b, d);
      triangle(a, d, c);
    }
}

}  // namespace aurum::synthetic
