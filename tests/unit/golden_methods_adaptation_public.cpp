// test: deep
// Adaptation layers against PyTorch, the public branch.
#include "aurum/model/adaptation.hpp"
#include "support/backend_here.hpp"
#include "support/golden_method.hpp"

namespace aurum {
namespace {

using Net = AdaptationLayers<Fan<68, Features<16>, Depth<3>>, 5, PublicBranch<16, 3>>;

TEST_CASE("adaptation layers of the public code are PyTorch's", "[golden][adaptation]") {
  test::check_golden_method<test::Here, Net>("adaptation_public");
}

TEST_CASE("a predictor of the public adaptation layers gives PyTorch's maps", "[golden][adaptation]") {
  test::check_golden_predictor<test::Here, Net>("adaptation_public");
}

}  // namespace
}  // namespace aurum
