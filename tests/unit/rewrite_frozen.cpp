// Frozen layers: nothing in them moves, and what comes before them still learns.
#include <array>
#include <string_view>

#include "aurum/model/fan.hpp"
#include "aurum/model/network_weights.hpp"
#include "aurum/rewrite/freeze.hpp"
#include "support/derived.hpp"

namespace aurum {
namespace {

using namespace test;

constexpr Shape face{3, 256, 256};
static_assert(parameter_count<Frozen<Fan<12>>, face> == 0);
static_assert(frozen_count<Frozen<Fan<12>>, face> == 1'651'084);
static_assert(frozen_count<Fan<12>, face> == 0);
static_assert(multiply_adds<Frozen<Fan<12>>, face> == multiply_adds<Fan<12>, face>);

// A frozen backbone, frozen layers in the middle, and a frozen layer at the end.
struct Own : Sequential<Conv<4, 3>, BatchNorm> {};
using Block = ConvBlock<8>;
using Backbone = Sequential<Conv<8, 3, Bias>, BatchNorm, Relu, Block>;
using Tail = Sequential<Frozen<Backbone>, Conv<8, 3>, BatchNorm, Relu, Conv<3, 1, Bias>>;
using Middle = Sequential<Conv<8, 3, Bias>, BatchNorm, Relu, Frozen<Block>, Conv<3, 1, Bias>>;
using Norms =
    Sequential<Conv<8, 3>, Frozen<BatchNorm>, Relu, Conv<8, 3>, BatchNorm, Relu, Frozen<Conv<3, 1, Bias>>>;
using Branches = Sequential<Conv<8, 3>, Sum<Frozen<Block>, Conv<8, 1>>, Concat<Frozen<Conv<4, 3>>, Identity>>;

TEST_CASE("gradients pass through frozen layers and past them", "[frozen]") {
  check_layer<Tail, Shape{3, 8, 8}>("frozen backbone");
  check_layer<Middle, Shape{3, 8, 8}>("frozen block in the middle");
  check_layer<Norms, Shape{3, 8, 8}>("frozen norm and frozen head");
  check_layer<Branches, Shape{3, 8, 8}>("frozen branches");
}

TEST_CASE("training moves no bit of what is frozen", "[frozen]") {
  Network<Tail, Shape{3, 8, 8}, Cpu> net(Seed{3});
  disturb(net);
  check_only_others_move(net, [](const Parameter& p) { return p.path.starts_with("0."); });
}

TEST_CASE("a frozen network has the same parameters, stored apart", "[frozen]") {
  Network<Middle, Shape{3, 8, 8}, Cpu> net;
  Network<Sequential<Conv<8, 3, Bias>, BatchNorm, Relu, Block, Conv<3, 1, Bias>>, Shape{3, 8, 8}, Cpu> plain;
  REQUIRE(net.parameters().size() == plain.parameters().size());
  for (std::size_t i = 0; i < net.parameters().size(); ++i) {
    const Parameter &p = net.parameters()[i], &q = plain.parameters()[i];
    CHECK(p.path == q.path);
    CHECK(net.get(p) == plain.get(q));
    const bool inside = p.path.starts_with("3.");
    CHECK((p.storage == Storage::frozen) == (inside && q.storage == Storage::trainable));
  }
}

TEST_CASE("a predictor takes a network with frozen layers", "[frozen]") {
  Network<Middle, Shape{3, 8, 8}, Cpu> net(Seed{5});
  disturb(net);
  NetworkWeights<Middle, Shape{3, 8, 8}, Cpu> weights{net.shared_context()};
  REQUIRE(weights.parameters().size() == net.parameters().size());
  for (std::size_t i = 0; i < net.parameters().size(); ++i) {
    CHECK(weights.parameters()[i].storage == net.parameters()[i].storage);
    weights.set(weights.parameters()[i], net.get(net.parameters()[i]));
  }
  check_predictor(Predictor{weights}, net);
}

// Parts of a network by the paths of their parameters.
struct Parts {
  static constexpr std::array<std::string_view, 4> paths{"conv1", "bn1", "m0.b1_4", "conv3.downsample.1"};
};
static_assert(std::is_same_v<freeze_t<Own>, Frozen<Own>>);

TEST_CASE("paths say which layers are frozen", "[frozen]") {
  using Plain = Fan<3, Features<16>>;
  using Net = freeze_t<Plain, Parts>;
  constexpr Shape in{3, 64, 64};
  const NetworkWeights<Net, in, Cpu> net;
  const NetworkWeights<Plain, in, Cpu> plain;
  REQUIRE(net.parameters().size() == plain.parameters().size());
  long long frozen = 0;
  for (std::size_t i = 0; i < net.parameters().size(); ++i) {
    const Parameter &p = net.parameters()[i], &q = plain.parameters()[i];
    INFO(p.path);
    CHECK(p.path == q.path);
    bool within = false;
    for (const std::string_view path : Parts::paths) within |= p.path.starts_with(std::string(path) + ".");
    CHECK(p.storage == (within && q.storage == Storage::trainable ? Storage::frozen : q.storage));
    if (p.storage == Storage::frozen) frozen += p.count;
  }
  CHECK(frozen == frozen_count<Net, in>);
  CHECK(frozen_count<Net, in> + parameter_count<Net, in> == parameter_count<Plain, in>);
}

}  // namespace
}  // namespace aurum
