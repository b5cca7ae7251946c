// A convolution of 7 x 7 without padding over feature maps of 4 x 4.
// expect: window_must_fit_into_the_padded_input
// layer: head
// expect: Wanted<32, 7, 7>
// expect: Found<32, 4, 4>
// mend: Padding<0> => Padding<3>
#include <array>
#include <aurum/backend/reference/reference.hpp>
#include <aurum/model/network.hpp>
#include <aurum/spec/blocks.hpp>
#include <aurum/spec/pool.hpp>
#include <string_view>
using namespace aurum;

struct LayerNames {
  static constexpr std::array<std::string_view, 3> names{"stem", "pool", "head"};
};
struct Net : Named<LayerNames, Sequential<Conv<32, 3>, MaxPool<4>, Conv<5, 7, Padding<0>>>> {};

int main() {
  Network<Net, Shape{3, 16, 16}, Reference> network;
  (void)network.forward({}, Mode::inference);
}
