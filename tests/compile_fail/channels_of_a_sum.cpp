// The two branches of a sum give 64 and 32 channels.
// expect: channels_must_match_the_branches_of_a_sum
// layer: 1.1
// expect: Wanted<64, 128, 128>
// expect: Found<32, 128, 128>
// mend: Conv<32, 1> => Conv<64, 1>
#include <aurum/backend/reference/reference.hpp>
#include <aurum/model/network.hpp>
#include <aurum/spec/blocks.hpp>
using namespace aurum;

struct Net : Sequential<Conv<64, 7, Stride<2>>, Sum<Sequential<Conv<64, 3>, BatchNorm>, Conv<32, 1>>> {};

int main() {
  Network<Net, Shape{3, 256, 256}, Reference> network;
  (void)network.forward({}, Mode::inference);
}
