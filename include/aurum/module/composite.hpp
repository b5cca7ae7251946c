#pragma once
#include <array>
#include <tuple>

#include "aurum/module/module.hpp"
#include "aurum/spec/composite.hpp"

namespace aurum {

namespace detail {
/// The modules of a chain of specs: each reads the channels that the one before gives.
template <int In, class B, class T, class Done, class... Specs>
struct Chain;
template <int In, class B, class T, class... Done>
struct Chain<In, B, T, std::tuple<Done...>> {
  using type = std::tuple<Done...>;
};
template <int In, class B, class T, class... Done, class First, class... Rest>
struct Chain<In, B, T, std::tuple<Done...>, First, Rest...>
    : Chain<module_t<First, In, B, T>::channels, B, T, std::tuple<Done..., module_t<First, In, B, T>>,
            Rest...> {};

/// Makes a composite's children, each under its name. (Braces keep the order.)
template <class Children, class T>
Children make_children(ParameterLayout<T>& layout) {
  const Names names = layout.take_names();
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return Children{layout.inside(names, static_cast<int>(I),
                                  [&] { return std::tuple_element_t<I, Children>(layout); })...};
  }
  (std::make_index_sequence<std::tuple_size_v<Children>>{});
}

/// Calls f(integral_constant<I>) for I in [0, N).
template <std::size_t N, class F>
constexpr void for_each_child(F f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) { (f(std::integral_constant<std::size_t, I>{}), ...); }
  (std::make_index_sequence<N>{});
}
}  // namespace detail

template <int In, class B, class T>
class Module<Identity, In, B, T> {
 public:
  static constexpr int channels = In;
  static constexpr bool pointwise_backward = true;
  static constexpr bool identity = true;
  explicit Module(ParameterLayout<T>&) {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    if (!y) return x;
    Operations<B>::materialise(step.context, x, y);
    return {y.view};
  }
  void backward(Step<B, T>& step, const Signal<T>&, View<const T> dy, Target<T> dx) {
    if (dx && (dx.base || dx.view.data != dy.data))
      Operations<B>::materialise(step.context, Signal<T>{dy}, dx);
  }
};

template <int Levels, int In, class B, class T>
class Module<RequireHalvings<Levels>, In, B, T> : public Module<Identity, In, B, T> {
 public:
  explicit Module(ParameterLayout<T>& layout) : Module<Identity, In, B, T>(layout) {}
};

template <class List, class S, int In, class B, class T>
class Module<Named<List, S>, In, B, T> : public module_t<S, In, B, T> {
 public:
  explicit Module(ParameterLayout<T>& layout)
      : module_t<S, In, B, T>((layout.set_names(List::names), layout)) {}
};

namespace detail {
template <int Channels, class Projection, int In>
using shortcut = std::conditional_t<In == Channels, Identity, Projection>;
}
template <int Channels, class Projection, int In, class B, class T>
class Module<Shortcut<Channels, Projection>, In, B, T>
    : public module_t<detail::shortcut<Channels, Projection, In>, In, B, T> {
 public:
  explicit Module(ParameterLayout<T>& layout)
      : module_t<detail::shortcut<Channels, Projection, In>, In, B, T>(layout) {}
};

template <class... Layers, int In, class B, class T>
class Module<Sequential<Layers...>, In, B, T> {
  using Children = typename detail::Chain<In, B, T, std::tuple<>, Layers...>::type;
  static constexpr std::size_t count = sizeof...(Layers);

 public:
  static constexpr int channels = std::tuple_element_t<count - 1, Children>::channels;
  static constexpr bool pointwise_backward = false;

