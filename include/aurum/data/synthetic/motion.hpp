#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "aurum/core/random.hpp"
#include "aurum/data/synthetic/expression.hpp"
#include "aurum/data/synthetic/renderer.hpp"

namespace aurum::synthetic {

/// A value that wanders smoothly in [-1, 1], with mean 0 and deviation 0.44: three sinusoids with periods
/// between `shortest` and `longest` seconds.
class Drift {
 public:
  Drift(Random random, float shortest, float longest) {
    for (Wave& wave : waves_) {
      const float period = std::exp(random.uniform(std::log(shortest), std::log(longest)));
      wave.rate = two_pi / period;
      wave.phase = random.uniform(0, two_pi);
    }
  }
  [[nodiscard]] float operator()(float seconds) const {
    constexpr std::array<float, 3> share{0.5F, 0.3F, 0.2F};
    float sum = 0;
    for (std::size_t i = 0; i < share.size(); ++i)
      sum += share[i] * std::sin(waves_[i].rate * seconds + waves_[i].phase);
    return sum;
  }

 private:
  static constexpr float two_pi = 6.2831853F;
  struct Wave {
    float rate = 0, phase = 0;
  };
  std::array<Wave, 3> waves_{};
};

/// A place on a curve in time.
struct Knot {
  float seconds = 0, level = 0;
};

/// The curve through `knots`, in order of time: smooth steps between them, constant before and after.
inline float level_at(std::span<const Knot> knots, float seconds) {
  if (seconds <= knots.front().seconds) return knots.front().level;
  for (std::size_t i = 1; i < knots.size(); ++i)
    if (seconds < knots[i].seconds)
      return mix(knots[i - 1].level, knots[i].level,
                 smooth_step(knots[i - 1].seconds, knots[i].seconds, seconds));
  return knots.back().level;
}

/// AUs never rise or fall faster, in intensities a second: 0 to 5 in the shortest onset of 0.2 s, by a smooth
/// step, which is one and a half times as steep as a straight line.
inline constexpr float steepest_intensity = 1.5F * 5 / 0.2F;

/// An expression that comes and goes: onset (0.2 to 0.7 s), an apex that may tire a little (0.3 to 2 s),
/// offset (0.3 to 1.2 s), and at times a partly relaxed face that calms down later. AUs start up to 0.15 s
/// apart.
class FacialEvent {
 public:
  FacialEvent(float onset, const Expression& apex, Random random) : apex_(apex) {
    const float rise = random.uniform(0.2F, 0.7F), hold = 0.3F + 1.7F * square(random.uniform());
    const float fall = random.uniform(0.3F, 1.2F);
    const float tired = random.chance(0.5F) ? random.uniform(0.75F, 1) : 1;
    const float rest = random.chance(0.35F) ? random.uniform(0.1F, 0.35F) : 0;
    const float linger = random.uniform(0.3F, 1.5F), calm = random.uniform(0.5F, 1.2F);
    const float top = onset + rise, drop = top + hold, low = drop + fall;
    course_ = {{{onset, 0},
                {top, 1},
                {drop, tired},
                {low, rest * tired},
                {low + linger, rest * tired},
                {low + linger + calm, 0}}};
    visible_end_ = rest > 0 ? course_.back().seconds : low;
    for (float& seconds : delay_) seconds = random.uniform(0, longest_delay);
    delay_[action_unit_index(26)] = delay_[action_unit_index(25)];  // the jaw does not wait for the lips
  }
  /// When the last AU is back at rest, or at the start of a partly relaxed pause.
  [[nodiscard]] float relaxed() const { return course_[3].seconds; }

  /// Raises the intensities of `face` to what this event has at `seconds`.
  void apply(float seconds, Expression& face) const {
    if (seconds <= course_.front().seconds || seconds >= visible_end_ + longest_delay) return;
    for (std::size_t k = 0; k < action_unit_count; ++k) {
      const float level = level_at(course_, seconds - delay_[k]);
      for (std::size_t side = 0; side < 2; ++side)
        face.intensity[side][k] = std::max(face.intensity[side][k], level * apex_.intensity[side][k]);
    }
  }

