// Plans say the same as their networks, whatever layers stand beside each other, and use memory soundly.
#include "aurum/plan/plan.hpp"

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/backend/reference/reference.hpp"
#include "aurum/heatmap/attention.hpp"
#include "aurum/model/fan.hpp"
#include "support/check_plan.hpp"

namespace aurum {
namespace {

using test::check_plan;

static_assert(on_host<Cpu> && !on_host<Reference>, "the CPU takes no copies, the reference does");
static_assert(plan::Kernels<Cpu>::image_by_image, "the CPU has kernels of its own");

TEST_CASE("A plan of single layers says what the network says", "[plan]") {
  check_plan<Identity>();
  check_plan<Relu>();
  check_plan<BatchNorm>();
  check_plan<Conv<5, 3>>();
  check_plan<Conv<5, 3, Stride<2>, Bias>>();
  check_plan<MaxPool<2>>();
  check_plan<AveragePool<3, Stride<2>, Padding<1>>>();
  check_plan<UpsampleNearest<2>>();
  check_plan<UpsampleBilinear<3>>();
}

TEST_CASE("Batch norms and activations in any order are folded or stay pending", "[plan]") {
  check_plan<Sequential<Conv<5, 3, Bias>, BatchNorm, Relu>>();
  check_plan<Sequential<BatchNorm, Relu, Conv<5, 3, Bias>>>();
  check_plan<Sequential<Conv<5, 3>, BatchNorm, BatchNorm, Relu, BatchNorm, Relu6>>();
  check_plan<Sequential<Conv<5, 3>, Relu, BatchNorm, MaxPool<2>, Relu6, Relu>>();
  check_plan<Sequential<Conv<5, 3>, Sequential<BatchNorm, Sequential<Relu>>, Identity>>();
  check_plan<Sequential<BatchNorm, Relu, UpsampleBilinear<2>, BatchNorm, AveragePool<2>>>();
}

TEST_CASE("What several layers read is left to them as it is", "[plan]") {
  check_plan<Sequential<Conv<4, 3>, Sum<BatchNorm, Relu>>>();
  check_plan<Sequential<Conv<4, 3>, Sum<Relu, Identity>>>();
  check_plan<Sequential<Conv<4, 3>, BatchNorm, Concat<Sequential<BatchNorm, Relu>, Identity, Relu6>>>();
  check_plan<Sequential<Conv<4, 3>, Cascade<Sequential<BatchNorm, Relu>, BatchNorm, Relu6>>>();
  check_plan<Cascade<Conv<4, 3>, BatchNorm, Sequential<Relu, Conv<2, 1>>, Identity>>();
}

TEST_CASE("Sums of anything: convolutions, inputs passed on, sums", "[plan]") {
  check_plan<Sum<Conv<6, 3>, Conv<6, 1, Bias>>>();
  check_plan<Sum<Identity>>();
  check_plan<Sum<Identity, Identity>>();
  check_plan<Sequential<BatchNorm, Relu, Sum<Identity, Identity, Identity>, Relu>>();
  check_plan<Sum<Identity, Conv<4, 3>, Identity>>();
  check_plan<Sum<MaxPool<3, Stride<1>, Padding<1>>, Identity>>();
  check_plan<Sum<Identity, Sum<Conv<4, 3>, Identity>>>();
  check_plan<Sum<Sum<Conv<4, 3>, Conv<4, 1>>, Cascade<Conv<2, 3>, Conv<2, 3>>>>();
  check_plan<Sum<Sequential<Conv<4, 3>, Relu, BatchNorm>, Sequential<Sum<Identity, Conv<4, 1>>, Relu>>>();
  check_plan<Sum<UpsampleNearest<2>, Sequential<MaxPool<2>, Conv<4, 3>, UpsampleBilinear<4>>>>();
}

TEST_CASE("Slices of a concat or a cascade take whatever a sum adds to them", "[plan]") {
  check_plan<Sequential<BatchNorm, Relu, Concat<Conv<3, 3>, MaxPool<3, Stride<1>, Padding<1>>, Identity>>>();
  check_plan<Sum<Identity, Concat<Conv<1, 3>, Sequential<Conv<3, 1>, BatchNorm, Relu>>>>();
  check_plan<Sum<Identity, Cascade<Conv<2, 3>, Sequential<Conv<1, 3>, BatchNorm, Relu>, Conv<1, 3>>>>();
  check_plan<Sequential<Conv<8, 1>, Sum<Identity, Cascade<Sequential<Sum<Conv<2, 3>, Conv<2, 1>>, Relu>,
                                                          AveragePool<3, Stride<1>, Padding<1>>,
                                                          Sequential<BatchNorm, Relu>, Identity>>>>();
  check_plan<Sum<Conv<4, 1>, Cascade<Sequential<Conv<2, 3>, BatchNorm, Relu>, Sum<Identity, Conv<2, 3>>>>>();
  check_plan<
      Concat<Concat<Identity, Conv<2, 3>>, Sum<Identity, Conv<4, 1>>, Cascade<Conv<3, 3>, Conv<2, 3>>>>();
}

TEST_CASE("Blocks of the family, at the end and before others", "[plan]") {
  check_plan<ConvBlock<4>>();
  check_plan<ConvBlock<8>>();
  check_plan<ConvBlock<4, PreActivation>>();
  check_plan<Sequential<ConvBlock<8, PreActivation>, ConvBlock<8, PreActivation>>>();
  check_plan<Sequential<BottleneckBlock<8>, BottleneckBlock<8>, Conv<2, 1>>>();
  check_plan<Sequential<Conv<4, 3>, BatchNorm, Hourglass<4, Depth<2>, SkipOf<ConvBlock<4, Kernel<1>>>>>>();
}

TEST_CASE("Derived layers, attention maps and pooling to one pixel", "[plan]") {
  check_plan<Sequential<Frozen<ConvBlock<4>>, Conv<3, 1>>>();
  check_plan<Sequential<Reparametrised<Conv<5, 3, Bias>>, FrozenAffine<BatchNorm>, Relu,
                        Reparametrised<Conv<4, 1>>>>();
  check_plan<Sum<Identity, Sequential<Reparametrised<Conv<4, 3>>, BatchNorm, Relu>>>();
  check_plan<GlobalAveragePool>();
  check_plan<Sequential<BatchNorm, Relu, GlobalAveragePool, Conv<3, 1, Bias>>>();
  check_plan<Sequential<Conv<68, 1>, BatchNorm, Relu, AttentionMaps<Bp4dAus>>>();
  check_plan<Sum<Sequential<Conv<136, 1>, AttentionMaps<Bp4dAus>>, Conv<5, 1>>>();
}

struct Named : Sequential<Conv<8, 3, Stride<2>>, BatchNorm, Relu,
                          detail::fan_stacks<3, 3, 8, detail::pre_block<8>, AveragePool<2>>> {};
struct Bottlenecks : Sequential<Conv<8, 3>, detail::fan_stacks<3, 1, 8, BottleneckBlock<8>, MaxPool<2>>> {};

TEST_CASE("Stacked hourglasses feed on themselves, even inside a sum", "[plan]") {
  check_plan<Named, Shape{3, 32, 32}>();
  check_plan<Sum<Conv<9, 1, Stride<2>>, Named>, Shape{3, 32, 32}>();
  check_plan<Bottlenecks, Shape{3, 16, 16}>();
  check_plan<Fan<2, Features<8>, Depth<2>>, Shape{3, 32, 32}>();
}

}  // namespace
}  // namespace aurum
