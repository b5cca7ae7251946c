// Any type between angle brackets is not a layer.
// expect: NotALayer
// mend: NotALayer> => Relu>
#include <aurum/backend/reference/reference.hpp>
#include <aurum/model/network.hpp>
#include <aurum/spec/blocks.hpp>
using namespace aurum;

struct NotALayer {};
struct Net : Sequential<Conv<16, 3>, NotALayer> {};

int main() {
  Network<Net, Shape{3, 32, 32}, Reference> network;
  (void)network.forward({}, Mode::inference);
}