  explicit Module(ParameterLayout<T>& layout) : children_{detail::make_children<Children>(layout)} {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    Signal<T> signal = x;
    detail::for_each_child<count>([&](auto i) {
      signal = std::get<i>(children_).forward(step, signal, i + 1 == count ? y : Target<T>{});
      outputs_[i] = signal;
    });
    return signal;
  }

  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
    Buffer<B, T> held;  // the memory of `gradient`, once it is ours
    View<T> ours{};     // the same, writable
    View<const T> gradient = dy;
    bool wanted = true;
    detail::for_each_child<count>([&](auto reversed) {
      constexpr std::size_t i = count - 1 - reversed;
      if constexpr (past_activation<i> != Activation::none) {
        return;  // the batch norm before it does both
      } else if constexpr (i == 0) {
        if (wanted) child_backward<0>(step, x, gradient, dx);
      } else {
        if (!wanted) return;
        if constexpr (frozen_before<i>) {
          if (!dx) {  // nobody before has a use for the gradient
            child_backward<i>(step, outputs_[i - 1], gradient, {});
            wanted = false;
            return;
          }
        }
        using Child = std::tuple_element_t<i, Children>;
        const Signal<T>& in = outputs_[i - 1];
        if (Child::pointwise_backward && ours) {
          child_backward<i>(step, in, gradient, Target<T>{ours});
        } else {
          Buffer<B, T> fresh;
          ours = fresh.shaped(step.pool, in.data.batch, in.data.shape());
          child_backward<i>(step, in, gradient, Target<T>{ours});
          held = std::move(fresh);
        }
        gradient = ours;
      }
    });
  }

 private:
  /// Whether all children before child I are frozen.
  template <std::size_t I>
  static constexpr bool frozen_before = [] {
    return []<std::size_t... J>(std::index_sequence<J...>) {
      return (requires { std::tuple_element_t<J, Children>::frozen; } && ...);
    }
    (std::make_index_sequence<I>{});
  }();

  /// The activation that child I is, if it stands right after a batch norm; none otherwise.
  template <std::size_t I>
  static constexpr Activation past_activation = [] {
    if constexpr (I > 0 && I < count) {
      if constexpr (requires {
                      std::tuple_element_t<I - 1, Children>::norm;
                      std::tuple_element_t<I, Children>::activation;
                    })
        return std::tuple_element_t<I, Children>::activation;
    }
    return Activation::none;
  }();

  template <std::size_t I>
  void child_backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
    if constexpr (past_activation<I + 1> != Activation::none)
      std::get<I>(children_).backward(step, x, dy, dx, past_activation<I + 1>);
    else
      std::get<I>(children_).backward(step, x, dy, dx);
  }

  Children children_;
  std::array<Signal<T>, count> outputs_{};
};

template <class... Branches, int In, class B, class T>
class Module<Sum<Branches...>, In, B, T> {
  using Children = std::tuple<module_t<Branches, In, B, T>...>;
  static constexpr std::size_t count = sizeof...(Branches);

 public:
  static constexpr int channels = std::tuple_element_t<0, Children>::channels;
  static constexpr bool pointwise_backward = false;

  explicit Module(ParameterLayout<T>& layout) : children_{detail::make_children<Children>(layout)} {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    if (!y) y = output_.place(step, y, x.data.batch, output_shape_of<Sum<Branches...>>(x.data.shape()));
    // An identity costs nothing where the input itself can be the base of the other branches' sum.
    const bool skip = identity < count && count > 1 && !y.base && !x.pending();
    if (skip) y.base = x.data;
    detail::for_each_child<count>([&](auto i) {
      if (skip && i == identity) return;
      std::get<i>(children_).forward(step, x, y);
      y.base = y.view;
    });
    return {y.view};
  }
  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
    output_.release();
    const bool skip = identity < count && count > 1 && dx && !dx.base;
    if (skip) dx.base = dy;
    detail::for_each_child<count>([&](auto i) {
      if (skip && i == identity) return;
      std::get<i>(children_).backward(step, x, dy, dx);
      dx.base = dx.view;
    });
  }

 private:
  /// The first branch that is the identity; `count` if there is none.
  static constexpr std::size_t identity = [] {
    std::size_t first = count;
    detail::for_each_child<count>([&](auto i) {
      if (first == count && requires { std::tuple_element_t<i, Children>::identity; }) first = i;
    });
    return first;
  }();

  Children children_;
  OutputBuffer<B, T> output_;
};

