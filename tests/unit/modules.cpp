// Networks: paths, shapes, errors, the same bits for any threads and batch.
#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/backend/reference/reference.hpp"
#include "aurum/model/fan.hpp"
#include "aurum/model/network.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"

namespace aurum {
namespace {

using test::random_tensor;
using test::Tensor;

struct UserNet : Sequential<Conv<8, 3>, BatchNorm, Relu, ConvBlock<8>, Conv<2, 1, Bias>> {};

TEST_CASE("a network named by inheritance has paths, counts and shapes", "[modules]") {
  Network<UserNet, Shape{3, 8, 8}, Cpu> net(Seed{1});
  CHECK(net.output_shape == Shape{2, 8, 8});
  std::vector<std::string> paths;
  long long trainable = 0;
  for (const Parameter& p : net.parameters()) {
    paths.push_back(p.path);
    if (p.storage == Storage::trainable) trainable += p.count;
  }
  CHECK(trainable == parameter_count<UserNet, Shape{3, 8, 8}>);
  const std::vector<std::string> start{"0.weight",      "1.weight",       "1.bias",      "1.running_mean",
                                       "1.running_var", "3.conv1.weight", "3.bn1.weight"};
  CHECK(std::vector<std::string>(paths.begin(), paths.begin() + 7) == start);
  CHECK(paths.back() == "4.bias");
  CHECK_THROWS_AS(net.parameter("5.weight"), ValueError);
}

TEST_CASE("a network refuses an empty batch and another shape", "[modules]") {
  Network<UserNet, Shape{3, 8, 8}, Cpu> net(Seed{1});
  Tensor<float> x(2, {3, 8, 9}), right(2, {3, 8, 8});
  CHECK_THROWS_WITH(net.forward(x.view, Mode::inference),
                    Catch::Contains("3x8x8") && Catch::Contains("3x8x9"));
  CHECK_THROWS_AS(net.forward(right.view.images(0, 0), Mode::inference), ShapeError);
  CHECK_NOTHROW(net.forward(right.view, Mode::inference));
}

TEST_CASE("a network goes back once for each forward", "[modules]") {
  Network<UserNet, Shape{3, 8, 8}, Cpu> net(Seed{1});
  Random random{Seed{4}};
  const auto x = random_tensor<float>(2, {3, 8, 8}, random), g = random_tensor<float>(2, {2, 8, 8}, random);
  const auto expect_refusal = [&] {
    CHECK_THROWS_WITH(net.backward(g.view), Catch::Contains("expected a forward before it"));
  };
  expect_refusal();
  net.forward(x.view, Mode::training);
  CHECK_THROWS_WITH(net.backward(View<const float>(g.view).images(0, 1)),
                    Catch::Contains("2 of 2x8x8") && Catch::Contains("1 of 2x8x8"));
  CHECK_NOTHROW(net.backward(g.view));
  expect_refusal();
}

TEST_CASE("gradients take the place of the feature maps that are no longer needed", "[modules]") {
  using Net = Network<Fan<5, Features<64>>, Shape{3, 64, 64}, Cpu>;
  Net net(Seed{1});
  Random random{Seed{4}};
  const auto x = random_tensor<float>(4, Net::input_shape, random);
  const auto g = random_tensor<float>(4, Net::output_shape, random);
  net.forward(x.view, Mode::training);
  const auto forward = static_cast<double>(net.pool().bytes());
  net.backward(g.view);
  const auto first = static_cast<double>(net.pool().bytes());
  CHECK(first < 1.2 * forward);
  for (int step = 0; step < 3; ++step) {
    net.forward(x.view, Mode::training);
    net.backward(g.view);
  }
  CHECK(static_cast<double>(net.pool().bytes()) < 1.25 * forward);
  // Most of what there is are the convolutions' outputs: pooled, upsampled and summed maps are not kept.
  const double written =
      4.0 * sizeof(float) * static_cast<double>(Net::spec::cost(Net::input_shape).feature_maps);
  CHECK(static_cast<double>(net.pool().bytes()) < 1.45 * written);
}

TEST_CASE("one value per channel has no batch statistics: the error names the layer", "[modules]") {
  struct Tiny : Sequential<Conv<4, 2, Stride<2>, Padding<0>>, BatchNorm> {};
  Network<Tiny, Shape{3, 2, 2}, Cpu> net(Seed{1});
  Tensor<float> x(1, {3, 2, 2});
  CHECK_THROWS_WITH(net.forward(x.view, Mode::training), Catch::Contains("layer '1'"));
}

TEST_CASE("training gives the same bits for any number of threads, inference for any batch", "[modules]") {
  using Net = Network<Fan<5, Features<16>>, Shape{3, 64, 64}, Cpu>;
  Random random{Seed{4}};
  const int batch = 5;
  const auto x = random_tensor<float>(batch, Net::input_shape, random);
  const auto g = random_tensor<float>(batch, Net::output_shape, random);
  std::vector<float> gradients, outputs;
  for (const int threads : {1, 2, 3}) {
    Net net(std::make_shared<Context<Cpu>>(threads), Seed{1});
    net.forward(x.view, Mode::training);
    net.zero_gradients();
    net.backward(g.view);
    const std::vector<float> now(net.gradients().begin(), net.gradients().end());
    const auto y = net.forward(x.view, Mode::inference);
    const std::vector<float> out(y.data, y.data + y.size());
    if (threads == 1) {
      gradients = now;
      outputs = out;
    }
    CHECK(now == gradients);
    CHECK(out == outputs);
    for (int n = 0; n < batch; ++n) {
      const auto alone = net.forward(View<const float>(x.view).images(n, 1), Mode::inference);
      CHECK(std::equal(alone.data, alone.data + alone.size(), outputs.begin() + n * alone.size()));
    }
  }
}

TEST_CASE("weights start the same on every backend and differ by seed and path", "[modules]") {
  Network<UserNet, Shape{3, 8, 8}, Cpu> a(Seed{1}), b(Seed{2});
  Network<UserNet, Shape{3, 8, 8}, Reference> c(Seed{1});
  CHECK(std::equal(a.values().begin(), a.values().end(), c.values().begin()));
  CHECK(!std::equal(a.values().begin(), a.values().end(), b.values().begin()));
  CHECK(a.get(a.parameter("3.conv2.weight"))[0] != a.get(a.parameter("3.conv3.weight"))[0]);
}

}  // namespace
}  // namespace aurum
