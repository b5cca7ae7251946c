// test: deep
// test: optimised
#include "aurum/model/fan.hpp"
#include "support/backend_here.hpp"
#include "support/golden_network.hpp"

namespace aurum {
namespace {

using test::check_golden_network;
using test::Here;

TEST_CASE("the FAN of Ntinou 2020 is PyTorch's in double precision", "[golden]") {
  check_golden_network<Here, Fan<5>, double>("ntinou2020_5");
}

TEST_CASE("the FAN of Ntinou 2020 is PyTorch's in single precision", "[golden]") {
  check_golden_network<Here, Fan<5>, float>("ntinou2020_5");
  check_golden_network<Here, Fan<12>, float>("ntinou2020_12");
  check_golden_network<Here, Fan<68>, float>("ntinou2020_68");
}

}  // namespace
}  // namespace aurum
