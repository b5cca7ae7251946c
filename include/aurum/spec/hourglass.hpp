#pragma once
// Hourglasses (Newell et al. 2016) as the three papers of the family use them.
#include <array>
#include <string_view>

#include "aurum/spec/blocks.hpp"
#include "aurum/spec/pool.hpp"
#include "aurum/spec/upsample.hpp"

namespace aurum {

/// Options of Hourglass: the block of the three non-skip places, of the skip, the pooling and the upsampling.
template <class S>
struct BlockOf {};
template <class S>
struct SkipOf {};
template <class S>
struct PoolOf {};
template <class S>
struct UpsampleOf {};

namespace names {
/// Children of hourglass level L: "b1_L" is the skip, "b2_L" and "b3_L" stand around the next level, and the
/// innermost block is "b2_plus_1"; the levels' names are all on one level of the path.
template <int L>
struct HourglassLevel {
  static_assert(L >= 1 && L <= 9);
  static constexpr std::array<char, 4> b1{'b', '1', '_', '0' + L}, b2{'b', '2', '_', '0' + L},
      b3{'b', '3', '_', '0' + L};
  static constexpr std::string_view inner = L == 1 ? std::string_view{"b2_plus_1"} : std::string_view{};
  struct Outer {
    static constexpr std::array<std::string_view, 2> names{std::string_view{b1.data(), 4}, ""};
  };
  struct Low {
    static constexpr std::array<std::string_view, 5> names{"", std::string_view{b2.data(), 4}, inner,
                                                           std::string_view{b3.data(), 4}, ""};
  };
};
}  // namespace names

namespace detail {
template <int L, class Block, class Skip, class Pool, class Up>
struct HourglassLevel {
  using inner = typename HourglassLevel<L - 1, Block, Skip, Pool, Up>::type;
  using low = Named<typename names::HourglassLevel<L>::Low, Sequential<Pool, Block, inner, Block, Up>>;
  using type = Named<typename names::HourglassLevel<L>::Outer, Sum<Skip, low>>;
};
template <class Block, class Skip, class Pool, class Up>
struct HourglassLevel<0, Block, Skip, Pool, Up> {
  using type = Block;
};

template <int C, class... Options>
struct HourglassOf {
  static constexpr int depth = option_or<Depth, Options...>(4);
  using block = typename OptionType<BlockOf, ConvBlock<C>, Options...>::type;
  using skip = typename OptionType<SkipOf, block, Options...>::type;
  using pool = typename OptionType<PoolOf, MaxPool<2>, Options...>::type;
  using up = typename OptionType<UpsampleOf, UpsampleNearest<2>, Options...>::type;
  using type =
      Named<names::Transparent2,
            Sequential<RequireHalvings<depth>, typename HourglassLevel<depth, block, skip, pool, up>::type>>;
};
}  // namespace detail

/// An hourglass of C channels. Level l: out = skip(x) + upsample(block(inner(block(pool(x))))), the innermost
/// level being one block. Height and width are multiples of 2^depth.
/// Options: `Depth<n>` (4), `BlockOf<S>` (ConvBlock<C>), `SkipOf<S>` (the block), `PoolOf<S>` (MaxPool<2>),
/// `UpsampleOf<S>` (UpsampleNearest<2>). For 1x1 skip blocks: `SkipOf<ConvBlock<C, Kernel<1>>>`.
/// Parameter names: b1_4 b2_4 ... b2_plus_1 ... b3_4.
template <int Channels, class... Options>
struct Hourglass : detail::HourglassOf<Channels, Options...>::type {};

/// Stacked hourglasses with re-injected maps (Bulat 2017). For every stack i:
///   ll = Body(x);  maps_i = Head(ll);  x <- x + FromBody(ll) + FromMaps(maps_i)
/// the injections (1x1 convolutions back to x's channels) missing from the last stack. The output is the maps
/// of all stacks side by side, the last stack's last, so that a loss can supervise every stack.
/// `StackNames::Body<i>::names` names the children of Body; `StackNames::Part<i>::names` names Head, FromBody
/// and FromMaps of stack i.
template <int Stacks, class Body, class Head, class FromBody, class FromMaps, class StackNames>
struct Stacked {
  static_assert(Stacks >= 1 && Stacks <= 9);
  using spec = Stacked;
  static constexpr int stacks = Stacks;

  static constexpr Diagnosis infer(const Shape& in, Supports supports, Names = {}) {
    using Part = typename StackNames::template Part<0>;
    const Diagnosis body = Named<typename StackNames::template Body<0>, Body>::infer(in, supports);
    if (!body.ok()) return body;
    Diagnosis head = Head::infer(body.out, supports).inside(Part::names[0]);
    if (!head.ok()) return head;
    if (Stacks > 1) {
      const Diagnosis a = FromBody::infer(body.out, supports);
      if (!a.ok()) return a.inside(Part::names[1]);
      if (a.out != in) return differ(in, a.out).inside(Part::names[1]);
      const Diagnosis b = FromMaps::infer(head.out, supports);
      if (!b.ok()) return b.inside(Part::names[2]);
      if (b.out != in) return differ(in, b.out).inside(Part::names[2]);
    }
    head.out.channels *= Stacks;
    return head;
  }
  static constexpr Cost cost(const Shape& in) {
    const Shape features = output_shape_of<Body>(in);
    const Cost stack = Body::cost(in) + Head::cost(features);
    const Cost between = FromBody::cost(features) + FromMaps::cost(output_shape_of<Head>(features));
    Cost total;
    for (int i = 0; i < Stacks; ++i) total = total + stack + (i + 1 < Stacks ? between : Cost{});
    return total;
  }

 private:
  static constexpr Diagnosis differ(const Shape& wanted, const Shape& found) {
    return Diagnosis::wrong(wanted.channels != found.channels
                                ? Fault::channels_must_match_the_branches_of_a_sum
                                : Fault::size_must_match_the_branches_of_a_sum,
                            wanted, found);
  }
};

}  // namespace aurum
