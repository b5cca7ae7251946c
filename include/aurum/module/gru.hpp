#pragma once
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/module/module.hpp"
#include "aurum/ops/pointwise/frames.hpp"
#include "aurum/ops/pointwise/gru.hpp"
#include "aurum/spec/gru.hpp"

namespace aurum {

namespace detail {

/// One layer of a ConvGru, step by step: what goes forward through steps 0, 1, ... goes back through them in
/// the other order.
template <int Hidden, int K, int In, class B, class T>
class GruLayer {
  using Real = real_t<T>;
  using O = Operations<B>;
  static constexpr Window window{K, 1, K / 2};

 public:
  GruLayer(ParameterLayout<Real>& layout, const std::string& layer)
      : path_{layout.path()},
        from_input_filter_{
            layout.add("weight_ih_l" + layer, {3 * Hidden, In, K, K}, Role::gates, Storage::trainable)},
        from_state_filter_{
            layout.add("weight_hh_l" + layer, {3 * Hidden, Hidden, K, K}, Role::gates, Storage::trainable)},
        from_input_bias_{layout.add("bias_ih_l" + layer, {3 * Hidden}, Role::bias, Storage::trainable)},
        from_state_bias_{layout.add("bias_hh_l" + layer, {3 * Hidden}, Role::bias, Storage::trainable)} {}

  /// Memory for all steps of `frames`, whose images are `images` and so many pixels high and wide.
  void begin(Step<B, T>& step, const FrameTable& frames, int images, int height, int width) {
    const Shape state{Hidden, height, width}, gates{3 * Hidden, height, width};
    if (frames.continued && (last_.data() == nullptr || last_clips_ != frames.clips || last_shape_ != state))
      throw ShapeError(path_, "a forward of the same " + std::to_string(frames.clips) + " clips to continue",
                       last_.data() == nullptr
                           ? "none before"
                           : std::to_string(last_clips_) + " clips of " + to_string(last_shape_) + " before");
    frames_ = frames;
    states_ = state_memory_.shaped(step.pool, (frames.steps + 1) * frames.clips, state);
    from_input_ = input_memory_.shaped(step.pool, images, gates);
    from_state_ = product_memory_.shaped(step.pool, frames.steps * frames.clips, gates);
    const View<T> start = at(states_, 0);
    if (frames.continued)
      O::materialise(step.context, Signal<T>{last_state()}, Target<T>{start});
    else
      O::fill(step.context, start.data, start.size(), T(0));
  }

  /// The input of the images from `first` on.
  void read(Step<B, T>& step, const Signal<T>& x, int first) {
    O::convolution_forward(step.context, window, x, from_input_filter_.value, from_input_bias_.value,
                           Target<T>{from_input_.images(first, x.data.batch)});
  }
  void advance(Step<B, T>& step, int t) {
    O::convolution_forward(step.context, window, Signal<T>{state(t)}, from_state_filter_.value,
                           from_state_bias_.value, Target<T>{at(from_state_, t)});
    O::for_each_index(step.context, state(t).size(), pointwise::GruForward<T>{gates(t), at(states_, t + 1)});
  }
  /// Keeps the last state for a forward that continues this one.
  void finish(Step<B, T>& step) {
    last_clips_ = frames_.clips;
    last_shape_ = states_.shape();
    last_.resize(step.pool, state(0).size());
    O::materialise(step.context, Signal<T>{state(frames_.steps)}, Target<T>{last_state()});
  }
  /// Before step t: clips x {Hidden, h, w}.
  [[nodiscard]] View<const T> state(int t) const { return at(states_, t); }
  /// All states after a step, in the order of time.
  [[nodiscard]] View<const T> outputs() const {
    return states_.images(frames_.clips, frames_.steps * frames_.clips);
  }

