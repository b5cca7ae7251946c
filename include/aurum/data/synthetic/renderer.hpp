#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "aurum/data/synthetic/accessories.hpp"
#include "aurum/data/synthetic/face_points.hpp"
#include "aurum/data/synthetic/face_shader.hpp"
#include "aurum/data/synthetic/photograph.hpp"

namespace aurum::synthetic {

/// How a camera stands and exposes, in shares of the picture's side, so that it holds for every size.
struct CameraSetting {
  float scale = 0;  ///< of 1 mm at the head's origin
  Point centre{};   ///< where the head's origin is seen
  float gain = 1;   ///< from linear colours to those of the picture, before `Circumstances::exposure`
};

/// What changes from picture to picture besides the person and the expression.
struct Circumstances {
  float yaw_degrees = 0, pitch_degrees = 0, roll_degrees = 0;
  float body_yaw_degrees = 0;
  float distance = 900;  ///< camera to head, mm
  float fill = 0.58F;    ///< longer side of the box of the points / side of the picture
  Point offset{};        ///< of that box from the middle / side of the picture
  bool occluded = false;
  float sun_glasses = 0, glare = 0;
  float exposure = 1;
  float shoulder_width = 190;
  Random random;  ///< for the light, the background and the camera
  // For videos, whose pictures share the stream `random`:
  float light_turn_degrees = 0;           ///< of the key lamp, to the picture's right
  std::optional<CameraSetting> camera{};  ///< empty: it frames the face and exposes for it
  std::optional<Random> grain{};          ///< for the sensor's noise alone; empty: `random`

