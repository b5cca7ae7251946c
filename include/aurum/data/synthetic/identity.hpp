#pragma once
#include <algorithm>
#include <array>
#include <cmath>

#include "aurum/core/random.hpp"
#include "aurum/data/synthetic/action_units.hpp"
#include "aurum/data/synthetic/space.hpp"

namespace aurum::synthetic {

/// The ways in which heads differ; see deformation.hpp for what one unit (a standard deviation) of each does.
enum class Shape {
  width,
  height,
  jaw_width,
  jaw_corner,
  chin_length,
  chin_forward,
  chin_width,
  cheek,
  cheekbone,
  forehead_slope,
  brow_ridge,
  brow_height,
  brow_tilt,
  brow_gap,
  brow_arch,
  eye_spacing,
  eye_size,
  eye_tilt,
  eye_depth,
  nose_length,
  nose_width,
  nose_bridge,
  nose_tip,
  nose_upturn,
  nose_breadth,
  nose_hump,
  upper_lip,
  lower_lip,
  mouth_width,
  mouth_height,
  mouth_corners,
  mouth_forward,
  double_chin,
  skew_brows,
  skew_mouth,
  skew_nose,
  count
};
inline constexpr auto shape_count = static_cast<std::size_t>(Shape::count);

enum class HairStyle { bald, cropped, short_, receding, fringe, bob, long_ };

/// A person: everything that stays from picture to picture. A function of (seed, number) alone.
struct Identity {
  std::array<float, shape_count> shape{};
  // How this person moves: gain and curvature of every AU's motion, and how strongly the skin folds.
  std::array<float, action_unit_count> motion_gain{}, motion_onset{}, fold_gain{};
  // What looks like a motion but is this face at rest, as a share of the full motion: brows that are always
  // raised, corners that always hang. It makes where the points are ambiguous; the folds tell.
  std::array<std::array<float, action_unit_count>, 2> resting{};
  std::array<float, 2> side_bias{};  // left and right half of the face
  float lid_rest = 0, lower_lid_rest = 0, lips_rest = 0;
  float fold_phase = 0, forehead_lines = 0, frown_lines = 0;  // where the folds lie
  float age = 0;                                              // 0 young, 1 old
  bool masculine = false;
  Colour skin{}, lips{}, iris{}, hair{}, brow{};
  float freckles = 0, blotches = 0, shine = 0, eye_shadow = 0, brow_thickness = 1, brow_density = 1,
        lashes = 1;
  float lid_crease = 1, make_up = 0;
  float stubble = 0, beard = 0, moustache = 0;
  HairStyle hair_style = HairStyle::short_;
  float hairline = 65, hair_volume = 1, hair_curl = 0, parting = 0, hair_end = -40;
  bool wears_glasses = false;
  float glasses_width = 1, glasses_height = 1, glasses_roundness = 0, glasses_rim = 1;
  Colour glasses_colour{};
  float teeth_shade = 1, teeth_gap = 0;
  std::array<Vec3, 4> moles{};  // u, v, radius

