// test: deep
// A face seen a second time in the mirror: images, maps, predictors, evaluation.
#include <vector>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/heatmap/decode.hpp"
#include "aurum/heatmap/mirror.hpp"
#include "aurum/heatmap/render.hpp"
#include "aurum/model/fan.hpp"
#include "aurum/model/predictor.hpp"
#include "aurum/train/calibrate.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/message.hpp"
#include "support/toy_task.hpp"

namespace aurum {
namespace {

using test::contains;
using test::message;
using test::random_tensor;
using test::Tensor;

constexpr Shape shape{3, 32, 32};

struct MirrorToy : test::ToyTask {
  static constexpr Mirror mirror = Mirror::same_map;
};

Tensor<float> mirrored(const Tensor<float>& image) {
  Tensor<float> turned = image;
  mirror_images(image.view, turned.view);
  return turned;
}

TEST_CASE("A mirrored image has its columns in the other order", "[mirror]") {
  Tensor<float> image(1, {2, 1, 3});
  image.memory = {1, 10, 2, 20, 3, 30};
  CHECK(mirrored(image).memory == std::vector<float>{3, 30, 2, 20, 1, 10});
  Random random{Seed{1}};
  const auto any = random_tensor<float>(2, {3, 4, 5}, random);
  CHECK(mirrored(mirrored(any)).memory == any.memory);
}

TEST_CASE("Maps of landmarks and of the mirrored landmarks have the mean that both show", "[mirror]") {
  // All 68 maps of a face that is not symmetric, and those that its mirror image should have.
  Landmarks face;
  Random random{Seed{2}};
  for (int k = 0; k < landmark_count; ++k) face.push_back({random.uniform(2, 13), random.uniform(2, 13)});
  const auto maps_for = [](const Landmarks& points) {
    Tensor<float> maps(1, {landmark_count, 16, 16});
    for (int c = 0; c < landmark_count; ++c) {
      const Point p = points[static_cast<std::size_t>(c)];
      maps.view.at(0, static_cast<int>(p.y + 0.5F), static_cast<int>(p.x + 0.5F), c) = 1;
    }
    return maps;
  };
  const auto plain = maps_for(face);
  auto mean = plain;
  average_with_mirrored(mean.view, mirrored(mirrored(maps_for(mirror(face, 16)))).view, Mirror::landmarks);
  CHECK(mean.memory == plain.memory);
  average_with_mirrored(mean.view, maps_for(mirror(face, 16)).view, Mirror::same_map);  // wrong names
  CHECK(mean.memory != plain.memory);
}

TEST_CASE("A predictor with a mirror gives the mean of both maps, the same for a face and its mirror image",
          "[mirror][predictor]") {
  Network<Fan<2, Features<8>, Depth<2>>, shape, Cpu> net(Seed{1});
  Random random{Seed{6}};
  const auto x = random_tensor<float>(1, shape, random);
  Predictor plain(net), both(net, {.mirror = Mirror::same_map});

  std::vector<float> expected;
  {
    const auto maps = plain(x.view).heatmaps;
    expected.assign(maps.data, maps.data + maps.size());
  }
  average_with_mirrored(make_view(expected.data(), 1, Shape{2, 8, 8}), plain(mirrored(x).view).heatmaps,
                        Mirror::same_map);
  const Prediction& prediction = both(x.view);
  const std::vector<float> found(prediction.heatmaps.data,
                                 prediction.heatmaps.data + prediction.heatmaps.size());
  CHECK(found == expected);
  const auto peaks = decode(prediction.heatmaps);
  std::vector<float> intensities;
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(prediction.peaks[i].value == peaks[i].value);
    intensities.push_back(intensity(peaks[i]));
  }
  CHECK(prediction.intensities() == intensities);
  CHECK(both(mirrored(x).view).intensities() == intensities);
  CHECK(plain(mirrored(x).view).peaks[0].value != Approx(prediction.peaks[0].value).epsilon(1e-3));
}

TEST_CASE("Faces of a batch, of a picture and of stacked networks are mirrored one by one",
          "[mirror][predictor]") {
  Network<StackedFan<2, 2>, Shape{3, 64, 64}, Cpu> net(Seed{1});
  Image image(90, 70);
  Random random{Seed{3}};
  for (auto& value : image.pixels) value = static_cast<std::uint8_t>(random.below(256));
  const std::vector<Square> squares{{{40, 30}, 50}, {{20, 30}, 15}, {{80, 60}, 44}};
  const PredictorOptions how{.maps = 2, .mirror = Mirror::same_map};
  PredictorOptions three = how;
  three.max_batch = 3;
  Predictor one(net, how), many(net, three);
  Predictor shared(many, std::make_shared<Context<Cpu>>(2));
  const auto together = many.batch(image, squares);
  const auto pair = shared.batch(image, std::span(squares).first(2));
  for (std::size_t n = 0; n < 3; ++n) {
    const Prediction& alone = one(image, squares[n]);
    REQUIRE(alone.peaks.size() == 2);
    CHECK(together[n].intensities() == alone.intensities());
    CHECK(together[n].points() == alone.points());
    if (n < 2) CHECK(pair[n].intensities() == alone.intensities());
    const std::vector<float> seen(alone.input.data, alone.input.data + alone.input.size());
    CHECK(one(make_view(seen.data(), 1, Shape{3, 64, 64})).intensities() == together[n].intensities());
  }
}

TEST_CASE("Landmarks are mirrored where there are 68", "[mirror][predictor]") {
  Network<Fan<68, Features<8>, Depth<2>>, shape, Cpu> landmarks(Seed{1});
  Random random{Seed{6}};
  const auto x = random_tensor<float>(1, shape, random);
  Predictor predict(landmarks, {.mirror = Mirror::landmarks});
  const Landmarks points = predict(x.view).points();
  const std::vector<Peak> peaks(predict(x.view).peaks.begin(), predict(x.view).peaks.end());
  const Prediction& turned = predict(mirrored(x).view);
  for (std::size_t k = 0; k < points.size(); ++k)
    CHECK(turned.peaks[static_cast<std::size_t>(landmark_mirror[k])].value == peaks[k].value);

  Network<Fan<2, Features<8>, Depth<2>>, shape, Cpu> aus(Seed{1});
  CHECK(contains(message<ValueError>([&] { Predictor(aus, {.mirror = Mirror::landmarks}); }),
                 "expected 68 maps of landmarks to mirror, found 2"));
}

TEST_CASE("Evaluation with a mirror gives the predictor's answers", "[mirror]") {
  test::ToyNetwork net(Seed{3});
  const test::ToyData data{.count = 7};
  const auto answers = predict_all(net, MirrorToy{}, data, 3, true);
  REQUIRE(answers.size() == 7);
  Predictor predict(net, {.mirror = Mirror::same_map});
  Tensor<float> input(1, test::toy_shape);
  double difference_to_plain = 0;
  const auto plain = predict_all(net, MirrorToy{}, data, 3);
  for (int i = 0; i < 7; ++i) {
    const auto n = static_cast<std::size_t>(i);
    (void)MirrorToy{}.input(data.sample(i), nullptr, input.view);
    const Prediction& prediction = predict(input.view);
    for (std::size_t c = 0; c < 2; ++c) {
      CHECK(answers[n].prediction[c] == Approx(prediction.peaks[c].value).epsilon(1e-4).margin(1e-5));
      difference_to_plain += std::abs(static_cast<double>(answers[n].prediction[c] - plain[n].prediction[c]));
    }
  }
  CHECK(difference_to_plain > 1e-3);
  CHECK(contains(message<ValueError>([&] { (void)predict_all(net, test::ToyTask{}, data, 3, true); }),
                 "what its maps show in the mirror"));
}

TEST_CASE("Answers with a mirror are calibrated as they are", "[mirror][calibrate]") {
  test::ToyNetwork net(Seed{3});
  const test::ToyData data{.count = 40};
  const auto lines = calibrate(net, MirrorToy{}, data, true);
  const auto answers = predict_all(net, MirrorToy{}, data, 16, true);
  double sum = 0;
  for (const AuResult& answer : answers)
    sum += static_cast<double>(answer.prediction[0]) - static_cast<double>(answer.label[0]);
  CHECK(std::abs(sum) / 40 < 1e-4);
  CHECK(lines[0].scale > 0);
}

}  // namespace
}  // namespace aurum
