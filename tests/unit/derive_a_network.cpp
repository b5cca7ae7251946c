// A network of one's own, frozen, reparametrised and adapted: what docs/derive_a_network.md shows.
// test: deep
#include <array>
#include <string_view>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/model/adaptation.hpp"
#include "aurum/model/network.hpp"
#include "aurum/model/transfer.hpp"
#include "aurum/rewrite/freeze.hpp"
#include "aurum/rewrite/reparametrise.hpp"
#include "support/catch.hpp"
#include "support/derived.hpp"

namespace aurum {
namespace {

// A network of one's own: layers with names, so that others can speak of them.
struct Names {
  static constexpr std::array<std::string_view, 7> names{"stem", "norm", "", "early", "late", "top", "maps"};
};
template <int Maps>
struct Own : Named<Names, Sequential<Conv<16, 5, Stride<2>, Bias>, BatchNorm, Relu, ConvBlock<16>,
                                     Hourglass<16, Depth<2>>, Conv<16, 1, Bias>, Conv<Maps, 1, Bias>>> {};
constexpr Shape input{3, 32, 32};

// Frozen: all of it, or what these paths say.
struct Beginning {
  static constexpr std::array<std::string_view, 3> paths{"stem", "norm", "late.b1_2"};
};
using Still = freeze_t<Own<68>>;
using HalfStill = freeze_t<Own<4>, Beginning>;
static_assert(parameter_count<Still, input> == 0);
static_assert(frozen_count<Still, input> == parameter_count<Own<68>, input>);
static_assert(frozen_count<HalfStill, input> + parameter_count<HalfStill, input> ==
              parameter_count<Own<4>, input>);

// Reparametrised: every convolution but the last keeps its filters and learns a matrix that mixes them.
using Mixed = reparametrise_t<Own<4>>;

// Adapted: a branch of 16 channels reads the maps and the features after the layer called "early".
struct Early {
  static constexpr std::string_view name = "early";
};
struct Branch {
  static constexpr int channels = 16;
  using activation = Relu;
  using hourglass = Hourglass<16, Depth<2>, SkipOf<ConvBlock<16, Kernel<1>>>>;
};
using Adapted = AdaptationLayers<Own<68>, 4, Branch, Early>;

TEST_CASE("a network of one's own is derived from, and its weights go along", "[derive]") {
  Network<Own<68>, input, Cpu> own(Seed{1});
  test::train_a_little(own);

  Network<HalfStill, input, Cpu> half(Seed{2});
  transfer(own, half, {.fresh = {"maps"}});
  Network<Mixed, input, Cpu> mixed(Seed{2});
  transfer(own, mixed, {.fresh = {"maps"}});
  Network<Adapted, input, Cpu> adapted(Seed{2});
  transfer(own, adapted, {.into = "fan."});

  const auto same = [&](const auto& net, const std::string& path, const std::string& prefix = "") {
    return net.get(net.parameter(prefix + path)) == own.get(own.parameter(path));
  };
  test::train_a_little(half);
  CHECK(same(half, "late.b1_2.conv1.weight"));
  CHECK(same(half, "norm.running_mean"));
  CHECK_FALSE(same(half, "late.b2_2.conv1.weight"));
  test::train_a_little(mixed);
  CHECK(same(mixed, "late.b2_2.conv1.weight"));
  CHECK(mixed.get(mixed.parameter("late.b2_2.conv1.projection"))[1] != 0);
  test::train_a_little(adapted);
  CHECK(same(adapted, "late.b2_2.conv1.weight", "fan."));

  test::check_predictor(mixed);  // folds the matrices into the filters
}

}  // namespace
}  // namespace aurum
