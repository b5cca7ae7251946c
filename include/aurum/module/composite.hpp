#pragma once
#include <algorithm>
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

template <class M>
concept IsIdentity = requires {
  requires M::identity;
};

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
  static constexpr bool in_place_backward = true;
  static constexpr bool identity = true;
  static constexpr bool repeats = true;
  explicit Module(ParameterLayout<T>&) {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    if (!y) return x;
    Operations<B>::materialise(step.context, x, y);
    return {y.view};
  }
  void repeat(Step<B, T>& step, const Signal<T>& x, Target<T> y) { forward(step, x, y); }
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
  template <std::size_t I>
  using Child = std::tuple_element_t<I, Children>;
  using Last = Child<count - 1>;
  /// The first child that is not the identity; the last if all are.
  static constexpr std::size_t first = [] {
    std::size_t identities = 0;
    detail::for_each_child<count - 1>(
        [&](auto i) { identities += identities == i && detail::IsIdentity<Child<i>> ? 1 : 0; });
    return identities;
  }();

 public:
  static constexpr int channels = Last::channels;
  static constexpr bool in_place_backward = false;
  static constexpr InputUse input_use = detail::input_use<Child<first>>;
  static constexpr bool late_gradient = first + 1 < count && !Child<first>::in_place_backward;
  static constexpr bool repeats = detail::Repeats<Last>;
  static constexpr bool remakes = detail::Remakes<Last>;

  explicit Module(ParameterLayout<T>& layout) : children_{detail::make_children<Children>(layout)} {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    Signal<T> signal = x;
    detail::for_each_child<count>([&](auto i) {
      signal = std::get<i>(children_).forward(step, signal, i + 1 == count ? y : Target<T>{});
      outputs_[i] = signal;
      if constexpr (i > 0)
        if constexpr (drops<i - 1>) std::get<i - 1>(children_).release();
    });
    return signal;
  }
  void repeat(Step<B, T>& step, const Signal<T>& x, Target<T> y) requires repeats {
    std::get<count - 1>(children_).repeat(step, input<count - 1>(step, x), y);
  }
  Signal<T> remake(Step<B, T>& step, const Signal<T>& x) requires remakes {
    return outputs_[count - 1] = std::get<count - 1>(children_).remake(step, input<count - 1>(step, x));
  }
  void release() requires detail::Releases<Last> { std::get<count - 1>(children_).release(); }

  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
    Buffer<B, T> held;  // the memory of `gradient`, once it is ours
    View<T> ours{};     // the same, writable
    View<const T> gradient = dy;
    bool wanted = true;
    detail::for_each_child<count>([&](auto reversed) {
      constexpr std::size_t i = count - 1 - reversed;
      if constexpr (past_activation<i> != Activation::none || i < first) {
        return;  // the batch norm before it does both; or nothing to do
      } else if constexpr (i == first) {
        detail::release(std::get<first>(children_));
        if (wanted) child_backward<first>(step, x, gradient, dx);
      } else {
        detail::release(std::get<i>(children_));
        if (!wanted) return;
        if constexpr (frozen_before<i>) {
          if (!dx) {  // nobody before has a use for the gradient
            child_backward<i>(step, input<i>(step, x), gradient, {});
            wanted = false;
            return;
          }
        }
        const Signal<T> in = input<i>(step, x);
        if (Child<i>::in_place_backward && ours) {
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
  /// Whether child I's output is released once the next child has read it: where that does not need it to go
  /// back, and where it can be made again. That costs a little time, and gains memory only if others will
  /// have given theirs back by then.
  template <std::size_t I>
  static constexpr bool drops = [] {
    if constexpr (I + 1 < count && detail::Releases<Child<I>>) {
      constexpr InputUse use = detail::input_use<Child<I + 1>>;
      if (use == InputUse::shape) return true;
      bool others = false;
      detail::for_each_child<count>(
          [&](auto j) { others |= j > I + 1 && j + 1 < count && detail::Releases<Child<j>>; });
      return use == InputUse::values && detail::Remakes<Child<I>> && others;
    }
    return false;
  }();

  /// What child I read.
  template <std::size_t I>
  Signal<T> input(Step<B, T>& step, const Signal<T>& x) {
    if constexpr (I <= first) {
      return x;
    } else {
      if constexpr (drops<I - 1> && detail::input_use<Child<I>> != InputUse::shape)
        outputs_[I - 1] = std::get<I - 1>(children_).remake(step, input<I - 1>(step, x));
      return outputs_[I - 1];
    }
  }

  /// Whether all children before child I are frozen.
  template <std::size_t I>
  static constexpr bool frozen_before = [] {
    return []<std::size_t... J>(std::index_sequence<J...>) {
      return (requires { Child<J>::frozen; } && ...);
    }
    (std::make_index_sequence<I>{});
  }();

  /// The activation that child I is, if it stands right after a batch norm; none otherwise.
  template <std::size_t I>
  static constexpr Activation past_activation = [] {
    if constexpr (I > 0 && I < count) {
      if constexpr (requires {
                      Child<I - 1>::norm;
                      Child<I>::activation;
                    })
        return Child<I>::activation;
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
class Module<Sum<Branches...>, In, B, T> : public OwnOutput<B, T> {
  using Children = std::tuple<module_t<Branches, In, B, T>...>;
  static constexpr std::size_t count = sizeof...(Branches);

 public:
  static constexpr int channels = std::tuple_element_t<0, Children>::channels;
  static constexpr bool in_place_backward = count == 2 &&
                                            (detail::IsIdentity<module_t<Branches, In, B, T>> || ...) &&
                                            (detail::LateGradient<module_t<Branches, In, B, T>> || ...);
  // An identity is told where to write, and when it writes again it reads.
  static constexpr InputUse input_use = std::max({detail::IsIdentity<module_t<Branches, In, B, T>>
                                                      ? InputUse::values
                                                      : detail::input_use<module_t<Branches, In, B, T>>...});
  static constexpr bool repeats = (detail::Repeats<module_t<Branches, In, B, T>> && ...);
  static constexpr bool remakes = repeats;

  explicit Module(ParameterLayout<T>& layout) : children_{detail::make_children<Children>(layout)} {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    y = place_sum(step, x, y);
    add(x, y, [&](auto& child, Target<T> to) { child.forward(step, x, to); });
    return {y.view};
  }
  void repeat(Step<B, T>& step, const Signal<T>& x, Target<T> y) requires repeats {
    add(x, y, [&](auto& child, Target<T> to) { child.repeat(step, x, to); });
  }
  Signal<T> remake(Step<B, T>& step, const Signal<T>& x) requires remakes {
    if (const View<T> kept = this->kept()) return {kept};
    const Target<T> y = place_sum(step, x, {});
    repeat(step, x, y);
    return {y.view};
  }
  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
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
      if (first == count && detail::IsIdentity<std::tuple_element_t<i, Children>>) first = i;
    });
    return first;
  }();

  Target<T> place_sum(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    return this->place(step, y, x.data.batch, output_shape_of<Sum<Branches...>>(x.data.shape()));
  }
  /// Calls f(branch, where it adds its output).
  template <class F>
  void add(const Signal<T>& x, Target<T> y, const F& f) {
    // An identity costs nothing where the input itself can be the base of the other branches' sum.
    const bool skip = identity < count && count > 1 && !y.base && !x.pending();
    if (skip) y.base = x.data;
    detail::for_each_child<count>([&](auto i) {
      if (skip && i == identity) return;
      f(std::get<i>(children_), y);
      y.base = y.view;
    });
  }

  Children children_;
};

template <class... Branches, int In, class B, class T>
class Module<Concat<Branches...>, In, B, T> : public OwnOutput<B, T> {
  using Children = std::tuple<module_t<Branches, In, B, T>...>;
  static constexpr std::size_t count = sizeof...(Branches);

 public:
  static constexpr int channels = (module_t<Branches, In, B, T>::channels + ...);
  static constexpr bool in_place_backward = false;
  static constexpr InputUse input_use = std::max({detail::input_use<module_t<Branches, In, B, T>>...});

  explicit Module(ParameterLayout<T>& layout) : children_{detail::make_children<Children>(layout)} {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    if (!y) y = this->place(step, y, x.data.batch, output_shape_of<Concat<Branches...>>(x.data.shape()));
    int first = 0;
    detail::for_each_child<count>([&](auto i) {
      auto& child = std::get<i>(children_);
      child.forward(step, x, y.slice(first, child.channels));
      first += child.channels;
    });
    return {y.view};
  }
  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
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
};

template <class... Stages, int In, class B, class T>
class Module<Cascade<Stages...>, In, B, T> : public OwnOutput<B, T> {
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
  static constexpr bool in_place_backward = false;
  static constexpr InputUse input_use = detail::input_use<std::tuple_element_t<0, Children>>;
  static constexpr bool late_gradient = count > 1;
  static constexpr bool repeats = true;

  explicit Module(ParameterLayout<T>& layout) : children_{detail::make_children<Children>(layout)} {}

  /// Stages keep their own outputs (raw, with work pending), since a sum around the cascade may add to `y`.
  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    Signal<T> signal = x;
    detail::for_each_child<count>([&](auto i) {
      signal = std::get<i>(children_).forward(step, signal, {});
      outputs_[i] = signal;
      if (!y) y = this->place(step, y, x.data.batch, {channels, signal.data.height, signal.data.width});
      Operations<B>::materialise(step.context, signal, y.slice(first_of<i>, channels_of<i>));
    });
    return {y.view};
  }
  void repeat(Step<B, T>& step, const Signal<T>&, Target<T> y) {
    detail::for_each_child<count>([&](auto i) {
      Operations<B>::materialise(step.context, outputs_[i], y.slice(first_of<i>, channels_of<i>));
    });
  }
  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
    Buffer<B, T> held;
    View<const T> gradient = dy.slice(first_of<count - 1>, channels_of<count - 1>);
    detail::for_each_child<count>([&](auto reversed) {
      constexpr std::size_t i = count - 1 - reversed;
      auto& child = std::get<i>(children_);
      detail::release(child);
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
};

}  // namespace aurum
