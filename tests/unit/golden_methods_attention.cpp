// test: deep
// A network on attention maps against PyTorch.
#include <array>

#include "aurum/model/adaptation.hpp"
#include "support/backend_here.hpp"
#include "support/golden_method.hpp"

namespace aurum {
namespace {

/// One AU of each kind: three centres, two means, two points that are not two sides, a single centre.
struct Rows {
  static constexpr std::array<int, 4> action_units{1, 6, 17, 25};
  static constexpr AttentionTable table() { return attention_table(action_units); }
};
using Net = AttentionNetwork<Fan<68, Features<16>, Depth<3>>, Rows, PublicBranch<16, 3>>;

// The maps are drawn in single precision in any network, where PyTorch's are double.
TEST_CASE("a network on attention maps is PyTorch's", "[golden][attention]") {
  test::check_golden_method<test::Here, Net>("attention", 5e-5);
}

TEST_CASE("a predictor on attention maps gives PyTorch's maps", "[golden][attention]") {
  test::check_golden_predictor<test::Here, Net>("attention");
}

}  // namespace
}  // namespace aurum
