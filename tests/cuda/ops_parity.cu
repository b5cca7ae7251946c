// Every operation of the CUDA backend against the reference: support/op_parity.hpp.
#include "aurum/backend/cuda/cuda.hpp"
#include "support/op_parity.hpp"

namespace aurum {
namespace {

TEST_CASE("a convolution equals the reference forward and backward", "[ops]") {
  test::convolution_parity<Cuda>();
}
TEST_CASE("batch norm statistics and gradients equal the reference", "[ops]") {
  test::batch_norm_parity<Cuda>();
}
TEST_CASE("pending work and activations equal the reference", "[ops]") { test::activation_parity<Cuda>(); }
TEST_CASE("pooling equals the reference forward and backward", "[ops]") { test::pool_parity<Cuda>(); }
TEST_CASE("upsampling equals the reference forward and backward", "[ops]") { test::upsample_parity<Cuda>(); }
TEST_CASE("passes and sums cover every element", "[ops]") { test::pass_parity<Cuda>(); }
TEST_CASE("the backend has every operation", "[ops]") { test::has_every_operation<Cuda>(); }

TEST_CASE("cuDNN takes the convolutions of our networks", "[ops]") {
  Context<Cuda> context;
  Random random{Seed{7}};
  for (const int channels : {3, 5, 32, 64, 128}) {
    const Window w{3, 1, 1};
    test::On<Cuda, float> on(context);
    const View<float> x = on.view(test::random_tensor<float>(2, {channels, 16, 16}, random));
    const View<float> y = on.view(test::random_tensor<float>(2, {64, 16, 16}, random));
    float* const filter = on.memory(std::vector<float>(static_cast<std::size_t>(64 * 9 * channels), 0.1F));
    float* const no_bias = nullptr;
    Operations<Cuda>::convolution_forward(context, w, Signal<float>{x}, filter, no_bias, Target<float>{y});
    Operations<Cuda>::convolution_backward_data(context, w, View<const float>(y), filter, Target<float>{x});
    Operations<Cuda>::convolution_backward_filter(context, w, Signal<float>{x}, View<const float>(y), filter,
                                                  no_bias);
  }
  CHECK(context.counts().native == 15);
  CHECK(context.counts().direct == 0);
}

}  // namespace
}  // namespace aurum
