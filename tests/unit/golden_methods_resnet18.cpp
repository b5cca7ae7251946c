// test: deep
// ResNet-18 against PyTorch.
#include "aurum/model/resnet18.hpp"
#include "support/backend_here.hpp"
#include "support/golden_method.hpp"

namespace aurum {
namespace {

TEST_CASE("ResNet-18 is PyTorch's", "[golden][resnet18]") {
  test::check_golden_method<test::Here, ResNet18<5>>("resnet18");
}

TEST_CASE("a predictor of ResNet-18 gives PyTorch's intensities", "[golden][resnet18]") {
  test::check_golden_predictor<test::Here, ResNet18<5>>("resnet18");
}

}  // namespace
}  // namespace aurum
