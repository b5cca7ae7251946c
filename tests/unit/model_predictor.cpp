#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/backend/reference/reference.hpp"
#include "aurum/model/fan.hpp"
#include "aurum/model/predictor.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"

namespace aurum {
namespace {

using test::random_tensor;
using test::Tensor;

constexpr Shape shape{3, 32, 32};
using Net = Network<Fan<2, Features<8>, Depth<2>>, shape, Cpu>;

/// A picture of noise, which has no two equal crops.
Image picture(std::uint64_t seed) {
  Image image(60, 50);
  Random random{Seed{seed}};
  for (auto& p : image.pixels) p = static_cast<std::uint8_t>(random.below(256));
  return image;
}

/// A network whose running statistics are not the initial ones.
template <class N>
void warm_up(N& net) {
  Random random{Seed{5}};
  for (int i = 0; i < 3; ++i) net.forward(random_tensor<float>(4, shape, random).view, Mode::training);
}

std::vector<float> maps_of(const Prediction& prediction) {
  std::vector<float> values;
  for (std::ptrdiff_t i = 0; i < prediction.heatmaps.pixels(); ++i)
    for (int c = 0; c < prediction.heatmaps.channels; ++c) values.push_back(prediction.heatmaps.pixel(i)[c]);
  return values;
}

TEST_CASE("A predictor answers as its network does in inference", "[predictor]") {
  Net net(Seed{1});
  warm_up(net);
  Predictor predict(net);
  Random random{Seed{6}};
  auto input = random_tensor<float>(1, shape, random);
  const Prediction& prediction = predict(input.view);
  const auto expected = net.forward(input.view, Mode::inference);
  REQUIRE(prediction.heatmaps.shape() == Net::output_shape);
  CHECK(test::relative_error(maps_of(prediction),
                             std::span(expected.data, static_cast<std::size_t>(expected.size()))) < 1e-5);

  const auto peaks = decode(prediction.heatmaps);
  REQUIRE(prediction.peaks.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(prediction.peaks[i].value == peaks[i].value);
    CHECK(prediction.intensities()[i] == intensity(peaks[i]));
    CHECK(prediction.points()[i] == to_input(peaks[i], 8, 32));
  }
}

TEST_CASE("A predictor's answer does not depend on the calls before, nor on the network after",
          "[predictor]") {
  Net net(Seed{1});
  warm_up(net);
  Predictor predict(net);
  const Image a = picture(1), b = picture(2);
  const Square square{{30, 25}, 30}, other{{20, 20}, 15};
  const auto first = maps_of(predict(a, square));
  CHECK(maps_of(predict(b, square)) != first);
  CHECK(maps_of(predict(a, other)) != first);
  CHECK(maps_of(predict(a, square)) == first);
  CHECK(maps_of(Predictor(net)(a, square)) == first);
  warm_up(net);  // moves the running statistics
  CHECK(maps_of(Predictor(net)(a, square)) != first);
  CHECK(maps_of(predict(a, square)) == first);
}

TEST_CASE("A face in a picture is cropped and normalised as in training; points lie in the picture",
          "[predictor]") {
  Net net(Seed{1});
  const Image image = picture(1);
  const Square square{{30, 25}, 30};
  Tensor<float> crop(1, shape);
  warp(image, crop_transform(square, 32), crop.view);
  for (const Normalisation normalisation : {Normalisation::min_max, Normalisation::unit}) {
    Predictor predict(net, {.normalisation = normalisation});
    Tensor<float> input = crop;
    normalise(input.view, normalisation);
    const auto expected = maps_of(predict(input.view));
    const Prediction& prediction = predict(image, square);
    CHECK(maps_of(prediction) == expected);
    CHECK(std::equal(input.memory.begin(), input.memory.end(), prediction.input.data));
    for (std::size_t i = 0; i < 2; ++i) {
      const Point in_crop = to_input(prediction.peaks[i], 8, 32);
      const Point back = crop_transform(square, 32)(prediction.points()[i]);
      CHECK(back.x == Approx(in_crop.x).margin(1e-3));
      CHECK(back.y == Approx(in_crop.y).margin(1e-3));
    }
  }
}

TEST_CASE("Of stacked networks the last maps answer", "[predictor]") {
  struct Stacks : Sequential<Conv<4, 3, Stride<4>>, BatchNorm, Relu, Concat<Conv<2, 1>, Conv<2, 1>>> {};
  Network<Stacks, shape, Cpu> net(Seed{1});
  Predictor predict(net, {.normalisation = Normalisation::unit, .maps = 2});
  Random random{Seed{6}};
  auto input = random_tensor<float>(1, shape, random);
  const Prediction& prediction = predict(input.view);
  REQUIRE(prediction.peaks.size() == 2);
  const auto all = net.forward(input.view, Mode::inference);
  const auto last = decode(all.slice(2, 2));
  for (std::size_t i = 0; i < 2; ++i) CHECK(prediction.peaks[i].value == Approx(last[i].value));
}

TEST_CASE("Maps that the network does not have are refused", "[predictor]") {
  Net net(Seed{1});
  for (const int maps : {-1, 3})
    CHECK_THROWS_WITH(Predictor(net, {.maps = maps}),
                      "predictor: expected 0 to 2 maps, found " + std::to_string(maps));
}

TEST_CASE("Several faces of a picture get the answers that each gets alone, to the bit", "[predictor]") {
  Net net(Seed{1});
  warm_up(net);
  const Image image = picture(1);
  const std::vector<Square> squares{{{30, 25}, 30}, {{20, 20}, 15}, {{25, 30}, 44}};
  Predictor one(net);
  // Of three faces, two workers take one each and then both work on the third.
  Predictor three(Predictor(net, {.max_batch = 3}), std::make_shared<Context<Cpu>>(2));
  CHECK(three.max_batch() == 3);
  const auto together = three.batch(image, squares);
  REQUIRE(together.size() == 3);
  test::Tensor<float> inputs(3, shape);
  for (std::size_t n = 0; n < 3; ++n) {
    const Prediction& alone = one(image, squares[n]);
    CHECK(maps_of(together[n]) == maps_of(alone));
    CHECK(together[n].points() == alone.points());
    CHECK(together[n].intensities() == alone.intensities());
    std::copy_n(alone.input.data, alone.input.size(), inputs.view.images(static_cast<int>(n), 1).data);
  }
  const auto first = maps_of(three.batch(image, squares)[0]);
  CHECK(maps_of(three.batch(inputs.view)[0]) == first);
  CHECK(three.batch(inputs.view)[0].picture_to_input.x0 == 0);
  CHECK(three.batch(inputs.view.images(0, 2)).size() == 2);
  CHECK(three.batch(image, {}).empty());

  CHECK_THROWS_WITH(one.batch(image, squares), "predictor: expected 0 to 1 faces, found 3");
  CHECK_THROWS_AS(one.batch(inputs.view), ShapeError);
  CHECK_THROWS_AS(three(inputs.view), ShapeError);
  CHECK_THROWS_AS(Predictor(net, {.max_batch = 0}), ValueError);
}

TEST_CASE("Predictors that share weights answer alike in their threads, of whatever number of workers",
          "[predictor]") {
  auto first = std::make_unique<Net>(std::make_shared<Context<Cpu>>(1), Seed{1});
  warm_up(*first);
  Predictor predict(*first);
  first.reset();  // a predictor needs its network no more
  const Image image = picture(1);
  std::vector<std::vector<float>> expected;
  for (int i = 0; i < 20; ++i)
    expected.push_back(maps_of(predict(image, Square{{30, 25}, 20.0F + static_cast<float>(i)})));

  std::vector<int> wrong(3);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      Predictor other(predict, std::make_shared<Context<Cpu>>(t + 1));
      for (int round = 0; round < 3; ++round)
        for (int i = 0; i < 20; ++i)
          if (maps_of(other(image, Square{{30, 25}, 20.0F + static_cast<float>(i)})) !=
              expected[static_cast<std::size_t>(i)])
            ++wrong[static_cast<std::size_t>(t)];
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>{0, 0, 0});
}

TEST_CASE("A predictor runs on every backend and refuses another shape", "[predictor]") {
  Network<Fan<2, Features<8>, Depth<2>>, shape, Reference> reference(Seed{1});
  Net net(Seed{1});
  Predictor slow(reference);
  Predictor fast(net);
  const Square square{{30, 25}, 30};
  CHECK(test::relative_error(maps_of(fast(picture(1), square)), maps_of(slow(picture(1), square))) < 1e-5);

  Tensor<float> wrong(1, {3, 32, 31}), two(2, shape), gaps(1, shape, 1);
  for (const View<float>& view : {wrong.view, two.view, gaps.view}) CHECK_THROWS_AS(fast(view), ShapeError);
  CHECK_THROWS_AS(fast(picture(1), Square{{30, 25}, 0}), ValueError);
}

}  // namespace
}  // namespace aurum