 private:
  static constexpr float longest_delay = 0.15F;
  Expression apex_;
  std::array<Knot, 6> course_{};
  float visible_end_ = 0;
  std::array<float, action_unit_count> delay_{};
};

/// What a person does in front of a camera: a function of time, drawn once. Earlier moments do not depend on
/// how long it is. All that moves is continuous in time; only gaze and lids are quick.
class Motion {
 public:
  /// `seconds`: until when events are drawn. `start`: the pose, gaze and light around which things move.
  /// `turning`: how far head and light turn, a multiple of what is usual.
  Motion(Random random, float seconds, const Circumstances& start, float turning = 1) : scene_(start) {
    draw_expressions(random.fork(1), seconds);
    draw_single_units(random.fork(2), seconds);
    draw_blinks(random.fork(3), seconds);
    draw_gaze(random.fork(4), seconds);
    draw_head(random.fork(5), turning);
    const Random unlabelled = random.fork(6);
    for (std::size_t k = 0; k < action_unit_count; ++k)
      for (std::size_t i = 0; i < 3; ++i) unlabelled_.emplace_back(unlabelled.fork(3 * k + i), 2.5F, 12.F);
    Random light = random.fork(7);
    light_reach_ = turning * light.uniform(0, 20);
    exposure_reach_ = light.uniform(0, 0.15F);
  }

  /// The pose, light and place around which everything moves; a neutral face in it sets the camera.
  [[nodiscard]] const Circumstances& middle() const { return scene_; }

  [[nodiscard]] Expression expression(float seconds) const {
    Expression face;
    for (const FacialEvent& event : events_) event.apply(seconds, face);
    for (std::size_t k = 0; k < action_unit_count; ++k) {
      const float both = 0.3F * unlabelled_[3 * k](seconds);
      for (std::size_t side = 0; side < 2; ++side)
        face.unlabelled[side][k] = both + 0.1F * unlabelled_[3 * k + 1 + side](seconds);
    }
    // Who tears the eyes open does not blink.
    const float lifted = face.strongest(action_unit_index(5));
    for (const auto& blink : blinks_)
      if (seconds > blink.front().seconds && seconds < blink.back().seconds)
        face.blink = level_at(blink, seconds) * smooth_step(2.5F, 0.5F, lifted);
    const auto next = std::upper_bound(fixations_.begin(), fixations_.end(), seconds,
                                       [](float t, const Fixation& f) { return t < f.seconds; });
    const Fixation& now = *(next - 1);
    const Fixation& before = next - 1 == fixations_.begin() ? now : *(next - 2);
    const float arrived = smooth_step(now.seconds, now.seconds + saccade_seconds, seconds);
    face.gaze_right_degrees = mix(before.right, now.right, arrived);
    face.gaze_up_degrees = mix(before.up, now.up, arrived);
    return face;
  }

  /// Pose and light. `camera`: how the camera stood for `middle()`. The face moves in the picture by up to 5
  /// % of its side and comes nearer or goes away by up to 4 %.
  [[nodiscard]] Circumstances scene(float seconds, const CameraSetting& camera) const {
    Circumstances scene = scene_;
    const float yaw = yaw_(seconds);
    scene.yaw_degrees += yaw;
    scene.pitch_degrees += pitch_(seconds);
    scene.roll_degrees += roll_(seconds);
    scene.body_yaw_degrees += 0.15F * yaw;
    scene.light_turn_degrees = light_reach_ * light_(seconds);
    scene.exposure *= std::exp(exposure_reach_ * exposure_(seconds));
    scene.camera = camera;
    scene.camera->scale *= 1 + 0.04F * nearer_(seconds);
    // Heads turn on necks behind them, so the face follows the nose.
    scene.camera->centre =
        camera.centre + Point{0.03F * sideways_(seconds) + 0.0012F * yaw, 0.025F * upwards_(seconds)};
    return scene;
  }

 private:
  struct Fixation {
    float seconds = 0, right = 0, up = 0;
  };
  static constexpr float saccade_seconds = 0.05F;

  /// Slow turns and small quick ones on top.
  struct Turn {
    Drift slow{Random{Seed{}}, 1, 2}, quick{Random{Seed{}}, 1, 2};
    float slow_reach = 0, quick_reach = 0;
    [[nodiscard]] float operator()(float seconds) const {
      return slow_reach * slow(seconds) + quick_reach * quick(seconds);
    }
    [[nodiscard]] float reach() const { return slow_reach + quick_reach; }
  };

