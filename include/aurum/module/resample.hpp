#pragma once
// Pooling and upsampling.
#include "aurum/module/module.hpp"
#include "aurum/spec/pool.hpp"
#include "aurum/spec/upsample.hpp"

namespace aurum {

/// Keeps where the maxima were, a byte each, so that what it read need not be kept.
template <int W, class... Options, int In, class B, class T>
class Module<MaxPool<W, Options...>, In, B, T> : public OwnOutput<B, T> {
  using S = MaxPool<W, Options...>;
  static constexpr Window window{S::window, S::stride, S::padding};

 public:
  static constexpr int channels = In;
  static constexpr bool in_place_backward = false;
  static constexpr InputUse input_use = InputUse::shape;
  static constexpr bool frozen = true;
  explicit Module(ParameterLayout<real_t<T>>&) {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    y = this->place(step, y, x.data.batch, S::infer(x.data.shape(), supports_everything).out);
    Operations<B>::max_pool(step.context, window, x, y, places(step, y.view));
    return {y.view};
  }
  void backward(Step<B, T>& step, const Signal<T>&, View<const T> dy, Target<T> dx) {
    if (dx)
      Operations<B>::max_pool_backward(step.context, window, View<const WindowPlace>(places(step, dy)), dy,
                                       dx);
    places_.clear();
  }

 private:
  /// One for each element of the output.
  template <class E>
  View<WindowPlace> places(Step<B, T>& step, const View<E>& y) {
    return places_.shaped(step.pool, y.batch, y.shape());
  }

  Buffer<B, WindowPlace> places_;
};

template <int W, class... Options, int In, class B, class T>
class Module<AveragePool<W, Options...>, In, B, T> : public OwnOutput<B, T> {
  using S = AveragePool<W, Options...>;
  static constexpr Window window{S::window, S::stride, S::padding};

 public:
  static constexpr int channels = In;
  static constexpr bool in_place_backward = false;
  static constexpr InputUse input_use = InputUse::shape;
  static constexpr bool frozen = true;
  explicit Module(ParameterLayout<real_t<T>>&) {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    y = this->place(step, y, x.data.batch, S::infer(x.data.shape(), supports_everything).out);
    Operations<B>::average_pool(step.context, window, x, y);
    return {y.view};
  }
  void backward(Step<B, T>& step, const Signal<T>&, View<const T> dy, Target<T> dx) {
    if (dx) Operations<B>::average_pool_backward(step.context, window, dy, dx);
  }
};

template <int In, class B, class T>
class Module<GlobalAveragePool, In, B, T> : public OwnOutput<B, T> {
 public:
  static constexpr int channels = In;
  static constexpr bool in_place_backward = false;
  static constexpr InputUse input_use = InputUse::shape;
  static constexpr bool frozen = true;
  explicit Module(ParameterLayout<real_t<T>>&) {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    y = this->place(step, y, x.data.batch, {In, 1, 1});
    Operations<B>::average_pool(step.context, window(x), x, y);
    return {y.view};
  }
  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
    if (dx) Operations<B>::average_pool_backward(step.context, window(x), dy, dx);
  }

 private:
  static Window window(const Signal<T>& x) { return {x.data.height, x.data.height, 0}; }
};

template <int Factor, Interpolation Mode, int In, class B, class T>
class Module<Upsample<Factor, Mode>, In, B, T> : public OwnOutput<B, T> {
 public:
  static constexpr int channels = In;
  static constexpr bool in_place_backward = false;
  static constexpr InputUse input_use = InputUse::shape;
  static constexpr bool frozen = true;
  explicit Module(ParameterLayout<real_t<T>>&) {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    y = this->place(step, y, x.data.batch, {In, x.data.height * Factor, x.data.width * Factor});
    Operations<B>::upsample(step.context, Factor, Mode, x, y);
    return {y.view};
  }
  void backward(Step<B, T>& step, const Signal<T>&, View<const T> dy, Target<T> dx) {
    if (dx) Operations<B>::upsample_backward(step.context, Factor, Mode, dy, dx);
  }
};

}  // namespace aurum
