#pragma once
// Face alignment networks and AU networks of the three papers, with the exact layouts and parameter names of
// their public weights. `Maps` is the number of heatmaps: AUs, or 68 landmarks.
#include <array>
#include <string_view>

#include "aurum/spec/hourglass.hpp"

namespace aurum {

namespace names {
struct NtinouFan {
  static constexpr std::array<std::string_view, 13> names{
      "conv1", "bn1", "", "conv2", "", "conv3", "conv4", "m0", "top_m_0", "conv_last0", "bn_end0", "", "l0"};
};
/// Names of the stacks of 1adrianb/face-alignment's FAN and of the BMVC 2018 network: m0, top_m_0,
/// conv_last0, ...
struct FanStack {
  template <int I>
  struct Body {
    static constexpr std::array<char, 2> m{'m', '0' + I};
    static constexpr std::array<char, 7> top{'t', 'o', 'p', '_', 'm', '_', '0' + I};
    static constexpr std::array<char, 10> last{'c', 'o', 'n', 'v', '_', 'l', 'a', 's', 't', '0' + I};
    static constexpr std::array<char, 7> end{'b', 'n', '_', 'e', 'n', 'd', '0' + I};
    static constexpr std::array<std::string_view, 5> names{
        std::string_view{m.data(), m.size()}, std::string_view{top.data(), top.size()},
        std::string_view{last.data(), last.size()}, std::string_view{end.data(), end.size()}, ""};
  };
  template <int I>
  struct Part {
    static constexpr std::array<char, 2> head{'l', '0' + I};
    static constexpr std::array<char, 3> body{'b', 'l', '0' + I}, maps{'a', 'l', '0' + I};
    static constexpr std::array<std::string_view, 3> names{std::string_view{head.data(), head.size()},
                                                           std::string_view{body.data(), body.size()},
                                                           std::string_view{maps.data(), maps.size()}};
  };
};
struct StackedFan {
  static constexpr std::array<std::string_view, 8> names{"conv1", "bn1",   "",      "conv2",
                                                         "",      "conv3", "conv4", ""};
};
}  // namespace names

/// Options of Fan.
template <int N>
struct Features {};  ///< channels of the hourglass (128); the stem has half of them

/// The network of Ntinou et al. 2020 (section 3.3): stem 7x7 stride 2, three post-activation ConvBlocks
/// around one max-pooling, an hourglass of depth 4, a ConvBlock and two 1x1 convolutions. Maps have a quarter
/// of the image's size. Options: `Features<n>` (128), `Depth<n>` (4).
template <int Maps, class... Options>
struct Fan : Named<names::NtinouFan,
                   Sequential<Conv<detail::option_or<Features, Options...>(128) / 2, 7, Stride<2>, Bias>,
                              BatchNorm, Relu, ConvBlock<detail::option_or<Features, Options...>(128) / 2>,
                              MaxPool<2>, ConvBlock<detail::option_or<Features, Options...>(128)>,
                              ConvBlock<detail::option_or<Features, Options...>(128)>,
                              Hourglass<detail::option_or<Features, Options...>(128),
                                        Depth<detail::option_or<Depth, Options...>(4)>>,
                              ConvBlock<detail::option_or<Features, Options...>(128)>,
                              Conv<detail::option_or<Features, Options...>(128), 1, Bias>, BatchNorm, Relu,
                              Conv<Maps, 1, Bias>>> {};

namespace detail {
template <int C>
using pre_block = ConvBlock<C, PreActivation>;

template <int Maps, int Stacks, int C, class Block, class Pool>
using fan_stacks =
    Stacked<Stacks,
            Sequential<Hourglass<C, BlockOf<Block>, PoolOf<Pool>>, Block, Conv<C, 1, Bias>, BatchNorm, Relu>,
            Conv<Maps, 1, Bias>, Conv<C, 1, Bias>, Conv<C, 1, Bias>, names::FanStack>;
}  // namespace detail

/// The Face Alignment Network of Bulat and Tzimiropoulos 2017, as 1adrianb/face-alignment releases it:
/// pre-activation blocks, 256 features, average pooling, 1 to 4 stacks. The output holds the maps of every
/// stack; the last `Maps` channels are the network's answer.
template <int Maps = 68, int Stacks = 1>
struct StackedFan
    : Named<names::StackedFan,
            Sequential<Conv<64, 7, Stride<2>, Bias>, BatchNorm, Relu, detail::pre_block<128>, AveragePool<2>,
                       detail::pre_block<128>, detail::pre_block<256>,
                       detail::fan_stacks<Maps, Stacks, 256, detail::pre_block<256>, AveragePool<2>>>> {};

/// The released network of Sanchez et al., BMVC 2018: bottleneck blocks, 256 features, max pooling, one
/// hourglass. Its released weights have 5 maps: AU 6, 10, 12, 14, 17.
template <int Maps = 5>
struct BottleneckFan : Named<names::StackedFan,
                             Sequential<Conv<64, 7, Stride<2>, Bias>, BatchNorm, Relu, BottleneckBlock<128>,
                                        MaxPool<2>, BottleneckBlock<128>, BottleneckBlock<256>,
                                        detail::fan_stacks<Maps, 1, 256, BottleneckBlock<256>, MaxPool<2>>>> {
};

}  // namespace aurum
