#pragma once
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "aurum/core/error.hpp"
#include "aurum/ops/pointwise/optimiser.hpp"
#include "aurum/optim/layer_rates.hpp"
#include "aurum/optim/options.hpp"

// Rules: options of an optimiser with PyTorch's meanings and defaults. A rule offers
//   name, state_names       what its state is called in files (the latter as in PyTorch's state dict)
//   learning_rate           the base rate, which a schedule (optim/schedule.hpp) varies
//   check()                 throws ValueError for options out of range
//   prepare<T>(step, rate)  the functor for step 1, 2, ... at that learning rate
//   options()               its options with their names, for the metadata of a file

namespace aurum {

namespace detail {
template <class T>
RmsPropStep<T> prepare_rmsprop(const auto& rule, double learning_rate) {
  return {.learning_rate = static_cast<T>(learning_rate),
          .weight_decay = static_cast<T>(rule.weight_decay),
          .decay = static_cast<T>(rule.alpha),
          .gradient_share = static_cast<T>(1 - rule.alpha),
          .epsilon = static_cast<T>(rule.epsilon),
          .momentum = static_cast<T>(rule.momentum)};
}

template <class T>
AdamStep<T> prepare_adam(const auto& rule, std::int64_t step, double learning_rate) {
  const auto steps = static_cast<double>(step);
  return {.step_size = static_cast<T>(learning_rate / (1 - std::pow(rule.beta1, steps))),
          .weight_decay = static_cast<T>(rule.weight_decay),
          .shrinkage = T{1},
          .beta1 = static_cast<T>(rule.beta1),
          .beta2 = static_cast<T>(rule.beta2),
          .gradient_share = static_cast<T>(1 - rule.beta1),
          .square_share = static_cast<T>(1 - rule.beta2),
          .root_correction = static_cast<T>(std::sqrt(1 - std::pow(rule.beta2, steps))),
          .epsilon = static_cast<T>(rule.epsilon)};
}

void check_rmsprop(const auto& rule) {
  require_not_negative(rule.name, "learning_rate", rule.learning_rate);
  require_option(rule.alpha >= 0 && rule.alpha <= 1, rule.name, "alpha", rule.alpha, "in [0, 1]");
  require_not_negative(rule.name, "epsilon", rule.epsilon);
  require_not_negative(rule.name, "momentum", rule.momentum);
  require_not_negative(rule.name, "weight_decay", rule.weight_decay);
}

void check_adam(const auto& rule) {
  require_not_negative(rule.name, "learning_rate", rule.learning_rate);
  require_option(rule.beta1 >= 0 && rule.beta1 < 1, rule.name, "beta1", rule.beta1, "in [0, 1)");
  require_option(rule.beta2 >= 0 && rule.beta2 < 1, rule.name, "beta2", rule.beta2, "in [0, 1)");
  require_not_negative(rule.name, "epsilon", rule.epsilon);
  require_not_negative(rule.name, "weight_decay", rule.weight_decay);
}

inline std::map<std::string, double> rmsprop_options(const auto& rule) {
  return {{"learning_rate", rule.learning_rate},
          {"alpha", rule.alpha},
          {"epsilon", rule.epsilon},
          {"momentum", rule.momentum},
          {"weight_decay", rule.weight_decay}};
}

inline std::map<std::string, double> adam_options(const auto& rule) {
  return {{"learning_rate", rule.learning_rate},
          {"beta1", rule.beta1},
          {"beta2", rule.beta2},
          {"epsilon", rule.epsilon},
          {"weight_decay", rule.weight_decay}};
}
}  // namespace detail

/// torch.optim.SGD. `nesterov` needs momentum and no dampening, as there.
struct Sgd {
  double learning_rate = 1e-2;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;

  static constexpr std::string_view name = "sgd";
  static constexpr std::array<std::string_view, 1> state_names{"momentum_buffer"};

