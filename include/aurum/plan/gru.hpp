#pragma once
// Runs a recurrent layer on a backend, one frame of one clip at a time.
#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "aurum/ops/host_memory.hpp"
#include "aurum/ops/pointwise/gru.hpp"
#include "aurum/ops/pointwise/passes.hpp"
#include "aurum/plan/kernels.hpp"
#include "aurum/plan/weights.hpp"

namespace aurum {

namespace plan {
/// A ConvGru<hidden, kernel, Layers<layers>> on images of shape `input`.
struct GruForm {
  int hidden, kernel, layers;
  Shape input;

  [[nodiscard]] constexpr Window window() const { return {kernel, 1, kernel / 2}; }
  /// Of one layer.
  [[nodiscard]] constexpr Shape state() const { return {hidden, input.height, input.width}; }
  /// Of a product of one layer: the channels of r, z and n.
  [[nodiscard]] constexpr Shape gates() const { return {3 * hidden, input.height, input.width}; }
  /// What layer `layer` reads.
  [[nodiscard]] constexpr Shape read(int layer) const { return layer == 0 ? input : state(); }
};
}  // namespace plan

/// What Program is for images: a ConvGru (spec/gru.hpp) with weights and memory, ready to run on backend B,
/// its filters packed. The states of all layers are the caller's, so it serves any number of clips. After
/// construction a step neither allocates nor locks. The weights never change, so programs in several threads
/// share them; each has its own context and memory.
template <class B, class T = float>
class GruProgram {
  using Real = real_t<T>;
  using O = Operations<B>;
  using Kernels = plan::Kernels<B>;

 public:
  /// The states of all layers, one after another, in the backend's memory.
  using State = std::shared_ptr<T>;

  /// `parameters`: in the order of the layout, four for each layer. Runs at once, so that the first step
  /// finds all memory in place.
  GruProgram(std::shared_ptr<Context<B>> context, const plan::GruForm& form,
             const plan::Parameters<Real>& parameters)
      : GruProgram(std::move(context), form) {
    weights_ = pack(parameters);
    settle();
  }

  /// The same program for another thread: shares the weights, has a context and memory of its own.
  GruProgram(const GruProgram& other, std::shared_ptr<Context<B>> context)
      : GruProgram(std::move(context), other.form_) {
    weights_ = other.weights_;
    settle();
  }
  GruProgram(GruProgram&&) = default;  // copies would share the memory

  /// A state of a clip that has not begun: zeros.
  [[nodiscard]] State new_state() {
    State state = allocate<T>(form_.layers * form_.state().size());
    clear(state);
    return state;
  }
  void clear(const State& state) {
    O::fill(*context_, state.get(), form_.layers * std::ptrdiff_t{form_.state().size()}, T{0});
  }

  /// Takes `state` over a frame, 1 x the form's input, contiguous in the host's memory. Returns the new state
  /// of the last layer, 1 x {hidden, h, w} in the host's memory, where it stays until the next step or until
  /// `state` changes.
  View<const Real> step(View<const Real> frame, const State& state) {
    const auto layer_state = [&](int l) {
      return make_view(state.get() + l * form_.state().size(), 1, form_.state());
    };
    const View<T> top = layer_state(form_.layers - 1);
    if constexpr (on_host<B>) {
      walk(frame, layer_state);
      return top;
    } else {
      upload(frame, input_.get());
      walk(make_view<const T>(input_.get(), 1, form_.input), layer_state);
      return download(top);
    }
  }

 private:
  /// Where one layer's weights lie in the memory of all, in elements.
  struct Places {
    std::ptrdiff_t input_filter, state_filter, input_bias, state_bias;
  };
  struct Weights {
    std::vector<Places> places;
    std::shared_ptr<Real> memory;
    [[nodiscard]] const Real* at(std::ptrdiff_t place) const { return memory.get() + place; }
  };

  GruProgram(std::shared_ptr<Context<B>> context, const plan::GruForm& form)
      : context_{std::move(context)},
        form_{form},
        from_input_{allocate<T>(form.gates().size())},
        from_state_{allocate<T>(form.gates().size())},
        answer_(on_host<B> ? 0 : static_cast<std::size_t>(form.state().size())) {
    if constexpr (!on_host<B>) input_ = allocate<T>(form.input.size());
    if constexpr (!std::is_same_v<T, Real>)
      staged_ = allocate<Real>(std::max(form.input.size(), form.state().size()));
  }

