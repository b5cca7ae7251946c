// test: deep
// Reparametrised networks against PyTorch, their batch norms: Norms::frozen.
#include "aurum/model/fan.hpp"
#include "aurum/rewrite/reparametrise.hpp"
#include "support/backend_here.hpp"
#include "support/golden_method.hpp"

namespace aurum {
namespace {

using Net = reparametrise_t<Fan<5, Features<16>, Depth<3>>, Norms::frozen>;

TEST_CASE("a reparametrised network (frozen norms) is PyTorch's", "[golden][reparametrised]") {
  test::check_golden_method<test::Here, Net>("reparametrised_frozen");
}

TEST_CASE("its predictor, projections folded, gives PyTorch's maps (frozen norms)",
          "[golden][reparametrised]") {
  test::check_golden_predictor<test::Here, Net>("reparametrised_frozen");
}

}  // namespace
}  // namespace aurum
