// The path is a parameter's, not a layer's.
// expect: the network has no layer of one of these paths
// mend: conv1.weight => conv1
#include <array>
#include <aurum/backend/reference/reference.hpp>
#include <aurum/model/fan.hpp>
#include <aurum/model/network.hpp>
#include <aurum/rewrite/freeze.hpp>
#include <string_view>
using namespace aurum;

struct Stem {
  static constexpr std::array<std::string_view, 2> paths{"bn1", "conv1.weight"};
};

int main() {
  Network<freeze_t<Fan<3, Features<16>>, Stem>, Shape{3, 64, 64}, Reference> network;
  (void)network.forward({}, Mode::inference);
}
