#pragma once
#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <utility>

#include "aurum/spec/composite.hpp"

namespace aurum {

namespace detail {
/// `Count` of a list's names, from `First` on.
template <class List, std::size_t First, std::size_t Count>
struct SomeNames {
  static constexpr std::array<std::string_view, Count> names = [] {
    std::array<std::string_view, Count> some{};
    for (std::size_t i = 0; i < Count; ++i) some[i] = List::names[First + i];
    return some;
  }();
};

/// Only networks of named layers one after another can be split.
template <class Layer, class S>
struct Split {
  static_assert(sizeof(S) == 0, "up_to_t, after_t: the network is not a Sequential whose layers have names");
};
template <class Layer, class List, class S>
struct Split<Layer, Named<List, S>> : Split<Layer, Named<List, resolve_t<S>>> {};
template <class Layer, class List, class... Layers>
struct Split<Layer, Named<List, Sequential<Layers...>>> {
  /// Layers up to and with the one of that name.
  static constexpr std::size_t count = [] {
    for (std::size_t i = 0; i < sizeof...(Layers); ++i)
      if (List::names[i] == Layer::name) return i + 1;
    return std::size_t{0};
  }();
  static_assert(count > 0 && count < sizeof...(Layers),
                "up_to_t, after_t: the network has no layer of this name, or none after it");
  template <std::size_t First, class Indices>
  struct Part;
  template <std::size_t First, std::size_t... I>
  struct Part<First, std::index_sequence<I...>> {
    using type = Named<SomeNames<List, First, sizeof...(I)>,
                       Sequential<std::tuple_element_t<First + I, std::tuple<Layers...>>...>>;
  };
  using up_to = typename Part<0, std::make_index_sequence<count>>::type;
  using after = typename Part<count, std::make_index_sequence<sizeof...(Layers) - count>>::type;
};
}  // namespace detail

/// The layers of network `Net` up to and with the one called `Layer::name`, and those after it: to branch off
/// between them. Both keep the names of their layers.
///   struct Conv4 { static constexpr std::string_view name = "conv4"; };
///   using Features = up_to_t<Fan<68>, Conv4>;
template <Spec Net, class Layer>
using up_to_t = typename detail::Split<Layer, resolve_t<Net>>::up_to;
template <Spec Net, class Layer>
using after_t = typename detail::Split<Layer, resolve_t<Net>>::after;

}  // namespace aurum
