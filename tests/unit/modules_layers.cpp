// Every layer: gradients by finite differences, and the CPU against the reference. A new layer gets a line.
#include "aurum/spec/blocks.hpp"
#include "aurum/spec/pool.hpp"
#include "aurum/spec/upsample.hpp"
#include "support/check_layer.hpp"

namespace aurum {
namespace {

using test::check_layer;
using test::Wrapped;

TEST_CASE("every layer has the right gradient and is the same on the CPU and the reference", "[modules]") {
  constexpr Shape in{3, 8, 8};
  check_layer<Conv<5, 3>, in>("convolution");
  check_layer<Conv<5, 3, Stride<2>, Padding<0>, Bias>, in>("strided convolution with bias");
  check_layer<Sequential<Conv<4, 7, Stride<2>, Bias>, BatchNorm, Relu, Conv<2, 1>>, in>("stem");
  check_layer<Wrapped<BatchNorm>, in>("batch norm of a pending signal");
  check_layer<Wrapped<Relu6>, in>("activation of a pending signal");
  check_layer<Wrapped<MaxPool<2>>, in>("max pooling");
  check_layer<Wrapped<MaxPool<3, Stride<2>, Padding<1>>>, in>("overlapping max pooling");
  check_layer<Wrapped<AveragePool<2>>, in>("average pooling");
  check_layer<Wrapped<AveragePool<3, Stride<2>, Padding<1>>>, in>("overlapping average pooling");
  check_layer<Wrapped<UpsampleNearest<2>>, in>("nearest upsampling");
  check_layer<Wrapped<UpsampleBilinear<2>>, in>("bilinear upsampling");
  check_layer<Wrapped<Sum<Identity, Conv<4, 3>, Sequential<BatchNorm, Relu>>>, in>("sum");
  check_layer<Wrapped<Concat<Identity, Conv<2, 3>, Sequential<BatchNorm, Relu>, MaxPool<1>>>, in>("concat");
  check_layer<Wrapped<Cascade<Conv<4, 3>, Sequential<BatchNorm, Relu>, Conv<2, 1>>>, in>("cascade");
}

}  // namespace
}  // namespace aurum
