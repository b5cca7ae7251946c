#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <tuple>

#include "aurum/module/children.hpp"
#include "aurum/spec/composite.hpp"

namespace aurum {

template <int In, class B, class T>
class Module<Identity, In, B, T> {
 public:
  static constexpr int channels = In;
  static constexpr bool in_place_backward = true;
  static constexpr bool identity = true;
  static constexpr bool frozen = true;
  static constexpr int parts = 1;
  explicit Module(ParameterLayout<real_t<T>>&) {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    if (!y) return x;
    Operations<B>::materialise(step.context, x, y);
    return {y.view};
  }
  template <class F>
  void for_each_part(Step<B, T>&, const Signal<T>& x, const F& f) {
    f(Part<T>{x});
  }
  void backward(Step<B, T>& step, const Signal<T>&, View<const T> dy, Target<T> dx) {
    if (dx && (dx.base || dx.view.data != dy.data))
      Operations<B>::materialise(step.context, Signal<T>{dy}, dx);
  }
};

template <int Levels, int In, class B, class T>
class Module<RequireHalvings<Levels>, In, B, T> : public Module<Identity, In, B, T> {
 public:
  explicit Module(ParameterLayout<real_t<T>>& layout) : Module<Identity, In, B, T>(layout) {}
};

template <class List, class S, int In, class B, class T>
class Module<Named<List, S>, In, B, T> : public module_t<S, In, B, T> {
 public:
  explicit Module(ParameterLayout<real_t<T>>& layout)
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
  explicit Module(ParameterLayout<real_t<T>>& layout)
      : module_t<detail::shortcut<Channels, Projection, In>, In, B, T>(layout) {}
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
  // An identity writes a copy here, so that only its part reads x again.
  static constexpr InputUse input_use = std::max({detail::IsIdentity<module_t<Branches, In, B, T>>
                                                      ? InputUse::values
                                                      : detail::input_use<module_t<Branches, In, B, T>>...});
  static constexpr int parts = ((detail::parts<module_t<Branches, In, B, T>> > 0) && ...)
                                   ? (detail::parts<module_t<Branches, In, B, T>> + ...)
                                   : 0;
  static constexpr bool remakes = parts > 0;

  explicit Module(ParameterLayout<real_t<T>>& layout) : children_{detail::make_children<Children>(layout)} {}

  /// Branches that leave their output in parts are added up in one pass, the others add theirs one by one.
  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    y = place_sum(step, x, y);
    if constexpr (parts > 0) {
      forward_parts(step, x);
      return add_parts(step, x, y);
    } else {
      // An identity costs nothing where the input itself can be the base of the other branches' sum.
      const bool skip = skips_identity(x, y);
      if (skip) y.base = x.data;
      detail::for_each_child<count>([&](auto i) {
        if (skip && i == identity_branch) return;
        std::get<i>(children_).forward(step, x, y);
        y.base = y.view;
      });
      return {y.view};
    }
  }
  void forward_parts(Step<B, T>& step, const Signal<T>& x) requires(parts > 0) {
    detail::for_each_child<count>([&](auto i) { detail::forward_parts(std::get<i>(children_), step, x); });
  }
  template <class F>
  void for_each_part(Step<B, T>& step, const Signal<T>& x, const F& f) requires(parts > 0) {
    detail::for_each_child<count>([&](auto i) { std::get<i>(children_).for_each_part(step, x, f); });
  }
  Signal<T> remake(Step<B, T>& step, const Signal<T>& x) requires remakes {
    if (const View<T> kept = this->kept()) return {kept};
    return add_parts(step, x, place_sum(step, x, {}));
  }
  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
    const bool skip = identity_branch < count && count > 1 && dx && !dx.base;
    if (skip) dx.base = dy;
    detail::for_each_child<count>([&](auto i) {
      if (skip && i == identity_branch) return;
      std::get<i>(children_).backward(step, x, dy, dx);
      dx.base = dx.view;
    });
  }

 private:
  /// The first branch that is the identity; `count` if there is none.
  static constexpr std::size_t identity_branch = [] {
    std::size_t first = count;
    detail::for_each_child<count>([&](auto i) {
      if (first == count && detail::IsIdentity<std::tuple_element_t<i, Children>>) first = i;
    });
    return first;
  }();

  Target<T> place_sum(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    return this->place(step, y, x.data.batch, output_shape_of<Sum<Branches...>>(x.data.shape()));
  }
  static bool skips_identity(const Signal<T>& x, const Target<T>& y) {
    return identity_branch < count && count > 1 && !y.base && !x.pending();
  }
  Signal<T> add_parts(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    const bool skip = skips_identity(x, y);
    if (skip) y.base = x.data;
    std::array<Part<T>, static_cast<std::size_t>(parts)> all;
    std::size_t found = 0;
    detail::for_each_child<count>([&](auto i) {
      if (skip && i == identity_branch) return;
      std::get<i>(children_).for_each_part(step, x, [&](const Part<T>& part) { all[found++] = part; });
    });
    materialise_sum<B, T>(step.context, std::span<const Part<T>>(all).first(found), y);
    return {y.view};
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

  explicit Module(ParameterLayout<real_t<T>>& layout) : children_{detail::make_children<Children>(layout)} {}

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
  static constexpr int parts = static_cast<int>(count);

  explicit Module(ParameterLayout<real_t<T>>& layout) : children_{detail::make_children<Children>(layout)} {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    forward_parts(step, x);
    const View<const T>& last = outputs_[count - 1].data;
    y = this->place(step, y, x.data.batch, {channels, last.height, last.width});
    std::array<Part<T>, count> all;
    std::size_t found = 0;
    for_each_part(step, x, [&](const Part<T>& part) { all[found++] = part; });
    materialise_sum<B, T>(step.context, all, y);
    return {y.view};
  }
  /// Stages keep their own outputs (raw, with work pending).
  void forward_parts(Step<B, T>& step, const Signal<T>& x) {
    Signal<T> signal = x;
    detail::for_each_child<count>(
        [&](auto i) { outputs_[i] = signal = std::get<i>(children_).forward(step, signal, {}); });
  }
  template <class F>
  void for_each_part(Step<B, T>&, const Signal<T>&, const F& f) {
    detail::for_each_child<count>([&](auto i) { f(Part<T>{outputs_[i], first_of<i>}); });
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
