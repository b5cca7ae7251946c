// Plans say the same as their networks, whatever layers stand beside each other, and use memory soundly.
#include "aurum/plan/plan.hpp"

#include <algorithm>
#include <vector>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/backend/reference/reference.hpp"
#include "aurum/heatmap/attention.hpp"
#include "aurum/model/fan.hpp"
#include "aurum/model/network.hpp"
#include "aurum/model/network_weights.hpp"
#include "aurum/plan/program.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"

namespace aurum {
namespace {

using plan::Plan;
using plan::Slice;
using plan::Step;

static_assert(on_host<Cpu> && !on_host<Reference>, "the CPU takes no copies, the reference does");
static_assert(plan::Kernels<Cpu>::image_by_image, "the CPU has kernels of its own");

/// Gives every parameter values that matter.
template <class Net>
void scramble(Net& net) {
  using T = typename Net::value_type;
  Random random{Seed{7}};
  for (const Parameter& p : net.parameters()) {
    std::vector<T> values = net.get(p);
    for (T& v : values)
      if (p.role == Role::running_variance)
        v = static_cast<T>(0.5F + random.uniform());
      else if (p.role == Role::filter)
        v *= static_cast<T>(0.7);
      else
        v = static_cast<T>((p.role == Role::norm_weight ? 1.0F : 0.0F) + 0.3F * random.normal());
    net.set(p, values);
  }
}

/// Relative error of the plan against the network, both on backend B.
template <class S, Shape In, class B, class T>
double error_of_plan(int batch) {
  Network<S, In, B, T> net(Seed{1});
  scramble(net);
  Random random{Seed{2}};
  const auto input = test::random_tensor<T>(batch, In, random);
  Program<B, T> program(
      net.shared_context(), plan::plan_of<S, In>,
      [&](int i) { return net.get(net.parameters()[static_cast<std::size_t>(i)]); }, batch);
  test::Tensor<T> output(batch, output_shape<S, In>);
  program.run(input.view, output.view);
  const View<const T> expected = net.forward(input.view, Mode::inference);
  return test::relative_error(output.memory,
                              std::span(expected.data, static_cast<std::size_t>(expected.size())));
}

bool overlap(const Slice& a, const Slice& b) {
  return a && b && a.buffer == b.buffer && a.first < b.first + b.channels && b.first < a.first + a.channels;
}

/// Buffers that live at the same time lie apart, and nothing is read that was not written since.
void check_memory(const Plan& plan) {
  int collisions = 0, outside = 0, unwritten = 0, onto_input = 0, out_of_life = 0;
  for (std::size_t i = plan::first_arena_buffer; i < plan.buffers.size(); ++i) {
    const plan::Buffer& a = plan.buffers[i];
    if (!a.used()) continue;
    outside += a.offset < 0 || a.offset + a.shape.size() > plan.arena_elements ? 1 : 0;
    for (std::size_t j = plan::first_arena_buffer; j < i; ++j) {
      const plan::Buffer& b = plan.buffers[j];
      if (b.used() && a.lives_with(b))
        collisions += a.offset < b.offset + b.shape.size() && b.offset < a.offset + a.shape.size() ? 1 : 0;
    }
  }
  std::vector<std::vector<bool>> written;
  for (const plan::Buffer& b : plan.buffers)
    written.emplace_back(static_cast<std::size_t>(b.shape.channels), written.empty());
  const auto channels = [&](const Slice& s, auto f) {
    for (int c = s.first; c < s.first + s.channels; ++c)
      f(written[static_cast<std::size_t>(s.buffer)][static_cast<std::size_t>(c)]);
  };
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const Step& step = plan.steps[i];
    for (const Slice& s : {step.in.slice, step.residual})
      if (s) channels(s, [&](auto known) { unwritten += known ? 0 : 1; });
    for (const Slice& s : {step.in.slice, step.out, step.residual, step.copy}) {
      if (!s) continue;
      const plan::Buffer& b = plan.buffers[static_cast<std::size_t>(s.buffer)];
      out_of_life += static_cast<int>(i) < b.first_step || static_cast<int>(i) > b.last_step ? 1 : 0;
    }
    onto_input += overlap(step.out, step.in.slice) || overlap(step.copy, step.in.slice) ||
                          overlap(step.copy, step.out) || step.out.buffer == plan::input_buffer ||
                          (overlap(step.out, step.residual) && step.out != step.residual)
                      ? 1
                      : 0;
    for (const Slice& s : {step.out, step.copy})
      if (s) channels(s, [&](auto known) { known = true; });
  }
  const auto& output = written[plan::output_buffer];
  CHECK(collisions == 0);
  CHECK(outside == 0);
  CHECK(unwritten == 0);
  CHECK(out_of_life == 0);
  CHECK(onto_input == 0);
  CHECK(std::count(output.begin(), output.end(), true) == std::ssize(output));
}

/// Each parameter of the network has its place in the plan, by its role.
template <class S, Shape In>
void check_parameters() {
  const Plan& plan = plan::plan_of<S, In>;
  const NetworkWeights<S, In, Reference> weights;
  const auto& parameters = weights.parameters();
  REQUIRE(plan.tensors == std::ssize(parameters));
  int wrong = 0;
  std::vector<int> used(parameters.size());
  const auto use = [&](int index, Role role) {
    if (index < 0) return;
    used[static_cast<std::size_t>(index)] = 1;
    wrong += parameters[static_cast<std::size_t>(index)].role == role ? 0 : 1;
  };
  for (const Step& step : plan.steps) {
    use(step.filter, Role::filter);
    use(step.bias, Role::bias);
    use(step.projection, Role::projection);
    for (const int norm : {step.norm, step.in.norm}) {
      if (norm < 0) continue;
      const int first = plan.norms[static_cast<std::size_t>(norm)].tensor;
      use(first, Role::norm_weight);
      use(first + 1, Role::norm_bias);
      use(first + 2, Role::running_mean);
      use(first + 3, Role::running_variance);
    }
  }
  CHECK(wrong == 0);
  CHECK(std::count(used.begin(), used.end(), 1) == std::ssize(used));
}

template <class S, Shape In = Shape{4, 12, 12}>
void check() {
  INFO(__PRETTY_FUNCTION__);
  CHECK(error_of_plan<S, In, Reference, double>(2) < 1e-12);
  check_memory(plan::plan_of<S, In>);
  check_parameters<S, In>();
}

template <class S, Shape In>
int count(plan::Kind kind) {
  int found = 0;
  for (const Step& step : plan::plan_of<S, In>.steps) found += step.kind == kind ? 1 : 0;
  return found;
}

constexpr Shape face{3, 256, 256};

TEST_CASE("A plan of single layers says what the network says", "[plan]") {
  check<Identity>();
  check<Relu>();
  check<BatchNorm>();
  check<Conv<5, 3>>();
  check<Conv<5, 3, Stride<2>, Bias>>();
  check<MaxPool<2>>();
  check<AveragePool<3, Stride<2>, Padding<1>>>();
  check<UpsampleNearest<2>>();
  check<UpsampleBilinear<3>>();
}

TEST_CASE("Batch norms and activations in any order are folded or stay pending", "[plan]") {
  check<Sequential<Conv<5, 3, Bias>, BatchNorm, Relu>>();
  check<Sequential<BatchNorm, Relu, Conv<5, 3, Bias>>>();
  check<Sequential<Conv<5, 3>, BatchNorm, BatchNorm, Relu, BatchNorm, Relu6>>();
  check<Sequential<Conv<5, 3>, Relu, BatchNorm, MaxPool<2>, Relu6, Relu>>();
  check<Sequential<Conv<5, 3>, Sequential<BatchNorm, Sequential<Relu>>, Identity>>();
  check<Sequential<BatchNorm, Relu, UpsampleBilinear<2>, BatchNorm, AveragePool<2>>>();
}

TEST_CASE("What several layers read is left to them as it is", "[plan]") {
  check<Sequential<Conv<4, 3>, Sum<BatchNorm, Relu>>>();
  check<Sequential<Conv<4, 3>, Sum<Relu, Identity>>>();
  check<Sequential<Conv<4, 3>, BatchNorm, Concat<Sequential<BatchNorm, Relu>, Identity, Relu6>>>();
  check<Sequential<Conv<4, 3>, Cascade<Sequential<BatchNorm, Relu>, BatchNorm, Relu6>>>();
  check<Cascade<Conv<4, 3>, BatchNorm, Sequential<Relu, Conv<2, 1>>, Identity>>();
}

TEST_CASE("Sums of anything: convolutions, inputs passed on, sums", "[plan]") {
  check<Sum<Conv<6, 3>, Conv<6, 1, Bias>>>();
  check<Sum<Identity>>();
  check<Sum<Identity, Identity>>();
  check<Sequential<BatchNorm, Relu, Sum<Identity, Identity, Identity>, Relu>>();
  check<Sum<Identity, Conv<4, 3>, Identity>>();
  check<Sum<MaxPool<3, Stride<1>, Padding<1>>, Identity>>();
  check<Sum<Identity, Sum<Conv<4, 3>, Identity>>>();
  check<Sum<Sum<Conv<4, 3>, Conv<4, 1>>, Cascade<Conv<2, 3>, Conv<2, 3>>>>();
  check<Sum<Sequential<Conv<4, 3>, Relu, BatchNorm>, Sequential<Sum<Identity, Conv<4, 1>>, Relu>>>();
  check<Sum<UpsampleNearest<2>, Sequential<MaxPool<2>, Conv<4, 3>, UpsampleBilinear<4>>>>();
}

TEST_CASE("Slices of a concat or a cascade take whatever a sum adds to them", "[plan]") {
  check<Sequential<BatchNorm, Relu, Concat<Conv<3, 3>, MaxPool<3, Stride<1>, Padding<1>>, Identity>>>();
  check<Sum<Identity, Concat<Conv<1, 3>, Sequential<Conv<3, 1>, BatchNorm, Relu>>>>();
  check<Sum<Identity, Cascade<Conv<2, 3>, Sequential<Conv<1, 3>, BatchNorm, Relu>, Conv<1, 3>>>>();
  check<Sequential<Conv<8, 1>, Sum<Identity, Cascade<Sequential<Sum<Conv<2, 3>, Conv<2, 1>>, Relu>,
                                                     AveragePool<3, Stride<1>, Padding<1>>,
                                                     Sequential<BatchNorm, Relu>, Identity>>>>();
  check<Sum<Conv<4, 1>, Cascade<Sequential<Conv<2, 3>, BatchNorm, Relu>, Sum<Identity, Conv<2, 3>>>>>();
  check<Concat<Concat<Identity, Conv<2, 3>>, Sum<Identity, Conv<4, 1>>, Cascade<Conv<3, 3>, Conv<2, 3>>>>();
}

TEST_CASE("Blocks of the family, at the end and before others", "[plan]") {
  check<ConvBlock<4>>();
  check<ConvBlock<8>>();
  check<ConvBlock<4, PreActivation>>();
  check<Sequential<ConvBlock<8, PreActivation>, ConvBlock<8, PreActivation>>>();
  check<Sequential<BottleneckBlock<8>, BottleneckBlock<8>, Conv<2, 1>>>();
  check<Sequential<Conv<4, 3>, BatchNorm, Hourglass<4, Depth<2>, SkipOf<ConvBlock<4, Kernel<1>>>>>>();
}

TEST_CASE("Derived layers, attention maps and pooling to one pixel", "[plan]") {
  check<Sequential<Frozen<ConvBlock<4>>, Conv<3, 1>>>();
  check<Sequential<Reparametrised<Conv<5, 3, Bias>>, FrozenAffine<BatchNorm>, Relu,
                   Reparametrised<Conv<4, 1>>>>();
  check<Sum<Identity, Sequential<Reparametrised<Conv<4, 3>>, BatchNorm, Relu>>>();
  check<GlobalAveragePool>();
  check<Sequential<BatchNorm, Relu, GlobalAveragePool, Conv<3, 1, Bias>>>();
  check<Sequential<Conv<68, 1>, BatchNorm, Relu, AttentionMaps<Bp4dAus>>>();
  check<Sum<Sequential<Conv<136, 1>, AttentionMaps<Bp4dAus>>, Conv<5, 1>>>();
}

struct Named : Sequential<Conv<8, 3, Stride<2>>, BatchNorm, Relu,
                          detail::fan_stacks<3, 3, 8, detail::pre_block<8>, AveragePool<2>>> {};
struct Bottlenecks : Sequential<Conv<8, 3>, detail::fan_stacks<3, 1, 8, BottleneckBlock<8>, MaxPool<2>>> {};

TEST_CASE("Stacked hourglasses feed on themselves, even inside a sum", "[plan]") {
  check<Named, Shape{3, 32, 32}>();
  check<Sum<Conv<9, 1, Stride<2>>, Named>, Shape{3, 32, 32}>();
  check<Bottlenecks, Shape{3, 16, 16}>();
  check<Fan<2, Features<8>, Depth<2>>, Shape{3, 32, 32}>();
}

TEST_CASE("On the CPU the presets' plans agree with their networks", "[plan]") {
  CHECK(error_of_plan<Fan<12>, Shape{3, 64, 64}, Cpu, float>(2) < 2e-6);
  CHECK(error_of_plan<StackedFan<68, 2>, Shape{3, 64, 64}, Cpu, float>(1) < 1e-5);
  CHECK(error_of_plan<BottleneckFan<5>, Shape{3, 64, 64}, Cpu, float>(1) < 1e-5);
  CHECK(error_of_plan<Sequential<Conv<20, 3>, ConvBlock<20, PreActivation>>, Shape{3, 17, 9},
                      BasicCpu<Winograd::off>, double>(3) < 1e-13);
}

TEST_CASE("The presets' plans are sound at their full size", "[plan]") {
  check_memory(plan::plan_of<Fan<12>, face>);
  check_memory(plan::plan_of<StackedFan<68, 1>, face>);
  check_memory(plan::plan_of<StackedFan<68, 4>, face>);
  check_memory(plan::plan_of<BottleneckFan<5>, face>);
}

TEST_CASE("In the Fan's plan every batch norm, activation and sum is part of a convolution", "[plan]") {
  CHECK(count<Fan<12>, face>(plan::Kind::pointwise) == 0);
  CHECK(count<StackedFan<68, 4>, face>(plan::Kind::pointwise) == 0);
  CHECK(plan::plan_of<Fan<12>, face>.steps.size() == 64);
  for (const Step& step : plan::plan_of<Fan<12>, face>.steps) CHECK(!step.in.pending());
}

TEST_CASE("An arena is as large as what lives at once, not as all feature maps", "[plan]") {
  const auto most_alive = [](const Plan& plan) {
    std::ptrdiff_t most = 0;
    for (int i = 0; i < static_cast<int>(plan.steps.size()); ++i) {
      std::ptrdiff_t alive = 0;
      for (const plan::Buffer& b : plan.buffers.subspan(plan::first_arena_buffer))
        if (b.first_step <= i && i <= b.last_step) alive += b.shape.size() + plan::parting;
      most = std::max(most, alive);
    }
    return most;
  };
  for (const Plan& plan : {plan::plan_of<Fan<12>, face>, plan::plan_of<StackedFan<68, 4>, face>,
                           plan::plan_of<BottleneckFan<5>, face>})
    CHECK(plan.arena_elements == most_alive(plan));
  STATIC_REQUIRE(plan::plan_of<Fan<12>, face>.arena_elements * sizeof(float) < (11 << 20) + 16'384);
}

}  // namespace
}  // namespace aurum
