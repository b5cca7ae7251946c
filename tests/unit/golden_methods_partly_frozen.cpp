// test: deep
// Fine-tuning with frozen layers, at the beginning and within the hourglass, against PyTorch.
#include <array>
#include <string_view>

#include "aurum/model/fan.hpp"
#include "aurum/rewrite/freeze.hpp"
#include "support/backend_here.hpp"
#include "support/golden_method.hpp"

namespace aurum {
namespace {

/// bn1, between the first two, learns: its gradient comes through frozen layers.
struct Still {
  static constexpr std::array<std::string_view, 3> paths{"conv1", "conv2", "m0.b2_2"};
};
using Net = freeze_t<Fan<5, Features<16>, Depth<3>>, Still>;

TEST_CASE("a network with frozen layers is PyTorch's", "[golden][freeze]") {
  test::check_golden_method<test::Here, Net>("partly_frozen");
}

TEST_CASE("a predictor of a network with frozen layers gives PyTorch's maps", "[golden][freeze]") {
  test::check_golden_predictor<test::Here, Net>("partly_frozen");
}

}  // namespace
}  // namespace aurum
