#pragma once
#include "aurum/module/module.hpp"
#include "aurum/ops/pointwise/projection.hpp"
#include "aurum/spec/reparametrised.hpp"

namespace aurum {

/// Projects the filters once a step, and the gradient of the projected filters back onto the projection.
template <int Channels, int K, class... Options, int In, class B, class T>
class Module<Reparametrised<Conv<Channels, K, Options...>>, In, B, T> : public OwnOutput<B, T> {
  using S = Conv<Channels, K, Options...>;
  static constexpr Window window{S::kernel, S::stride, S::padding};
  static constexpr std::ptrdiff_t width = std::ptrdiff_t{K} * K * In;  // of a filter
  static constexpr std::ptrdiff_t count = Channels * width;

 public:
  static constexpr int channels = Channels;
  static constexpr bool in_place_backward = false;
  static constexpr InputUse input_use = InputUse::values;

  explicit Module(ParameterLayout<real_t<T>>& layout)
      : filter_{layout.add("weight", {Channels, In, K, K}, Role::filter, Storage::frozen)} {
    if constexpr (S::bias) bias_ = layout.add("bias", {Channels}, Role::bias, Storage::frozen);
    projection_ = layout.add("projection", {Channels, Channels}, Role::projection, Storage::trainable);
  }

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    const auto& in = x.data;
    const Shape out{Channels, windows(in.height, K, S::stride, S::padding),
                    windows(in.width, K, S::stride, S::padding)};
    y = this->place(step, y, in.batch, out);
    real_t<T>* const projected = projected_.resize(step.pool, count);
    Operations<B>::for_each_index(
        step.context, count,
        pointwise::ProjectFilter<real_t<T>>{projection_.value, filter_.value, projected, Channels, width});
    Operations<B>::convolution_forward(step.context, window, x, projected, bias_.value, y);
    return {y.view};
  }

  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
    if (projection_.gradient != nullptr) {
      using Real = real_t<T>;
      Buffer<B, Real> memory;
      Real* const gradient = memory.resize(step.pool, count);
      Operations<B>::fill(step.context, gradient, count, Real{0});
      Real* const no_bias = nullptr;
      Operations<B>::convolution_backward_filter(step.context, window, x, dy, gradient, no_bias);
      Operations<B>::for_each_index(step.context, std::ptrdiff_t{Channels} * Channels,
                                    pointwise::ProjectionGradient<Real>{
                                        gradient, filter_.value, projection_.gradient, Channels, width});
    }
    if (dx) Operations<B>::convolution_backward_data(step.context, window, dy, projected_.data(), dx);
    projected_.clear();
  }

 private:
  ParameterPointer<real_t<T>> filter_, bias_, projection_;
  Buffer<B, real_t<T>> projected_;
};

}  // namespace aurum