  template <class U>
  std::shared_ptr<U> allocate(std::ptrdiff_t count) {
    U* const memory = O::template allocate<U>(*context_, count);
    return {memory, [context = context_](U* m) { O::release(*context, m); }};
  }

  std::shared_ptr<const Weights> pack(const plan::Parameters<Real>& parameters) {
    auto weights = std::make_shared<Weights>();
    std::ptrdiff_t elements = 0;
    const auto take = [&](std::ptrdiff_t count) {
      elements += aligned_count(count);
      return elements - aligned_count(count);
    };
    const auto filter_size = [&](const Shape& in) {
      return Kernels::template packed_size<T>(form_.window(), in, form_.gates());
    };
    for (int l = 0; l < form_.layers; ++l)
      weights->places.push_back({.input_filter = take(filter_size(form_.read(l))),
                                 .state_filter = take(filter_size(form_.state())),
                                 .input_bias = take(form_.gates().channels),
                                 .state_bias = take(form_.gates().channels)});
    weights->memory = allocate<Real>(elements);
    const auto put_filter = [&](const Shape& in, int index, std::ptrdiff_t place) {
      Kernels::template pack<T>(*context_, form_.window(), in, form_.gates(), parameters(index).data(),
                                weights->memory.get() + place);
    };
    const auto put_bias = [&](int index, std::ptrdiff_t place) {
      const std::vector<Real> values = parameters(index);
      O::upload(*context_, weights->memory.get() + place, values.data(), std::ssize(values));
    };
    for (int l = 0; l < form_.layers; ++l) {
      const Places& places = weights->places[static_cast<std::size_t>(l)];
      put_filter(form_.read(l), 4 * l, places.input_filter);
      put_filter(form_.state(), 4 * l + 1, places.state_filter);
      put_bias(4 * l + 2, places.input_bias);
      put_bias(4 * l + 3, places.state_bias);
    }
    return weights;
  }

  /// Touches all memory by a step of zeros.
  void settle() {
    const std::vector<Real> frame(static_cast<std::size_t>(form_.input.size()));
    step(make_view(frame.data(), 1, form_.input), new_state());
    Kernels::settle(*context_);
  }

  /// All layers. Not recorded where a backend could (Kernels::Replay): the states' places change with the
  /// clip.
  template <class LayerState>
  void walk(View<const T> x, const LayerState& layer_state) {
    const View<T> from_input = make_view(from_input_.get(), 1, form_.gates());
    const View<T> from_state = make_view(from_state_.get(), 1, form_.gates());
    for (int l = 0; l < form_.layers; ++l) {
      const Places& places = weights_->places[static_cast<std::size_t>(l)];
      const View<T> state = layer_state(l);
      convolve(x, places.input_filter, places.input_bias, from_input);
      convolve(state, places.state_filter, places.state_bias, from_state);
      O::for_each_index(*context_, state.size(),
                        pointwise::GruForward<T>{{from_input, from_state, state, nullptr, 0}, state});
      x = state;
    }
  }
  void convolve(const View<const T>& x, std::ptrdiff_t filter, std::ptrdiff_t bias, const View<T>& y) {
    Kernels::convolve(*context_,
                      plan::Convolution<T>{form_.window(),
                                           Signal<T>{x},
                                           weights_->at(filter),
                                           weights_->at(bias),
                                           Activation::none,
                                           {},
                                           {},
                                           y},
                      static_cast<T*>(nullptr));
  }

  void upload(const View<const Real>& from, T* to) {
    if constexpr (std::is_same_v<T, Real>) {
      O::upload(*context_, to, from.data, from.size());
    } else {
      O::upload(*context_, staged_.get(), from.data, from.size());
      O::for_each_index(*context_, from.size(), pointwise::Copy<Real, T>{staged_.get(), to});
    }
  }
  View<const Real> download(const View<T>& from) {
    if constexpr (std::is_same_v<T, Real>) {
      O::download(*context_, answer_.data(), from.data, from.size());
    } else {
      O::for_each_index(*context_, from.size(), pointwise::Copy<T, Real>{from.data, staged_.get()});
      O::download(*context_, answer_.data(), staged_.get(), from.size());
    }
    return make_view<const Real>(answer_.data(), 1, from.shape());
  }

  std::shared_ptr<Context<B>> context_;
  plan::GruForm form_;
  std::shared_ptr<const Weights> weights_;
  std::shared_ptr<T> from_input_, from_state_, input_;
  std::shared_ptr<Real> staged_;  // what is on its way from or to the host; none where T is Real
  HostMemory<B, Real> answer_;
};

}  // namespace aurum
