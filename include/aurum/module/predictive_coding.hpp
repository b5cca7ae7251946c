#pragma once
#include <string>

#include "aurum/core/error.hpp"
#include "aurum/module/children.hpp"
#include "aurum/module/gru.hpp"
#include "aurum/ops/pointwise/frames.hpp"
#include "aurum/spec/predictive_coding.hpp"

namespace aurum {

/// The root of a network only: it gives another number of images than it reads.
template <class Extractor, class Recurrent, class Head, class... Options, int In, class B, class T>
class Module<PredictiveCoding<Extractor, Recurrent, Head, Options...>, In, B, T> {
  using S = PredictiveCoding<Extractor, Recurrent, Head, Options...>;
  using O = Operations<B>;
  using Features = module_t<Extractor, In, B, T>;
  using Context = module_t<Recurrent, Features::channels, B, T>;
  using Predict = module_t<Head, Context::channels, B, T>;
  static constexpr int predictions = S::predictions;

 public:
  static constexpr int channels = Features::channels;
  static constexpr bool in_place_backward = false;
  static constexpr InputUse input_use = detail::input_use<Features>;

  explicit Module(ParameterLayout<real_t<T>>& layout)
      : features_{layout.inside(S::Parts::names, 0, [&] { return Features(layout); })},
        context_{layout.inside(S::Parts::names, 1, [&] { return Context(layout); })},
        predict_{layout.inside(S::Parts::names, 2, [&] { return Predict(layout); })} {}

  /// Images of the output. Throws ShapeError for clips with gaps and for too few blocks.
  static int output_images(const FrameTable& frames) {
    if (frames.row != nullptr || frames.steps % S::block != 0 || frames.steps / S::block <= predictions)
      throw ShapeError(
          "clips",
          "frames without gaps, blocks of " + std::to_string(S::block) + ", more than " +
              std::to_string(predictions) + " of them",
          std::to_string(frames.steps) + " frames" + (frames.row != nullptr ? ", some of them missing" : ""));
    return 2 * predictions * frames.clips;
  }

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    const FrameTable& frames = step.frames;
    mode_ = step.mode;
    clips_ = frames.clips;
    observed_ = frames.steps / S::block - predictions;
    maps_ = features_.forward(step, x, {});
    const Shape shape = maps_.data.shape();
    inputs_ = input_memory_.shaped(step.pool, steps() * clips_, shape);
    const auto means = [&](int first_block, View<T> to) {
      Signal<T> from = maps_;
      from.data = maps_.data.images(first_block * S::block * clips_, to.batch * S::block);
      O::for_each_index(step.context, to.size(), pointwise::BlockMeans<T>{from, clips_, S::block, to});
    };
    means(0, inputs_.images(0, observed_ * clips_));
    means(observed_, y.view.images(predictions * clips_, predictions * clips_));

    context_.begin(step, {.clips = clips_, .steps = steps(), .images = steps() * clips_}, inputs_);
    for (int t = 0; t < observed_; ++t) context_.advance(step, t, Signal<T>{at(inputs_, t)});
    for (int k = 0; k < predictions; ++k) {
      const int t = observed_ + k;
      predict_.forward(step, Signal<T>{context_.state(t)}, Target<T>{at(y.view, k)});
      if (k + 1 == predictions) break;
      O::materialise(step.context, Signal<T>{at(y.view, k)}, Target<T>{at(inputs_, t)});
      context_.advance(step, t, Signal<T>{at(inputs_, t)});
    }
    return {y.view};
  }

  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
    Buffer<B, T> input_gradients, prediction_gradient, prediction;
    const Shape shape = inputs_.shape();
    const View<T> d_inputs = input_gradients.shaped(step.pool, steps() * clips_, shape);
    const View<T> d_prediction = prediction_gradient.shaped(step.pool, clips_, shape);
    Step<B, T> again = step;
    again.mode = mode_;
    again.repeated = true;
    context_.begin_backward(step);
    for (int k = predictions; k-- > 0;) {
      const int t = observed_ + k;
      const bool last = k + 1 == predictions;
      if (!last) context_.retreat(step, t, Target<T>{at(d_inputs, t)});
      // What was predicted is compared and, but for the last, read again.
      O::materialise(step.context, Signal<T>{dy.images(k * clips_, clips_)},
                     Target<T>{d_prediction, last ? View<const T>{} : View<const T>(at(d_inputs, t))});
      const Signal<T> state{context_.state(t)};
      if (!last) predict_.forward(again, state, Target<T>{prediction.shaped(step.pool, clips_, shape)});
      predict_.backward(step, state, d_prediction, Target<T>::adding(context_.state_gradient()));
    }
    for (int t = observed_; t-- > 0;) context_.retreat(step, t, Target<T>{at(d_inputs, t)});
    context_.finish_backward(step, Signal<T>{inputs_});
    input_memory_.clear();

    if (detail::IsFrozen<Features> && !dx) return;
    Buffer<B, T> map_gradients;
    const View<T> d_maps = map_gradients.shaped(step.pool, maps_.data.batch, shape);
    const auto spread = [&](View<const T> from, int first_block) {
      const View<T> to = d_maps.images(first_block * S::block * clips_, from.batch * S::block);
      O::for_each_index(step.context, to.size(),
                        pointwise::BlockMeansBackward<T>{from, clips_, S::block, to});
    };
    spread(d_inputs.images(0, observed_ * clips_), 0);
    spread(dy.images(predictions * clips_, predictions * clips_), observed_);
    detail::release(features_);
    features_.backward(step, x, d_maps, dx);
  }

 private:
  /// Of the recurrent layers: the last prediction is read by nobody.
  [[nodiscard]] int steps() const { return observed_ + predictions - 1; }
  template <class U>
  [[nodiscard]] View<U> at(const View<U>& record, int t) const {
    return record.images(t * clips_, clips_);
  }

  Features features_;
  Context context_;
  Predict predict_;
  Mode mode_{};                   // of the last forward
  int clips_ = 0, observed_ = 0;  // blocks that are read before the first prediction
  Signal<T> maps_;                // of all frames
  Buffer<B, T> input_memory_;
  View<T> inputs_{};  // of the recurrent layers, all steps
};

}  // namespace aurum
