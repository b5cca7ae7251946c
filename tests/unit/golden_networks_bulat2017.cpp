// test: deep
// test: optimised
#include "aurum/model/fan.hpp"
#include "support/backend_here.hpp"
#include "support/golden_network.hpp"

namespace aurum {
namespace {

using test::check_golden_network;
using test::Here;

TEST_CASE("the stacked FAN of Bulat 2017 is PyTorch's in double precision", "[golden]") {
  check_golden_network<Here, StackedFan<68, 2>, double>("bulat2017_2");
}

TEST_CASE("the stacked FAN of Bulat 2017 is PyTorch's in single precision", "[golden]") {
  check_golden_network<Here, StackedFan<68, 1>, float>("bulat2017_1");
  check_golden_network<Here, StackedFan<68, 4>, float>("bulat2017_4");
}

}  // namespace
}  // namespace aurum
