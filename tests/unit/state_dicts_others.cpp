// test: deep
// Weights of 1adrianb/face-alignment's FAN, of the BMVC 2018 network and of torchvision's ResNet-18 load by
// PyTorch's names.
#include "aurum/model/fan.hpp"
#include "aurum/model/resnet18.hpp"
#include "support/state_dict.hpp"

namespace aurum {
namespace {

using test::check_state_dict;

TEST_CASE("state dicts of face-alignment's FAN give PyTorch's heatmaps", "[state_dicts]") {
  check_state_dict<StackedFan<68, 1>>("bulat2017_1");
  check_state_dict<StackedFan<68, 2>>("bulat2017_2");
  check_state_dict<StackedFan<68, 3>>("bulat2017_3");
  check_state_dict<StackedFan<68, 4>>("bulat2017_4");
}

TEST_CASE("a state dict of the BMVC 2018 network gives PyTorch's heatmaps", "[state_dicts]") {
  check_state_dict<BottleneckFan<5>>("bmvc2018_5");
}

TEST_CASE("a state dict of torchvision's ResNet-18, its last weight a matrix, gives PyTorch's intensities",
          "[state_dicts]") {
  check_state_dict<ResNet18<5>>("resnet18_5");
}

}  // namespace
}  // namespace aurum
