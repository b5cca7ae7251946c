#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/model/any_predictor.hpp"
#include "aurum/model/layout.hpp"
#include "support/catch.hpp"

using namespace aurum;

TEST_CASE("a predictor whose type is hidden answers as the one inside", "[model]") {
  using Net = Network<Sequential<Conv<4, 3, Stride<2>, Bias>, BatchNorm, Relu, Conv<2, 1, Bias>>,
                      Shape{3, 16, 16}, Cpu>;
  const Net net{Seed{3}};
  Image picture(40, 30);
  Random random{Seed{1}};
  for (auto& value : picture.pixels) value = static_cast<std::uint8_t>(random.below(256));
  const Square face{{20, 15}, 20};

  Predictor direct{net};
  const std::vector<float> wanted = direct(picture, face).intensities();
  AnyPredictor hidden{Predictor{net}, {.layout = "tiny", .maps = 2, .action_units = {1, 12}}};
  CHECK(hidden(picture, face).intensities() == wanted);
  CHECK(hidden.info().layout == "tiny");
  AnyPredictor copy = hidden;
  CHECK(copy(picture, face).intensities() == wanted);
}

TEST_CASE("a layout's name tells what changes the network, not its number of maps", "[model]") {
  CHECK(layout_name<Fan<12>>() == "ntinou2020");
  CHECK(layout_name<Fan<68>>() == "ntinou2020");
  CHECK(layout_name<Fan<12, Features<64>>>() == "ntinou2020.features64");
  CHECK(layout_name<Fan<12, Features<64>, Depth<3>>>() == "ntinou2020.features64.depth3");
  CHECK(layout_name<StackedFan<68, 4>>() == "bulat2017.stacks4");
  CHECK(layout_name<BottleneckFan<5>>() == "bmvc2018");
}
