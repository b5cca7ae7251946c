#pragma once
#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

#include "aurum/module/children.hpp"
#include "aurum/spec/composite.hpp"

namespace aurum {

/// Keeps what its children gave until they go back, but for what can be dropped on the way.
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
    detail::for_each_child<count - 1>([&](auto i) {
      if (identities == i && detail::IsIdentity<Child<i>>) ++identities;
    });
    return identities;
  }();

 public:
  static constexpr int channels = Last::channels;
  static constexpr bool in_place_backward = false;
  static constexpr InputUse input_use = detail::input_use<Child<first>>;
  static constexpr bool late_gradient = first + 1 < count && !Child<first>::in_place_backward;
  static constexpr int parts = detail::parts<Last>;
  static constexpr bool remakes = detail::Remakes<Last>;

  explicit Module(ParameterLayout<real_t<T>>& layout) : children_{detail::make_children<Children>(layout)} {}

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    return forward(step, x, [&](Last& last, const Signal<T>& in) { return last.forward(step, in, y); });
  }
  void forward_parts(Step<B, T>& step, const Signal<T>& x) requires(parts > 0) {
    forward(step, x, [&](Last& last, const Signal<T>& in) {
      detail::forward_parts(last, step, in);
      return Signal<T>{};
    });
  }
  template <class F>
  void for_each_part(Step<B, T>& step, const Signal<T>& x, const F& f) requires(parts > 0) {
    std::get<count - 1>(children_).for_each_part(step, input<count - 1>(step, x), f);
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
  /// `of_last(the last child, what it reads)`: its forward.
  template <class F>
  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, const F& of_last) {
    Signal<T> signal = x;
    detail::for_each_child<count>([&](auto i) {
      if constexpr (i + 1 == count)
        signal = of_last(std::get<i>(children_), signal);
      else
        signal = std::get<i>(children_).forward(step, signal, {});
      outputs_[i] = signal;
      if constexpr (i > 0)
        if constexpr (drops<i - 1>) std::get<i - 1>(children_).release();
    });
    return signal;
  }

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
    return []<std::size_t... J>(std::index_sequence<J...>) { return (detail::IsFrozen<Child<J>> && ...); }
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

}  // namespace aurum
