// A backend that fails: errors name the layer, and a network goes on with what there is memory for.
#include <string>

#include "aurum/model/network.hpp"
#include "support/catch.hpp"
#include "support/emulated.hpp"
#include "support/message.hpp"

namespace aurum {
namespace {

struct Net : Sequential<Conv<8, 3>, Relu, ConvBlock<16>, Conv<6, 1, Bias>> {};
constexpr Shape picture{4, 16, 16};
using Emulation = Network<Net, picture, Emulated>;

View<const float> images(std::vector<float>& memory, int batch) {
  memory.assign(static_cast<std::size_t>(batch * picture.size()), 0.5F);
  return make_view<const float>(memory.data(), batch, picture);
}

TEST_CASE("an error of the backend names the layer, forward and backward", "[device]") {
  const auto context = std::make_shared<Context<Emulated>>();
  Emulation net(context);
  std::vector<float> memory;
  const View<const float> input = images(memory, 2);
  const View<const float> output = net.forward(input, Mode::training);
  const std::vector<float> gradient(static_cast<std::size_t>(output.size()), 1.0F);

  context->fails_at = 6;
  CHECK(test::message<BackendError>([&] { net.backward(make_view(gradient.data(), 2, output.shape())); }) ==
        "layer '3': the library failed");
  context->fails_at = 8;
  CHECK(test::message<BackendError>([&] { net.forward(input, Mode::training); }) ==
        "layer '0': the library failed");
  context->fails_at = -1;
  net.forward(input, Mode::training);
  net.backward(make_view(gradient.data(), 2, output.shape()));
}

TEST_CASE("after a batch that memory does not hold, a smaller one runs as ever", "[device]") {
  std::vector<float> memory;
  Emulation whole;
  const View<const float> expected = whole.forward(images(memory, 2), Mode::inference);

  const auto context = std::make_shared<Context<Emulated>>();
  Emulation net(context);
  context->free = 1 << 20;
  CHECK_THROWS_AS(net.forward(images(memory, 64), Mode::training), OutOfMemoryError);
  CHECK_THROWS_AS(net.backward(expected), Error);  // there is nothing to go back from
  const View<const float> got = net.forward(images(memory, 2), Mode::inference);
  CHECK(std::vector<float>(got.data, got.data + got.size()) ==
        std::vector<float>(expected.data, expected.data + expected.size()));
}

}  // namespace
}  // namespace aurum