  static Circumstances draw(Random random, float occlusion) {
    Circumstances c{.random = random.fork(7)};
    const auto normal = [&](float deviation, float limit) {
      return std::clamp(random.normal(0, deviation), -limit, limit);
    };
    c.yaw_degrees = random.chance(0.3F) ? random.uniform(-45, 45) : normal(20, 45);
    c.pitch_degrees = normal(9, 25);
    c.roll_degrees = normal(8, 20);
    c.body_yaw_degrees = 0.4F * c.yaw_degrees + normal(14, 35);
    c.distance = std::exp(random.uniform(std::log(420.F), std::log(2000.F)));
    c.fill = random.uniform(0.5F, 0.65F);
    c.offset = {random.uniform(-0.07F, 0.07F), random.uniform(-0.05F, 0.09F)};
    c.occluded = random.chance(occlusion);
    c.sun_glasses = random.chance(0.06F) ? random.uniform(0.5F, 1) : 0;
    c.glare = random.chance(0.35F) ? random.uniform(0, 0.5F) : 0;
    c.exposure = std::exp(normal(0.25F, 0.55F));
    c.shoulder_width = random.uniform(165, 225);
    return c;
  }
};

/// Clothes.
struct Outfit {
  Colour cloth, second, shirt;
  float neckline, depth, stripes, formal;
  explicit Outfit(Random random) {
    cloth = random_colour(random, 0.8F);
    second = random_colour(random, 0.8F);
    shirt = random.chance(0.6F) ? Colour{0.7F, 0.7F, 0.72F} : random_colour(random, 0.9F);
    neckline = random.uniform(-150, -125);
    depth = random.chance(0.5F) ? random.uniform(0, 70) : 5;
    stripes = random.chance(0.35F) ? random.uniform(0.3F, 1) : 0;
    formal = random.chance(0.3F) ? 1.F : 0.F;
    if (formal > 0) cloth = 0.25F * cloth;
  }
};

struct Rendering {
  Image image;
  Landmarks landmarks;
  CameraSetting camera;  ///< what it was drawn with
};

inline Rendering render(const Identity& person, const Expression& face, const Circumstances& scene,
                        int size) {
  const int side = 2 * size;
  const Noise& noise = Noise::get();
  const HeadTemplate& mean = HeadTemplate::get();
  const std::vector<Vec3> shape = Deformations::get().head(person, face);
  const Pose pose{
      Rotation::from_degrees(scene.yaw_degrees, scene.pitch_degrees, scene.roll_degrees),
      Rotation::from_degrees(scene.body_yaw_degrees, 0.2F * scene.pitch_degrees, 0.15F * scene.roll_degrees)};
  const Surface head = head_surface(shape, pose);

  // Frame the face by its points.
  Camera camera{.distance = scene.distance, .pixels_per_mm = 1, .centre = {}};
  Landmarks points = face_points(person, head, camera, pose.head);
  Point low = points[0], high = points[0];
  for (const Point p : points) {
    low = {std::min(low.x, p.x), std::min(low.y, p.y)};
    high = {std::max(high.x, p.x), std::max(high.y, p.y)};
  }
  const auto pixels = static_cast<float>(side);
  camera.pixels_per_mm = scene.fill * pixels / std::max(high.x - low.x, high.y - low.y);
  camera.centre = {pixels * (0.5F + scene.offset.x) - 0.5F * camera.pixels_per_mm * (low.x + high.x),
                   pixels * (0.5F + scene.offset.y) - 0.5F * camera.pixels_per_mm * (low.y + high.y)};
  if (scene.camera) {
    camera.pixels_per_mm = scene.camera->scale * pixels;
    camera.centre = pixels * scene.camera->centre;
  }
  for (Point& p : points) p = rescale(camera.centre + camera.pixels_per_mm * p, 0.5F);

  Canvas canvas(side, side);
  const auto everything = [](const Fragment&) { return true; };
  rasterise(head, camera, Material::skin, false, everything, canvas);
  const bool hangs = person.hair_style == HairStyle::bob || person.hair_style == HairStyle::long_;
  for (const float s : {-1.F, 1.F})
    rasterise(ear_surface(shape, pose, s), camera, Material::ear, true, everything, canvas);
  rasterise(body_surface(person, pose, scene.shoulder_width), camera, Material::neck, false, everything,
            canvas);
  const float ragged = (person.hair_style == HairStyle::fringe ? 8.F
                        : hangs                                ? 4.F
                                                               : 2.5F) +
                       4 * person.hair_curl;
  const HairEdge hair_edge(person);
  rasterise(
      hair_surface(person, pose), camera, Material::hair, hangs,
      [&](const Fragment& f) {
        const float strand = noise(0.9F * f.uv.x + person.fold_phase, 0.04F * f.uv.y) +
                             0.6F * noise(3.3F * f.uv.x, 0.1F * f.uv.y);
        const float edge = hair_edge(f.uv.x + (hangs ? 2.5F : 1.2F) * strand);
        return f.uv.y > edge + ragged * strand;
      },
      canvas);

  Lighting light = Lighting::random(scene.random.fork(1));
  if (scene.light_turn_degrees != 0)
    light.key_direction = Rotation::from_degrees(scene.light_turn_degrees, 0, 0) * light.key_direction;
  const SkinRelief relief = SkinRelief::of(person, face);
  FaceShader shader{.person = person,
                    .face = face,
                    .light = light,
                    .relief = relief,
                    .noise = noise,
                    .head = pose.head,
                    .camera = camera};
  std::array<Vec3, 2> ears;
  for (std::size_t s = 0; s < 2; ++s) {
    const float sign = s == 0 ? -1.F : 1.F;
    const Point inner = mean.locate(sign * reference::eye_inner, reference::eye_axis(0)),
                outer = mean.locate(sign * reference::eye_outer, reference::eye_axis(1));
    const auto corners = [&](const std::vector<Vec3>& of) {
      return 0.5F * (mean.interpolate(of, inner) + mean.interpolate(of, outer));
    };
    const float front = mean.interpolate(mean.position, mean.locate(sign * 31.7F, 0)).z;
    shader.eye_centre[s] =
        corners(shape) + Vec3{sign * 31.7F, -0.4F, front - shader.eye_radius - 0.6F} - corners(mean.position);
    ears[s] = mean.interpolate(shape, mean.locate_side(sign * 93, -6));
  }
  const auto unit = [&](Shape s) { return person.shape[static_cast<std::size_t>(s)]; };
  const float lips_z = mean.interpolate(mean.position, mean.locate(0, reference::mouth_level)).z;
  constexpr std::size_t drop = action_unit_index(26);
  const float jaw = 8.5F * (motion(person, face, 0, drop) + motion(person, face, 1, drop));
  shader.upper_teeth = {0, -70 + 1.9F * unit(Shape::mouth_height) - 2 * unit(Shape::height),
                        lips_z - 5.5F + 2.2F * unit(Shape::mouth_forward)};
  shader.lower_teeth = shader.upper_teeth + Vec3{0, -1.2F - jaw, -1.5F - 0.45F * jaw};
  Random detail = scene.random.fork(2);
  shader.pupil = detail.uniform(1.6F, 3.2F);
  const Outfit outfit{scene.random.fork(3)};

  Painting painting = backdrop(side, side, scene.random.fork(4));
  double brightness = 0;
  int skin_pixels = 0;
  std::vector<float> lit_row(static_cast<std::size_t>(side), 1.F);  // shadows at every other pixel and row
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      const std::size_t i = canvas.index(x, y);
      float& visible = lit_row[static_cast<std::size_t>(x & ~1)];
      if ((x & 1) == 0 && (y & 1) == 0) visible = key_visibility(canvas, camera, light, x, y);
      const Material material = canvas.material[i];
      if (material == Material::background) continue;
      const Fragment& f = canvas.fragment[i];
      const Vec3 at = camera.lift(static_cast<float>(x), static_cast<float>(y), canvas.depth[i]);
      Colour& colour = painting.at(x, y);
      if (material == Material::skin) {
        colour = shader.skin(f, at, visible);
        if ((x & 3) == 0 && (y & 3) == 0)
          brightness += static_cast<double>(0.3F * colour.x + 0.6F * colour.y + 0.1F * colour.z),
              ++skin_pixels;
        continue;
      }
      const Vec3 normal = normalised(f.normal), to_camera = normalised(Vec3{0, 0, camera.distance} - at);
      if (material == Material::hair) {
        const float strand = noise(1.3F * f.uv.x + 0.1F * f.uv.y, 0.05F * f.uv.y) +
                             0.6F * noise(3.1F * f.uv.x, 0.1F * f.uv.y + 40);
        const float lock = noise(0.25F * f.uv.x + person.fold_phase, 0.02F * f.uv.y);
        const Vec3 bent =
            normalised(normal + (0.35F * strand) * Vec3{pose.head.row[0].x, pose.head.row[1].x, 0});
        const Colour lit = light.diffuse(bent, visible, {0.2F, 0.2F, 0.2F}, f.extra);
        const float band = 0.5F + 0.5F * strand;
        colour = std::max(0.25F, 1 + 0.4F * strand + 0.3F * lock) * (person.hair * lit) +
                 (0.10F * band * f.extra) * ((person.hair + Colour{0.08F, 0.08F, 0.08F}) *
                                             light.gloss(bent, to_camera, visible, 0.3F)) +
                 (0.02F * band) * (person.hair * lit);
        continue;
      }
      const bool ear = material == Material::ear;
      const float line = outfit.neckline - outfit.depth * bell(f.uv.x, 0, 18, 1) +
                         10 * smooth_step(20, 90, std::fabs(f.uv.x));
      if (ear || f.uv.y > line) {
        const Colour tone = (1 + 0.05F * noise(0.2F * f.uv.x, 0.2F * f.uv.y)) * person.skin *
                            (ear ? Colour{1.03F, 0.86F, 0.84F} : Colour{0.95F, 0.9F, 0.88F});
        colour =
            tone * light.diffuse(normal, visible * mix(0.5F, 1, f.extra), {0.38F, 0.2F, 0.14F}, f.extra) +
            0.05F * light.gloss(normal, to_camera, visible, 0.2F);
        continue;
      }
      const float a = std::fabs(f.uv.x), below = line - f.uv.y;
      Colour cloth = outfit.stripes > 0
                         ? mix(outfit.cloth, outfit.second,
                               outfit.stripes * smooth_step(-0.1F, 0.1F, std::sin(0.45F * f.uv.x)) * 0.7F)
                         : outfit.cloth;
      if (outfit.formal > 0 && a < 34 - 0.22F * below)
        cloth = a < 5 + 0.03F * below ? outfit.second : outfit.shirt;
      else if (below < 7)
        cloth = 0.8F * cloth;
      cloth =
          (1 + 0.12F * noise(0.1F * f.uv.x, 0.07F * f.uv.y) + 0.08F * noise(1.7F * f.uv.x, 1.1F * f.uv.y)) *
          cloth;
      colour = cloth * light.diffuse(normal, visible, {0.1F, 0.1F, 0.1F}, f.extra);
    }

