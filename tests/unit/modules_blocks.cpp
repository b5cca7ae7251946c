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

TEST_CASE("stacked hourglasses have the right gradient, through every stack's maps", "[modules]") {
  using Block = ConvBlock<4, PreActivation>;
  using Body = Sequential<Hourglass<4, Depth<1>, BlockOf<Block>, PoolOf<AveragePool<2>>>, Block,
                          Conv<4, 1, Bias>, BatchNorm, Relu>;
  using Stacks = Stacked<3, Body, Conv<2, 1, Bias>, Conv<4, 1, Bias>, Conv<4, 1, Bias>, names::FanStack>;
  check_layer<Sequential<Conv<4, 1, Bias>, BatchNorm, Relu, Stacks>, Shape{3, 8, 8}>("three stacks");
}

}  // namespace
}  // namespace aurum
