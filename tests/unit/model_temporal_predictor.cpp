// A temporal predictor answers as its network does in inference, frame by frame.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/backend/reference/reference.hpp"
#include "aurum/model/network_weights.hpp"
#include "aurum/model/resnet18.hpp"
#include "aurum/model/temporal_predictor.hpp"
#include "aurum/model/weights.hpp"
#include "aurum/rewrite/freeze.hpp"
#include "aurum/rewrite/reparametrise.hpp"
#include "aurum/spec/batch_norm.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/temporary_directory.hpp"

namespace aurum {
namespace {

using test::random_tensor;
using test::Tensor;
using Values = std::vector<float>;
using Answers = std::vector<Values>;  // of every frame

constexpr Shape shape{3, 32, 32};

struct Features : Sequential<Conv<8, 3, Stride<4>, Padding<1>>, BatchNorm, Relu,
                             Conv<12, 3, Stride<2>, Padding<1>>, BatchNorm, Relu> {};
/// Maps of 2 x 2 pixels.
struct MapRegressor : Sequential<Relu, Conv<3, 1, Bias>, AveragePool<2>> {};

struct Layered : Temporal<Features, ConvGru<8, 3, Layers<2>>, IntensityRegressor<3>> {};
struct Maps : Temporal<Features, Frozen<Gru<9>>, MapRegressor> {};
struct Still : Temporal<Frozen<Features>, Frozen<ConvGru<8, 3>>, Frozen<IntensityRegressor<3>>> {};
using AllFrozen = Frozen<Layered>;
struct Layer2 {
  static constexpr std::string_view name = "layer2";
};

template <class S, class B = Cpu>
using On = Network<S, shape, B>;

/// A network whose running statistics are not the initial ones.
template <class N>
void warm_up(N& net) {
  Random random{Seed{5}};
  for (int i = 0; i < 3; ++i)
    net.forward(random_tensor<float>(4, net.input_shape, random).view, Mode::training,
                Sequences::complete(2, 2));
}

Tensor<float> clip(int frames, std::uint64_t seed, const Shape& of = shape) {
  Random random{Seed{seed}};
  return random_tensor<float>(frames, of, random);
}

Values values(const Prediction& prediction) {
  Values all;
  for (std::ptrdiff_t i = 0; i < prediction.heatmaps.pixels(); ++i)
    for (int c = 0; c < prediction.heatmaps.channels; ++c) all.push_back(prediction.heatmaps.pixel(i)[c]);
  for (const Peak& peak : prediction.peaks) all.push_back(peak.value);
  return all;
}

template <class P>
Answers stepped(P& predict, typename P::Track& track, const View<float>& frames) {
  Answers answers;
  for (int t = 0; t < frames.batch; ++t) answers.push_back(values(predict.step(track, frames.images(t, 1))));
  return answers;
}
template <class P>
Answers stepped(P& predict, const View<float>& frames) {
  auto track = predict.new_track();
  return stepped(predict, track, frames);
}
template <class P>
Answers in_one(P& predict, const View<float>& frames) {
  auto track = predict.new_track();
  Answers answers;
  for (const Prediction& p : predict.sequence(track, frames)) answers.push_back(values(p));
  return answers;
}

/// The greatest error of the maps, relative to all of the network's.
template <class V>
double error(const Answers& answers, const V& expected) {
  Values maps;
  for (const Values& a : answers)
    maps.insert(maps.end(), a.begin(), a.begin() + expected.size() / expected.batch);
  return test::relative_error(maps, std::span(expected.data, static_cast<std::size_t>(expected.size())));
}

template <class S, class B = Cpu>
void check_against_network() {
  On<S, B> net(Seed{1});
  warm_up(net);
  TemporalPredictor predict(net, {.max_batch = 3});
  const Tensor<float> frames = clip(7, 6);
  const Answers answers = stepped(predict, frames.view);
  CHECK(error(answers, net.forward(frames.view, Mode::inference, Sequences::complete(1, 7))) < 1e-5);
  CHECK(error(in_one(predict, frames.view),
              net.forward(frames.view, Mode::inference, Sequences::complete(1, 7))) < 1e-5);
  CHECK(answers[0] != answers[6]);

  // Missing frames: those that are there get the answers that the network has for them.
  const std::vector<std::uint8_t> present{0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1};
  const auto expected = net.forward(frames.view, Mode::inference, Sequences(1, present));
  CHECK(error(answers, expected) < 1e-5);
}

TEST_CASE("A temporal predictor answers as its network does for clips, with or without missing frames",
          "[temporal]") {
  check_against_network<Layered>();
  check_against_network<Maps>();
  check_against_network<Still>();
  check_against_network<AllFrozen>();
  check_against_network<Layered, Reference>();
  check_against_network<reparametrise_t<Layered>>();
  check_against_network<freeze_t<Layered>>();
}

TEST_CASE("Frame by frame or all in one, in batches of any size, the bits are the same", "[temporal]") {
  On<Layered> net(std::make_shared<Context<Cpu>>(1), Seed{1});
  warm_up(net);
  TemporalPredictor one(net);
  const Tensor<float> frames = clip(7, 6);
  const Answers expected = stepped(one, frames.view);
  CHECK(in_one(one, frames.view) == expected);
  for (const int batch : {2, 3, 7, 10})
    for (const int threads : {1, 2, 3}) {
      TemporalPredictor other(TemporalPredictor(net, {.max_batch = batch}),
                              std::make_shared<Context<Cpu>>(threads));
      CHECK(other.max_batch() == batch);
      CHECK(in_one(other, frames.view) == expected);
      CHECK(stepped(other, frames.view) == expected);
      // A clip in two calls, after a longer one and its memory.
      auto track = other.new_track();
      CHECK(values(other.sequence(track, frames.view.images(0, 4))[3]) == expected[3]);
      CHECK(values(other.sequence(track, frames.view.images(4, 3))[2]) == expected[6]);
    }
}

TEST_CASE("Tracks side by side know nothing of one another", "[temporal]") {
  On<Layered> net(Seed{1});
  warm_up(net);
  TemporalPredictor predict(net);
  const Tensor<float> a = clip(5, 6), b = clip(5, 7);
  const Answers a_alone = stepped(predict, a.view), b_alone = stepped(predict, b.view);
  CHECK(a_alone != b_alone);

  auto left = predict.new_track(), right = predict.new_track();
  for (int t = 0; t < 5; ++t) {
    const auto n = static_cast<std::size_t>(t);
    CHECK(values(predict.step(left, a.view.images(t, 1))) == a_alone[n]);
    if (t == 2) stepped(predict, b.view);  // a third one comes and goes
    CHECK(values(predict.step(right, b.view.images(t, 1))) == b_alone[n]);
    CHECK(values(predict.step(a.view.images(t, 1))) == a_alone[n]);  // the predictor's own
  }
  // Moved, a track is the same; away, it is none.
  auto elsewhere = std::move(left);
  elsewhere.reset();
  CHECK(stepped(predict, elsewhere, a.view) == a_alone);
  CHECK_THROWS_WITH(predict.step(left, a.view.images(0, 1)), "temporal predictor: this track was moved away");
  left = predict.new_track();
  CHECK(stepped(predict, left, b.view) == b_alone);
  TemporalPredictor moved = std::move(predict);
  right.reset();
  CHECK(stepped(moved, right, a.view) == a_alone);
}

TEST_CASE("A reset forgets all that a track has seen", "[temporal]") {
  On<Layered> net(Seed{1});
  warm_up(net);
  TemporalPredictor predict(net);
  const Tensor<float> frames = clip(4, 6);
  const View<float> first = frames.view.images(0, 1);
  const Values expected = values(predict.step(first));
  CHECK(values(predict.step(first)) != expected);
  predict.reset();
  CHECK(values(predict.step(first)) == expected);
  auto track = predict.new_track();
  const Answers answers = stepped(predict, track, frames.view);
  CHECK(stepped(predict, track, frames.view) != answers);
  track.reset();
  CHECK(stepped(predict, track, frames.view) == answers);
  track.reset();
  CHECK(values(predict.sequence(track, frames.view)[3]) == answers[3]);
}

TEST_CASE("Temporal predictors that share weights answer alike in their threads", "[temporal]") {
  auto net = std::make_unique<On<Layered>>(std::make_shared<Context<Cpu>>(1), Seed{1});
  warm_up(*net);
  TemporalPredictor predict(*net);
  net.reset();  // a predictor needs its network no more
  const Tensor<float> frames = clip(12, 6);
  const Answers expected = stepped(predict, frames.view);
  std::vector<int> wrong(3);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      TemporalPredictor other(predict, std::make_shared<Context<Cpu>>(t + 1));
      for (int round = 0; round < 3; ++round)
        if (stepped(other, frames.view) != expected) ++wrong[static_cast<std::size_t>(t)];
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>{0, 0, 0});

