#pragma once
#include <algorithm>
#include <cmath>
#include <concepts>
#include <numbers>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/optim/options.hpp"

// Learning rates as pure functions of time. Time is counted in whatever the periods are counted in, epochs or
// steps, and may lie between two of them: epoch + batch / batches is what Loshchilov and Hutter (2017) use.
// A kind of schedule offers
//   rate(base, time)  the learning rate at a time from 0 on, for the optimiser's base rate
//   check()           throws ValueError for options out of range
//   describe()        kind and options, for the metadata of a file

namespace aurum {

namespace detail {
inline double anneal(double base, double minimum, double phase) {
  return minimum + (base - minimum) * (1 + std::cos(std::numbers::pi * phase)) / 2;
}
}  // namespace detail

/// The base rate for ever.
struct Constant {
  [[nodiscard]] double rate(double base, double /*time*/) const { return base; }
  void check() const {}
  [[nodiscard]] std::string describe() const { return "constant"; }
};

/// torch.optim.lr_scheduler.CosineAnnealingLR: from the base rate down to `minimum` in `period`; then up
/// again, to reach the base rate at 2 `period`, and so on.
struct CosineAnnealing {
  double period = 1;   ///< PyTorch's T_max
  double minimum = 0;  ///< a learning rate

  [[nodiscard]] double rate(double base, double time) const {
    return detail::anneal(base, minimum, time / period);
  }
  void check() const {
    detail::require_positive("cosine_annealing", "period", period);
    detail::require_not_negative("cosine_annealing", "minimum", minimum);
  }
  [[nodiscard]] std::string describe() const {
    return "cosine_annealing(period=" + detail::shortest(period) + ", minimum=" + detail::shortest(minimum) +
           ")";
  }
};

/// torch.optim.lr_scheduler.CosineAnnealingWarmRestarts (SGDR): from the base rate down to `minimum`, then
/// from the start again; every period is `multiplier` times as long as the one before.
struct CosineWarmRestarts {
  double period = 1;      ///< PyTorch's T_0
  double multiplier = 1;  ///< PyTorch's T_mult, at least 1
  double minimum = 0;     ///< a learning rate

  [[nodiscard]] double rate(double base, double time) const {
    double length = period;
    if (multiplier == 1) {
      time = std::fmod(time, length);
    } else {
      for (; time >= length; length *= multiplier) time -= length;
    }
    return detail::anneal(base, minimum, time / length);
  }
  void check() const {
    detail::require_positive("cosine_warm_restarts", "period", period);
    detail::require_option(multiplier >= 1 && std::isfinite(multiplier), "cosine_warm_restarts", "multiplier",
                           multiplier, "to be finite and at least 1");
    detail::require_not_negative("cosine_warm_restarts", "minimum", minimum);
  }
  [[nodiscard]] std::string describe() const {
    return "cosine_warm_restarts(period=" + detail::shortest(period) +
           ", multiplier=" + detail::shortest(multiplier) + ", minimum=" + detail::shortest(minimum) + ")";
  }
};

/// torch.optim.lr_scheduler.StepLR: times `decay` after every `period`.
struct StepDecay {
  double period = 1;
  double decay = 0.1;

  [[nodiscard]] double rate(double base, double time) const {
    return base * std::pow(decay, std::floor(time / period));
  }
  void check() const {
    detail::require_positive("step_decay", "period", period);
    detail::require_not_negative("step_decay", "decay", decay);
  }
  [[nodiscard]] std::string describe() const {
    return "step_decay(period=" + detail::shortest(period) + ", decay=" + detail::shortest(decay) + ")";
  }
};

/// torch.optim.lr_scheduler.MultiStepLR: times `decay` at each milestone.
struct MultiStepDecay {
  std::vector<double> milestones;  ///< ascending
  double decay = 0.1;

  [[nodiscard]] double rate(double base, double time) const {
    const auto passed = std::upper_bound(milestones.begin(), milestones.end(), time) - milestones.begin();
    return base * std::pow(decay, static_cast<double>(passed));
  }
  void check() const {
    if (!std::is_sorted(milestones.begin(), milestones.end()))
      throw ValueError("multi_step_decay: expected milestones in ascending order, found " + describe());
    detail::require_not_negative("multi_step_decay", "decay", decay);
  }
  [[nodiscard]] std::string describe() const {
    std::string list;
    for (const double milestone : milestones) list += (list.empty() ? "" : " ") + detail::shortest(milestone);
    return "multi_step_decay(milestones=" + list + ", decay=" + detail::shortest(decay) + ")";
  }
};

/// Put before a schedule, which begins at its end (torch.optim.lr_scheduler.LinearLR within SequentialLR):
/// the rate rises from `start` times the base rate at time 0 to the base rate at `length`. Length 0: no
/// warm-up.
struct LinearWarmup {
  double length = 0;
  double start = 1.0 / 3;

  [[nodiscard]] double rate(double base, double time) const {
    return base * (start + (1 - start) * time / length);
  }
  void check() const {
    detail::require_not_negative("linear_warmup", "length", length);
    detail::require_option(start >= 0 && start <= 1, "linear_warmup", "start", start, "in [0, 1]");
  }
  [[nodiscard]] std::string describe() const {
    return "linear_warmup(length=" + detail::shortest(length) + ", start=" + detail::shortest(start) + ")";
  }
};

/// Any of the kinds above, perhaps after a warm-up: `Schedule s = CosineAnnealing{.period = 5};`,
/// `Schedule{StepDecay{.period = 30}, LinearWarmup{.length = 5}}`.
class Schedule {
 public:
  using Kind = std::variant<Constant, CosineAnnealing, CosineWarmRestarts, StepDecay, MultiStepDecay>;

  Schedule() = default;
  /// Throws ValueError for options out of range.
  template <class K>
  requires std::constructible_from<Kind, K> &&
      (!std::same_as<K, Schedule>)Schedule(K kind, LinearWarmup warmup = {})
      : kind_(std::move(kind)), warmup_(warmup) {
    std::visit([](const auto& k) { k.check(); }, kind_);
    warmup_.check();
  }

  /// The learning rate at `time` (from 0 on) for an optimiser whose base rate is `base`.
  [[nodiscard]] double operator()(double base, double time) const {
    if (time < warmup_.length) return warmup_.rate(base, time);
    return std::visit([&](const auto& kind) { return kind.rate(base, time - warmup_.length); }, kind_);
  }

  /// "linear_warmup(length=5, start=0.1), step_decay(period=30, decay=0.1)"
  [[nodiscard]] std::string describe() const {
    const std::string kind = std::visit([](const auto& k) { return k.describe(); }, kind_);
    return warmup_.length > 0 ? warmup_.describe() + ", " + kind : kind;
  }

 private:
  Kind kind_;
  LinearWarmup warmup_;
};

}  // namespace aurum
