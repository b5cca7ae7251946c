// Every operation of the backends that run here against the reference: support/op_parity.hpp.
// test: optimised
#include "aurum/backend/cpu/cpu.hpp"
#include "support/emulated.hpp"
#include "support/op_parity.hpp"

namespace aurum {

/// Any number of threads gives the same bits.
template <>
struct test::Contexts<Cpu> {
  static std::vector<std::shared_ptr<Context<Cpu>>> all() {
    std::vector<std::shared_ptr<Context<Cpu>>> contexts;
    for (const int threads : {1, 2, 5}) contexts.push_back(std::make_shared<Context<Cpu>>(threads));
    return contexts;
  }
};

namespace {

TEMPLATE_TEST_CASE("a convolution equals the reference forward and backward", "[ops]", Cpu, Emulated) {
  test::convolution_parity<TestType>();
}
TEMPLATE_TEST_CASE("batch norm statistics and gradients equal the reference", "[ops]", Cpu, Emulated) {
  test::batch_norm_parity<TestType>();
}
TEMPLATE_TEST_CASE("pending work and activations equal the reference", "[ops]", Cpu, Emulated) {
  test::activation_parity<TestType>();
}
TEMPLATE_TEST_CASE("pooling equals the reference forward and backward", "[ops]", Cpu, Emulated) {
  test::pool_parity<TestType>();
}
TEMPLATE_TEST_CASE("upsampling equals the reference forward and backward", "[ops]", Cpu, Emulated) {
  test::upsample_parity<TestType>();
}
TEMPLATE_TEST_CASE("peaks of maps are found as one by one", "[ops]", Cpu, Emulated, Reference) {
  test::peak_parity<TestType>();
}
TEMPLATE_TEST_CASE("passes and sums cover every element and do not depend on threads", "[ops]", Cpu,
                   Emulated) {
  test::pass_parity<TestType>();
}
TEMPLATE_TEST_CASE("the backend has every operation", "[ops]", Cpu, Emulated, Reference) {
  test::has_every_operation<TestType>();
}

TEST_CASE("what a library does not take is convolved by functors, and counted", "[ops]") {
  Random random{Seed{6}};
  Context<Emulated> context;
  const auto convolve = [&](int in, int out, bool pending, bool bias) {
    const auto x = test::random_tensor<float>(1, {in, 4, 4}, random);
    const auto filter = test::random_tensor<float>(out, {in, 1, 1}, random);
    const auto biases = test::random_tensor<float>(1, {out, 1, 1}, random);
    test::Tensor<float> y(1, {out, 4, 4});
    Operations<Emulated>::convolution_forward(
        context, Window{},
        Signal<float>{x.view, nullptr, nullptr, pending ? Activation::relu : Activation::none},
        filter.memory.data(), bias ? biases.memory.data() : nullptr, Target<float>{y.view});
  };
  convolve(4, 2, false, false);
  convolve(4, 2, true, true);
  convolve(3, 2, true, true);
  CHECK(context.counts.native == 2);
  CHECK(context.counts.direct == 1);
  CHECK(context.counts.applied == 2);
  CHECK(context.counts.added == 1);
}

TEST_CASE("an exception in a chunk reaches the caller and the threads go on", "[ops]") {
  Threads threads(3);
  CHECK_THROWS_AS(threads.run(100,
                              [](std::ptrdiff_t i) {
                                if (i == 57) throw std::runtime_error("57");
                              }),
                  std::runtime_error);
  std::atomic<int> done{0};
  threads.run(1000, [&](std::ptrdiff_t) { ++done; });
  CHECK(done == 1000);
}

}  // namespace
}  // namespace aurum
