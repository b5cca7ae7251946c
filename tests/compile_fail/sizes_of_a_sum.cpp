// A shortcut that forgot to halve the size.
// expect: size_must_match_the_branches_of_a_sum
// layer: 0.1
// expect: Wanted<16, 32, 32>
// expect: Found<16, 64, 64>
// mend: Conv<16, 1> => Conv<16, 1, Stride<2>>
#include <aurum/backend/reference/reference.hpp>
#include <aurum/model/network.hpp>
#include <aurum/spec/blocks.hpp>
using namespace aurum;

struct Net : Sequential<Sum<Conv<16, 3, Stride<2>>, Conv<16, 1>>, Relu> {};

int main() {
  Network<Net, Shape{3, 64, 64}, Reference> network;
  (void)network.forward({}, Mode::inference);
}