  void draw_expressions(const Random& random, float seconds) {
    Random first = random.fork(0);
    float onset = first.uniform(-3, 1.5F);  // some videos start in the middle of something
    for (std::uint64_t k = 1; onset < seconds; ++k) {
      const Random own = random.fork(k);
      const FacialEvent event(onset, Expression::random(own.fork(0)), own.fork(1));
      events_.push_back(event);
      Random pause = own.fork(2);
      const bool overlaps = pause.chance(0.25F);
      onset = event.relaxed() + (overlaps ? pause.uniform(-1.2F, -0.3F) : pause.uniform(0.5F, 3.5F));
    }
  }
  void draw_single_units(const Random& random, float seconds) {
    Random first = random.fork(0);
    float onset = first.uniform(-3, 5);
    for (std::uint64_t k = 1; onset < seconds; ++k) {
      Random own = random.fork(k);
      Expression apex;
      const auto unit = static_cast<std::size_t>(own.below(static_cast<std::uint32_t>(action_unit_count)));
      const float strength = 0.5F + 4.5F * std::pow(own.uniform(), 1.3F);
      apex.intensity[0][unit] = apex.intensity[1][unit] = strength;
      // As in Expression::random: a dropped jaw mostly parts the lips, and one side may do more.
      if (synthetic_action_units[unit] == 26 && !own.chance(0.12F))
        for (auto& side : apex.intensity) side[action_unit_index(25)] = std::min(5.F, 1.5F + 0.6F * strength);
      apex.make_uneven(0.2F, own.fork(0));
      const FacialEvent event(onset, apex, own.fork(1));
      events_.push_back(event);
      onset = event.relaxed() + own.uniform(1.5F, 6);
    }
  }
  void draw_blinks(Random random, float seconds) {
    for (float start = random.uniform(-0.2F, 4); start < seconds; start += random.uniform(3, 5)) {
      const float length = random.uniform(0.2F, 0.4F), depth = random.uniform(0.85F, 1);
      blinks_.push_back({{{start, 0},
                          {start + 0.35F * length, depth},
                          {start + 0.45F * length, depth},
                          {start + length, 0}}});
    }
  }
  void draw_gaze(Random random, float seconds) {
    const auto normal = [&](float mean, float deviation, float low, float high) {
      return std::clamp(random.normal(mean, deviation), low, high);
    };
    const float usual_right = normal(0, 8, -20, 20), usual_up = normal(-2, 5, -15, 10);
    for (float start = -2; start < seconds; start += random.uniform(0.4F, 2.5F)) {
      const bool usual = random.chance(0.6F);
      const float right = normal(usual ? usual_right : 0, usual ? 2.F : 11.F, -28, 28);
      const float up = normal(usual ? usual_up : -2, usual ? 1.5F : 7.F, -22, 15);
      fixations_.push_back({start, right, up});
    }
  }
  void draw_head(const Random& random, float turning) {
    const auto turn = [&](std::uint64_t id, float slow, float quick, float limit, float& middle) {
      Random own = random.fork(id);
      Turn drawn{.slow = Drift(own.fork(0), 8, 30), .quick = Drift(own.fork(1), 1.2F, 5)};
      drawn.slow_reach = turning * slow * own.uniform(0.15F, 1);
      drawn.quick_reach = turning * quick * own.uniform(0.1F, 1);
      middle = std::clamp(middle, drawn.reach() - limit, limit - drawn.reach());
      return drawn;
    };
    yaw_ = turn(0, 14, 2.5F, 45, scene_.yaw_degrees);
    pitch_ = turn(1, 7, 2, 25, scene_.pitch_degrees);
    roll_ = turn(2, 5, 1.2F, 20, scene_.roll_degrees);
    sideways_ = Drift(random.fork(3), 4, 20);
    upwards_ = Drift(random.fork(4), 4, 20);
    nearer_ = Drift(random.fork(5), 6, 25);
    light_ = Drift(random.fork(6), 10, 40);
    exposure_ = Drift(random.fork(7), 6, 30);
  }

  Circumstances scene_;
  std::vector<FacialEvent> events_;
  std::vector<std::array<Knot, 4>> blinks_;
  std::vector<Fixation> fixations_;
  std::vector<Drift> unlabelled_;  // of each AU: both sides, left, right
  Turn yaw_, pitch_, roll_;
  Drift sideways_{Random{Seed{}}, 1, 2}, upwards_ = sideways_, nearer_ = sideways_, light_ = sideways_,
                                         exposure_ = sideways_;
  float light_reach_ = 0, exposure_reach_ = 0;
};

}  // namespace aurum::synthetic
