#pragma once
#include "aurum/rewrite/rewrite.hpp"
#include "aurum/spec/frozen.hpp"
#include "aurum/spec/reparametrised.hpp"

namespace aurum {

/// What becomes of the batch norms of a reparametrised network. Ntinou et al. 2020 do not say; the choice,
/// and the default, are ours.
enum class Norms {
  trained,     ///< scale, shift and statistics follow the new task
  statistics,  ///< their statistics follow the new task, scale and shift stay
  frozen,      ///< nothing changes
};

namespace detail {
template <Norms Choice>
struct ReparametriseRule {
  template <class S, bool Last>
  struct Of {
    using type = S;
  };
  template <int Channels, int K, class... Options>
  struct Of<Conv<Channels, K, Options...>, false> {
    using type = Reparametrised<Conv<Channels, K, Options...>>;
  };
  template <class Policy>
  struct Of<BasicBatchNorm<Policy>, false> {
    using norm = BasicBatchNorm<Policy>;
    using type =
        std::conditional_t<Choice == Norms::trained, norm,
                           std::conditional_t<Choice == Norms::frozen, Frozen<norm>, FrozenAffine<norm>>>;
  };
  template <class S, bool Last>
  using layer = typename Of<S, Last>::type;
};
}  // namespace detail

/// Network `Net` with every convolution reparametrised (spec/reparametrised.hpp) but the one that gives its
/// output, which belongs to the new task and is trained whole (Ntinou et al. 2020, section 4.5). Paths stay
/// as they are, so `transfer` copies the weights of the network that was trained first.
template <Spec Net, Norms Choice = Norms::trained>
using reparametrise_t = rewrite_t<detail::ReparametriseRule<Choice>, Net>;

}  // namespace aurum
