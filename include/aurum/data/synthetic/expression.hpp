#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <utility>

#include "aurum/core/random.hpp"
#include "aurum/data/synthetic/action_units.hpp"
#include "aurum/data/synthetic/identity.hpp"

namespace aurum::synthetic {

/// What a face does in one picture. Index 0 is the picture's left half of the face, 1 the right one.
struct Expression {
  std::array<std::array<float, action_unit_count>, 2> intensity{};  ///< 0 to 5
  float blink = 0;                                                  ///< 0 open, 1 closed
  /// Motions that are no labelled AU (lips that purse or press, lids that tighten, words), as shares of the
  /// full motions of the labelled ones.
  std::array<std::array<float, action_unit_count>, 2> unlabelled{};
  float gaze_right_degrees = 0, gaze_up_degrees = 0;

  /// The label: the stronger side.
  [[nodiscard]] float strongest(std::size_t action_unit) const {
    return std::max(intensity[0][action_unit], intensity[1][action_unit]);
  }
  static Expression random(Random random);
  /// Makes AUs weaker on one side of the face, by all or a part of their strength: each that can be, with
  /// this probability. Labels stay as they are.
  void make_uneven(float probability, Random random);
};

/// Whether AU `number` is as strong on the left as on the right: one muscle, or two that act as one.
constexpr bool is_symmetric(int number) {
  return number == 9 || number == 17 || number == 25 || number == 26;
}

/// The prototypes, after the emotion table of FACS and what spontaneous data sets hold most: neutral faces,
/// smiles and talk. An AU takes part with the given probability.
struct Prototype {
  float weight;
  std::initializer_list<std::pair<int, float>> action_units;
};

inline Expression Expression::random(Random random) {
  static const std::array<Prototype, 13> prototypes{{
      {0.17F, {}},
      {0.13F, {{6, 1}, {12, 1}, {25, 0.6F}, {10, 0.25F}, {26, 0.2F}, {14, 0.25F}}},  // Duchenne smile
      {0.08F, {{12, 1}, {14, 0.3F}, {25, 0.3F}, {17, 0.1F}}},                        // polite smile
      {0.09F, {{1, 1}, {2, 1}, {5, 0.8F}, {25, 0.85F}, {26, 0.8F}}},                 // surprise
      {0.07F, {{1, 1}, {4, 0.8F}, {15, 0.9F}, {17, 0.6F}, {6, 0.15F}}},              // sadness
      {0.10F,
       {{9, 0.85F}, {10, 0.8F}, {17, 0.6F}, {4, 0.6F}, {6, 0.4F}, {15, 0.3F}, {25, 0.15F}}},     // disgust
      {0.08F, {{1, 1}, {2, 0.85F}, {4, 0.9F}, {5, 0.9F}, {20, 0.9F}, {25, 0.85F}, {26, 0.5F}}},  // fear
      {0.08F, {{4, 1}, {5, 0.6F}, {17, 0.6F}, {10, 0.3F}, {9, 0.3F}, {25, 0.15F}}},              // anger
      {0.06F, {{14, 1}, {12, 0.3F}, {2, 0.2F}}},                                                 // contempt
      {0.06F, {{25, 1}, {26, 0.7F}, {2, 0.2F}, {1, 0.2F}, {20, 0.35F}, {10, 0.2F}}},             // talk
      {0.04F, {{17, 1}, {15, 0.6F}, {14, 0.5F}, {1, 0.3F}, {2, 0.3F}}},                          // doubt
      {0.02F, {{4, 1}, {6, 1}, {9, 0.6F}, {10, 0.8F}, {25, 0.7F}, {20, 0.5F}}},                  // pain
      {0.02F, {{6, 1}, {12, 1}, {25, 1}, {26, 1}, {1, 0.3F}, {2, 0.3F}}},                        // laughter
  }};
  Expression face;
  std::array<float, action_unit_count> strength{};
  float pick = random.uniform();
  const Prototype* prototype = prototypes.data();
  while (pick >= prototype->weight && prototype + 1 != prototypes.data() + prototypes.size())
    pick -= (prototype++)->weight;
  const float arousal = random.uniform(0.15F, 1.05F);
  for (const auto& [number, probability] : prototype->action_units) {
    const float noise = random.uniform(0.55F, 1.25F);
    if (random.chance(probability)) strength[action_unit_index(number)] = std::min(1.F, arousal * noise);
  }
  // Single AUs on top, so that no pair is welded together.
  for (std::size_t i = 0; i < action_unit_count; ++i) {
    const float single = 0.1F + 0.9F * std::pow(random.uniform(), 1.3F);
    const int number = synthetic_action_units[i];
    const bool rare = number == 9 || number == 14 || number == 15 || number == 20;  // in the prototypes
    if (random.chance(rare ? 0.12F : 0.07F)) strength[i] = std::max(strength[i], single);
  }
  // A dropped jaw mostly parts the lips.
  const std::size_t part = action_unit_index(25), drop = action_unit_index(26);
  if (strength[drop] > 0 && !random.chance(0.12F))
    strength[part] = std::max(strength[part], 0.35F + 0.6F * strength[drop]);
  for (std::size_t i = 0; i < action_unit_count; ++i) {
    const int number = synthetic_action_units[i];
    float weaker = random.chance(0.2F) ? random.uniform(0.3F, 1) : 1;
    if (number == 14 && random.chance(0.5F)) weaker = random.uniform(0, 0.3F);
    const std::size_t weak_side = random.below(2);
    if (is_symmetric(number)) weaker = 1;
    face.intensity[1 - weak_side][i] = 5 * strength[i];
    face.intensity[weak_side][i] = 5 * strength[i] * weaker;
  }
  for (std::size_t i = 0; i < action_unit_count; ++i) {
    const float both = std::clamp(random.normal(0, 0.13F), -0.3F, 0.3F);
    for (auto& side : face.unlabelled) side[i] = both + std::clamp(random.normal(0, 0.05F), -0.1F, 0.1F);
  }
  const float lids = random.uniform();
  const bool raised = strength[action_unit_index(5)] > 0;
  face.blink = raised         ? 0
               : lids < 0.06F ? random.uniform(0.8F, 1)
               : lids < 0.2F  ? random.uniform(0.1F, 0.7F)
                              : 0;
  face.gaze_right_degrees = std::clamp(random.normal(0, 11), -28.F, 28.F);
  face.gaze_up_degrees = std::clamp(random.normal(-2, 7), -22.F, 15.F);
  return face;
}

inline void Expression::make_uneven(float probability, Random random) {
  for (std::size_t i = 0; i < action_unit_count; ++i) {
    const bool uneven = random.chance(probability);
    const std::size_t weak_side = random.below(2);
    const float weaker = random.uniform() * strongest(i);
    if (!uneven || is_symmetric(synthetic_action_units[i])) continue;
    intensity[1 - weak_side][i] = strongest(i);
    intensity[weak_side][i] = weaker;
  }
}

/// How far this person's face moves for an intensity: 0 to about 1.3 of the mean full motion.
inline float motion(const Identity& person, const Expression& face, std::size_t side,
                    std::size_t action_unit) {
  const float t = face.intensity[side][action_unit] / 5;
  const float onset = person.motion_onset[action_unit];
  return person.motion_gain[action_unit] * person.side_bias[side] * ((1 - onset) * t + onset * t * t);
}

/// Strength of the folds that an AU draws in the skin, 0 to about 1.5.
inline float folding(const Identity& person, const Expression& face, std::size_t side,
                     std::size_t action_unit) {
  return 0.88F * person.fold_gain[action_unit] * std::pow(face.intensity[side][action_unit] / 5, 0.85F);
}

}  // namespace aurum::synthetic
