#pragma once
// What composites do with their children.
#include <cstddef>
#include <tuple>
#include <utility>

#include "aurum/module/module.hpp"

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
template <class Children, class Real>
Children make_children(ParameterLayout<Real>& layout) {
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

template <class M>
concept IsFrozen = requires {
  requires M::frozen;
};

/// Calls f(integral_constant<I>) for I in [0, N).
template <std::size_t N, class F>
constexpr void for_each_child(F f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) { (f(std::integral_constant<std::size_t, I>{}), ...); }
  (std::make_index_sequence<N>{});
}
}  // namespace detail

}  // namespace aurum
