// Weights move between a network and those derived from it, by path, all or nothing.
#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/model/adaptation.hpp"
#include "aurum/model/network_weights.hpp"
#include "aurum/model/transfer.hpp"
#include "aurum/rewrite/freeze.hpp"
#include "aurum/rewrite/reparametrise.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"

namespace aurum {
namespace {

constexpr Shape in{3, 64, 64};
using Backbone = Fan<68, Features<16>>;
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
