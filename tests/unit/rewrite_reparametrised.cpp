// Reparametrised networks: only the projections and the head are learned, and folding gives the plain
// network.
#include "aurum/model/fan.hpp"
#include "aurum/rewrite/reparametrise.hpp"
#include "support/derived.hpp"

namespace aurum {
namespace {

using namespace test;

constexpr Shape face{3, 256, 256};
constexpr long long head = 12 * (128 + 1);
// Ntinou et al. 2020, section 4.5: "only ~130 K parameters".
static_assert(parameter_count<reparametrise_t<Fan<12>, Norms::frozen>, face> == 136'704 + head);
static_assert(frozen_count<reparametrise_t<Fan<12>, Norms::frozen>, face> == 1'651'084 - head);
static_assert(parameter_count<reparametrise_t<Fan<12>, Norms::statistics>, face> == 136'704 + head);
static_assert(parameter_count<reparametrise_t<Fan<12>, Norms::trained>, face> +
                  frozen_count<reparametrise_t<Fan<12>, Norms::trained>, face> ==
              1'651'084 + 136'704);
static_assert(multiply_adds<reparametrise_t<Fan<12>>, face> == multiply_adds<Fan<12>, face>);
static_assert(output_shape<reparametrise_t<StackedFan<68, 2>>, face> == Shape{2 * 68, 64, 64});

// A network of the user's own, by inheritance.
struct Own : Sequential<Conv<8, 3, Bias, Stride<2>>, BatchNorm, Relu, ConvBlock<12>,
                        Sum<Conv<12, 3>, Concat<Conv<4, 1>, Conv<8, 1>>>, Conv<3, 1, Bias>> {};
constexpr Shape small{3, 12, 12};

TEST_CASE("gradients reach projections and pass through projected filters", "[reparametrised]") {
  check_layer<Wrapped<Reparametrised<Conv<6, 3>>>, Shape{3, 8, 8}>("convolution");
  check_layer<Reparametrised<Conv<20, 1, Bias>>, Shape{5, 4, 4}>("first layer with bias");
  check_layer<Wrapped<Reparametrised<Conv<17, 3, Stride<2>>>>, Shape{3, 9, 9}>("stride");
  check_layer<Wrapped<Sequential<Conv<8, 3>, FrozenAffine<BatchNorm>, Relu>>, Shape{3, 8, 8}>(
      "own statistics");
  check_layer<reparametrise_t<Own, Norms::trained>, small>("network, norms trained");
  check_layer<reparametrise_t<Own, Norms::statistics>, small>("network, norms with own statistics");
  check_layer<reparametrise_t<Own, Norms::frozen>, small>("network, norms frozen");
}

TEST_CASE("a reparametrised network starts as the network itself", "[reparametrised]") {
  Network<Own, small, Reference, double> plain(Seed{3});
  Network<reparametrise_t<Own>, small, Reference, double> net(Seed{3});
  Random random{Seed{4}};
  const auto x = random_tensor<double>(2, small, random);
  const auto expected = plain.forward(x.view, Mode::inference);
  const auto found = net.forward(x.view, Mode::inference);
  CHECK(relative_error(std::vector<double>(found.data, found.data + found.size()),
                       std::vector<double>(expected.data, expected.data + expected.size())) < 1e-12);
}

TEST_CASE("the last layer is trained whole, every other convolution by its projection", "[reparametrised]") {
  const Network<reparametrise_t<Own, Norms::frozen>, small, Cpu> net;
  int projections = 0;
  for (const Parameter& p : net.parameters()) {
    INFO(p.path);
    const bool last = p.path.starts_with("5.");
    if (p.role == Role::projection) {
      ++projections;
      CHECK(p.shape[0] == p.shape[1]);
    }
    if (p.storage == Storage::trainable) CHECK((last || p.role == Role::projection));
    if (last) CHECK(p.storage == Storage::trainable);
  }
  CHECK(projections == 8);  // stem, three of the block and its shortcut, three of the sum
}

TEST_CASE("training moves no bit of the frozen filters", "[reparametrised]") {
  Network<reparametrise_t<Own, Norms::statistics>, small, Cpu> net(Seed{3});
  disturb(net);
  check_only_others_move(net, [](const Parameter& p) { return p.storage == Storage::frozen; });
}

TEST_CASE("a predictor folds projections into the filters", "[reparametrised]") {
  using Net = Network<reparametrise_t<Own>, small, Cpu>;
  Net net(Seed{5});
  disturb(net);
  for (const Parameter& p : net.parameters()) {
    if (p.role != Role::projection) continue;
    auto values = net.get(p);
    Random random = Random{Seed{6}}.fork(hash(p.path));
    for (float& v : values) v += random.normal(0, 0.2F);
    net.set(p, values);
  }
  check_predictor(net);
  static_assert(std::size(plan::plan_of<Net::spec, small>.steps) ==
                std::size(plan::plan_of<Own, small>.steps));
}

}  // namespace
}  // namespace aurum
