#pragma once
// Residual blocks of the family. FACTS of the layouts: Ntinou et al. 2020 (post-activation, Fig. 4), Bulat
// and Tzimiropoulos 2017 (pre-activation), Sanchez et al. BMVC 2018 (bottleneck).
#include <array>
#include <string_view>

#include "aurum/spec/activation.hpp"
#include "aurum/spec/batch_norm.hpp"
#include "aurum/spec/composite.hpp"
#include "aurum/spec/conv.hpp"

namespace aurum {

struct PostActivation {};  ///< convolution, batch norm, activation (Ntinou 2020)
struct PreActivation {};   ///< batch norm, activation, convolution (Bulat 2017)
/// The activation of a block, an activation layer such as `Relu6`.
template <class A>
struct ActivationOf {};

namespace names {
/// conv1 bn1, conv2 bn2, conv3 bn3: the stages of a block, in the order of its layers.
template <int I>
struct Stage {
  static constexpr std::array<char, 5> conv{'c', 'o', 'n', 'v', '0' + I};
  static constexpr std::array<char, 3> norm{'b', 'n', '0' + I};
  static constexpr std::string_view conv_name{conv.data(), conv.size()}, norm_name{norm.data(), norm.size()};
};
template <int I>
struct PostStage {
  static constexpr std::array<std::string_view, 3> names{Stage<I>::conv_name, Stage<I>::norm_name, ""};
};
template <int I>
struct PreStage {
  static constexpr std::array<std::string_view, 3> names{Stage<I>::norm_name, "", Stage<I>::conv_name};
};
struct Cascade {
  static constexpr std::array<std::string_view, 3> names{"", "", ""};
};
struct Block {
  static constexpr std::array<std::string_view, 2> names{"", "downsample"};
};
struct Bottleneck {
  static constexpr std::array<std::string_view, 8> names{"conv1", "bn1", "",      "conv2",
                                                         "bn2",   "",    "conv3", "bn3"};
};
struct Transparent2 {
  static constexpr std::array<std::string_view, 2> names{"", ""};
};
}  // namespace names

namespace detail {
template <class Act, int Index, int Channels, int K>
using post_stage = Named<names::PostStage<Index>, Sequential<Conv<Channels, K>, BatchNorm, Act>>;
template <class Act, int Index, int Channels, int K>
using pre_stage = Named<names::PreStage<Index>, Sequential<BatchNorm, Act, Conv<Channels, K>>>;

template <int C, int K, class Order, class Act>
struct ConvBlockLayers;
template <int C, int K, class Act>
struct ConvBlockLayers<C, K, PostActivation, Act> {
  using stages =
      Cascade<post_stage<Act, 1, C / 2, K>, post_stage<Act, 2, C / 4, K>, post_stage<Act, 3, C / 4, K>>;
  using projection = Sequential<Conv<C, 1>, BatchNorm, Act>;
};
template <int C, int K, class Act>
struct ConvBlockLayers<C, K, PreActivation, Act> {
  using stages =
      Cascade<pre_stage<Act, 1, C / 2, K>, pre_stage<Act, 2, C / 4, K>, pre_stage<Act, 3, C / 4, K>>;
  using projection = Sequential<BatchNorm, Act, Conv<C, 1>>;
};

template <int C, class... Options>
struct ConvBlockOf {
  static constexpr bool pre = (std::is_same_v<Options, PreActivation> || ...);
  using order = std::conditional_t<pre, PreActivation, PostActivation>;
  using activation =
      typename OptionType<ActivationOf, std::conditional_t<pre, Relu, Relu6>, Options...>::type;
  using layers = ConvBlockLayers<C, option_or<Kernel, Options...>(3), order, activation>;
  using type =
      Named<names::Block,
            Sum<Named<names::Cascade, typename layers::stages>, Shortcut<C, typename layers::projection>>>;
};
template <int C, class... Options>
requires(C % 4 != 0) struct ConvBlockOf<C, Options...> {
  using type = CannotSplit<C, 4>;
};

template <int C>
struct BottleneckOf {
  using layers =
      Sequential<Conv<C / 2, 1>, BatchNorm, Relu, Conv<C / 2, 3>, BatchNorm, Relu, Conv<C, 1>, BatchNorm>;
  using residual =
      Named<names::Block,
            Sum<Named<names::Bottleneck, layers>, Shortcut<C, Sequential<Conv<C, 1>, BatchNorm>>>>;
  using type = Named<names::Transparent2, Sequential<residual, Relu>>;
};
template <int C>
requires(C % 2 != 0) struct BottleneckOf<C> {
  using type = CannotSplit<C, 2>;
};
}  // namespace detail

/// The ConvBlock of Ntinou 2020, Fig. 4 and of Bulat 2017: three convolutions with C/2, C/4 and C/4 channels,
/// each reading the one before; their outputs side by side, plus the input (through a 1x1 projection when its
/// channels differ). Nothing is activated after the sum. Channels: a multiple of 4.
/// Options: `PostActivation` (default) or `PreActivation`; `Kernel<n>` (3); `ActivationOf<A>` (Relu6 after,
/// Relu before the convolution). Parameter names: conv1 bn1 conv2 bn2 conv3 bn3, downsample.0 ...
template <int Channels, class... Options>
struct ConvBlock : detail::ConvBlockOf<Channels, Options...>::type {};

/// The classic residual bottleneck (BMVC 2018): 1x1 to C/2, 3x3, 1x1 to C, each with batch norm, ReLU
/// between, plus the input (through 1x1 and batch norm when its channels differ), ReLU after the sum.
/// Channels: even.
/// Parameter names: conv1 bn1 conv2 bn2 conv3 bn3, downsample.0, downsample.1.
template <int Channels>
struct BottleneckBlock : detail::BottleneckOf<Channels>::type {};

}  // namespace aurum
