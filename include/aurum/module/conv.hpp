#pragma once
#include "aurum/module/module.hpp"
#include "aurum/spec/conv.hpp"

namespace aurum {

template <int Channels, int K, class... Options, int In, class B, class T>
class Module<Conv<Channels, K, Options...>, In, B, T> : public OwnOutput<B, T> {
  using S = Conv<Channels, K, Options...>;
  static constexpr Window window{S::kernel, S::stride, S::padding};

 public:
  static constexpr int channels = Channels;
  static constexpr bool in_place_backward = false;
  static constexpr InputUse input_use = InputUse::values;

  explicit Module(ParameterLayout<real_t<T>>& layout)
      : filter_{layout.add("weight", {Channels, In, K, K}, Role::filter, Storage::trainable)} {
    if constexpr (S::bias) bias_ = layout.add("bias", {Channels}, Role::bias, Storage::trainable);
  }

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    const auto& in = x.data;
    const Shape out{Channels, windows(in.height, K, S::stride, S::padding),
                    windows(in.width, K, S::stride, S::padding)};
    y = this->place(step, y, in.batch, out);
    Operations<B>::convolution_forward(step.context, window, x, filter_.value, bias_.value, y);
    return {y.view};
  }

  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
    if (filter_.gradient != nullptr)
      Operations<B>::convolution_backward_filter(step.context, window, x, dy, filter_.gradient,
                                                 bias_.gradient);
    if (dx) Operations<B>::convolution_backward_data(step.context, window, dy, filter_.value, dx);
  }

 private:
  ParameterPointer<real_t<T>> filter_;
  ParameterPointer<real_t<T>> bias_;
};

}  // namespace aurum
