// Every layer against what PyTorch computed (tests/golden/layers.safetensors): forward, gradients by the
// input and by every parameter, running statistics. Reference in double, Cpu in float.
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
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/golden.hpp"
#include "support/golden_parameters.hpp"

namespace aurum {
namespace {

using test::from_nchw;
using test::Golden;
using test::greatest_error;
using test::in_pytorch_order;
using test::set_golden;
using test::Tensor;
using test::to_nchw;

const Golden& layers() {
  static const Golden golden("layers");
  return golden;
}

template <class T>
constexpr double bound = std::is_same_v<T, float> ? 1e-5 : 1e-12;

template <class T>
void check_parameter(const std::string& what, const Parameter& p, const std::vector<T>& values) {
  INFO(what);
  CHECK(greatest_error(in_pytorch_order(p, values), layers().doubles(what)) < bound<T>);
}

template <class S, Shape In, class B, class T>
void check_on(const std::string& name, Mode mode) {
  INFO(name);
  Network<S, In, B, T> net;
  set_golden(net, layers(), name + ".");
  Tensor<T> x(2, In), dx(2, In), dy(2, net.output_shape);
  from_nchw(layers().doubles(name + ".input"), x.view);
  from_nchw(layers().doubles(name + ".output_gradient"), dy.view);
  CHECK(greatest_error(to_nchw(net.forward(x.view, mode)), layers().doubles(name + ".output")) < bound<T>);
  net.backward(dy.view, dx.view);
  CHECK(greatest_error(to_nchw(dx.view), layers().doubles(name + ".input_gradient")) < bound<T>);
  for (const Parameter& p : net.parameters()) {
    const std::string golden = name + "." + p.path;
    if (p.storage == Storage::trainable) check_parameter(golden + "_gradient", p, net.gradient(p));
    if (p.storage == Storage::buffer) check_parameter(golden + "_after", p, net.get(p));
  }
}

template <class S, Shape In>
void check(const std::string& name, Mode mode = Mode::training) {
  check_on<S, In, Reference, double>(name, mode);
  check_on<S, In, Cpu, float>(name, mode);
}

TEST_CASE("convolutions are PyTorch's", "[golden]") {
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

TEST_CASE("batch norm is PyTorch's, with its running statistics", "[golden]") {
  check<BatchNorm, Shape{3, 5, 4}>("batch_norm_train", Mode::training);
  check<BatchNorm, Shape{3, 5, 4}>("batch_norm_eval", Mode::inference);
}

TEST_CASE("activations are PyTorch's, at their kinks too", "[golden]") {
  check<Relu, Shape{3, 4, 3}>("relu");
  check<Relu6, Shape{3, 4, 3}>("relu6");
}

TEST_CASE("poolings are PyTorch's", "[golden]") {
  constexpr Shape in{3, 7, 6};
  check<MaxPool<2>, in>("max_pool_k2_s2_p0");
  check<MaxPool<3, Stride<2>, Padding<1>>, in>("max_pool_k3_s2_p1");
  check<AveragePool<2>, in>("average_pool_k2_s2_p0");
  check<AveragePool<3, Stride<2>, Padding<1>>, in>("average_pool_k3_s2_p1");
}

TEST_CASE("upsamplings are PyTorch's", "[golden]") {
  check<UpsampleNearest<2>, Shape{3, 3, 4}>("upsample_nearest_2");
  check<UpsampleBilinear<2>, Shape{3, 3, 4}>("upsample_bilinear_2");
}

TEST_CASE("the squared heatmap error is PyTorch's", "[golden]") {
  Tensor<double> x(2, {3, 3, 4}), target(2, {3, 3, 4}), gradient(2, {3, 3, 4});
  from_nchw(layers().doubles("squared_error.input"), x.view);
  from_nchw(layers().doubles("squared_error.target"), target.view);
  const LossValue loss = evaluate_loss<double>(x.view, target.view, gradient.view);
  CHECK(loss.value == Approx(layers().doubles("squared_error.output")[0]).epsilon(1e-12));
  const double direction = layers().doubles("squared_error.output_gradient")[0];
  for (double& g : gradient.memory) g *= direction;
  CHECK(greatest_error(to_nchw(gradient.view), layers().doubles("squared_error.input_gradient")) < 1e-12);
}

}  // namespace
}  // namespace aurum
