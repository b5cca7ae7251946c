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
TEST_CASE("peaks of maps are found as one by one", "[ops]") { test::peak_parity<Cuda>(); }
TEST_CASE("passes and sums cover every element", "[ops]") { test::pass_parity<Cuda>(); }
TEST_CASE("the backend has every operation", "[ops]") { test::has_every_operation<Cuda>(); }

TEMPLATE_TEST_CASE("cuDNN takes the convolutions of our networks", "[ops]", float, BFloat16) {
  using T = TestType;
  Context<Cuda> context;
  Random random{Seed{7}};
  struct Layer {
    int in, out;
    Window window;
  };
  const std::vector<Layer> layers{{3, 64, {7, 2, 3}},   {3, 64, {3, 1, 1}},   {32, 64, {3, 1, 1}},
                                  {64, 128, {1, 1, 0}}, {128, 64, {3, 1, 1}}, {128, 12, {1, 1, 0}},
                                  {68, 5, {1, 1, 0}},   {256, 512, {3, 2, 1}}};
  for (const Layer& layer : layers) {
    INFO(layer.in << " to " << layer.out << " channels, kernel " << layer.window.kernel);
    const Window w = layer.window;
    test::On<Cuda, T> on(context);
    const Shape in{layer.in, 16, 16};
    const View<T> x = on.view(test::random_tensor<float>(2, in, random));
    const View<T> y = on.view(test::random_tensor<float>(2, test::windows_of(in, w, layer.out), random));
    float* const filter = on.memory(
        std::vector<float>(static_cast<std::size_t>(layer.out * w.kernel * w.kernel * layer.in), 0.1F));
    float* const no_bias = nullptr;
    const auto direct = context.counts().direct;
    Operations<Cuda>::convolution_forward(context, w, Signal<T>{x}, filter, no_bias, Target<T>{y});
    CHECK(context.counts().direct == direct);
    Operations<Cuda>::convolution_backward_data(context, w, View<const T>(y), filter, Target<T>{x});
    CHECK(context.counts().direct == direct);
    Operations<Cuda>::convolution_backward_filter(context, w, Signal<T>{x}, View<const T>(y), filter,
                                                  no_bias);
    CHECK(context.counts().direct == direct);
  }
  CHECK(context.counts().native == 3 * std::ssize(layers));
}

}  // namespace
}  // namespace aurum
