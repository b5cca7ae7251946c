// needs: io
// Single layers against PyTorch: output and all gradients, in double on the reference backend and in float on
// the CPU.
#include <cmath>
#include <string>
#include <vector>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/backend/reference/reference.hpp"
#include "aurum/io/named_tensor.hpp"
#include "aurum/loss/loss.hpp"
#include "aurum/model/network.hpp"
#include "aurum/spec/activation.hpp"
#include "aurum/spec/batch_norm.hpp"
#include "aurum/spec/conv.hpp"
#include "aurum/spec/pool.hpp"
#include "aurum/spec/upsample.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace aurum;
using test::Golden;

namespace {

/// Values in PyTorch's order, from or to memory order.
template <class T>
std::vector<T> reorder(const Parameter& p, const std::vector<T>& values, bool to_pytorch) {
  if (p.role != Role::filter) return values;
  const std::vector<std::int64_t> shape(p.shape.begin(), p.shape.end());
  std::vector<T> ordered(values.size());
  if (to_pytorch)
    to_pytorch_order<T>(shape, values, ordered);
  else
    from_pytorch_order<T>(shape, values, ordered);
  return ordered;
}

template <class S, Shape In, class B, class T>
void check_on(const Golden& golden, const std::string& name, Mode mode) {
  INFO(name << (std::is_same_v<T, double> ? " in double" : " in float"));
  const double bound = std::is_same_v<T, double> ? 1e-12 : 5e-6;
  const auto floats = [&](const std::string& tensor) {
    const std::vector<double> values = golden.doubles(name + "." + tensor);
    return std::vector<T>(values.begin(), values.end());
  };
  Network<S, In, B, T> net;
  for (const Parameter& p : net.parameters()) net.set(p, reorder(p, floats(p.path), false));

  constexpr int batch = 2;
  std::vector<T> x(static_cast<std::size_t>(batch * In.size())), dx(x.size());
  std::vector<T> dy(static_cast<std::size_t>(batch * net.output_shape.size()));
  const auto input = make_view(x.data(), batch, In), input_gradient = make_view(dx.data(), batch, In);
  const auto output_gradient = make_view(dy.data(), batch, net.output_shape);
  test::from_nchw(golden.doubles(name + ".input"), input);
  test::from_nchw(golden.doubles(name + ".output_gradient"), output_gradient);

  const auto output = net.forward(input, mode);
  CHECK(test::greatest_error(test::to_nchw(output), golden.doubles(name + ".output")) < bound);
  for (const Parameter& p : net.parameters())
    if (p.storage == Storage::buffer)
      CHECK(test::greatest_error(net.get(p), golden.doubles(name + "." + p.path + "_after")) < bound);
  if (mode == Mode::inference) return;
  net.zero_gradients();
  net.backward(output_gradient, input_gradient);
  CHECK(test::greatest_error(test::to_nchw(input_gradient), golden.doubles(name + ".input_gradient")) <
        bound);
  for (const Parameter& p : net.parameters()) {
    if (p.storage != Storage::trainable) continue;
    INFO(p.path);
    CHECK(test::greatest_error(reorder(p, net.gradient(p), true),
                               golden.doubles(name + "." + p.path + "_gradient")) < bound);
  }
}

template <class S, Shape In>
void check(const std::string& name, Mode mode = Mode::training) {
  static const Golden golden("layers");
  check_on<S, In, Reference, double>(golden, name, mode);
  check_on<S, In, Cpu, float>(golden, name, mode);
}

}  // namespace

TEST_CASE("Convolutions compute what PyTorch computes", "[golden]") {
  constexpr Shape in{3, 7, 6};
  check<Conv<4, 1>, in>("conv_k1_s1_p0");
  check<Conv<4, 1, Bias>, in>("conv_k1_s1_p0_bias");
  check<Conv<4, 1, Stride<2>>, in>("conv_k1_s2_p0");
  check<Conv<4, 3>, in>("conv_k3_s1_p1");
  check<Conv<4, 3, Bias>, in>("conv_k3_s1_p1_bias");
  check<Conv<4, 3, Stride<2>>, in>("conv_k3_s2_p1");
  check<Conv<4, 3, Padding<0>, Bias>, in>("conv_k3_s1_p0_bias");
  check<Conv<4, 3, Stride<2>, Padding<0>>, in>("conv_k3_s2_p0");
  check<Conv<4, 5>, in>("conv_k5_s1_p2");
  check<Conv<4, 5, Stride<2>, Bias>, in>("conv_k5_s2_p2_bias");
  check<Conv<4, 7>, in>("conv_k7_s1_p3");
  check<Conv<4, 7, Stride<2>, Bias>, in>("conv_k7_s2_p3_bias");
}

TEST_CASE("Batch norm computes what PyTorch computes and keeps the same statistics", "[golden]") {
  check<BatchNorm, Shape{3, 5, 4}>("batch_norm_train");
  check<BatchNorm, Shape{3, 5, 4}>("batch_norm_eval", Mode::inference);
}

TEST_CASE("Activations have PyTorch's values and slopes, at the kinks too", "[golden]") {
  check<Relu, Shape{3, 4, 3}>("relu");
  check<Relu6, Shape{3, 4, 3}>("relu6");
}

TEST_CASE("Pooling and upsampling compute what PyTorch computes", "[golden]") {
  constexpr Shape in{3, 7, 6};
  check<MaxPool<2>, in>("max_pool_k2_s2_p0");
  check<MaxPool<3, Stride<2>, Padding<1>>, in>("max_pool_k3_s2_p1");
  check<AveragePool<2>, in>("average_pool_k2_s2_p0");
  check<AveragePool<3, Stride<2>, Padding<1>>, in>("average_pool_k3_s2_p1");
  check<UpsampleNearest<2>, Shape{3, 3, 4}>("upsample_nearest_2");
  check<UpsampleBilinear<2>, Shape{3, 3, 4}>("upsample_bilinear_2");
}

TEST_CASE("The squared error and its gradient are PyTorch's", "[golden]") {
  const Golden golden("layers");
  constexpr Shape shape{3, 3, 4};
  std::vector<double> x(2 * 36), t(x.size()), dx(x.size());
  const auto input = make_view(x.data(), 2, shape);
  const auto target = make_view(t.data(), 2, shape), gradient = make_view(dx.data(), 2, shape);
  test::from_nchw(golden.doubles("squared_error.input"), input);
  test::from_nchw(golden.doubles("squared_error.target"), target);
  const LossValue loss = evaluate_loss<double>(input, target, gradient);
  CHECK(loss.value == Approx(golden.doubles("squared_error.output")[0]).epsilon(1e-12));
  for (double& value : dx) value *= golden.doubles("squared_error.output_gradient")[0];
  CHECK(test::greatest_error(test::to_nchw(gradient), golden.doubles("squared_error.input_gradient")) <
        1e-12);
}
