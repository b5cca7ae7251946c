#pragma once
#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/ops/backend.hpp"
#include "aurum/plan/declare.hpp"

namespace aurum {

/// The weights of the network `S` on images of shape `In` without the network: all that a program needs which
/// only predicts. It compiles faster than a Network and holds neither gradients nor modules.
///   NetworkWeights<Fan<12>, Shape{3, 256, 256}, Cpu> weights;
///   load(weights, "au.safetensors", info);
///   Predictor predict{weights};
template <Spec S, Shape In, Backend B, class T = float>
class NetworkWeights {
  static_assert(Verdict<detail::DiagnosisOf<S, In, B>>::checked);

 public:
  using spec = S;
  using backend = B;
  using value_type = T;
  using real_type = real_t<T>;
  static constexpr Shape input_shape = In;
  static constexpr Shape output_shape = aurum::output_shape<S, In>;

  /// All zero; predictors made of them use `context`.
  explicit NetworkWeights(std::shared_ptr<Context<B>> context = std::make_shared<Context<B>>())
      : context_{std::move(context)} {
    plan::ParameterList list;
    plan::declare<S>(list, In.channels);
    for (const Storage s : {Storage::trainable, Storage::frozen, Storage::buffer})
      of(s).resize(static_cast<std::size_t>(list.layout().size(s)));
    parameters_ = list.layout().take_parameters();
  }

  [[nodiscard]] const std::shared_ptr<Context<B>>& shared_context() const { return context_; }
  /// All parameters and buffers, in the order of the layout: those of Network<S, In, B, T>.
  [[nodiscard]] const std::vector<Parameter>& parameters() const { return parameters_; }

  /// A parameter's values in memory order.
  [[nodiscard]] std::vector<real_type> get(const Parameter& p) const {
    const real_type* const first = values_[static_cast<std::size_t>(p.storage)].data() + p.offset;
    return {first, first + p.count};
  }
  void set(const Parameter& p, std::span<const real_type> values) {
    if (std::ssize(values) != p.count)
      throw ShapeError(p.path, std::to_string(p.count) + " values", std::to_string(values.size()));
    std::copy(values.begin(), values.end(), of(p.storage).begin() + p.offset);
  }

 private:
  std::vector<real_type>& of(Storage s) { return values_[static_cast<std::size_t>(s)]; }

  std::shared_ptr<Context<B>> context_;
  std::array<std::vector<real_type>, 3> values_;
  std::vector<Parameter> parameters_;
};

}  // namespace aurum