template <class... Branches, int In, class B, class T>
class Module<Concat<Branches...>, In, B, T> {
  using Children = std::tuple<module_t<Branches, In, B, T>...>;
  static constexpr std::size_t count = sizeof...(Branches);

 public:
  static constexpr int channels = (module_t<Branches, In, B, T>::channels + ...);
  static constexpr bool pointwise_backward = false;

  explicit Module(ParameterLayout<T>& layout) : children_{detail::make_children<Children>(layout)} {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    if (!y) y = output_.place(step, y, x.data.batch, output_shape_of<Concat<Branches...>>(x.data.shape()));
    int first = 0;
    detail::for_each_child<count>([&](auto i) {
      auto& child = std::get<i>(children_);
      child.forward(step, x, y.slice(first, child.channels));
      first += child.channels;
    });
    return {y.view};
  }
  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
    output_.release();
    int first = 0;
    detail::for_each_child<count>([&](auto i) {
      auto& child = std::get<i>(children_);
      child.backward(step, x, dy.slice(first, child.channels), dx);
      dx.base = dx.view;
      first += child.channels;
    });
  }

 private:
  Children children_;
  OutputBuffer<B, T> output_;
};

template <class... Stages, int In, class B, class T>
class Module<Cascade<Stages...>, In, B, T> {
  using Children = typename detail::Chain<In, B, T, std::tuple<>, Stages...>::type;
  static constexpr std::size_t count = sizeof...(Stages);
  template <std::size_t I>
  static constexpr int channels_of = std::tuple_element_t<I, Children>::channels;
  /// First channel of stage I in the output.
  template <std::size_t I>
  static constexpr int first_of = [] {
    return []<std::size_t... J>(std::index_sequence<J...>) { return (0 + ... + channels_of<J>); }
    (std::make_index_sequence<I>{});
  }();

 public:
  static constexpr int channels = first_of<count>;
  static constexpr bool pointwise_backward = false;

  explicit Module(ParameterLayout<T>& layout) : children_{detail::make_children<Children>(layout)} {}

  /// Stages keep their own outputs (raw, with work pending), since a sum around the cascade may add to `y`.
  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    Signal<T> signal = x;
    detail::for_each_child<count>([&](auto i) {
      signal = std::get<i>(children_).forward(step, signal, {});
      outputs_[i] = signal;
      if (!y) y = output_.place(step, y, x.data.batch, {channels, signal.data.height, signal.data.width});
      Operations<B>::materialise(step.context, signal, y.slice(first_of<i>, channels_of<i>));
    });
    return {y.view};
  }
  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
    output_.release();
    Buffer<B, T> held;
    View<const T> gradient = dy.slice(first_of<count - 1>, channels_of<count - 1>);
    detail::for_each_child<count>([&](auto reversed) {
      constexpr std::size_t i = count - 1 - reversed;
      auto& child = std::get<i>(children_);
      if constexpr (i == 0) {
        child.backward(step, x, gradient, dx);
      } else {
        const Signal<T>& in = outputs_[i - 1];
        Buffer<B, T> fresh;
        const View<T> sum = fresh.shaped(step.pool, in.data.batch, in.data.shape());
        const View<const T> part = dy.slice(first_of<i - 1>, channels_of<i - 1>);
        child.backward(step, in, gradient, Target<T>{sum, part});
        held = std::move(fresh);
        gradient = sum;
      }
    });
  }

 private:
  Children children_;
  std::array<Signal<T>, count> outputs_{};
  OutputBuffer<B, T> output_;
};

}  // namespace aurum
