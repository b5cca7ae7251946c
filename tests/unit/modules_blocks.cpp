// Every block: gradients by finite differences, and the CPU against the reference. A new block gets a line.
#include "aurum/model/fan.hpp"
#include "support/check_layer.hpp"

namespace aurum {
namespace {

using test::check_layer;
using test::Wrapped;

TEST_CASE("every block has the right gradient and is the same on the CPU and the reference", "[modules]") {
  constexpr Shape in{3, 8, 8};
  check_layer<Wrapped<ConvBlock<4>>, in>("post-activation block");
  check_layer<Wrapped<ConvBlock<8>>, in>("post-activation block with projection");
  check_layer<Wrapped<ConvBlock<4, PreActivation>>, in>("pre-activation block");
  check_layer<Wrapped<ConvBlock<8, PreActivation, Kernel<1>, ActivationOf<Relu6>>>, in>(
      "1x1 pre-activation block");
  check_layer<Wrapped<BottleneckBlock<4>>, in>("bottleneck block");
  check_layer<Wrapped<BottleneckBlock<6>>, in>("bottleneck block with projection");
  check_layer<Wrapped<Hourglass<4, Depth<2>>>, in>("hourglass");
  check_layer<
      Wrapped<Hourglass<4, Depth<1>, BlockOf<ConvBlock<4, PreActivation>>, SkipOf<ConvBlock<4, Kernel<1>>>,
                        PoolOf<AveragePool<2>>, UpsampleOf<UpsampleBilinear<2>>>>,
      in>("hourglass with other parts");
}

TEST_CASE("outputs that were dropped are made again, from inputs that were dropped too", "[modules]") {
  constexpr Shape in{3, 8, 8};
  using Head = Sequential<Conv<4, 1, Bias>, BatchNorm, Relu, Conv<2, 1>>;
  check_layer<Sequential<Conv<4, 3>, BatchNorm, Relu, ConvBlock<4>, MaxPool<2>, ConvBlock<8>, ConvBlock<8>,
                         Hourglass<8, Depth<1>>, ConvBlock<8>, Head>,
              in>("as in a Fan");
  check_layer<Sequential<Conv<4, 1>, ConvBlock<8>, Sequential<Conv<8, 1>, ConvBlock<8>>, Identity, Conv<4, 3>,
                         Conv<4, 1>, Head>,
              in>("inside another chain, and before an identity");
  check_layer<
      Sequential<Sum<Identity, Sequential<Conv<3, 3>, BatchNorm>>,
                 Sum<Sequential<Conv<3, 1>, BatchNorm, Relu>, Conv<3, 3>>,
                 Sum<Identity, Identity, Cascade<Conv<1, 1>, Conv<2, 3>>>, Conv<4, 1>, Conv<4, 3>, Head>,
      in>("sums of other kinds");
  check_layer<Sequential<Conv<4, 1>, ConvBlock<4>, ConvBlock<4, PreActivation>, AveragePool<2>,
                         UpsampleBilinear<2>, ConvBlock<4>, Frozen<ConvBlock<4>>, ConvBlock<4>, Head>,
              in>("before readers that keep what they read, and frozen");
}

TEST_CASE("stacked hourglasses have the right gradient, through every stack's maps", "[modules]") {
  using Block = ConvBlock<4, PreActivation>;
  using Body = Sequential<Hourglass<4, Depth<1>, BlockOf<Block>, PoolOf<AveragePool<2>>>, Block,
                          Conv<4, 1, Bias>, BatchNorm, Relu>;
  using Stacks = Stacked<3, Body, Conv<2, 1, Bias>, Conv<4, 1, Bias>, Conv<4, 1, Bias>, names::FanStack>;
  check_layer<Sequential<Conv<4, 1, Bias>, BatchNorm, Relu, Stacks>, Shape{3, 8, 8}>("three stacks");
}

}  // namespace
}  // namespace aurum
