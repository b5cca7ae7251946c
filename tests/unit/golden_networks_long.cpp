// needs: io
// test: optimised
// test: long
#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/backend/reference/reference.hpp"
#include "aurum/model/fan.hpp"
#include "support/catch.hpp"
#include "support/golden_network.hpp"

using namespace aurum;
using test::check_against_golden;
using test::golden_image;

TEST_CASE("Stacked networks of Bulat 2017 compute what PyTorch computes", "[golden]") {
  check_against_golden<Network<StackedFan<68, 2>, golden_image, Cpu>>("bulat2017_2");
  check_against_golden<Network<StackedFan<68, 4>, golden_image, Cpu>>("bulat2017_4");
}

TEST_CASE("The networks of Bulat 2017 and BMVC 2018 agree with PyTorch in double precision to nine digits",
          "[golden]") {
  check_against_golden<Network<StackedFan<68, 2>, golden_image, Reference, double>>("bulat2017_2");
  check_against_golden<Network<BottleneckFan<5>, golden_image, Reference, double>>("bmvc2018_5");
}