  Identity(Seed seed, int number);
};

// Here and wherever the generator draws: at most one draw in a full expression, or braces, because compilers
// order function arguments and operands differently, and version 1 must be the same for all.
inline Identity::Identity(Seed seed, int number) {
  Random random = Random{seed}.fork(0x1D).fork(static_cast<std::uint64_t>(number));
  const auto normal = [&](float mean, float deviation) {
    return mean + deviation * std::clamp(random.normal(), -2.3F, 2.3F);
  };
  masculine = random.chance(0.5F);
  age = square(random.uniform());
  for (float& value : shape) value = normal(0, 1);
  const auto shift = [&](Shape s, float by) { shape[static_cast<std::size_t>(s)] += by; };
  const float sex = masculine ? 1.F : -1.F;
  for (const Shape s :
       {Shape::jaw_width, Shape::jaw_corner, Shape::brow_ridge, Shape::chin_width, Shape::nose_width})
    shift(s, 0.5F * sex);
  for (const Shape s : {Shape::brow_height, Shape::eye_size, Shape::upper_lip}) shift(s, -0.45F * sex);
  shift(Shape::double_chin, age - 0.4F);
  shift(Shape::cheek, 0.3F);
  for (std::size_t i = 0; i < action_unit_count; ++i) {
    motion_gain[i] = std::exp(normal(0, 0.28F));
    const float at_rest = normal(0, 0.34F);
    for (auto& side : resting) side[i] = at_rest + normal(0, 0.07F);
    motion_onset[i] = random.uniform(-0.3F, 0.5F);
    fold_gain[i] = std::exp(normal(-0.1F + 0.35F * age, 0.25F));
  }
  side_bias = {std::exp(normal(0, 0.06F)), std::exp(normal(0, 0.06F))};
  lid_rest = normal(0.12F + 0.06F * age, 0.1F);
  lower_lid_rest = normal(0.05F, 0.05F);
  lips_rest = std::max(0.F, normal(-0.5F, 0.5F));
  fold_phase = random.uniform(0, 100);
  forehead_lines = random.uniform();
  frown_lines = random.uniform();

  // Skin: one pigment with more or less red; hair darker where skin is.
  const float pigment = random.chance(0.6F) ? random.uniform(0, 0.35F) : random.uniform(0.25F, 1.25F);
  const float red = normal(0, 0.06F);
  skin = {0.72F * std::exp(-1.25F * pigment) * (1 + 0.3F * red),
          0.50F * std::exp(-1.62F * pigment) * (1 - red),
          0.385F * std::exp(-1.85F * pigment) * (1 - 0.7F * red + normal(0, 0.08F))};
  lips = mix(skin * Colour{0.86F, 0.55F, 0.55F}, Colour{0.42F, 0.16F, 0.15F}, random.uniform(0, 0.4F));
  make_up = masculine || random.chance(0.5F) ? 0 : random.uniform(0.2F, 1);
  if (make_up > 0.4F)
    lips = mix(lips, Colour{random.uniform(0.3F, 0.6F), 0.04F, random.uniform(0.04F, 0.14F)}, 0.7F * make_up);
  freckles = pigment < 0.3F && random.chance(0.25F) ? random.uniform(0.2F, 1) : 0;
  blotches = random.uniform(0.3F, 1);
  shine = random.uniform(0.15F, 1);
  eye_shadow = random.uniform(0, 0.6F) + 0.3F * age;
  for (Vec3& mole : moles)
    mole = {random.uniform(-58, 58), random.uniform(-100, 50),
            random.chance(0.3F) ? random.uniform(0.6F, 1.6F) : 0};
  const float fair = pigment < 0.3F ? random.uniform() : 0.1F * random.uniform();
  const Colour dark{0.012F, 0.009F, 0.008F}, brown{0.09F, 0.045F, 0.022F}, blond{0.42F, 0.27F, 0.12F},
      ginger{0.30F, 0.09F, 0.03F};
  hair = fair < 0.5F            ? mix(dark, brown, 2 * fair)
         : random.chance(0.15F) ? ginger
                                : mix(brown, blond, 2 * fair - 1);
  const float grey = age > 0.45F ? random.uniform(0, 1) * smooth_step(0.4F, 0.8F, age) : 0;
  hair = mix(hair, Colour{0.45F, 0.44F, 0.43F}, grey);
  brow = mix(mix(hair, dark, 0.45F), 0.35F * skin, 0.2F);
  brow_thickness = std::exp(normal(0.12F * sex, 0.25F));
  brow_density = std::clamp(normal(0.75F, 0.2F) - 0.25F * fair, 0.3F, 1.F);
  lashes = random.uniform(0.3F, 0.8F) + 0.5F * make_up;
  lid_crease = random.chance(0.25F) ? 0.1F : random.uniform(0.5F, 1);
  const float eye = random.uniform();
  iris = pigment > 0.4F || eye < 0.4F ? Colour{0.07F, 0.035F, 0.018F}
         : eye < 0.6F                 ? Colour{0.11F, 0.09F, 0.04F}
                                      : Colour{0.10F, 0.15F, 0.21F};
  iris = random.uniform(0.7F, 1.3F) * iris;
  if (masculine) {
    stubble = random.chance(0.6F) ? random.uniform(0.1F, 0.8F) : 0;
    beard = random.chance(0.2F) ? random.uniform(0.6F, 1) : 0;
    moustache = beard > 0 || random.chance(0.1F) ? random.uniform(0.6F, 1) : 0;
  }
  const float style = random.uniform();
  hair_style = masculine       ? style < 0.10F   ? HairStyle::bald
                                 : style < 0.35F ? HairStyle::cropped
                                 : style < 0.70F ? HairStyle::short_
                                 : style < 0.82F ? HairStyle::receding
                                 : style < 0.93F ? HairStyle::fringe
                                                 : HairStyle::long_
               : style < 0.15F ? HairStyle::short_
               : style < 0.25F ? HairStyle::fringe
               : style < 0.55F ? HairStyle::bob
                               : HairStyle::long_;
  hairline = normal(71, 5) + 4 * age;
  hair_volume = random.uniform(0.5F, 1.5F);
  hair_curl = random.chance(0.35F) ? random.uniform(0.4F, 1) : 0.1F;
  parting = random.uniform(-40, 40);
  hair_end = hair_style == HairStyle::bob ? random.uniform(-120, -40) : random.uniform(-230, -130);
  wears_glasses = random.chance(0.22F);
  glasses_width = random.uniform(0.9F, 1.15F);
  glasses_height = random.uniform(0.75F, 1.3F);
  glasses_roundness = random.uniform();
  glasses_rim = random.uniform(0.5F, 2.2F);
  glasses_colour = random.chance(0.6F) ? Colour{0.02F, 0.02F, 0.02F}
                                       : Colour{random.uniform(0.05F, 0.5F), random.uniform(0.03F, 0.3F),
                                                random.uniform(0.02F, 0.3F)};
  teeth_shade = random.uniform(0.75F, 1.05F);
  teeth_gap = random.uniform();
}

}  // namespace aurum::synthetic
