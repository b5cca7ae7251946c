#pragma once
#include <algorithm>

#include "aurum/module/children.hpp"
#include "aurum/spec/time_distributed.hpp"

namespace aurum {

template <class Net, class... Options, int In, class B, class T>
class Module<TimeDistributed<Net, Options...>, In, B, T> {
  using Inner = module_t<Net, In, B, T>;
  using S = TimeDistributed<Net, Options...>;

 public:
  static constexpr int channels = Inner::channels;
  static constexpr bool in_place_backward = S::at_once == 0 && Inner::in_place_backward;
  static constexpr InputUse input_use = S::at_once == 0 ? detail::input_use<Inner> : InputUse::memory;
  static constexpr bool frozen = detail::IsFrozen<Inner>;

  explicit Module(ParameterLayout<real_t<T>>& layout) : inner_{layout} {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    Step<B, T> alone = step;
    alone.frames = {};
    if constexpr (S::at_once == 0) {
      return inner_.forward(alone, x, y);
    } else {
      mode_ = step.mode;
      if (!y) y.view = output_.shaped(step.pool, x.data.batch, output_shape_of<Net>(x.data.shape()));
      for_parts(x, [&](const Signal<T>& part, int first, int count) {
        inner_.forward(alone, part, images(y, first, count));
      });
      return {y.view};
    }
  }

  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
    if constexpr (S::at_once == 0) {
      inner_.backward(step, x, dy, dx);
    } else {
      output_.clear();
      Step<B, T> again = step;
      again.mode = mode_;
      again.frames = {};
      again.repeated = true;
      Buffer<B, T> unread;
      for_parts(x, [&](const Signal<T>& part, int first, int count) {
        inner_.forward(again, part, Target<T>{unread.shaped(step.pool, count, dy.shape())});
        inner_.backward(step, part, dy.images(first, count), images(dx, first, count));
      });
    }
  }

 private:
  /// Calls f(part of x, its first image, how many).
  template <class F>
  static void for_parts(const Signal<T>& x, F f) {
    for (int first = 0; first < x.data.batch; first += S::at_once) {
      const int count = std::min(S::at_once, x.data.batch - first);
      Signal<T> part = x;
      part.data = x.data.images(first, count);
      f(part, first, count);
    }
  }
  static Target<T> images(const Target<T>& t, int first, int count) {
    return {t ? t.view.images(first, count) : t.view, t.base ? t.base.images(first, count) : t.base};
  }

  Inner inner_;
  Buffer<B, T> output_;
  Mode mode_{};  // of the last forward
};

}  // namespace aurum
