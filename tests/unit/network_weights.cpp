// The weights of a network without the network.
#include "aurum/model/network_weights.hpp"

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/backend/reference/reference.hpp"
#include "aurum/heatmap/attention.hpp"
#include "aurum/model/fan.hpp"
#include "aurum/model/network.hpp"
#include "aurum/model/predictor.hpp"
#include "aurum/model/weights.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/temporary_directory.hpp"

namespace aurum {
namespace {

template <class S, Shape In = Shape{4, 16, 16}>
void check_table() {
  INFO(__PRETTY_FUNCTION__);
  const Network<S, In, Reference> net;
  const NetworkWeights<S, In, Reference> weights;
  REQUIRE(weights.parameters().size() == net.parameters().size());
  int different = 0;
  for (std::size_t i = 0; i < net.parameters().size(); ++i) {
    const Parameter &a = net.parameters()[i], &b = weights.parameters()[i];
    different += a.path == b.path && a.shape == b.shape && a.role == b.role && a.storage == b.storage &&
                         a.offset == b.offset && a.count == b.count
                     ? 0
                     : 1;
  }
  CHECK(different == 0);
}

struct Stacks : Sequential<Conv<8, 3, Stride<2>>, BatchNorm, Relu,
                           detail::fan_stacks<3, 3, 8, detail::pre_block<8>, AveragePool<2>>> {};

TEST_CASE("Weights without a network have the parameters of the network, under the same names", "[weights]") {
  check_table<Identity>();
  check_table<Sequential<Conv<5, 3, Bias>, BatchNorm, Relu, MaxPool<2>, UpsampleBilinear<2>, Conv<2, 1>>>();
  check_table<Sum<Identity, Sequential<AveragePool<3, Stride<1>, Padding<1>>, Conv<4, 1>, BatchNorm>>>();
  check_table<Sequential<Concat<Conv<3, 1>, Identity, Conv<2, 3>>, BatchNorm, Conv<7, 1>>>();
  check_table<Sequential<Cascade<Conv<3, 1>, BatchNorm, Conv<2, 3>>, BatchNorm>>();
  check_table<
      Sequential<BottleneckBlock<8>, BottleneckBlock<8>, ConvBlock<8>, ConvBlock<12, PreActivation>>>();
  check_table<Sequential<Frozen<ConvBlock<8>>, Reparametrised<Conv<6, 3, Bias>>, FrozenAffine<BatchNorm>,
                         GlobalAveragePool>>();
  check_table<Sequential<Frozen<Conv<68, 1>>, AttentionMaps<DisfaAus>, Conv<3, 1>>>();
  check_table<Stacks, Shape{3, 32, 32}>();
  check_table<Fan<12, Features<16>>, Shape{3, 64, 64}>();
}

TEST_CASE("A predictor of weights from a file is the predictor of the network that was saved", "[weights]") {
  constexpr Shape shape{3, 32, 32};
  using S = Fan<2, Features<8>, Depth<2>>;
  const test::TemporaryDirectory directory;
  const ModelInfo info{.layout = "tiny", .maps = 2, .action_units = {1, 2}, .input = shape};
  Network<S, shape, Cpu> net(Seed{1});
  save(net, directory / "tiny.safetensors", info);
  NetworkWeights<S, shape, Cpu> weights;
  load(weights, directory / "tiny.safetensors", info);
  for (const Parameter& p : net.parameters()) REQUIRE(weights.get(p) == net.get(p));

  Predictor of_network(net);
  Predictor of_weights(weights);
  Random random{Seed{2}};
  const auto input = test::random_tensor<float>(1, shape, random);
  const auto maps = [](const Prediction& p) {
    return std::vector<float>(p.heatmaps.data, p.heatmaps.data + p.heatmaps.size());
  };
  CHECK(maps(of_weights(input.view)) == maps(of_network(input.view)));
}

TEST_CASE("Weights take as many values as a parameter has", "[weights]") {
  NetworkWeights<Conv<2, 1>, Shape{3, 4, 4}, Reference> weights;
  const Parameter& filter = weights.parameters().front();
  CHECK(weights.get(filter) == std::vector<float>(6));
  weights.set(filter, std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(weights.get(filter) == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK_THROWS_AS(weights.set(filter, std::vector<float>(5)), ShapeError);
}

}  // namespace
}  // namespace aurum
