#pragma once
// ResNet-18 (He et al., CVPR 2016), the baseline that regresses intensities in Ntinou et al. 2020, section 6.
#include <array>
#include <string_view>

#include "aurum/spec/blocks.hpp"
#include "aurum/spec/pool.hpp"

namespace aurum {

namespace names {
// torchvision's.
struct BasicBlock {
  static constexpr std::array<std::string_view, 5> names{"conv1", "bn1", "", "conv2", "bn2"};
};
struct ResNet18 {
  static constexpr std::array<std::string_view, 10> names{"conv1",  "bn1",    "",       "", "layer1",
                                                          "layer2", "layer3", "layer4", "", "fc"};
};
}  // namespace names

namespace detail {
template <int C, int S>
using basic_residual = Named<
    names::Block,
    Sum<Named<names::BasicBlock, Sequential<Conv<C, 3, Stride<S>>, BatchNorm, Relu, Conv<C, 3>, BatchNorm>>,
        Shortcut<C, Sequential<Conv<C, 1, Stride<S>>, BatchNorm>>>>;
}  // namespace detail

/// The basic residual block: two 3x3 convolutions of C channels with batch norm, ReLU between, plus the input
/// (through 1x1 and batch norm when its channels differ), ReLU after the sum. A stride other than 1 wants
/// channels that differ. Parameter names: conv1 bn1 conv2 bn2, downsample.0, downsample.1.
template <int Channels, int BlockStride = 1>
struct BasicBlock
    : Named<names::Transparent2, Sequential<detail::basic_residual<Channels, BlockStride>, Relu>> {};

/// ResNet-18 with `Outputs` numbers at its end, one pixel each: train it with AuIntensities. Square input, at
/// least 32 pixels wide. Names are torchvision's; fc.weight is {Outputs, 512, 1, 1} here, and loads from
/// torchvision's matrix {Outputs, 512} too.
template <int Outputs>
struct ResNet18
    : Named<names::ResNet18,
            Sequential<
                Conv<64, 7, Stride<2>>, BatchNorm, Relu, MaxPool<3, Stride<2>, Padding<1>>,
                Sequential<BasicBlock<64>, BasicBlock<64>>, Sequential<BasicBlock<128, 2>, BasicBlock<128>>,
                Sequential<BasicBlock<256, 2>, BasicBlock<256>>,
                Sequential<BasicBlock<512, 2>, BasicBlock<512>>, GlobalAveragePool, Conv<Outputs, 1, Bias>>> {
};

}  // namespace aurum
