#pragma once
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "aurum/rewrite/rewrite.hpp"
#include "aurum/spec/frozen.hpp"
#include "aurum/spec/hourglass.hpp"
#include "aurum/spec/predictive_coding.hpp"
#include "aurum/spec/time_distributed.hpp"

namespace aurum {

namespace detail {
/// How much of each path the layers around a place have spelled; -1: they are not on it.
template <std::size_t N>
struct PathCursor {
  int at[N]{};

  /// Within the child called `name`.
  [[nodiscard]] constexpr PathCursor inside(const std::array<std::string_view, N>& paths,
                                            std::string_view name) const {
    PathCursor next = *this;
    if (name.empty()) return next;
    for (std::size_t i = 0; i < N; ++i) {
      if (at[i] < 0) continue;
      const std::string_view rest = paths[i].substr(static_cast<std::size_t>(at[i]));
      const bool whole = rest == name;
      const bool begins = rest.size() > name.size() && rest.starts_with(name) && rest[name.size()] == '.';
      next.at[i] = whole    ? static_cast<int>(paths[i].size())
                   : begins ? at[i] + static_cast<int>(name.size()) + 1
                            : -1;
    }
    return next;
  }
  /// The paths, a bit each, that end here.
  [[nodiscard]] constexpr unsigned long long ended(const std::array<std::string_view, N>& paths) const {
    unsigned long long bits = 0;
    for (std::size_t i = 0; i < N; ++i)
      if (at[i] == static_cast<int>(paths[i].size())) bits |= 1ULL << i;
    return bits;
  }
  [[nodiscard]] constexpr bool lost() const {
    for (const int position : at)
      if (position >= 0) return false;
    return true;
  }
};

struct NoNames {
  static constexpr std::array<std::string_view, 0> names{};
};

/// A layer with some of it frozen, and which paths, a bit each, said so.
template <class S, unsigned long long Found>
struct FreezeResult {
  using type = S;
  static constexpr unsigned long long found = Found;
};

/// Layer S, whose children `List` names, at a place on one of the paths; by default it has no children.
template <class Paths, class S, auto Where, class List = NoNames>
struct FreezeIn : FreezeResult<S, 0> {};

/// Child I of a composite.
template <class Paths, class S, auto Where, class List, std::size_t I>
struct FreezeChild {
  static constexpr auto where = with_child_name(List::names, static_cast<int>(I),
                                                [](auto name) { return Where.inside(Paths::paths, name); });
  static constexpr unsigned long long ended = where.ended(Paths::paths);
  static constexpr auto choose() {
    if constexpr (ended != 0)
      return FreezeResult<Frozen<S>, ended>{};
    else if constexpr (where.lost())
      return FreezeResult<S, 0>{};
    else
      return FreezeIn<Paths, resolve_t<S>, where>{};
  }
  using chosen = decltype(choose());
  using type = typename chosen::type;
  static constexpr unsigned long long found = chosen::found;
};

template <class Paths, auto Where, class List, template <class...> class Composite, class Indices,
          class... Children>
struct FreezeChildren;
template <class Paths, auto Where, class List, template <class...> class Composite, std::size_t... I,
          class... Children>
struct FreezeChildren<Paths, Where, List, Composite, std::index_sequence<I...>, Children...> {
  using type = Composite<typename FreezeChild<Paths, Children, Where, List, I>::type...>;
  static constexpr unsigned long long found =
      (FreezeChild<Paths, Children, Where, List, I>::found | ... | 0ULL);
};
template <class Paths, class... Layers, auto Where, class List>
struct FreezeIn<Paths, Sequential<Layers...>, Where, List>
    : FreezeChildren<Paths, Where, List, Sequential, std::index_sequence_for<Layers...>, Layers...> {};
template <class Paths, class... Branches, auto Where, class List>
struct FreezeIn<Paths, Sum<Branches...>, Where, List>
    : FreezeChildren<Paths, Where, List, Sum, std::index_sequence_for<Branches...>, Branches...> {};
template <class Paths, class... Branches, auto Where, class List>
struct FreezeIn<Paths, Concat<Branches...>, Where, List>
    : FreezeChildren<Paths, Where, List, Concat, std::index_sequence_for<Branches...>, Branches...> {};
template <class Paths, class... Stages, auto Where, class List>
struct FreezeIn<Paths, Cascade<Stages...>, Where, List>
    : FreezeChildren<Paths, Where, List, Cascade, std::index_sequence_for<Stages...>, Stages...> {};
template <class Paths, class List, class S, auto Where, class Outer>
struct FreezeIn<Paths, Named<List, S>, Where, Outer> {
  using inner = FreezeIn<Paths, resolve_t<S>, Where, List>;
  using type = Named<List, typename inner::type>;
  static constexpr unsigned long long found = inner::found;
};
template <class Paths, class Net, class... Options, auto Where, class List>
struct FreezeIn<Paths, TimeDistributed<Net, Options...>, Where, List> {
  using inner = FreezeIn<Paths, resolve_t<Net>, Where, List>;
  using type = TimeDistributed<typename inner::type, Options...>;
  static constexpr unsigned long long found = inner::found;
};
template <class Paths, class Extractor, class Recurrent, class Head, class... Options, auto Where, class List>
struct FreezeIn<Paths, PredictiveCoding<Extractor, Recurrent, Head, Options...>, Where, List> {
  using Parts = typename PredictiveCoding<Extractor, Recurrent, Head, Options...>::Parts;
  using features = FreezeChild<Paths, Extractor, Where, Parts, 0>;
  using temporal = FreezeChild<Paths, Recurrent, Where, Parts, 1>;
  using predict = FreezeChild<Paths, Head, Where, Parts, 2>;
  using type =
      PredictiveCoding<typename features::type, typename temporal::type, typename predict::type, Options...>;
  static constexpr unsigned long long found = features::found | temporal::found | predict::found;
};
template <class Paths, int Channels, class Projection, auto Where, class List>
struct FreezeIn<Paths, Shortcut<Channels, Projection>, Where, List> {
  using inner = FreezeIn<Paths, resolve_t<Projection>, Where, List>;
  using type = Shortcut<Channels, typename inner::type>;
  static constexpr unsigned long long found = inner::found;
};

template <class Net, class... Paths>
struct Freeze;
template <class Net>
struct Freeze<Net> {
  using type = Frozen<Net>;
};
template <class Net, class Paths>
struct Freeze<Net, Paths> {
  static constexpr std::size_t count = Paths::paths.size();
  static_assert(count > 0 && count < 64, "freeze_t: expected 1 to 63 paths");
  using result = FreezeIn<Paths, resolve_t<Net>, PathCursor<count>{}>;
  static_assert(
      result::found == (1ULL << count) - 1,
      "freeze_t: the network has no layer of one of these paths (layers, not parameters: \"conv1\", "
      "not \"conv1.weight\"; one stack of several cannot be frozen alone)");
  using type = typename result::type;
};
}  // namespace detail

namespace detail {
struct UnfreezeRule {
  template <class S>
  struct Of {
    using type = S;
  };
  template <class Norm>
  struct Of<FrozenAffine<Norm>> {
    using type = Norm;
  };
  template <class S, bool Last>
  using layer = typename Of<S>::type;
};
template <class S, bool Last>
struct Rewrite<UnfreezeRule, Frozen<S>, Last> {
  using type = rewritten<UnfreezeRule, S, Last>;
};
}  // namespace detail

/// Network `Net` with all that was frozen to be trained again, under the same paths: to fine-tune everything
/// after a transfer (Ntinou et al. 2020, section 6.5). Reparametrised convolutions stay what they are.
template <Spec Net>
using unfreeze_t = rewrite_t<detail::UnfreezeRule, Net>;

/// Network `Net` with all of its layers frozen (spec/frozen.hpp), or only those under `Paths::paths`, an
/// array of std::string_view: the paths that their parameters begin with.
///   struct Stem { static constexpr std::array<std::string_view, 2> paths{"conv1", "m0.b1_4"}; };
///   using Net = freeze_t<Fan<12>, Stem>;
template <Spec Net, class... Paths>
requires(sizeof...(Paths) <= 1) using freeze_t = typename detail::Freeze<Net, Paths...>::type;

}  // namespace aurum