  void begin_backward(Step<B, T>& step) {
    gradient_ = gradient_memory_.shaped(step.pool, frames_.clips, states_.shape());
    O::fill(step.context, gradient_.data, gradient_.size(), T(0));
  }
  /// Of the state before the step that was gone back through last: others who read that state add theirs.
  [[nodiscard]] View<T> state_gradient() const { return gradient_; }
  /// Goes back through step t. `dy`: of the outputs of the images from `first` on; null: none.
  void retreat(Step<B, T>& step, int t, View<const T> dy, int first) {
    const auto at_t = gates(t);
    O::for_each_index(step.context, state(t).size(), pointwise::GruBackward<T>{at_t, gradient_, dy, first});
    const bool cut = frames_.truncation > 0 && t % frames_.truncation == 0;
    if (cut || (t == 0 && frames_.continued))
      O::fill(step.context, gradient_.data, gradient_.size(), T(0));
    else
      O::convolution_backward_data(step.context, window, View<const T>(at_t.from_state),
                                   from_state_filter_.value, Target<T>::adding(gradient_));
  }
  /// The gradient of the input of `dx`'s images, the first of which is image `first`.
  void input_gradient(Step<B, T>& step, int first, Target<T> dx) {
    O::convolution_backward_data(step.context, window,
                                 View<const T>(from_input_.images(first, dx.view.batch)),
                                 from_input_filter_.value, dx);
  }
  /// Once all steps are gone back through. `x`: the inputs of all images.
  void finish_backward(Step<B, T>& step, const Signal<T>& x) {
    if (from_input_filter_.gradient != nullptr) {
      O::convolution_backward_filter(step.context, window, x, View<const T>(from_input_),
                                     from_input_filter_.gradient, from_input_bias_.gradient);
      const View<const T> before = states_.images(0, frames_.steps * frames_.clips);
      O::convolution_backward_filter(step.context, window, Signal<T>{before}, View<const T>(from_state_),
                                     from_state_filter_.gradient, from_state_bias_.gradient);
    }
    state_memory_.clear();
    input_memory_.clear();
    product_memory_.clear();
    gradient_memory_.clear();
  }

 private:
  [[nodiscard]] View<T> at(const View<T>& record, int t) const {
    return record.images(t * frames_.clips, frames_.clips);
  }
  [[nodiscard]] View<T> last_state() const { return make_view(last_.data(), last_clips_, last_shape_); }
  [[nodiscard]] pointwise::GruStep<T> gates(int t) const {
    const int* const row =
        frames_.row == nullptr ? nullptr : frames_.row + static_cast<std::ptrdiff_t>(t) * frames_.clips;
    return {from_input_, at(from_state_, t), state(t), row, t * frames_.clips};
  }

  std::string path_;
  ParameterPointer<Real> from_input_filter_, from_state_filter_, from_input_bias_, from_state_bias_;
  FrameTable frames_{};
  Buffer<B, T> state_memory_, input_memory_, product_memory_, gradient_memory_;
  View<T> states_{}, from_input_{}, from_state_{}, gradient_{};
  Buffer<B, T> last_;
  int last_clips_ = 0;
  Shape last_shape_{};
};

}  // namespace detail

/// Reads the images of a batch as frames of clips (Step::frames). Layer by layer where all frames are there
/// to be read, or one step at a time through all layers (advance, retreat) where the next input depends on
/// the last state.
template <int Hidden, int K, class... Options, int In, class B, class T>
class Module<ConvGru<Hidden, K, Options...>, In, B, T> {
  using S = ConvGru<Hidden, K, Options...>;
  using O = Operations<B>;
  static constexpr std::size_t upper = S::layers - 1;

 public:
  static constexpr int channels = Hidden;
  static constexpr bool in_place_backward = false;
  static constexpr InputUse input_use = InputUse::values;

