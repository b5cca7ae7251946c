#pragma once
#include <algorithm>
#include <array>
#include <cmath>

#include "aurum/data/synthetic/folds.hpp"
#include "aurum/data/synthetic/head_template.hpp"
#include "aurum/data/synthetic/lighting.hpp"

namespace aurum::synthetic {

/// Colours the face: skin, brows, lips, beard, and through the openings of its surface the eyes and the
/// inside of the mouth. One object per picture.
struct FaceShader {
  const Identity& person;
  const Expression& face;
  const Lighting& light;
  const SkinRelief& relief;
  const Noise& noise;
  Rotation head;
  Camera camera;
  // Where eyeballs and teeth are, in mm in the head's frame.
  std::array<Vec3, 2> eye_centre{};
  float eye_radius = 12.4F;
  Vec3 upper_teeth{}, lower_teeth{};  // middle of the edge of the front teeth
  float pupil = 2.2F;

  [[nodiscard]] Colour skin(const Fragment& f, Vec3 at, float visible) const;

 private:
  [[nodiscard]] Colour eye(std::size_t side, float k, float below_lid, float above_lid, Vec3 at,
                           float visible) const;
  [[nodiscard]] Colour mouth(Vec3 at, float u, float depth_in_gap, float visible) const;
  [[nodiscard]] Colour albedo(float u, float v, float furrow, float& lip, float& hair) const;
  [[nodiscard]] Vec3 ray(Vec3 at) const { return head.inverse(normalised(at - Vec3{0, 0, camera.distance})); }
};

inline Colour FaceShader::albedo(float u, float v, float furrow, float& lip, float& hair) const {
  const float a = std::fabs(u);
  const auto spot = [&](float x, float y, float width_x, float width_y) {
    return std::max(0.F, 1 - square((a - x) / width_x) - square((v - y) / width_y));
  };
  const float coarse = noise(0.11F * u + person.fold_phase, 0.11F * v),
              fine = noise(0.55F * u, 0.55F * v + person.fold_phase);
  Colour skin = (1 + person.blotches * (0.055F * coarse + 0.05F * fine)) * person.skin;
  const float blood = 0.20F * spot(40, -30, 20, 18) + 0.20F * spot(0, -36, 14, 11) +
                      0.08F * coarse * person.blotches - 0.10F * spot(0, 45, 50, 25);
  skin = skin * Colour{1 + 0.15F * blood, 1 - 0.55F * blood, 1 - 0.5F * blood};
  const float tired = person.eye_shadow *
                      (0.5F * spot(27, -11, 16, 7) + 0.35F * spot(18, 3, 9, 11) + 0.25F * spot(34, 8, 16, 7));
  skin = skin * Colour{1 - 0.35F * tired, 1 - 0.5F * tired, 1 - 0.42F * tired};
  if (person.make_up > 0.5F)
    skin = mix(skin, skin * Colour{0.55F, 0.4F, 0.45F}, person.make_up * spot(33, 8, 18, 6));
  if (person.freckles > 0 && v < 8 && v > -60)
    skin = mix(
        skin, skin * Colour{0.6F, 0.5F, 0.42F},
        person.freckles * smooth_step(0.45F, 0.75F, noise(0.8F * u + 50, 0.8F * v)) * spot(20, -22, 45, 32));
  for (const Vec3& mole : person.moles)
    if (mole.z > 0)
      skin = mix(skin, 0.25F * skin, smooth_step(1.2F, 0.7F, std::hypot(u - mole.x, v - mole.y) / mole.z));
  // Blood leaves and gathers where skin folds.
  const float pressed = std::clamp(-furrow, 0.F, 2.5F);
  skin = skin * Colour{1 - 0.14F * pressed, 1 - 0.20F * pressed, 1 - 0.2F * pressed};

  // The red of the lips.
  const float level = v - reference::mouth_level;
  if (level < 14 && level > -16 && a < 28) {
    const float gap = reference::mouth_gap(u);
    const float inside =
        level > 0 ? gap + reference::upper_lip(u) - level : gap + reference::lower_lip(u) + level;
    lip = smooth_step(-0.7F, 0.8F, inside) * smooth_step(28, 25.5F, a);
    const float lines = 0.10F * noise(1.1F * u, 0.15F * v);
    const float seam = smooth_step(2.2F, 0, std::fabs(level) - gap);
    skin = mix(skin, ((1 + lines - 0.45F * seam) * (level > 0 ? 0.82F : 1.F)) * person.lips, lip);
  }
  const float nostril = square((a - 7.6F) / 3.3F) + square((v + 46.4F - 0.12F * (a - 7.6F)) / 1.6F);
  if (nostril < 1.6F)
    skin = mix(skin, 0.14F * skin * Colour{1, 0.6F, 0.5F}, smooth_step(1.6F, 0.5F, nostril));

  // Brows: short hairs that lean outwards.
  if (v > 3 && v < 34 && a > 5 && a < 62) {
    const float k = (a - 11) / 44;
    const float taper = k < 0.3F ? mix(0.85F, 1.1F, k / 0.3F) : mix(1.1F, 0.35F, (k - 0.3F) / 0.7F);
    const float across =
        (v - reference::brow_v(std::clamp(k, 0.F, 1.1F))) / (3.5F * person.brow_thickness * taper);
    const float lean = 0.9F * a - 0.6F * v;
    const float stroke = noise(0.9F * lean + (u > 0 ? 20.F : 0.F), 0.25F * (v + 0.6F * a));
    const float edge = 0.3F * stroke;
    hair = smooth_step(1.2F + edge, 0.45F + edge, std::fabs(across)) *
           smooth_step(-0.06F, 0.08F, k + 0.05F * stroke) * smooth_step(1.08F, 0.92F, k) *
           person.brow_density * (0.9F + 0.35F * stroke);
    hair = unit_clamp(hair);
    skin = mix(skin, person.brow, hair);
  }
  // Beard: upper lip, chin and jaw, up to the sideburns.
  if (v < 5 && std::max(person.stubble, person.moustache) > 0) {
    const float upper = smooth_step(34, 26, a) * smooth_step(-66, -62, v) * smooth_step(-48, -53, v) *
                        smooth_step(0.5F, 3.5F, a + 2);
    const float jaw_line = -63 - 12 * smooth_step(30, 12, a) + 55 * smooth_step(42, 66, a);
    const float jaw = smooth_step(jaw_line + 5, jaw_line - 9, v);
    const float hairs = 0.65F + 0.5F * noise(1.3F * u, 0.5F * v) + 0.2F * fine;
    const float grown = std::max(upper * person.moustache, jaw * person.beard);
    const float shaven = 0.5F * person.stubble * std::max(upper, jaw);
    const float amount = unit_clamp(std::max(grown, shaven) * hairs) * (1 - lip);
    skin = mix(skin, mix(0.35F * skin, person.hair, 0.3F + 0.6F * person.beard), amount);
    hair = std::max(hair, grown * (1 - lip));
  }
  return skin;
}

inline Colour FaceShader::skin(const Fragment& f, Vec3 at, float visible) const {
  const float u = f.uv.x, v = f.uv.y, a = std::fabs(u);
  float lash = 0, crease = 0;
  if (v > -16 && v < 22 && a > 12 && a < 54) {
    const float k = reference::along_eye(a), axis = reference::eye_axis(k);
    const float above = v - axis - reference::upper_lid(k), below = axis - reference::lower_lid(k) - v;
    if (k > 0 && k < 1 && above < 0 && below < 0) return eye(u > 0 ? 1 : 0, k, -above, -below, at, visible);
    const float inside = smooth_step(-0.03F, 0.1F, k) * smooth_step(1.15F, 1.0F, k);
    lash = person.lashes * inside *
           std::max(smooth_step(1.7F + k, 0.2F, above) * (above > -0.5F ? 1.F : 0.F),
                    0.4F * smooth_step(1.1F, 0.1F, below) * (below > -0.5F ? 1.F : 0.F));
    crease = person.lid_crease * inside * smooth_step(1.8F, 0.2F, std::fabs(above - 3.4F - 0.8F * k)) *
             (above > 0 ? 1.F : 0.F);
  }
  if (std::fabs(v - reference::mouth_level) < 3.1F && a < reference::mouth_half_width) {
    const float gap = reference::mouth_gap(u), level = v - reference::mouth_level;
    if (std::fabs(level) < gap) return mouth(at, u, gap > 0.01F ? level / gap : 0, visible);
  }
  const SkinRelief::Sample fold = relief.at(u, v);
  float lip = 0, hair = 0;
  Colour base = albedo(u, v, fold.height, lip, hair);
  base = (1 - 0.45F * crease) * base;
  base = mix(base, Colour{0.012F, 0.009F, 0.008F}, unit_clamp(lash));
  const float pores = 0.05F + 0.12F * hair;
  const float slope_u = fold.slope_u + pores * noise(1.3F * u, 1.3F * v),
              slope_v = fold.slope_v + pores * noise(1.3F * u + 90, 1.3F * v);
  const Vec3 flat = normalised(f.normal);
  const Vec3 normal = normalised(flat - slope_u * (head * Vec3{1, 0, 0}) - slope_v * (head * Vec3{0, 1, 0}));
  const float open = unit_clamp(f.extra * (1 + 0.22F * std::clamp(fold.height, -2.5F, 1.F)));
  const Colour lit = light.diffuse(normal, visible * mix(0.6F, 1, open), {0.38F, 0.2F, 0.14F}, open);
  const Vec3 to_camera = normalised(Vec3{0, 0, camera.distance} - at);
  const float oily =
      0.6F + 0.8F * std::max(0.F, 1 - a / 30) * (v > -50 ? 1.F : 0.5F) + 1.6F * lip * (0.4F + person.make_up);
  const float rim = square(1 - std::max(0.F, dot(flat, to_camera)));
  const Colour gloss = light.gloss(normal, to_camera, visible, 0.35F + 0.4F * lip);
  return base * lit + (0.05F + 0.1F * person.shine) * oily * open * (1 - hair) * (0.55F + rim) * gloss;
}

inline Colour FaceShader::eye(std::size_t side, float k, float below_lid, float above_lid, Vec3 at,
                              float visible) const {
  const Vec3 from = head.inverse(at), along = ray(at), offset = from - eye_centre[side];
  const float middle = -dot(offset, along);
  const float miss = dot(offset, offset) - middle * middle;
  const float reach = eye_radius * eye_radius - miss;
  const Vec3 local =
      reach > 0 ? (1 / eye_radius) * (offset + (middle - std::sqrt(reach)) * along) : normalised(offset);
  const Vec3 normal = head * local;
  const float across = std::sin(radians(face.gaze_right_degrees)),
              up = std::sin(radians(face.gaze_up_degrees));
  const Vec3 gaze = normalised({across, up, std::sqrt(std::max(0.1F, 1 - across * across - up * up))});
  const Vec3 aside = local - dot(local, gaze) * gaze;
  const float off_axis = dot(local, gaze) > 0 ? eye_radius * std::sqrt(dot(aside, aside)) : 20;
  const float veins = noise(0.6F * from.x, 0.6F * from.y);
  const float white_shade = 0.52F + 0.05F * veins;
  Colour colour = mix(Colour{white_shade, 0.88F * white_shade, 0.82F * white_shade},
                      Colour{0.45F, 0.2F, 0.17F}, 0.35F * (1 - reference::eye_arch(k)));
  const float spokes = noise(3 * std::atan2(aside.y, aside.x) + 10, 0.4F * off_axis);
  const Colour iris = (1 + 0.3F * spokes) * (off_axis < 4.3F ? 1.7F : 1.1F) * person.iris;
  colour = mix(mix(iris, 0.25F * iris, smooth_step(4.6F, 5.9F, off_axis)), colour,
               smooth_step(5.6F, 6.3F, off_axis));
  colour = mix(Colour{0.006F, 0.006F, 0.006F}, colour, smooth_step(pupil - 0.3F, pupil + 0.4F, off_axis));
  if (k < 0.12F) colour = mix(colour, Colour{0.42F, 0.17F, 0.15F}, smooth_step(0.12F, 0.06F, k));  // caruncle
  colour =
      mix(Colour{0.5F, 0.25F, 0.22F}, colour, smooth_step(0, 0.9F, above_lid));  // wet rim of the lower lid
  // Lashes and the lid shade the upper part of the eye.
  const float shade =
      mix(0.36F, 1, smooth_step(-0.2F, 3.2F, below_lid)) * mix(0.7F, 1, reference::eye_arch(k));
  const Colour lit = light.diffuse(normalised(normal), visible, {0.3F, 0.3F, 0.3F}, 0.9F);
  const Vec3 to_camera = normalised(Vec3{0, 0, camera.distance} - at);
  const Vec3 half = normalised(light.key_direction + to_camera);
  const float highlight = smooth_step(0.972F, 0.99F, dot(normalised(normal + 0.25F * (head * gaze)), half)) *
                          smooth_step(0.8F, 2, below_lid);
  return shade * (colour * lit) + 0.3F * highlight * light.key;
}

inline Colour FaceShader::mouth(Vec3 at, float u, float depth_in_gap, float visible) const {
  const Vec3 from = head.inverse(at), along = ray(at);
  // Where the line of sight meets the arch of teeth whose middle is `teeth`.
  const auto meet = [&](Vec3 teeth) {
    Vec3 p = from;
    for (int i = 0; i < 2; ++i) {
      const float x = p.x - teeth.x;
      const float z = teeth.z - 0.017F * x * x - 0.00001F * square(x * x);
      p = from + ((z - from.z) / std::min(along.z, -0.2F)) * along;
    }
    return p;
  };
  const auto tooth = [&](Vec3 p, Vec3 teeth, float direction, Colour& colour) {
    const float x = std::fabs(p.x - teeth.x), y = direction * (p.y - teeth.y);
    constexpr std::array<float, 7> borders{0, 8.4F, 14.8F, 21.5F, 26.5F, 31, 35};
    const float size = direction > 0 ? 1 : 0.72F;
    std::size_t i = 0;
    while (i < 5 && x > size * borders[i + 1]) ++i;
    const float left = size * borders[i], right = size * borders[i + 1];
    const float place = (x - left) / (right - left);
    const float edge = (i == 1 || i > 2 ? 0.9F : 0.F) + 0.9F * square(2 * place - 1) + 0.02F * x;
    if (y < edge || y > 16 || x > 30 * size + 4) return false;
    const float between = smooth_step(0, 0.35F + 0.5F * person.teeth_gap, std::min(x - left, right - x));
    const float round = 1 - 0.3F * square(2 * place - 1);
    colour = (mix(0.78F, 1, between) * round * person.teeth_shade) * Colour{0.86F, 0.80F, 0.68F};
    colour =
        mix(colour, Colour{0.45F, 0.15F, 0.15F}, smooth_step(8.5F, 10, y + 0.8F * square(2 * place - 1)));
    colour = mix(0.25F, 1, smooth_step(27, 8, x)) * colour;
    return true;
  };
  Colour colour{0.035F, 0.010F, 0.009F};
  float inner = 0.5F;
  const Vec3 top = meet(upper_teeth), bottom = meet(lower_teeth);
  if (tooth(top, upper_teeth, 1, colour) || tooth(bottom, lower_teeth, -1, colour)) {
    inner = 0.9F;
  } else if (upper_teeth.y - lower_teeth.y > 5) {
    // The tongue lies behind the lower teeth.
    const Vec3 p = meet(lower_teeth - Vec3{0, 0, 14});
    const float tongue = 1 - square((p.x - lower_teeth.x) / 19) - square((p.y - lower_teeth.y + 3) / 8.5F);
    colour = mix(colour, (0.8F + 0.2F * noise(0.5F * p.x, 0.5F * p.y)) * Colour{0.36F, 0.12F, 0.12F},
                 smooth_step(0, 0.5F, tongue));
  }
  const float under_lip =
      mix(0.45F, 1, smooth_step(1, 0.8F, depth_in_gap)) * smooth_step(26, 19, std::fabs(u));
  const Vec3 normal = head * normalised(Vec3{0.025F * from.x, 0.05F, 1});
  const Colour lit = light.diffuse(normal, visible, {0.2F, 0.2F, 0.2F}, 0.8F);
  const Vec3 to_camera = normalised(Vec3{0, 0, camera.distance} - at);
  return inner * under_lip * (colour * lit) +
         0.1F * inner * under_lip * light.gloss(normal, to_camera, visible, 1);
}

}  // namespace aurum::synthetic
