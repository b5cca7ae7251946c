#pragma once
#include "aurum/module/module.hpp"
#include "aurum/spec/frozen.hpp"

namespace aurum {

namespace detail {
template <class M>
concept Stepwise = requires(M m) {
  m.state_gradient();
};
}  // namespace detail

template <class S, int In, class B, class T>
class Module<Frozen<S>, In, B, T> {
  using Inner = module_t<S, In, B, T>;

 public:
  static constexpr int channels = Inner::channels;
  static constexpr bool in_place_backward = Inner::in_place_backward;
  static constexpr bool frozen = true;
  static constexpr InputUse input_use = detail::input_use<Inner>;
  static constexpr int parts = detail::parts<Inner>;
  static constexpr bool remakes = detail::Remakes<Inner>;

  explicit Module(ParameterLayout<real_t<T>>& layout)
      : inner_{layout.freezing([&] { return Inner(layout); })} {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    Step<B, T> still = step;
    still.mode = Mode::inference;
    return inner_.forward(still, x, y);
  }
  void forward_parts(Step<B, T>& step, const Signal<T>& x) requires(parts > 0) {
    Step<B, T> still = step;
    still.mode = Mode::inference;
    detail::forward_parts(inner_, still, x);
  }
  template <class F>
  void for_each_part(Step<B, T>& step, const Signal<T>& x, const F& f) requires(parts > 0) {
    inner_.for_each_part(step, x, f);
  }
  Signal<T> remake(Step<B, T>& step, const Signal<T>& x) requires remakes { return inner_.remake(step, x); }
  void release() requires detail::Releases<Inner> { inner_.release(); }
  /// Nothing to do where nobody before wants a gradient.
  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
    if (dx) inner_.backward(step, x, dy, dx);
  }

 private:
  Inner inner_;
};

/// What is gone through step by step (module/predictive_coding.hpp), and so has no inner batch norms.
template <class S, int In, class B, class T>
requires detail::Stepwise<module_t<S, In, B, T>>
class Module<Frozen<S>, In, B, T> : public module_t<S, In, B, T> {
  using Inner = module_t<S, In, B, T>;

 public:
  static constexpr bool frozen = true;
  explicit Module(ParameterLayout<real_t<T>>& layout)
      : Inner(layout.freezing([&] { return Inner(layout); })) {}
  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
    if (dx) Inner::backward(step, x, dy, dx);
  }
};

template <class Norm, int In, class B, class T>
class Module<FrozenAffine<Norm>, In, B, T> : public module_t<Norm, In, B, T> {
 public:
  explicit Module(ParameterLayout<real_t<T>>& layout)
      : module_t<Norm, In, B, T>(layout.freezing([&] { return module_t<Norm, In, B, T>(layout); })) {}
};

}  // namespace aurum
