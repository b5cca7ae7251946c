#pragma once
#include "aurum/module/module.hpp"
#include "aurum/ops/pointwise/attention.hpp"
#include "aurum/spec/attention.hpp"

namespace aurum {

template <class Rows, int In, class B, class T>
class Module<AttentionMaps<Rows>, In, B, T> : public OwnOutput<B, T> {
  using S = AttentionMaps<Rows>;

 public:
  static constexpr int channels = S::table.rows;
  static constexpr bool in_place_backward = false;
  static constexpr InputUse input_use = InputUse::shape;
  static constexpr bool frozen = true;

  explicit Module(ParameterLayout<real_t<T>>&) {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    const View<const T> maps = x.data;
    y = this->place(step, y, maps.batch, {channels, maps.height, maps.width});
    Buffer<B, T> copy;  // of maps with work pending
    View<const T> read = maps;
    if (x.pending()) {
      const View<T> plain = copy.shaped(step.pool, maps.batch, maps.shape());
      Operations<B>::materialise(step.context, x, Target<T>{plain});
      read = plain;
    }
    if (!y.base) {
      draw(step, read, y.view);
    } else {
      Buffer<B, T> memory;
      const View<T> drawn = memory.shaped(step.pool, maps.batch, y.view.shape());
      draw(step, read, drawn);
      Operations<B>::materialise(step.context, Signal<T>{drawn}, y);
    }
    return {y.view};
  }
  void backward(Step<B, T>& step, const Signal<T>&, View<const T>, Target<T> dx) {
    if (!dx) return;
    if (dx.base)
      Operations<B>::materialise(step.context, Signal<T>{dx.base}, Target<T>{dx.view});
    else
      Operations<B>::for_each_index(step.context, dx.view.size(), pointwise::ClearView<T>{dx.view});
  }

 private:
  static void draw(Step<B, T>& step, const View<const T>& maps, const View<T>& to) {
    Operations<B>::for_each_index(
        step.context, std::ptrdiff_t{1} * to.batch * to.channels,
        pointwise::DrawAttention<T>{maps.slice(In - attention_landmarks, attention_landmarks), to, S::table});
  }
};

}  // namespace aurum
