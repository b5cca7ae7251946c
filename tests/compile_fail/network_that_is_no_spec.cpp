// A type that is no spec given as a network.
// expect: Spec
// expect: NotANetwork
// mend: <NotANetwork => <Conv<8, 3>
#include <aurum/backend/reference/reference.hpp>
#include <aurum/model/network.hpp>
#include <aurum/spec/conv.hpp>
using namespace aurum;

struct NotANetwork {};

int main() {
  Network<NotANetwork, Shape{3, 32, 32}, Reference> network;
  (void)network;
}
