// A whole network, its training steps and its predictor on the kernels that a GPU runs, against PyTorch:
// emulated, so that they are tested where no GPU is. The smallest of the methods' networks: these kernels are
// made for thousands of threads.
// test: deep
// test: optimised
#include "aurum/model/adaptation.hpp"
#include "support/emulated.hpp"
#include "support/golden_method.hpp"

namespace aurum {
namespace {

using Net = AdaptationLayers<Fan<68, Features<16>, Depth<3>>, 5, PublicBranch<16, 3>>;

TEST_CASE("adaptation layers are PyTorch's on a GPU's kernels", "[golden][device]") {
  test::check_golden_method<Emulated, Net>("adaptation_public");
}

TEST_CASE("a predictor on a GPU's kernels gives PyTorch's maps", "[golden][device]") {
  test::check_golden_predictor<Emulated, Net>("adaptation_public");
}

}  // namespace
}  // namespace aurum
