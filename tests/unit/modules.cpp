// Every layer: gradients by finite differences in double on the reference backend, and the CPU backend
// against the reference, forward and gradients. A new layer gets a line in "every layer".
#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/backend/reference/reference.hpp"
#include "aurum/model/fan.hpp"
#include "aurum/model/network.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"

namespace aurum {
namespace {

using test::cast;
using test::random_tensor;
using test::relative_error;
using test::Tensor;

/// Makes batch norm parameters and statistics unlike their initial values.
template <class Net>
void disturb(Net& net) {
  for (const Parameter& p : net.parameters()) {
    Random random = Random{Seed{9}}.fork(hash(p.path));
    auto values = net.get(p);
    for (auto& v : values) {
      if (p.role == Role::norm_weight) v = static_cast<typename Net::value_type>(random.uniform(0.5F, 1.5F));
      if (p.role == Role::norm_bias || p.role == Role::bias || p.role == Role::running_mean)
        v = static_cast<typename Net::value_type>(random.normal(0, 0.3F));
      if (p.role == Role::running_variance)
        v = static_cast<typename Net::value_type>(random.uniform(0.5F, 2.0F));
    }
    net.set(p, values);
  }
}

template <class Net>
double loss_of(Net& net, const Tensor<double>& x, const Tensor<double>& direction, Mode mode) {
  const auto y = net.forward(x.view, mode);
  double sum = 0;
  for (std::ptrdiff_t i = 0; i < y.size(); ++i)
    sum += y.data[i] * direction.memory[static_cast<std::size_t>(i)];
  return sum;
}

template <class S, Shape In>
void check_finite_differences(Mode mode) {
  Network<S, In, Reference, double> net(Seed{2});
  disturb(net);
  Random random{Seed{11}};
  auto x = random_tensor<double>(2, In, random);
  const auto direction = random_tensor<double>(2, net.output_shape, random);
  loss_of(net, x, direction, mode);
  net.zero_gradients();
  Tensor<double> dx(2, In);
  net.backward(direction.view, dx.view);

  const double h = 1e-6;
  const auto difference = [&](auto nudge) {
    nudge(h);
    const double above = loss_of(net, x, direction, mode);
    nudge(-2 * h);
    const double below = loss_of(net, x, direction, mode);
    nudge(h);
    return (above - below) / (2 * h);
  };
  // Single inputs and single parameters rather than sums over many, so that the few whose nudge pushes some
  // ReLU or maximum over its kink can be told from a wrong gradient: nineteen of twenty must agree closely.
  std::vector<double> expected, found;
  for (int k = 0; k < 12; ++k) {
    const std::size_t i = random.below(static_cast<std::uint32_t>(x.memory.size()));
    expected.push_back(difference([&](double by) { x.memory[i] += by; }));
    found.push_back(dx.memory[i]);
  }
  for (const Parameter& p : net.parameters()) {
    if (p.storage != Storage::trainable) continue;
    const auto gradient = net.gradient(p);
    for (int k = 0; k < 3; ++k) {
      const std::size_t i = random.below(static_cast<std::uint32_t>(p.count));
      expected.push_back(
          difference([&](double by) { net.values()[static_cast<std::size_t>(p.offset) + i] += by; }));
      found.push_back(gradient[i]);
    }
  }
  double size = 0;
  std::vector<double> errors;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    size += expected[i] * expected[i] / static_cast<double>(expected.size());
    errors.push_back(std::abs(found[i] - expected[i]));
  }
  std::sort(errors.begin(), errors.end());
  CHECK(errors[errors.size() * 19 / 20] < 1e-6 * std::sqrt(size));
}

template <class S, Shape In>
void check_cpu_against_reference(Mode mode) {
  Network<S, In, Reference, double> reference(Seed{2});
  Network<S, In, Cpu, float> cpu(Seed{2});
  disturb(reference);
  disturb(cpu);
  Random random{Seed{12}};
  const int batch = 3;
  const auto x = random_tensor<double>(batch, In, random);
  const auto g = random_tensor<double>(batch, reference.output_shape, random);
  const auto xf = cast<float>(x);
  const auto gf = cast<float>(g);
  const auto expected = reference.forward(x.view, mode);
  const auto got = cpu.forward(xf.view, mode);
  CHECK(relative_error(std::vector<float>(got.data, got.data + got.size()),
                       std::vector<double>(expected.data, expected.data + expected.size())) < 1e-5);
  Tensor<double> dx(batch, In);
  Tensor<float> dxf(batch, In);
  reference.zero_gradients();
  cpu.zero_gradients();
  reference.backward(g.view, dx.view);
  cpu.backward(gf.view, dxf.view);
  CHECK(relative_error(dxf.memory, dx.memory) <
        1e-3);  // a value at a kink of ReLU may fall on the other side
  CHECK(relative_error(cpu.gradients(), reference.gradients()) < 1e-3);
  for (const Parameter& p : reference.parameters()) {
    INFO(p.path);
    if (p.storage == Storage::buffer)
      CHECK(relative_error(cpu.get(cpu.parameter(p.path)), reference.get(p)) < 1e-5);
  }
}

template <class S, Shape In>
void check_layer(const char* name) {
  INFO(name);
  for (const Mode mode : {Mode::training, Mode::inference}) {
    check_finite_differences<S, In>(mode);
    check_cpu_against_reference<S, In>(mode);
  }
}

/// Puts a layer between convolutions, so that its input is a signal with work pending and its gradient is
/// used.
template <class S>
using Wrapped = Sequential<Conv<4, 1, Bias>, BatchNorm, Relu, S, Conv<3, 1>>;

TEST_CASE("every layer has the right gradient and is the same on the CPU and the reference", "[modules]") {
  constexpr Shape in{3, 8, 8};
  check_layer<Conv<5, 3>, in>("convolution");
  check_layer<Conv<5, 3, Stride<2>, Padding<0>, Bias>, in>("strided convolution with bias");
  check_layer<Sequential<Conv<4, 7, Stride<2>, Bias>, BatchNorm, Relu, Conv<2, 1>>, in>("stem");
  check_layer<Wrapped<BatchNorm>, in>("batch norm of a pending signal");
  check_layer<Wrapped<Relu6>, in>("activation of a pending signal");
  check_layer<Wrapped<MaxPool<2>>, in>("max pooling");
  check_layer<Wrapped<MaxPool<3, Stride<2>, Padding<1>>>, in>("overlapping max pooling");
  check_layer<Wrapped<AveragePool<2>>, in>("average pooling");
  check_layer<Wrapped<AveragePool<3, Stride<2>, Padding<1>>>, in>("overlapping average pooling");
  check_layer<Wrapped<UpsampleNearest<2>>, in>("nearest upsampling");
  check_layer<Wrapped<UpsampleBilinear<2>>, in>("bilinear upsampling");
  check_layer<Wrapped<Sum<Identity, Conv<4, 3>, Sequential<BatchNorm, Relu>>>, in>("sum");
  check_layer<Wrapped<Concat<Identity, Conv<2, 3>, Sequential<BatchNorm, Relu>, MaxPool<1>>>, in>("concat");
  check_layer<Wrapped<Cascade<Conv<4, 3>, Sequential<BatchNorm, Relu>, Conv<2, 1>>>, in>("cascade");
}

TEST_CASE("every block has the right gradient and is the same on the CPU and the reference", "[modules]") {
  constexpr Shape in{3, 8, 8};
  check_layer<Wrapped<ConvBlock<4>>, in>("post-activation block");
  check_layer<Wrapped<ConvBlock<8>>, in>("post-activation block with projection");
  check_layer<Wrapped<ConvBlock<4, PreActivation>>, in>("pre-activation block");
  check_layer<Wrapped<ConvBlock<8, PreActivation, Kernel<1>, ActivationOf<Relu6>>>, in>(
      "1x1 pre-activation block");
  check_layer<Wrapped<BottleneckBlock<4>>, in>("bottleneck block");
  check_layer<Wrapped<BottleneckBlock<6>>, in>("bottleneck block with projection");
  check_layer<Wrapped<Hourglass<4, Depth<2>>>, in>("hourglass");
  check_layer<
      Wrapped<Hourglass<4, Depth<1>, BlockOf<ConvBlock<4, PreActivation>>, SkipOf<ConvBlock<4, Kernel<1>>>,
                        PoolOf<AveragePool<2>>, UpsampleOf<UpsampleBilinear<2>>>>,
      in>("hourglass with other parts");
}

TEST_CASE("stacked hourglasses have the right gradient, through every stack's maps", "[modules]") {
  using Stacks = detail::fan_stacks<2, 3, 4, ConvBlock<4, PreActivation>, AveragePool<2>>;
  check_layer<Sequential<Conv<4, 1, Bias>, BatchNorm, Relu, Stacks>, Shape{3, 16, 16}>("three stacks");
}

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
