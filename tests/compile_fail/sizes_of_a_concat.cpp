// One branch of a concat pools, the other does not.
// expect: size_must_match_the_branches_of_a_concat
// layer: 2.1
// expect: Wanted<8, 64, 64>
// expect: Found<8, 32, 32>
// mend: MaxPool<2> => MaxPool<3, Stride<1>, Padding<1>>
#include <aurum/backend/reference/reference.hpp>
#include <aurum/model/network.hpp>
#include <aurum/spec/blocks.hpp>
#include <aurum/spec/pool.hpp>
using namespace aurum;

struct Net : Sequential<Conv<8, 3>, Relu, Concat<Conv<24, 1>, MaxPool<2>>> {};

int main() {
  Network<Net, Shape{3, 64, 64}, Reference> network;
  (void)network.forward({}, Mode::inference);
}
