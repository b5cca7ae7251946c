// A backend in the making that cannot take maxima yet, and a network that asks it to.
// expect: backend_lacks_this_operation
// layer: 1
// expect: Found<8, 32, 32>
// mend: MaxPool<2> => AveragePool<2>
#include <aurum/backend/reference/reference.hpp>
#include <aurum/model/network.hpp>
#include <aurum/spec/conv.hpp>
#include <aurum/spec/pool.hpp>
using namespace aurum;

struct NoMaximum {};
template <>
class aurum::Context<NoMaximum> : public Context<Reference> {};
template <>
struct aurum::Operations<NoMaximum> : Operations<Reference> {
  static void max_pool() = delete;
};

struct Net : Sequential<Conv<8, 3>, MaxPool<2>> {};

int main() {
  Network<Net, Shape{3, 32, 32}, NoMaximum> network;
  (void)network.forward({}, Mode::inference);
}
