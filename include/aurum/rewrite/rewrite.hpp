#pragma once
// From network type to network type: walks the tree of a spec and lets a rule replace its leaves. Names, and
// so the paths of parameters, stay as they are.
#include <cstddef>
#include <type_traits>
#include <utility>

#include "aurum/spec/frozen.hpp"
#include "aurum/spec/hourglass.hpp"
#include "aurum/spec/predictive_coding.hpp"
#include "aurum/spec/time_distributed.hpp"

namespace aurum {

namespace detail {
/// A layer that is no composite. `Last`: the network's output is this layer's.
template <class Rule, class S, bool Last>
struct Rewrite {
  using type = typename Rule::template layer<S, Last>;
};
template <class Rule, class S, bool Last = false>
using rewritten = typename Rewrite<Rule, resolve_t<S>, Last>::type;

template <class Rule, class Indices, bool Last, class... Layers>
struct RewriteSequential;
template <class Rule, std::size_t... I, bool Last, class... Layers>
struct RewriteSequential<Rule, std::index_sequence<I...>, Last, Layers...> {
  using type = Sequential<rewritten<Rule, Layers, Last && I + 1 == sizeof...(Layers)>...>;
};
template <class Rule, class... Layers, bool Last>
struct Rewrite<Rule, Sequential<Layers...>, Last>
    : RewriteSequential<Rule, std::index_sequence_for<Layers...>, Last, Layers...> {};

template <class Rule, class... Branches, bool Last>
struct Rewrite<Rule, Sum<Branches...>, Last> {
  using type = Sum<rewritten<Rule, Branches>...>;
};
template <class Rule, class... Branches, bool Last>
struct Rewrite<Rule, Concat<Branches...>, Last> {
  using type = Concat<rewritten<Rule, Branches>...>;
};
template <class Rule, class... Stages, bool Last>
struct Rewrite<Rule, Cascade<Stages...>, Last> {
  using type = Cascade<rewritten<Rule, Stages>...>;
};
template <class Rule, class List, class S, bool Last>
struct Rewrite<Rule, Named<List, S>, Last> {
  using type = Named<List, rewritten<Rule, S, Last>>;
};
template <class Rule, int Channels, class Projection, bool Last>
struct Rewrite<Rule, Shortcut<Channels, Projection>, Last> {
  using type = Shortcut<Channels, rewritten<Rule, Projection>>;
};
template <class Rule, int Stacks, class Body, class Head, class FromBody, class FromMaps, class StackNames,
          bool Last>
struct Rewrite<Rule, Stacked<Stacks, Body, Head, FromBody, FromMaps, StackNames>, Last> {
  using type = Stacked<Stacks, rewritten<Rule, Body>, rewritten<Rule, Head, Last>, rewritten<Rule, FromBody>,
                       rewritten<Rule, FromMaps>, StackNames>;
};
template <class Rule, class Net, class... Options, bool Last>
struct Rewrite<Rule, TimeDistributed<Net, Options...>, Last> {
  using type = TimeDistributed<rewritten<Rule, Net, Last>, Options...>;
};
/// Of its output one half is the head's and the other the extractor's: neither has a last layer of its own.
template <class Rule, class Extractor, class Recurrent, class Head, class... Options, bool Last>
struct Rewrite<Rule, PredictiveCoding<Extractor, Recurrent, Head, Options...>, Last> {
  using type = PredictiveCoding<rewritten<Rule, Extractor>, rewritten<Rule, Recurrent>, rewritten<Rule, Head>,
                                Options...>;
};
/// What is frozen stays so.
template <class Rule, class S, bool Last>
struct Rewrite<Rule, Frozen<S>, Last> {
  using type = Frozen<S>;
};
}  // namespace detail

/// Network `Net` with every layer S that is no composite replaced by `Rule::layer<S, last>`; `last` tells the
/// layer whose output is the network's.
template <class Rule, Spec Net>
using rewrite_t = detail::rewritten<Rule, Net, true>;

}  // namespace aurum