  const Stage stage{camera, canvas, light, painting};
  if (person.wears_glasses)
    draw_glasses(person, shader.eye_centre, ears, pose.head, scene.sun_glasses, scene.glare, stage);
  if (scene.occluded)
    draw_occluder({pixels * (0.5F + scene.offset.x), pixels * (0.5F + scene.offset.y)}, scene.fill * pixels,
                  scene.random.fork(5), stage);

  // The camera exposes for the face, though a dark skin stays darker than a light one.
  const float skin_luminance = 0.3F * person.skin.x + 0.6F * person.skin.y + 0.1F * person.skin.z;
  const float mean_brightness = static_cast<float>(brightness / std::max(1, skin_pixels));
  const float exposure = scene.exposure * (0.1F + 0.45F * skin_luminance) / std::max(1e-4F, mean_brightness);
  const CameraSetting automatic{.scale = camera.pixels_per_mm / pixels,
                                .centre = (1 / pixels) * camera.centre,
                                .gain = exposure / scene.exposure};
  return {
      .image = Photograph::develop(painting, scene.camera ? scene.exposure * scene.camera->gain : exposure,
                                   scene.random.fork(6), scene.grain),
      .landmarks = std::move(points),
      .camera = scene.camera.value_or(automatic)};
}

}  // namespace aurum::synthetic
