// A face of 200 x 200 pixels reaches the hourglass as 50 x 50, which four halvings do not divide.
// expect: hourglass_size_must_be_a_multiple_of_2_to_the_depth
// layer: m0
// expect: Wanted<128, 64, 64>
// expect: Found<128, 50, 50>
// mend: 200, 200 => 256, 256
// also: nvcc
#include <aurum/backend/reference/reference.hpp>
#include <aurum/model/fan.hpp>
#include <aurum/model/network.hpp>
using namespace aurum;

int main() {
  Network<Fan<12>, Shape{3, 200, 200}, Reference> network;
  (void)network.forward({}, Mode::inference);
}
