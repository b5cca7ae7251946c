// The networks of the three papers have the sizes that the papers and the public weights have.
#include "aurum/model/fan.hpp"
#include "support/catch.hpp"

namespace aurum {
namespace {

constexpr Shape face{3, 256, 256};

// Parameters, measured on the public PyTorch networks.
static_assert(parameter_count<Fan<5>, face> == 1'650'181);
static_assert(parameter_count<Fan<12>, face> == 1'651'084);
static_assert(parameter_count<Fan<68>, face> == 1'658'308);
static_assert(parameter_count<StackedFan<68, 1>, face> == 6'249'668);
static_assert(parameter_count<StackedFan<68, 2>, face> == 12'106'504);
static_assert(parameter_count<StackedFan<68, 4>, face> == 23'820'176);
static_assert(parameter_count<BottleneckFan<5>, face> == 3'416'197);

// Multiply-adds of the convolutions. Ntinou et al. 2020, Table 5: 5.21 GFLOP, two for each.
static_assert(multiply_adds<Fan<5>, face> == 2'596'225'024);
static_assert(multiply_adds<Fan<5>, Shape{3, 128, 128}> * 4 == multiply_adds<Fan<5>, face>);
static_assert(multiply_adds<Fan<68>, face> - multiply_adds<Fan<5>, face> == (68 - 5) * 128LL * 64 * 64);
// Of the others, counted in PyTorch by the golden generator's networks.
static_assert(multiply_adds<StackedFan<68, 1>, face> == 8'267'825'152);
static_assert(multiply_adds<StackedFan<68, 2>, face> == 13'923'647'488);
static_assert(multiply_adds<StackedFan<68, 4>, face> == 25'235'292'160);
static_assert(multiply_adds<BottleneckFan<5>, face> == 5'138'808'832);

TEST_CASE("the presets give maps of a quarter of the image's size", "[presets]") {
  STATIC_REQUIRE(output_shape<Fan<12>, face> == Shape{12, 64, 64});
  STATIC_REQUIRE(output_shape<BottleneckFan<5>, face> == Shape{5, 64, 64});
  STATIC_REQUIRE(output_shape<Fan<12, Features<64>, Depth<3>>, Shape{3, 128, 96}> == Shape{12, 32, 24});
}

TEST_CASE("stacked hourglasses give the maps of every stack", "[presets]") {
  STATIC_REQUIRE(output_shape<StackedFan<68, 1>, face> == Shape{68, 64, 64});
  STATIC_REQUIRE(output_shape<StackedFan<68, 4>, face> == Shape{4 * 68, 64, 64});
}

TEST_CASE("a stack costs the same wherever it stands, and its injections", "[presets]") {
  constexpr auto parameters = [](int stacks) {
    return stacks == 1   ? parameter_count<StackedFan<68, 1>, face>
           : stacks == 2 ? parameter_count<StackedFan<68, 2>, face>
           : stacks == 3 ? parameter_count<StackedFan<68, 3>, face>
                         : parameter_count<StackedFan<68, 4>, face>;
  };
  STATIC_REQUIRE(parameters(3) - parameters(2) == parameters(2) - parameters(1));
  STATIC_REQUIRE(parameters(4) - parameters(3) == parameters(2) - parameters(1));
}

TEST_CASE("fewer features make a smaller network of the same layout", "[presets]") {
  STATIC_REQUIRE(parameter_count<Fan<12, Features<64>>, face> < parameter_count<Fan<12>, face> / 3);
  STATIC_REQUIRE(multiply_adds<Fan<12, Features<64>>, face> < multiply_adds<Fan<12>, face> / 3);
}

}  // namespace
}  // namespace aurum
