// Weights move between a network and those derived from it, by path, all or nothing.
#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/model/methods.hpp"
#include "aurum/model/network_weights.hpp"
#include "support/derived.hpp"
#include "support/message.hpp"

namespace aurum {
namespace {

constexpr Shape in{3, 64, 64};
using Backbone = Fan<68, Features<16>>;
constexpr Shape face{3, 256, 256};
template <class S>
constexpr long long all_of() {
  return parameter_count<S, face> + frozen_count<S, face>;
}
template <class S>
using Weights = NetworkWeights<S, in, Cpu>;

Weights<Backbone>& trained() {
  static Weights<Backbone> net;
  float value = 0;
  for (const Parameter& p : net.parameters())
    net.set(p, std::vector<float>(static_cast<std::size_t>(p.count), ++value));
  return net;
}

template <class Net>
float first(const Net& net, std::string_view path) {
  for (const Parameter& p : net.parameters())
    if (p.path == path) return net.get(p).front();
  FAIL("no parameter " << path);
  return 0;
}

TEST_CASE("a frozen network takes all weights of the plain one", "[transfer]") {
  Weights<freeze_t<Backbone>> net;
  transfer(trained(), net);
  for (const Parameter& p : trained().parameters()) CHECK(first(net, p.path) == trained().get(p).front());
}

TEST_CASE("a reparametrised network takes all but its head", "[transfer]") {
  Weights<reparametrise_t<Fan<5, Features<16>>>> net;
  transfer(trained(), net, {.fresh = {"l0"}});
  CHECK(first(net, "m0.b1_4.conv2.weight") == first(trained(), "m0.b1_4.conv2.weight"));
  CHECK(first(net, "m0.b1_4.bn2.running_var") == first(trained(), "m0.b1_4.bn2.running_var"));
  CHECK(first(net, "m0.b1_4.conv2.projection") == 0);
  CHECK(first(net, "l0.weight") == 0);
}

TEST_CASE("a plain network takes a reparametrised one with its projections multiplied in", "[transfer]") {
  using Own = Sequential<Conv<8, 3, Bias>, BatchNorm, Relu, Conv<8, 3, Stride<2>>, Relu, Conv<2, 1, Bias>>;
  constexpr Shape small{3, 8, 8};
  Network<reparametrise_t<Own>, small, Cpu> net(Seed{4});
  test::disturb(net);
  Network<Own, small, Cpu> plain(Seed{5});
  transfer(net, plain);
  const std::vector<float> image(static_cast<std::size_t>(small.size()), 0.3F);
  const View<const float> input = make_view(image.data(), 1, small);
  const View<const float> a = net.forward(input, Mode::inference), b = plain.forward(input, Mode::inference);
  double difference = 0, size = 0;
  for (std::ptrdiff_t i = 0; i < a.size(); ++i) {
    difference =
        std::max(difference, std::abs(static_cast<double>(a.data[i]) - static_cast<double>(b.data[i])));
    size = std::max(size, std::abs(static_cast<double>(a.data[i])));
  }
  REQUIRE(size > 0);
  CHECK(difference < 1e-5 * size);

  Network<reparametrise_t<Own>, small, Cpu> again(Seed{6});
  transfer(net, again);  // as it is: filters and projections apart
  for (const Parameter& p : net.parameters()) CHECK(again.get(again.parameter(p.path)) == net.get(p));
}

TEST_CASE("the types of the methods have the papers' sizes, and their weights go from one to the other",
          "[transfer]") {
  static_assert(all_of<AdaptedFan<5>>() == 2'662'345);
  static_assert(parameter_count<AdaptedFan<5>, face> == 1'004'037);
  static_assert(frozen_count<WholeAdaptedFan<5>, face> == 0);
  static_assert(parameter_count<WholeAdaptedFan<5>, face> == 2'662'345);
  static_assert(multiply_adds<ReparametrisedFan<5>, face> == multiply_adds<Fan<5>, face>);
  // The layers of the landmarks stay frozen under attention maps, the features do not.
  static_assert(frozen_count<WholeAttentionFan<5, Bp4dAus>, face> > 0);
  static_assert(frozen_count<WholeAttentionFan<5, Bp4dAus>, face> <
                frozen_count<AttentionFan<5, Bp4dAus>, face>);
  static_assert(all_of<WholeAttentionFan<5, Bp4dAus>>() == all_of<AttentionFan<5, Bp4dAus>>());
  CHECK(layout_name<ReparametrisedFan<5, Features<64>>>() == "ntinou2020.features64.reparametrised");
  CHECK(layout_name<AdaptedFan<5>>() == layout_name<WholeAdaptedFan<5>>());

  Weights<AdaptedFan<5, Features<16>>> adapted;
  transfer(trained(), adapted, Pretrained<AdaptedFan<5, Features<16>>>::transfer());
  CHECK(first(adapted, "fan.conv4.conv1.weight") == first(trained(), "conv4.conv1.weight"));
  Weights<WholeAdaptedFan<5, Features<16>>> whole;
  transfer(adapted, whole);
  REQUIRE(whole.parameters().size() == adapted.parameters().size());
  for (std::size_t i = 0; i < whole.parameters().size(); ++i) {
    CHECK(whole.parameters()[i].path == adapted.parameters()[i].path);
    CHECK(whole.parameters()[i].storage != Storage::frozen);
  }
}

TEST_CASE("adaptation layers take their backbone", "[transfer]") {
  Weights<AdaptationLayers<Backbone, 5, PublicBranch<16>>> net;
  transfer(trained(), net, {.into = "fan."});
  CHECK(first(net, "fan.l0.weight") == first(trained(), "l0.weight"));
  CHECK(first(net, "conv1.0.weight") == 0);
}

TEST_CASE("what does not fit is named and nothing is copied", "[transfer]") {
  Weights<Fan<5, Features<16>>> net;
  const std::string text = test::message<ValueError>([&] { transfer(trained(), net); });
  CHECK(text.find("nothing was copied") != std::string::npos);
  CHECK(text.find("'l0.weight': expected shape {5, 16, 1, 1}, found {68, 16, 1, 1}") != std::string::npos);
  CHECK(text.find("'l0.bias': expected shape {5}, found {68}") != std::string::npos);
  CHECK(first(net, "conv1.weight") == 0);

  Weights<AdaptationLayers<Backbone, 5, PublicBranch<16>>> adapted;
  const std::string missing = test::message<ValueError>([&] { transfer(trained(), adapted); });
  CHECK(missing.find("'fan.conv1.weight' is missing") != std::string::npos);
  const std::string nowhere =
      test::message<ValueError>([&] { transfer(trained(), adapted, {.into = "fam."}); });
  CHECK(nowhere.find("no parameter under 'fam.'") != std::string::npos);
}

}  // namespace
}  // namespace aurum
