// test: deep
// ResNet-18: torchvision's size and names, and its layers; plain regression of intensities.
#include "aurum/model/network_weights.hpp"
#include "aurum/model/resnet18.hpp"
#include "aurum/train/task.hpp"
#include "support/derived.hpp"
#include "support/message.hpp"

namespace aurum {
namespace {

using namespace test;

constexpr Shape face{3, 256, 256};
// torchvision.models.resnet18 has 11,689,512 with 1000 outputs; Ntinou et al. 2020, Table 5: 11.17 M, 4.75
// GFLOP.
static_assert(parameter_count<ResNet18<1000>, face> == 11'689'512);
static_assert(parameter_count<ResNet18<5>, face> == 11'176'512 + 5 * 513);
static_assert(multiply_adds<ResNet18<5>, face> * 2 / 10'000'000 == 473);
static_assert(output_shape<ResNet18<12>, face> == Shape{12, 1, 1});

TEST_CASE("the layers of a residual network are right", "[resnet18]") {
  check_layer<Wrapped<BasicBlock<4>>, Shape{3, 8, 8}>("block");
  check_layer<Wrapped<BasicBlock<8, 2>>, Shape{3, 8, 8}>("block with stride");
  check_layer<Wrapped<GlobalAveragePool>, Shape{3, 5, 5}>("global pooling");
}

TEST_CASE("parameters have torchvision's names", "[resnet18]") {
  const NetworkWeights<ResNet18<5>, Shape{3, 64, 64}, Cpu> net;
  for (const char* name : {"conv1.weight", "layer1.0.bn2.running_mean", "layer2.0.downsample.1.weight",
                           "layer4.1.conv2.weight", "fc.bias"})
    CHECK(std::ranges::any_of(net.parameters(), [&](const Parameter& p) { return p.path == name; }));
}

TEST_CASE("ResNet-18 runs on all backends and in a predictor", "[resnet18]") {
  constexpr Shape in{3, 32, 32};
  check_cpu_against_reference<ResNet18<5>, in, double>(Mode::training);
  Network<ResNet18<5>, in, Cpu> net(Seed{5});
  disturb(net);
  check_predictor(net);
}

TEST_CASE("intensities are regressed as maps of one pixel", "[resnet18]") {
  const AuIntensities<> task{{.action_units = {6, 12}}};
  Sample sample;
  sample.intensities = {3.5F, std::numeric_limits<float>::quiet_NaN()};
  std::vector<MapTarget> targets(2);
  task.targets(sample, {}, face, {2, 1, 1}, targets);
  Tensor<float> maps(1, {2, 1, 1});
  render(std::span<const MapTarget>(targets), maps.view);
  CHECK(maps.memory[0] == 3.5F);
  CHECK(std::isnan(maps.memory[1]));
  CHECK(contains(message<ShapeError>([&] { task.targets(sample, {}, face, {2, 8, 8}, targets); }), "2x8x8"));
  sample.intensities = {6, 0};
  CHECK(contains(message<ValueError>([&] { task.targets(sample, {}, face, {2, 1, 1}, targets); }), "AU06"));
}

}  // namespace
}  // namespace aurum
