// What stands around recurrent layers: features made twice, frozen parts, parameters without a network,
// errors.
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "support/backend_here.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/temporal_cases.hpp"

namespace aurum {
namespace {

using namespace test;

// ---- Features made twice

struct PlainFeatures : Sequential<Conv<4, 3, Bias>, Relu, Conv<3, 1, Bias>> {};
struct NormFeatures : Sequential<Conv<4, 3, Stride<2>>, BatchNorm, Relu, Conv<3, 1, Bias>> {};

/// Both to the bit where sums have an order.
template <class B>
void check_same(const Result& found, const Result& expected) {
  REQUIRE(found.output.size() == expected.output.size());
  check_close(found, expected, 1e-6, 1e-5);
  if constexpr (on_host<B>) {
    CHECK((found.output == expected.output));
    CHECK((found.input_gradient == expected.input_gradient));
    CHECK((found.statistics == expected.statistics));
  }
}

template <class B, class T>
void check_recomputation() {
  constexpr int images = 6;
  {
    const Case<PlainFeatures, face> c(Sequences::complete(2, 3));
    Running<PlainFeatures, face, B, T> plain;
    Running<TimeDistributed<PlainFeatures, Recompute<4>>, face, B, T> twice;  // 4 images and 2
    check_same<B>(step_of(twice, c.x, c.dy, c.sequences), step_of(plain, c.x, c.dy, c.sequences));
  }
  const Case<NormFeatures, face> c(Sequences::complete(2, 3));
  Running<NormFeatures, face, B, T> plain;
  {
    INFO("inference");
    Running<TimeDistributed<NormFeatures, Recompute<2>>, face, B, T> twice;
    check_same<B>(step_of(twice, c.x, c.dy, c.sequences, Mode::inference),
                  step_of(plain, c.x, c.dy, c.sequences, Mode::inference));
  }
  {
    INFO("all at once");
    Running<NormFeatures, face, B, T> other;
    Running<TimeDistributed<NormFeatures>, face, B, T> once;
    check_same<B>(step_of(once, c.x, c.dy, c.sequences), step_of(other, c.x, c.dy, c.sequences));
  }
  Result parts;
  plain.net.zero_gradients();
  for (int first = 0; first < images; first += 2) {
    parts.output = joined(parts.output, plain.forward(part(c.x, first, 2), {}));
    parts.input_gradient = joined(parts.input_gradient, plain.backward(part(c.dy, first, 2)));
  }
  parts.gradients = plain.gradients();
  parts.statistics = plain.values(Storage::buffer);
  Running<TimeDistributed<NormFeatures, Recompute<2>>, face, B, T> twice;
  check_same<B>(step_of(twice, c.x, c.dy, c.sequences), parts);
}

TEST_CASE("features that are made twice are those of each part alone", "[temporal]") {
  check_recomputation<Reference, double>();
  check_recomputation<Here, float>();
}

TEST_CASE("frozen features may be made twice, statistics and all", "[temporal]") {
  using Tail = Conv<2, 1, Bias>;
  const Case<Sequential<Conv<3, 1>, NormFeatures, Tail>, face> c(Sequences::complete(2, 3));
  Running<Sequential<Conv<3, 1>, Frozen<NormFeatures>, Tail>, face> once;
  Running<Sequential<Conv<3, 1>, Frozen<TimeDistributed<NormFeatures, Recompute<4>>>, Tail>, face> twice;
  check_same<Reference>(step_of(twice, c.x, c.dy, c.sequences), step_of(once, c.x, c.dy, c.sequences));
}

constexpr Shape large{3, 12, 12};
struct LargeFeatures
    : Sequential<Conv<8, 3>, BatchNorm, Relu, Conv<8, 3>, BatchNorm, Relu, GlobalAveragePool> {};
template <class Features>
std::ptrdiff_t bytes_of_a_step() {
  Running<Temporal<Features, Gru<4>, IntensityRegressor<2>>, large, Reference> running;
  Random random{Seed{1}};
  running.forward(random_tensor<double>(32, large, random), Sequences::complete(4, 8));
  running.backward(random_tensor<double>(32, {2, 1, 1}, random));
  return running.net.pool().bytes();
}

TEST_CASE("features that are made twice hold less memory", "[temporal]") {
  const std::ptrdiff_t kept = bytes_of_a_step<LargeFeatures>();
  const std::ptrdiff_t made_again = bytes_of_a_step<TimeDistributed<LargeFeatures, Recompute<4>>>();
  INFO(kept << " and " << made_again);
  CHECK(3 * made_again < kept);
}

TEST_CASE("a recurrent layer within a network for every frame sees one frame", "[temporal]") {
  const Case<TwoLayers, map> c(Sequences::complete(2, 3));
  Running<TwoLayers, map> plain;
  Running<TimeDistributed<TwoLayers>, map> once;
  Running<TimeDistributed<TwoLayers, Recompute<4>>, map> twice;
  const Result expected = step_of(plain, c.x, c.dy, Sequences{});
  check_same<Reference>(step_of(once, c.x, c.dy, c.sequences), expected);
  check_same<Reference>(step_of(twice, c.x, c.dy, c.sequences), expected);
}

// ---- Frozen parts

/// A few steps of Adam over clips: no bit of what `stays` takes moves, and all else does.
template <class S, Shape In, class Stays>
void check_only_others_move(Stays stays, const Sequences& clips = with_gaps()) {
  Case<S, In> c(clips);
  Running<S, In> running;
  auto& net = running.net;
  std::vector<std::vector<double>> before;
  for (const Parameter& p : net.parameters()) before.push_back(net.get(p));
  Trainer trainer(net, Adam{});
  for (int i = 0; i < 3; ++i) {
    step_of(running, c.x, c.dy, clips);
    trainer.update(0.01);
  }
  int still = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const Parameter& p = net.parameters()[i];
    INFO(p.path);
    CHECK((net.get(p) == before[i]) == stays(p));
    still += stays(p) ? 1 : 0;
    if (stays(p)) CHECK(p.storage != Storage::trainable);
  }
  CHECK(still > 0);
}

struct FeaturesPath {
  static constexpr std::array<std::string_view, 1> paths{"features"};
};
struct OtherPaths {
  static constexpr std::array<std::string_view, 2> paths{"temporal", "regressor.fc"};
};
struct InnerPath {
  static constexpr std::array<std::string_view, 2> paths{"features.conv1", "features.bn1"};
};
using Twice = Temporal<TimeDistributed<Extractor, Recompute<4>>, Gru<4>, IntensityRegressor<2>>;

TEST_CASE("frozen recurrent layers pass gradients on and stay as they are", "[temporal]") {
  using Middle = Sequential<Conv<4, 1, Bias>, Frozen<TwoLayers>, Conv<2, 1, Bias>>;
  check_through_time<Middle, map>("frozen ConvGRU", with_gaps());
  check_only_others_move<Middle, map>([](const Parameter& p) { return p.path.starts_with("1."); });
}

TEST_CASE("paths freeze parts of a network that follows clips", "[temporal]") {
  static_assert(std::is_same_v<
                freeze_t<Follower, FeaturesPath>,
                Named<names::Temporal, Sequential<Frozen<Extractor>, ConvGru<4, 3>, IntensityRegressor<2>>>>);
  check_only_others_move<freeze_t<Follower, FeaturesPath>, face>(
      [](const Parameter& p) { return p.path.starts_with("features."); });
  check_only_others_move<freeze_t<Follower, OtherPaths>, face>(
      [](const Parameter& p) { return !p.path.starts_with("features."); });
  check_only_others_move<freeze_t<Twice, InnerPath>, face>(
      [](const Parameter& p) { return p.path.starts_with("features."); });
  static_assert(
      std::is_same_v<unfreeze_t<freeze_t<Twice, InnerPath>>, rewrite_t<detail::UnfreezeRule, Twice>>);
}

struct OtherPartsPath {
  static constexpr std::array<std::string_view, 2> paths{"temporal", "predict.0"};
};

TEST_CASE("paths freeze parts of a network that predicts what comes", "[temporal]") {
  using Still = freeze_t<FrameCoding, FeaturesPath>;
  using Others = freeze_t<FrameCoding, OtherPartsPath>;
  const Sequences clips = Sequences::complete(1, 5);
  check_through_time<Still, face>("frozen features", clips);
  check_through_time<Others, face>("frozen memory and half of the head", clips);
  check_only_others_move<Still, face>([](const Parameter& p) { return p.path.starts_with("features."); },
                                      clips);
  check_only_others_move<Others, face>(
      [](const Parameter& p) { return p.path.starts_with("temporal.") || p.path.starts_with("predict.0."); },
      clips);
  static_assert(std::is_same_v<unfreeze_t<Others>, rewrite_t<detail::UnfreezeRule, FrameCoding>>);
}

TEST_CASE("a frozen network that follows clips learns nothing", "[temporal]") {
  const Case<Follower, face> c(with_gaps());
  Running<freeze_t<Follower>, face> running;
  Running<Follower, face> plain;
  const Numbers before = running.values(Storage::frozen), statistics = running.values(Storage::buffer);
  const Result found = step_of(running, c.x, c.dy, c.sequences);
  CHECK(found.gradients.empty());
  CHECK((found.statistics == statistics));
  CHECK((running.values(Storage::frozen) == before));
  const Result expected = step_of(plain, c.x, c.dy, c.sequences, Mode::inference);
  CHECK((found.output == expected.output));
  CHECK((found.input_gradient == expected.input_gradient));
}

// ---- Weights, errors

template <class S>
void check_table() {
  const Network<S, face, Reference> net;
  const NetworkWeights<S, face, Reference> weights;
  REQUIRE(weights.parameters().size() == net.parameters().size());
  for (std::size_t i = 0; i < net.parameters().size(); ++i) {
    const Parameter &a = net.parameters()[i], &b = weights.parameters()[i];
    INFO(a.path << " " << b.path);
    CHECK((a.path == b.path && a.shape == b.shape && a.role == b.role && a.storage == b.storage &&
           a.offset == b.offset && a.count == b.count));
  }
}

TEST_CASE("weights without a network that follows clips have its parameters", "[temporal]") {
  check_table<Follower>();
  check_table<Temporal<TimeDistributed<Extractor, Recompute<2>>, Gru<5, Layers<2>>, IntensityRegressor<3>>>();
  check_table<freeze_t<Twice, InnerPath>>();
  const NetworkWeights<Follower, face, Reference> weights;
  std::vector<std::string> paths;
  for (const Parameter& p : weights.parameters()) paths.push_back(p.path);
  CHECK(paths == std::vector<std::string>{"features.conv1.weight", "features.bn1.weight", "features.bn1.bias",
                                          "features.bn1.running_mean", "features.bn1.running_var",
                                          "temporal.weight_ih_l0", "temporal.weight_hh_l0",
                                          "temporal.bias_ih_l0", "temporal.bias_hh_l0", "regressor.fc.weight",
                                          "regressor.fc.bias"});
}

TEST_CASE("what is expected of clips is said with what was found", "[temporal]") {
  Running<Follower, face> follower;
  const std::string images =
      message<ShapeError>([&] { follower.forward(Tensor<double>(5, face), Sequences::complete(2, 3)); });
  INFO(images);
  CHECK(contains(images, "6 frames of the sequences"));
  CHECK(contains(images, "5"));

  Running<Coding, face> coding;
  const auto refused = [&](const Sequences& sequences) {
    return message<ShapeError>(
        [&] { coding.forward(Tensor<double>(std::max(sequences.frames(), 1), face), sequences); });
  };
  const std::string gaps = refused(clip_of({1, 1, 1, 0, 1, 1, 1, 1}));
  const std::string uneven = refused(Sequences::complete(2, 7));
  const std::string few = refused(Sequences::complete(2, 4));
  const std::string none = refused(Sequences{});
  INFO(gaps << "\n" << uneven << "\n" << few << "\n" << none);
  for (const std::string& text : {gaps, uneven, few, none})
    CHECK(contains(text, "frames without gaps, blocks of 2, more than 2 of them"));
  CHECK(contains(gaps, "8 frames, some of them missing"));
  CHECK(contains(uneven, "7 frames"));
  CHECK(contains(few, "4 frames"));
  CHECK(contains(none, "1 frames"));
  CHECK(refused(Sequences::complete(2, 6)) == "nothing was thrown");
}

}  // namespace
}  // namespace aurum
