#pragma once
#include "aurum/core/error.hpp"
#include "aurum/module/module.hpp"
#include "aurum/ops/pointwise/batch_norm.hpp"
#include "aurum/spec/batch_norm.hpp"

namespace aurum {

/// Computes scale and shift and leaves them pending on the signal; nothing is written until somebody reads.
template <class Policy, int In, class B, class T>
class Module<BasicBatchNorm<Policy>, In, B, T> {
 public:
  static constexpr int channels = In;
  static constexpr bool in_place_backward = true;
  static constexpr bool norm = true;
  static constexpr int parts = 1;

  explicit Module(ParameterLayout<real_t<T>>& layout)
      : path_{layout.path()},
        weight_{layout.add("weight", {In}, Role::norm_weight, Storage::trainable)},
        bias_{layout.add("bias", {In}, Role::norm_bias, Storage::trainable)},
        running_mean_{layout.add("running_mean", {In}, Role::running_mean, Storage::buffer)},
        running_variance_{layout.add("running_var", {In}, Role::running_variance, Storage::buffer)} {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    const Signal<T> in = plain(step, x);
    using Real = real_t<T>;
    Real* const work = work_.resize(step.pool, 5 * In);
    Real* const inverse_deviation = work + 2 * In;
    Real* const scale = work + 3 * In;
    Real* const shift = work + 4 * In;
    const bool training = step.mode == Mode::training;
    const Real* const mean = training ? work : running_mean_.value;
    const Real* const variance = training ? work + In : running_variance_.value;
    const pointwise::FoldBatchNorm<Real> fold{mean,  variance, weight_.value,  bias_.value, inverse_deviation,
                                              scale, shift,    Policy::epsilon};
    if (training) {
      const std::ptrdiff_t count = in.data.pixels();
      if (count < 2)
        throw ShapeError(path_, "more than 1 value per channel to take batch statistics of",
                         std::to_string(count) + " (batch x height x width)");
      Operations<B>::batch_norm_statistics(step.context, in, work, work + In);
      const auto n = static_cast<double>(count);
      const pointwise::MoveRunningStatistics<Real> move{mean,
                                                        variance,
                                                        running_mean_.value,
                                                        running_variance_.value,
                                                        static_cast<Real>(Policy::momentum),
                                                        static_cast<Real>(n / (n - 1))};
      if (step.repeated)
        Operations<B>::for_each_index(step.context, In, fold);
      else
        Operations<B>::for_each_index(step.context, In, pointwise::MoveAndFold<Real>{move, fold});
    } else {
      Operations<B>::for_each_index(step.context, In, fold);
    }
    forward_ = {mean, inverse_deviation, weight_.value, scale, shift, Activation::none, training};
    const Signal<T> out{in.data, scale, shift, Activation::none};
    if (!y) return out;
    Operations<B>::materialise(step.context, out, y);
    return {y.view};
  }

  template <class F>
  void for_each_part(Step<B, T>&, const Signal<T>& x, const F& f) {
    const Signal<T> in = x.pending() ? materialised_ : x;
    f(Part<T>{{in.data, forward_.scale, forward_.shift, Activation::none}});
  }

  /// `dy` with respect to the value past `activation`, if one follows at once.
  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx,
                Activation activation = Activation::none) {
    const Signal<T> in = x.pending() ? materialised_ : x;
    forward_.activation = activation;
    Operations<B>::batch_norm_backward(step.context, in, forward_, dy, weight_.gradient, bias_.gradient, dx);
    copy_.clear();
  }

 private:
  /// The input without work pending, which a signal cannot hold twice.
  Signal<T> plain(Step<B, T>& step, const Signal<T>& x) {
    if (!x.pending()) return x;
    const View<T> copy = copy_.shaped(step.pool, x.data.batch, x.data.shape());
    Operations<B>::materialise(step.context, x, Target<T>{copy});
    return materialised_ = Signal<T>{copy};
  }

  std::string path_;
  ParameterPointer<real_t<T>> weight_, bias_, running_mean_, running_variance_;
  Buffer<B, real_t<T>> work_;  // mean, variance, inverse deviation, scale, shift
  Buffer<B, T> copy_;
  Signal<T> materialised_;
  BatchNormForward<T> forward_{};
};

}  // namespace aurum