  // A track may go on in another thread's predictor.
  TemporalPredictor other(predict, std::make_shared<Context<Cpu>>(2));
  auto track = predict.new_track();
  for (int t = 0; t < 12; ++t)
    CHECK(values((t % 2 == 0 ? predict : other).step(track, frames.view.images(t, 1))) ==
          expected[static_cast<std::size_t>(t)]);
}

TEST_CASE("A face in a picture is cropped as a predictor of pictures does", "[temporal]") {
  On<Layered> net(Seed{1});
  Image image(60, 50);
  Random random{Seed{1}};
  for (auto& p : image.pixels) p = static_cast<std::uint8_t>(random.below(256));
  const Square square{{30, 25}, 30}, next{{33, 24}, 28};
  for (const Normalisation normalisation : {Normalisation::min_max, Normalisation::unit}) {
    TemporalPredictor predict(net, {.normalisation = normalisation});
    auto ready = predict.new_track(), track = predict.new_track();
    for (const Square& s : {square, next}) {
      Tensor<float> crop(1, shape);
      warp(image, crop_transform(s, 32), crop.view);
      normalise(crop.view, normalisation);
      const Prediction& expected = predict.step(ready, crop.view);
      CHECK(expected.picture_to_input.x0 == 0);
      CHECK(expected.input.data == crop.view.data);
      const Values same = values(expected);
      const Prediction& prediction = predict.step(track, image, s);
      CHECK(values(prediction) == same);
      CHECK(std::equal(crop.memory.begin(), crop.memory.end(), prediction.input.data));
      CHECK(prediction.picture_to_input(s.centre).x == Approx(15.5).margin(0.51));
      CHECK(values(predict.step(image, s)) == same);
      // One pixel for each AU: its value is the intensity.
      REQUIRE(prediction.peaks.size() == 3);
      for (int c = 0; c < 3; ++c) {
        const float value = prediction.heatmaps.at(0, 0, 0, c);
        CHECK(prediction.peaks[static_cast<std::size_t>(c)].value == value);
        CHECK(prediction.intensities()[static_cast<std::size_t>(c)] == std::clamp(value, 0.0F, 5.0F));
      }
    }
    CHECK_THROWS_AS(predict.step(image, Square{{30, 25}, 0}), ValueError);
    CHECK(values(predict.step(image, square)) == values(predict.step(track, image, square)));
  }
}

TEST_CASE("A regressor may give maps, which have peaks", "[temporal]") {
  On<Maps> net(Seed{1});
  TemporalPredictor predict(net);
  const Tensor<float> frames = clip(2, 6);
  predict.step(frames.view.images(0, 1));
  const Prediction& prediction = predict.step(frames.view.images(1, 1));
  REQUIRE(prediction.heatmaps.shape() == Shape{3, 2, 2});
  const auto peaks = decode(prediction.heatmaps);
  for (std::size_t i = 0; i < 3; ++i) CHECK(prediction.peaks[i].value == peaks[i].value);
  CHECK(prediction.points()[0] == to_input(peaks[0], 2, 32));
}

TEST_CASE("Inputs of another shape are refused, and change no state", "[temporal]") {
  On<Layered> net(Seed{1});
  TemporalPredictor predict(net, {.max_batch = 2});
  auto track = predict.new_track(), other = predict.new_track();
  Tensor<float> wrong(1, {3, 32, 31}), two(2, shape), gaps(1, shape, 1);
  const Tensor<float> frames = clip(2, 6);
  predict.step(track, frames.view.images(0, 1));
  predict.step(other, frames.view.images(0, 1));
  for (const View<float>& view : {wrong.view, two.view, gaps.view, wrong.view.images(0, 0)})
    CHECK_THROWS_AS(predict.step(track, view), ShapeError);
  for (const View<float>& view : {wrong.view, gaps.view, two.view.images(0, 0)})
    CHECK_THROWS_AS(predict.sequence(track, view), ShapeError);
  CHECK(values(predict.step(track, frames.view.images(1, 1))) ==
        values(predict.step(other, frames.view.images(1, 1))));
  for (const int batch : {0, -1, 65537})
    CHECK_THROWS_WITH(
        TemporalPredictor(net, {.max_batch = batch}),
        "temporal predictor: expected 1 to 65536 frames in a batch, found " + std::to_string(batch));
}

TEST_CASE("A network up to one of its layers serves as extractor", "[temporal]") {
  struct Net : Temporal<up_to_t<ResNet18<1>, Layer2>, ConvGru<16, 1>, IntensityRegressor<12>> {};
  constexpr Shape small{3, 64, 64};
  Network<Net, small, Cpu> net(Seed{1});
  TemporalPredictor predict(net);
  const Tensor<float> frames = clip(3, 6, small);
  CHECK(error(stepped(predict, frames.view),
              net.forward(frames.view, Mode::inference, Sequences::complete(1, 3))) < 1e-5);
}

TEST_CASE("Weights that were saved give the same bits without the network", "[temporal]") {
  On<Layered> net(Seed{1});
  warm_up(net);
  const test::TemporaryDirectory directory;
  const ModelInfo info{.layout = "temporal",
                       .maps = 3,
                       .action_units = {1, 2, 4},
                       .input = shape,
                       .crop = "tight",
                       .normalisation = "min_max"};
  save(net, directory / "temporal.safetensors", info);
  NetworkWeights<Layered, shape, Cpu> weights;
  load(weights, directory / "temporal.safetensors", info);
  TemporalPredictor trained(net);
  TemporalPredictor loaded(weights);
  const Tensor<float> frames = clip(4, 6);
  CHECK(stepped(loaded, frames.view) == stepped(trained, frames.view));
}

}  // namespace
}  // namespace aurum