  void check() const {
    detail::require_not_negative(name, "learning_rate", learning_rate);
    detail::require_not_negative(name, "momentum", momentum);
    detail::require_option(std::isfinite(dampening), name, "dampening", dampening, "to be finite");
    detail::require_not_negative(name, "weight_decay", weight_decay);
    if (nesterov) {
      detail::require_option(momentum > 0, name, "momentum", momentum, "above 0 for nesterov");
      detail::require_option(dampening == 0, name, "dampening", dampening, "to be 0 for nesterov");
    }
  }
  template <class T>
  [[nodiscard]] SgdStep<T> prepare(std::int64_t step, double rate) const {
    // Without momentum PyTorch knows no velocity, and so no dampening.
    const bool damped = step > 1 && momentum != 0;
    return {.learning_rate = static_cast<T>(rate),
            .weight_decay = static_cast<T>(weight_decay),
            .momentum = static_cast<T>(momentum),
            .gradient_share = static_cast<T>(damped ? 1 - dampening : 1),
            .nesterov = nesterov};
  }
  [[nodiscard]] std::map<std::string, double> options() const {
    return {{"learning_rate", learning_rate},
            {"momentum", momentum},
            {"dampening", dampening},
            {"weight_decay", weight_decay},
            {"nesterov", nesterov ? 1 : 0}};
  }
};

/// torch.optim.RMSprop with centered=False.
struct RmsProp {
  double learning_rate = 1e-2;
  double alpha = 0.99;
  double epsilon = 1e-8;
  double momentum = 0;
  double weight_decay = 0;

  static constexpr std::string_view name = "rmsprop";
  static constexpr std::array<std::string_view, 2> state_names{"square_avg", "momentum_buffer"};

  void check() const { detail::check_rmsprop(*this); }
  template <class T>
  [[nodiscard]] RmsPropStep<T> prepare(std::int64_t, double rate) const {
    return detail::prepare_rmsprop<T>(*this, rate);
  }
  [[nodiscard]] std::map<std::string, double> options() const { return detail::rmsprop_options(*this); }
};

/// torch.optim.RMSprop with centered=True; a rule of its own because it keeps one more number per parameter.
struct CenteredRmsProp {
  double learning_rate = 1e-2;
  double alpha = 0.99;
  double epsilon = 1e-8;
  double momentum = 0;
  double weight_decay = 0;

  static constexpr std::string_view name = "centered_rmsprop";
  static constexpr std::array<std::string_view, 3> state_names{"square_avg", "momentum_buffer", "grad_avg"};

  void check() const { detail::check_rmsprop(*this); }
  template <class T>
  [[nodiscard]] CenteredRmsPropStep<T> prepare(std::int64_t, double rate) const {
    return {detail::prepare_rmsprop<T>(*this, rate)};
  }
  [[nodiscard]] std::map<std::string, double> options() const { return detail::rmsprop_options(*this); }
};

/// torch.optim.Adam: weight decay is coupled, i.e. added to the gradient before the averages.
struct Adam {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;

  static constexpr std::string_view name = "adam";
  static constexpr std::array<std::string_view, 2> state_names{"exp_avg", "exp_avg_sq"};

  void check() const { detail::check_adam(*this); }
  template <class T>
  [[nodiscard]] AdamStep<T> prepare(std::int64_t step, double rate) const {
    return detail::prepare_adam<T>(*this, step, rate);
  }
  [[nodiscard]] std::map<std::string, double> options() const { return detail::adam_options(*this); }
};

/// torch.optim.AdamW: weights shrink by learning_rate * weight_decay a step, whatever the gradient.
struct AdamW {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 1e-2;

  static constexpr std::string_view name = "adamw";
  static constexpr std::array<std::string_view, 2> state_names{"exp_avg", "exp_avg_sq"};

  void check() const { detail::check_adam(*this); }
  template <class T>
  [[nodiscard]] AdamStep<T> prepare(std::int64_t step, double rate) const {
    AdamStep<T> functor = detail::prepare_adam<T>(*this, step, rate);
    functor.weight_decay = T{0};
    functor.shrinkage = static_cast<T>(1 - rate * weight_decay);
    return functor;
  }
  [[nodiscard]] std::map<std::string, double> options() const { return detail::adam_options(*this); }
};

/// Runs a functor over host memory, one element after the other: the plainest `apply` of Optimiser::step.
struct ApplyOnHost {
  template <class Functor, class T, class... State>
  void operator()(const Functor& functor, std::size_t count, T* values, const T* gradients,
                  State*... state) const {
    for (std::size_t i = 0; i < count; ++i) functor(values[i], gradients[i], state[i]...);
  }
};

/// A rule and the number of steps taken. The `states` arrays that go with the values belong to the caller,
/// who knows whose memory they are in; they start as zeros and each has as many elements as the values.
template <class Rule, class T = float>
class Optimiser {
 public:
  static constexpr std::size_t states = Rule::state_names.size();
  using State = std::array<T*, states>;

