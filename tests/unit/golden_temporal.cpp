// test: deep
// Recurrent layers and both stages of learning from video against PyTorch (tests/golden/temporal_*): forward,
// gradients through time, three steps of Adam.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "aurum/backend/reference/reference.hpp"
#include "aurum/io/named_tensor.hpp"
#include "aurum/loss/contrastive.hpp"
#include "aurum/loss/loss.hpp"
#include "aurum/model/network.hpp"
#include "aurum/model/temporal.hpp"
#include "aurum/spec/blocks.hpp"
#include "aurum/train/trainer.hpp"
#include "support/backend_here.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/golden.hpp"
#include "support/golden_network.hpp"
#include "support/golden_parameters.hpp"
#include "support/hash_weights.hpp"
#include "support/on_backend.hpp"

namespace aurum {
namespace {

using test::from_nchw;
using test::Golden;
using test::greatest_error;
using test::in_pytorch_order;
using test::set_golden;
using test::Tensor;
using test::to_nchw;

template <class T>
constexpr double bound = std::is_same_v<T, float> ? 2e-5 : 1e-12;

Sequences sequences_of(const Golden& golden, const std::string& mask) {
  const std::vector<double> numbers = golden.doubles(mask);
  const std::vector<std::uint8_t> present(numbers.begin(), numbers.end());
  return Sequences(static_cast<int>(golden.shape(mask).at(1)), present);
}

/// A network's maps, on the host.
template <class Net, class T>
std::vector<double> nchw_of(Net& net, const View<const T>& view) {
  const Tensor<T> copy = test::on_host_of(net.context(), view);
  return to_nchw(View<const T>(copy.view));
}

template <class S, Shape In, class B, class T>
void check_on(const Golden& golden, const std::string& name) {
  INFO(name);
  Network<S, In, B, T> net;
  set_golden(net, golden, name + ".");
  Sequences sequences = sequences_of(golden, name + ".mask");
  if (golden.has(name + ".truncation"))
    sequences.truncation = static_cast<int>(golden.doubles(name + ".truncation").front());
  test::On<B, T> on(net.context());
  Tensor<T> x(sequences.frames(), In), dy(sequences.frames(), net.output_shape);
  from_nchw(golden.doubles(name + ".input"), x.view);
  from_nchw(golden.doubles(name + ".output_gradient"), dy.view);
  const View<T> dx = on.view(x);  // to be overwritten
  const auto y = net.forward(on.read(x), Mode::training, sequences);
  CHECK(greatest_error(nchw_of(net, y), golden.doubles(name + ".output")) < bound<T>);
  net.backward(on.read(dy), dx);
  CHECK(greatest_error(nchw_of(net, View<const T>(dx)), golden.doubles(name + ".input_gradient")) < bound<T>);
  for (const Parameter& p : net.parameters()) {
    INFO(p.path);
    CHECK(greatest_error(in_pytorch_order(p, net.gradient(p)),
                         golden.doubles(name + "." + p.path + "_gradient")) < bound<T>);
  }
}

template <class S, Shape In>
void check(const Golden& golden, const std::string& name) {
  check_on<S, In, Reference, double>(golden, name);
  check_on<S, In, test::Here, double>(golden, name);
  check_on<S, In, test::Here, float>(golden, name);
  check_on<S, In, test::Gpu, double>(golden, name);
}

TEST_CASE("a GRU is PyTorch's, with missing frames and cut gradients too", "[golden]") {
  const Golden golden("temporal_gru");
  constexpr Shape in{4, 1, 1};
  check<Gru<5>, in>(golden, "gru");
  check<Gru<5, Layers<2>>, in>(golden, "gru_2layers");
  check<Gru<5>, in>(golden, "gru_masked");
  check<Gru<5>, in>(golden, "gru_truncated");
}

TEST_CASE("a ConvGRU has PyTorch's gates at every pixel", "[golden]") {
  const Golden golden("temporal_conv_gru");
  constexpr Shape in{4, 3, 4};
  check<ConvGru<5, 1>, in>(golden, "conv_gru_k1");
  check<ConvGru<5, 3, Layers<2>>, in>(golden, "conv_gru_k3");
  check<ConvGru<5, 3, Layers<2>>, in>(golden, "conv_gru_k3_masked");
}

struct ExtractorNames {
  static constexpr std::array<std::string_view, 6> names{"conv1", "bn1", "", "conv2", "bn2", ""};
};
using Extractor = Named<ExtractorNames, Sequential<Conv<6, 3, Stride<2>, Bias>, BatchNorm, Relu,
                                                   Conv<8, 3, Stride<2>, Bias>, BatchNorm, Relu>>;
using FirstStage =
    PredictiveCoding<Extractor, ConvGru<8, 1>, PredictionHead<8>, Predictions<2>, FramesPerBlock<2>>;
using SecondStage = Temporal<Extractor, Gru<8>, IntensityRegressor<3>>;
constexpr Shape face{3, 16, 16};

/// Gradients of the first step: of each parameter, by the greatest of all where it is rounding errors itself.
template <class Net>
void check_gradients(Net& net, const Golden& golden, double limit) {
  for (const std::string& path : golden.lines("parameters")) {
    INFO(path);
    const Parameter& p = net.parameter(path);
    const std::vector<double> expected = golden.doubles(path + "_gradient");
    const auto found = in_pytorch_order(p, net.gradient(p));
    if (path.ends_with("1.bias") || path.ends_with("2.bias")) {
      if (path.find("conv") != std::string::npos) {  // right before a batch norm
        for (const auto value : found) CHECK(std::abs(static_cast<double>(value)) < limit);
        continue;
      }
    }
    CHECK(greatest_error(found, expected) < limit);
  }
}

/// Three steps of `step` (which leaves gradients and returns the loss) and what has moved by then.
template <class Net, class F>
void check_stage(Net& net, const Golden& golden, F step, double limit) {
  const std::vector<double> losses = golden.doubles("loss");
  std::vector<std::vector<double>> before;
  for (const std::string& path : golden.lines("parameters")) before.push_back(golden.doubles(path));
  Trainer trainer(net, Adam{.weight_decay = 1e-6});
  for (std::size_t i = 0; i < losses.size(); ++i) {
    INFO("step " << i);
    net.zero_gradients();
    CHECK(step() == Approx(losses[i]).epsilon(limit));
    if (i == 0) {
      check_gradients(net, golden, limit);
      for (const std::string& path : golden.lines("buffers"))
        CHECK(greatest_error(net.get(net.parameter(path)), golden.doubles(path + "_after_first")) < limit);
    }
    trainer.update(1e-3);
  }
  std::size_t index = 0;
  for (const std::string& path : golden.lines("parameters")) {
    INFO(path);
    const Parameter& p = net.parameter(path);
    std::vector<double> moved;
    for (const auto value : in_pytorch_order(p, net.get(p)))
      moved.push_back(static_cast<double>(value) - before[index][moved.size()]);
    CHECK(greatest_error(moved, golden.doubles(path + "_movement")) < std::max(limit, 1e-7));
    ++index;
  }
  for (const std::string& path : golden.lines("buffers"))
    CHECK(greatest_error(net.get(net.parameter(path)), golden.doubles(path + "_after")) < limit);
}

template <class B>
void check_first_stage() {
  const Golden golden("temporal_stage1");
  Network<FirstStage, face, B, double> net;
  set_golden(net, golden);
  const Sequences clips = Sequences::complete(2, 12);
  Tensor<double> x(clips.frames(), face);
  from_nchw(test::hashed_values(golden.text("input"), x.memory.size()), x.view);
  test::On<B, double> on(net.context());
  const View<const double> input = on.read(x);
  const View<double> dx = on.view(x);  // to be overwritten
  ContrastiveLoss<B, double> loss;
  Buffer<B, double> memory;
  bool first = true;
  check_stage(
      net, golden,
      [&] {
        const View<const double> y = net.forward(input, Mode::training, clips);
        const int half = y.batch / 2;
        if (first) {
          CHECK(greatest_error(nchw_of(net, y.images(0, half)), golden.doubles("predictions")) < 1e-9);
          CHECK(greatest_error(nchw_of(net, y.images(half, half)), golden.doubles("targets")) < 1e-9);
        }
        const View<double> dy = memory.shaped(net.pool(), y.batch, y.shape());
        const ContrastiveReport report =
            loss(net.context(), net.pool(), y.images(0, half), y.images(half, half), dy.images(0, half),
                 dy.images(half, half));
        net.backward(dy, dx);
        if (first)
          CHECK(test::relative_error(test::sample_of(nchw_of(net, View<const double>(dx))),
                                     golden.doubles("input_gradient.sample")) < 1e-9);
        first = false;
        return report.loss;
      },
      1e-9);
}

TEST_CASE("a stage of predictive coding is PyTorch's: loss, gradients, three steps", "[golden]") {
  check_first_stage<Reference>();
  check_first_stage<test::Here>();
}

template <class B>
void check_second_stage() {
  const Golden golden("temporal_stage2");
  Network<SecondStage, face, B, double> net;
  set_golden(net, golden);
  const Sequences clips = sequences_of(golden, "mask");
  Tensor<double> x(clips.frames(), face);
  Tensor<double> labels(clips.frames(), net.output_shape), dy(clips.frames(), net.output_shape);
  from_nchw(test::hashed_values(golden.text("input"), x.memory.size()), x.view);
  from_nchw(golden.doubles("labels"), labels.view);
  test::On<B, double> on(net.context());
  const View<const double> input = on.read(x);
  const View<double> dx = on.view(x);  // to be overwritten
  bool first = true;
  check_stage(
      net, golden,
      [&] {
        const Tensor<double> y = test::on_host_of(net.context(), net.forward(input, Mode::training, clips));
        const LossValue loss = evaluate_loss<double>(y.view, labels.view, dy.view);
        net.backward(on.read(dy), dx);
        if (first) {
          CHECK(greatest_error(to_nchw(y.view), golden.doubles("output")) < 1e-9);
          CHECK(test::relative_error(test::sample_of(nchw_of(net, View<const double>(dx))),
                                     golden.doubles("input_gradient.sample")) < 1e-9);
        }
        first = false;
        return loss.value;
      },
      1e-9);
}

TEST_CASE("a stage on few labelled frames is PyTorch's: loss, gradients, three steps", "[golden]") {
  check_second_stage<Reference>();
  check_second_stage<test::Here>();
}

}  // namespace
}  // namespace aurum
