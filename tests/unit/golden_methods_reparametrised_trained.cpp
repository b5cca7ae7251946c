// test: deep
// Reparametrised networks against PyTorch, their batch norms: Norms::trained.
#include "aurum/model/fan.hpp"
#include "aurum/rewrite/reparametrise.hpp"
#include "support/backend_here.hpp"
#include "support/golden_method.hpp"

namespace aurum {
namespace {

using Net = reparametrise_t<Fan<5, Features<16>, Depth<3>>, Norms::trained>;

TEST_CASE("a reparametrised network (trained norms) is PyTorch's", "[golden][reparametrised]") {
  test::check_golden_method<test::Here, Net>("reparametrised_trained");
}

TEST_CASE("its predictor, projections folded, gives PyTorch's maps (trained norms)",
          "[golden][reparametrised]") {
  test::check_golden_predictor<test::Here, Net>("reparametrised_trained");
}

}  // namespace
}  // namespace aurum
