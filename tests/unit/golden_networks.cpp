// needs: io
// test: optimised
#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/backend/reference/reference.hpp"
#include "aurum/model/fan.hpp"
#include "support/catch.hpp"
#include "support/golden_network.hpp"

using namespace aurum;
using test::check_against_golden;
using test::golden_image;

TEST_CASE("The network of Ntinou 2020 computes what PyTorch computes", "[golden]") {
  check_against_golden<Network<Fan<5>, golden_image, Cpu>>("ntinou2020_5");
  check_against_golden<Network<Fan<12>, golden_image, Cpu>>("ntinou2020_12");
  check_against_golden<Network<Fan<68>, golden_image, Cpu>>("ntinou2020_68");
}

TEST_CASE("The network of Ntinou 2020 agrees with PyTorch in double precision to nine digits", "[golden]") {
  check_against_golden<Network<Fan<12>, golden_image, Reference, double>>("ntinou2020_12");
}

TEST_CASE("The networks of Bulat 2017 and BMVC 2018 compute what PyTorch computes", "[golden]") {
  check_against_golden<Network<StackedFan<68, 1>, golden_image, Cpu>>("bulat2017_1");
  check_against_golden<Network<BottleneckFan<5>, golden_image, Cpu>>("bmvc2018_5");
}
