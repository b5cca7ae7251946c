// test: deep
// Adaptation layers: their size, their names, and that only the branch learns.
#include "aurum/heatmap/render.hpp"
#include "aurum/model/adaptation.hpp"
#include "aurum/model/network_weights.hpp"
#include "support/derived.hpp"

namespace aurum {
namespace {

using namespace test;

constexpr Shape face{3, 256, 256};
// Measured on the public code; Ntinou et al. 2020, Table 5: about 1 M trained, 2.65 M in all, 6.32 GFLOP.
using Public = AdaptationLayers<Fan<68>, 5>;
static_assert(parameter_count<Public, face> == 1'004'037);
static_assert(parameter_count<Public, face> + frozen_count<Public, face> == 2'662'345);
static_assert(multiply_adds<Public, face> / 10'000'000 == 314);
// "An all-1x1 hourglass", as the text has it.
using Paper = AdaptationLayers<Fan<68>, 5, PaperBranch<128>>;
static_assert(parameter_count<Paper, face> / 1000 == 193);
static_assert(output_shape<Paper, face> == Shape{5, 64, 64});

// Small ones for running.
constexpr Shape small{3, 32, 32};
using Backbone = Fan<7, Features<16>, Depth<2>>;
using Net = AdaptationLayers<Backbone, 3, PublicBranch<16, 2>>;

struct Stem {
  static constexpr std::string_view name = "bn1";
};

TEST_CASE("a network splits after any of its layers", "[split]") {
  using Before = up_to_t<Backbone, Stem>;
  using After = after_t<Backbone, Stem>;
  using Whole = Named<names::Transparent2, Sequential<Before, After>>;
  STATIC_REQUIRE(output_shape<Before, small> == Shape{8, 16, 16});
  STATIC_REQUIRE(output_shape<Whole, small> == output_shape<Backbone, small>);
  STATIC_REQUIRE(parameter_count<Whole, small> == parameter_count<Backbone, small>);
  const NetworkWeights<Whole, small, Cpu> whole;
  const NetworkWeights<Backbone, small, Cpu> backbone;
  REQUIRE(whole.parameters().size() == backbone.parameters().size());
  for (std::size_t i = 0; i < whole.parameters().size(); ++i)
    CHECK(whole.parameters()[i].path == backbone.parameters()[i].path);
}

TEST_CASE("adaptation layers carry the backbone under fan.", "[adaptation]") {
  const NetworkWeights<Net, small, Cpu> net;
  const NetworkWeights<Backbone, small, Cpu> backbone;
  std::size_t inside = 0;
  for (const Parameter& p : net.parameters()) {
    INFO(p.path);
    if (!p.path.starts_with("fan.")) {
      CHECK(p.storage != Storage::frozen);
      continue;
    }
    CHECK(p.storage != Storage::trainable);
    const Parameter& q = backbone.parameters().at(inside++);
    CHECK(p.path == "fan." + q.path);
    CHECK(p.shape == q.shape);
  }
  CHECK(inside == backbone.parameters().size());
  for (const char* name : {"conv1.0.weight", "conv2.1.running_var", "net.b2_plus_1.conv2.weight",
                           "conv_last.0.bias", "l.weight"})
    CHECK(std::ranges::any_of(net.parameters(), [&](const Parameter& p) { return p.path == name; }));
}

TEST_CASE("the gradients of the branch are right", "[adaptation]") {
  check_cpu_against_reference<Net, small, double>(Mode::training);
  check_finite_differences<Net, small>(Mode::training);
}

TEST_CASE("training leaves the backbone alone", "[adaptation]") {
  Network<Net, small, Cpu> net(Seed{3});
  disturb(net);
  check_only_others_move(
      net, [](const Parameter& p) { return p.path.starts_with("fan."); }, 2);
}

TEST_CASE("a predictor takes adaptation layers", "[adaptation]") {
  Network<Net, small, Cpu> net(Seed{5});
  disturb(net);
  check_predictor(net);
}

// Attention maps.
using Attention = AttentionNetwork<Fan<68>, DisfaAus>;
static_assert(output_shape<Attention, face> == Shape{12, 64, 64});
static_assert(parameter_count<Attention, face> ==
              parameter_count<AdaptationLayers<Fan<68>, 12>, face> - (68 - 12) * 128);
using SmallAttention = AttentionNetwork<Fan<68, Features<16>, Depth<2>>, Bp4dAus, PublicBranch<16, 2>>;

TEST_CASE("attention maps show AUs where the peaks of the landmarks put them", "[attention]") {
  constexpr Shape in{2 * 68, 16, 16};
  Network<AttentionMaps<DisfaAus>, in, Reference, double> net;
  Landmarks points;
  Random random{Seed{8}};
  for (int k = 0; k < 68; ++k)
    points.push_back({static_cast<float>(random.below(12)) + 2, static_cast<float>(random.below(12)) + 2});
  Tensor<double> maps(1, in);
  for (double& v : maps.memory) v = random.uniform(0, 0.5F);
  for (int k = 0; k < 68; ++k) {
    const Point p = points[static_cast<std::size_t>(k)];
    maps.view.at(0, static_cast<int>(p.y), static_cast<int>(p.x), 68 + k) = 1000;  // refinement stays tiny
  }
  const auto found = net.forward(maps.view, Mode::inference);
  std::vector<MapTarget> targets;
  for (const int au : disfa_aus) {
    const Centres centres = action_unit_centres(find_action_unit(au), points);
    MapTarget target{.intensity = 1, .centres = centres.size};
    for (int i = 0; i < centres.size; ++i) target.centre[i] = centres.point[static_cast<std::size_t>(i)];
    targets.push_back(target);
  }
  Tensor<double> expected(1, net.output_shape);
  render(std::span<const MapTarget>(targets), expected.view);
  CHECK(relative_error(std::vector<double>(found.data, found.data + found.size()), expected.memory) < 1e-3);
}

TEST_CASE("attention networks train and predict like others", "[attention]") {
  check_cpu_against_reference<SmallAttention, small, double>(Mode::training);
  Network<SmallAttention, small, Cpu> net(Seed{5});
  disturb(net);
  check_predictor(net);
}

TEST_CASE("no gradient passes attention maps, and what it is added to does", "[attention]") {
  constexpr Shape in{68, 8, 8};
  using Both = Sum<Sequential<AttentionMaps<Bp4dAus>, Conv<3, 1>>, Conv<3, 1>>;
  check_cpu_against_reference<Both, in>(Mode::training);
  check_finite_differences<Both, in>(Mode::training);
}

}  // namespace
}  // namespace aurum