  /// Throws ValueError for options out of range.
  explicit Optimiser(Rule rule = {}) : rule_(rule) { rule_.check(); }

  [[nodiscard]] const Rule& rule() const { return rule_; }
  /// Steps taken so far.
  [[nodiscard]] std::int64_t steps() const { return steps_; }

  /// One step, in one pass over each part of the parameters: calls
  /// `apply(functor, count, values, gradients, state[0], ...)`, which shall call
  /// `functor(values[i], gradients[i], state[0][i], ...)` for every i, in any order, on any processor.
  template <class Apply>
  void step(double learning_rate, std::span<const RatePart> parts, T* values, const T* gradients,
            const State& state, Apply&& apply) {
    for (const RatePart& part : parts) {
      const auto functor = rule_.template prepare<T>(steps_ + 1, learning_rate * part.factor);
      static_assert(decltype(functor)::states == states);
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        apply(functor, part.count, values + part.first, gradients + part.first, state[I] + part.first...);
      }
      (std::make_index_sequence<states>{});
    }
    ++steps_;
  }

  /// The same over host memory. Throws ValueError if the sizes differ.
  void step(double learning_rate, std::span<T> values, std::span<const T> gradients,
            const std::array<std::span<T>, states>& state) {
    State pointers{};
    require_size("gradients", gradients.size(), values.size());
    for (std::size_t i = 0; i < states; ++i) {
      require_size(Rule::state_names[i], state[i].size(), values.size());
      pointers[i] = state[i].data();
    }
    const RatePart all{0, values.size()};
    step(learning_rate, {&all, 1}, values.data(), gradients.data(), pointers, ApplyOnHost{});
  }

  /// Name of the tensor that holds state i of a parameter ("" for the whole arena at once):
  /// "optimiser.exp_avg", "optimiser.exp_avg.conv1.weight".
  [[nodiscard]] static std::string state_name(std::size_t i, std::string_view parameter = {}) {
    std::string name = "optimiser." + std::string(Rule::state_names.at(i));
    if (!parameter.empty()) name += "." + std::string(parameter);
    return name;
  }

  /// What a file's metadata say of the optimiser: rule, steps and options.
  [[nodiscard]] std::map<std::string, std::string> metadata() const {
    std::map<std::string, std::string> entries{{"optimiser", std::string(Rule::name)},
                                               {"optimiser.steps", std::to_string(steps_)}};
    for (const auto& [option, value] : rule_.options())
      entries["optimiser." + option] = detail::shortest(value);
    return entries;
  }

  /// Takes the number of steps from metadata; the options stay those of this program. Throws ValueError, and
  /// changes nothing, if another rule wrote them or the number of steps is missing or no number.
  void restore(const std::map<std::string, std::string>& metadata) {
    const auto entry = [&](const std::string& key) {
      const auto found = metadata.find(key);
      return found == metadata.end() ? std::string{"nothing"} : found->second;
    };
    if (entry("optimiser") != Rule::name)
      throw ValueError("optimiser: expected the state of '" + std::string(Rule::name) + "', found " +
                       entry("optimiser"));
    const std::string text = entry("optimiser.steps");
    std::int64_t steps = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), steps);
    if (error != std::errc{} || end != text.data() + text.size() || steps < 0)
      throw ValueError("optimiser.steps: expected a whole number from 0, found " + text);
    steps_ = steps;
  }

 private:
  static void require_size(std::string_view what, std::size_t found, std::size_t expected) {
    if (found != expected)
      throw ValueError("optimiser: expected " + std::to_string(expected) + " " + std::string(what) +
                       ", as many as values, found " + std::to_string(found));
  }

  Rule rule_;
  std::int64_t steps_ = 0;
};

}  // namespace aurum
