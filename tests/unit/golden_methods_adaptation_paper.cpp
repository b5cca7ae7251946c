// test: deep
// Adaptation layers against PyTorch, the branch of the paper's text.
#include "aurum/model/adaptation.hpp"
#include "support/backend_here.hpp"
#include "support/golden_method.hpp"

namespace aurum {
namespace {

using Net = AdaptationLayers<Fan<68, Features<16>, Depth<3>>, 5, PaperBranch<16, 3>>;

TEST_CASE("adaptation layers of the paper's text are PyTorch's", "[golden][adaptation]") {
  test::check_golden_method<test::Here, Net>("adaptation_paper");
}

TEST_CASE("a predictor of the paper's adaptation layers gives PyTorch's maps", "[golden][adaptation]") {
  test::check_golden_predictor<test::Here, Net>("adaptation_paper");
}

}  // namespace
}  // namespace aurum
