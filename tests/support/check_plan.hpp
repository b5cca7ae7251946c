#pragma once
// Checks of plans: that they say what their networks say, and use memory soundly.
#include <algorithm>
#include <vector>

#include "aurum/backend/reference/reference.hpp"
#include "aurum/model/network.hpp"
#include "aurum/model/network_weights.hpp"
#include "aurum/plan/plan.hpp"
#include "aurum/plan/program.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"

namespace aurum::test {

using plan::Plan;
using plan::Slice;
using plan::Step;

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
  const auto input = random_tensor<T>(batch, In, random);
  Program<B, T> program(
      net.shared_context(), plan::plan_of<S, In>,
      [&](int i) { return net.get(net.parameters()[static_cast<std::size_t>(i)]); }, batch);
  Tensor<T> output(batch, output_shape<S, In>);
  program.run(input.view, output.view);
  const View<const T> expected = net.forward(input.view, Mode::inference);
  return relative_error(output.memory, std::span(expected.data, static_cast<std::size_t>(expected.size())));
}

inline bool overlap(const Slice& a, const Slice& b) {
  return a && b && a.buffer == b.buffer && a.first < b.first + b.channels && b.first < a.first + a.channels;
}

/// Buffers that live at the same time lie apart, and nothing is read that was not written since.
inline void check_memory(const Plan& plan) {
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
void check_plan() {
  INFO(__PRETTY_FUNCTION__);
  CHECK(error_of_plan<S, In, Reference, double>(2) < 1e-12);
  check_memory(plan::plan_of<S, In>);
  check_parameters<S, In>();
}

}  // namespace aurum::test
