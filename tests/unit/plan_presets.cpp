// The plans of whole networks.
// test: deep
#include <algorithm>
#include <cstddef>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/model/fan.hpp"
#include "aurum/plan/plan.hpp"
#include "support/check_plan.hpp"

namespace aurum {
namespace {

using plan::Plan;
using plan::Step;
using test::check_memory, test::error_of_plan;

template <class S, Shape In>
int count(plan::Kind kind) {
  int found = 0;
  for (const Step& step : plan::plan_of<S, In>.steps) found += step.kind == kind ? 1 : 0;
  return found;
}

constexpr Shape face{3, 256, 256};

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
