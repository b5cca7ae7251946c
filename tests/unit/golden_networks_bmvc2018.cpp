// test: deep
// test: optimised
#include "aurum/model/fan.hpp"
#include "support/backend_here.hpp"
#include "support/golden_network.hpp"

namespace aurum {
namespace {

using test::check_golden_network;
using test::Here;

TEST_CASE("the network of Sanchez et al. 2018 is PyTorch's in double precision", "[golden]") {
  check_golden_network<Here, BottleneckFan<5>, double>("bmvc2018_5");
}

TEST_CASE("the network of Sanchez et al. 2018 is PyTorch's in single precision", "[golden]") {
  check_golden_network<Here, BottleneckFan<5>, float>("bmvc2018_5");
}

}  // namespace
}  // namespace aurum
