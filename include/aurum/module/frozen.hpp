#pragma once
#include "aurum/module/module.hpp"
#include "aurum/spec/frozen.hpp"

namespace aurum {

template <class S, int In, class B, class T>
class Module<Frozen<S>, In, B, T> {
  using Inner = module_t<S, In, B, T>;

 public:
  static constexpr int channels = Inner::channels;
  static constexpr bool pointwise_backward = Inner::pointwise_backward;
  static constexpr bool frozen = true;

  explicit Module(ParameterLayout<T>& layout) : inner_{layout.freezing([&] { return Inner(layout); })} {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    Step<B, T> still{step.context, step.pool, Mode::inference};
    return inner_.forward(still, x, y);
  }
  /// Nothing to do where nobody before wants a gradient.
  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
    if (dx) inner_.backward(step, x, dy, dx);
  }

 private:
  Inner inner_;
};

template <class Norm, int In, class B, class T>
class Module<FrozenAffine<Norm>, In, B, T> : public module_t<Norm, In, B, T> {
 public:
  explicit Module(ParameterLayout<T>& layout)
      : module_t<Norm, In, B, T>(layout.freezing([&] { return module_t<Norm, In, B, T>(layout); })) {}
};

}  // namespace aurum
