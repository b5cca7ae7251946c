#pragma once
#include "aurum/module/module.hpp"
#include "aurum/spec/activation.hpp"

namespace aurum {

/// Leaves the activation pending on the signal, unless one is pending already.
template <Activation A, int In, class B, class T>
class Module<Activate<A>, In, B, T> {
 public:
  static constexpr int channels = In;
  static constexpr bool in_place_backward = true;
  static constexpr Activation activation = A;
  static constexpr int parts = 1;
  static constexpr bool frozen = true;

  explicit Module(ParameterLayout<real_t<T>>&) {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    Signal<T> out = x;
    if (x.activation != Activation::none) {
      const View<T> copy = copy_.shaped(step.pool, x.data.batch, x.data.shape());
      Operations<B>::materialise(step.context, x, Target<T>{copy});
      out = {copy};
    }
    out.activation = A;
    if (!y) return out;
    Operations<B>::materialise(step.context, out, y);
    return {y.view};
  }

  template <class F>
  void for_each_part(Step<B, T>& step, const Signal<T>& x, const F& f) {
    f(Part<T>{forward(step, x, {})});
  }

  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
    copy_.clear();
    if (dx) Operations<B>::activation_backward(step.context, x, A, dy, dx);
  }

 private:
  Buffer<B, T> copy_;
};

}  // namespace aurum