  explicit Module(ParameterLayout<real_t<T>>& layout) : first_{layout, "0"} {
    rest_.reserve(upper);
    for (int layer = 1; layer < S::layers; ++layer) rest_.emplace_back(layout, std::to_string(layer));
  }

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    begin(step, step.frames_of(x.data.batch), x.data);
    Signal<T> in = x;
    std::size_t index = 0;
    each_layer([&](auto& layer) {
      layer.read(step, in, 0);
      for (int t = 0; t < frames_.steps; ++t) layer.advance(step, t);
      in = ++index <= upper ? Signal<T>{gathered(step, layer, index)} : Signal<T>{layer.outputs()};
      layer.finish(step);
    });
    if (!y && frames_.place == nullptr) return in;  // the record of states is the output
    if (!y) y.view = output_.shaped(step.pool, x.data.batch, in.data.shape());
    O::for_each_index(step.context, y.view.size(), pointwise::GatherImages<T>{in.data, frames_.place, y});
    return {y.view};
  }
  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
    output_.clear();
    begin_backward(step);
    Buffer<B, T> held;
    for (std::size_t l = upper + 1; l-- > 0;)
      on_layer(l, [&](auto& layer) {
        for (int t = frames_.steps; t-- > 0;) layer.retreat(step, t, dy, 0);
        if (l == 0) {
          if (dx) layer.input_gradient(step, 0, dx);
          layer.finish_backward(step, x);
          return;
        }
        Buffer<B, T> fresh;
        const View<T> below = fresh.shaped(step.pool, dy.batch, dy.shape());
        layer.input_gradient(step, 0, Target<T>{below});
        layer.finish_backward(step, Signal<T>{between_[l - 1].second});
        held = std::move(fresh);
        dy = below;
      });
    between_.clear();
  }

  // Step by step. All frames of `frames` are there.
  void begin(Step<B, T>& step, const FrameTable& frames, const View<const T>& like) {
    frames_ = frames;
    between_.clear();
    between_.resize(upper);
    const int images = frames.row == nullptr ? frames.steps * frames.clips : like.batch;
    each_layer([&](auto& layer) { layer.begin(step, frames, images, like.height, like.width); });
  }
  void advance(Step<B, T>& step, int t, Signal<T> x) {
    each_layer([&](auto& layer) {
      layer.read(step, x, t * frames_.clips);
      layer.advance(step, t);
      x = Signal<T>{layer.state(t + 1)};
    });
  }
  /// Of the last layer, before step t.
  [[nodiscard]] View<const T> state(int t) {
    return on_last([&](auto& layer) { return layer.state(t); });
  }
  void begin_backward(Step<B, T>& step) {
    each_layer([&](auto& layer) { layer.begin_backward(step); });
  }
  /// Of the last layer, see GruLayer.
  [[nodiscard]] View<T> state_gradient() {
    return on_last([](auto& layer) { return layer.state_gradient(); });
  }
  /// Goes back through step t; `dx`: the gradient of its input.
  void retreat(Step<B, T>& step, int t, Target<T> dx) {
    View<const T> dy{};
    Buffer<B, T> held;
    const int first = t * frames_.clips;
    for (std::size_t l = upper + 1; l-- > 0;)
      on_layer(l, [&](auto& layer) {
        layer.retreat(step, t, dy, first);
        if (l == 0) return layer.input_gradient(step, first, dx);
        Buffer<B, T> fresh;
        const View<T> below = fresh.shaped(step.pool, frames_.clips, layer.state(t).shape());
        layer.input_gradient(step, first, Target<T>{below});
        held = std::move(fresh);
        dy = below;
      });
  }
  /// `x`: the inputs of all steps.
  void finish_backward(Step<B, T>& step, const Signal<T>& x) {
    for (std::size_t l = upper + 1; l-- > 0;)
      on_layer(l,
               [&](auto& layer) { layer.finish_backward(step, l == 0 ? x : Signal<T>{outputs_below(l)}); });
  }

 private:
  template <class F>
  void each_layer(F f) {
    f(first_);
    for (auto& layer : rest_) f(layer);
  }
  template <class F>
  void on_layer(std::size_t l, F f) {
    if (l == 0)
      f(first_);
    else
      f(rest_[l - 1]);
  }
  template <class F>
  auto on_last(F f) {
    if constexpr (upper == 0)
      return f(first_);
    else
      return f(rest_.back());
  }
  View<const T> outputs_below(std::size_t l) { return l == 1 ? first_.outputs() : rest_[l - 2].outputs(); }
  /// A layer's output for the images that there are, as the layer above it reads them.
  template <class Layer>
  View<const T> gathered(Step<B, T>& step, Layer& layer, std::size_t above) {
    auto& [memory, view] = between_[above - 1];
    view = layer.outputs();
    if (frames_.place == nullptr) return view;
    const View<T> packed = memory.shaped(step.pool, frames_.images, view.shape());
    O::for_each_index(step.context, packed.size(),
                      pointwise::GatherImages<T>{view, frames_.place, Target<T>{packed}});
    return view = packed;
  }

  detail::GruLayer<Hidden, K, In, B, T> first_;
  std::vector<detail::GruLayer<Hidden, K, Hidden, B, T>> rest_;
  FrameTable frames_{};
  std::vector<std::pair<Buffer<B, T>, View<const T>>> between_;  // what the layers above the first have read
  Buffer<B, T> output_;
};

}  // namespace aurum
