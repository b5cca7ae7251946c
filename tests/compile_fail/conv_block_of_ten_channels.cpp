// A ConvBlock has C/2, C/4 and C/4 channels side by side: 10 is not a multiple of 4.
// expect: block_cannot_split_its_channels_evenly
// layer: 1
// expect: Wanted<12, 32, 32>
// expect: Found<10, 32, 32>
// mend: ConvBlock<10> => ConvBlock<12>
#include <aurum/backend/reference/reference.hpp>
#include <aurum/model/network.hpp>
#include <aurum/spec/blocks.hpp>
using namespace aurum;

struct Net : Sequential<Conv<16, 3>, ConvBlock<10>> {};

int main() {
  Network<Net, Shape{3, 32, 32}, Reference> network;
  (void)network.forward({}, Mode::inference);
}
