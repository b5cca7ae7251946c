// Spreading a network's answers as the labels are spread.
#include <cmath>
#include <limits>
#include <vector>

#include "aurum/backend/reference/reference.hpp"
#include "aurum/metrics/icc.hpp"
#include "aurum/metrics/table.hpp"
#include "aurum/model/fan.hpp"
#include "aurum/train/calibrate.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/toy_task.hpp"

namespace aurum {
namespace {

using test::contains;
using test::message;
using test::ToyData;
using test::ToyNetwork;
using test::ToyTask;

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

TEST_CASE("Answers get the mean and the deviation of the labels, missing ones left out", "[calibrate]") {
  const std::vector<float> predictions{1, 2, 3, 100, nan}, labels{0, 2, 4, nan, 5};
  const IntensityScale line = match_spread(predictions, labels);
  CHECK(line.scale == Approx(2));
  CHECK(line.offset == Approx(-2));
  const std::vector<int> coded{0, 2, 4, 9, 9};
  CHECK(match_spread(predictions, coded, Missing{9}).scale == Approx(2));
}

TEST_CASE("What cannot be matched stays as it is, and noise is not magnified without end", "[calibrate]") {
  const auto unchanged = [](const std::vector<float>& predictions, const std::vector<float>& labels) {
    const IntensityScale line = match_spread(predictions, labels);
    return line.scale == Approx(1) && line.offset == Approx(0).margin(1e-12);
  };
  CHECK(unchanged({}, {}));
  CHECK(unchanged({2}, {4}));
  CHECK(unchanged({2, 2, 2}, {0, 1, 2}));
  CHECK(unchanged({0, 1, 2}, {3, 3, 3}));
  CHECK(unchanged({1, 2}, {nan, nan}));
  const IntensityScale line = match_spread(std::vector{1.0, 1.001}, std::vector{0.0, 4.0});
  CHECK(line.scale == Approx(greatest_intensity_scale));
  CHECK(line.scale * 1.0005 + line.offset == Approx(2));
  CHECK(contains(message<ValueError>([] {
                   (void)match_spread(std::vector{1.0}, std::vector{1.0, 2.0});
                 }),
                 "1 predictions but 2 labels"));
}

TEST_CASE("A calibrated network answers scale times what it answered, plus offset", "[calibrate]") {
  ToyNetwork net(Seed{3});
  const ToyTask task;
  const ToyData data{.count = 40};
  const auto before = predict_all(net, task, data);
  const std::vector<IntensityScale> lines = calibrate(net, task, data);
  REQUIRE(lines.size() == 2);
  const auto after = predict_all(net, task, data);
  double worst = 0, sum = 0, squares = 0;
  for (std::size_t i = 0; i < before.size(); ++i)
    for (std::size_t map = 0; map < 2; ++map) {
      const double wanted =
          lines[map].scale * static_cast<double>(before[i].prediction[map]) + lines[map].offset;
      worst = std::max(worst, std::abs(wanted - static_cast<double>(after[i].prediction[map])));
      if (map != 0) continue;
      const double difference = wanted - static_cast<double>(before[i].label[0]);
      sum += difference, squares += wanted * wanted;
    }
  CHECK(worst < 1e-4);
  CHECK(std::abs(sum) / 40 < 1e-4);
  CHECK(squares > 0);
  // Once is enough.
  for (const IntensityScale& line : calibrate(net, task, data)) {
    const bool settled = std::abs(line.scale - 1) < 1e-3 || line.scale > 1;  // > 1: the first was limited
    CHECK(settled);
  }
}

/// The first AU is there where the picture is bright, the second never.
struct OccurrenceTask : ToyTask {
  LabelKind labels = LabelKind::occurrence;
  [[nodiscard]] AuResult result(const Sample& sample, const Landmarks& points, const Shape& in,
                                const Shape& map, std::span<const Peak> peaks) const {
    AuResult r = ToyTask::result(sample, points, in, map, peaks);
    r.label = {sample.intensities[0] > 2.5F ? 1.0F : 0.0F, 0.0F};
    return r;
  }
};

TEST_CASE("Of occurrences the answers are moved to where the best threshold is the one that counts",
          "[calibrate]") {
  ToyNetwork net(Seed{3});
  const OccurrenceTask task;
  const ToyData data{.count = 40};
  const auto before = predict_all(net, task, data);
  const std::vector<IntensityScale> lines = calibrate(net, task, data);
  const auto after = predict_all(net, task, data);
  const auto f1 = [](const std::vector<AuResult>& results, double threshold) {
    return occurrence_table(results, std::vector{1, 2}, threshold).column("F1")[0];
  };
  std::vector<float> answers, labels;
  for (const AuResult& r : before) answers.push_back(r.prediction[0]), labels.push_back(r.label[0]);
  const auto threshold = best_threshold(answers, labels);
  REQUIRE(threshold);
  CHECK(f1(after, static_cast<double>(presence_threshold)) == Approx(f1(before, *threshold)));
  CHECK(lines[0].scale == 1);
  CHECK(lines[0].offset == Approx(static_cast<double>(presence_threshold) - *threshold));
  CHECK(lines[1].offset == 0);  // nobody knows where
  CHECK(after[7].prediction[1] == Approx(before[7].prediction[1]).margin(1e-6));
}

TEST_CASE("Answers that shrank to the mean agree better once they are spread", "[calibrate]") {
  // What squared error leads to: answer = mean + r^2 (label - mean) + noise, of correlation r with the label.
  Random random{Seed{5}};
  std::vector<double> labels, answers;
  for (int i = 0; i < 4000; ++i) {
    const double label = random.normal(2, 1);
    labels.push_back(label);
    answers.push_back(2 + 0.5 * (label - 2) + random.normal(0, 0.5F));
  }
  const double before = icc31(answers, labels), pearson = measure_errors(answers, labels).pearson;
  const IntensityScale line = match_spread(answers, labels);
  for (double& a : answers) a = line.scale * a + line.offset;
  const double after = icc31(answers, labels);
  CHECK(after > before + 0.03);
  CHECK(after == Approx(pearson).margin(1e-3));  // equal spread: ICC(3,1) is the correlation
}

TEST_CASE("Only a network that ends with a convolution with bias can be rescaled", "[calibrate]") {
  STATIC_REQUIRE(detail::ends_with_bias<ToyNetwork::spec>);
  STATIC_REQUIRE(detail::ends_with_bias<Fan<12>>);
  STATIC_REQUIRE(detail::ends_with_bias<StackedFan<68, 2>>);
  STATIC_REQUIRE(detail::ends_with_bias<BottleneckFan<5>>);
  STATIC_REQUIRE_FALSE(detail::ends_with_bias<Conv<2, 3>>);
  STATIC_REQUIRE_FALSE(detail::ends_with_bias<Sequential<Conv<2, 1, Bias>, Relu>>);
  STATIC_REQUIRE_FALSE(detail::ends_with_bias<Sum<Conv<2, 1, Bias>, Conv<2, 3, Bias>>>);
  const std::vector<IntensityScale> two(2);
  Network<Conv<3, 3, Bias>, Shape{3, 8, 8}, Reference> three;
  CHECK(contains(message<ValueError>([&] { rescale_maps(three, std::span(two)); }), "makes 3 maps, found 2"));
  ToyNetwork net;
  CHECK(contains(message<ValueError>([&] { (void)calibrate(net, ToyTask{}, ToyData{.count = 0}); }),
                 "no faces"));
}

TEST_CASE("Of stacked hourglasses the last one's maps are rescaled", "[calibrate]") {
  using Net = Network<StackedFan<2, 2>, Shape{3, 64, 64}, Cpu>;
  Net net(Seed{2});
  std::vector<float> x(static_cast<std::size_t>(Net::input_shape.size()));
  Random random{Seed{1}};
  for (float& v : x) v = random.uniform();
  const auto maps = [&] {
    const auto y = net.forward(make_view<const float>(x.data(), 1, Net::input_shape), Mode::inference);
    return std::vector<float>(y.data, y.data + y.size());
  };
  const std::vector<float> before = maps();
  rescale_maps(net, std::vector<IntensityScale>{{2, 1}, {0.5, -1}});
  const std::vector<float> after = maps();
  double worst = 0;
  for (std::size_t i = 0; i < before.size(); i += 4) {
    const float wanted[] = {before[i], before[i + 1], 2 * before[i + 2] + 1, 0.5F * before[i + 3] - 1};
    for (std::size_t c = 0; c < 4; ++c)
      worst = std::max(worst, static_cast<double>(std::abs(wanted[c] - after[i + c])));
  }
  CHECK(worst < 1e-4);
}

}  // namespace
}  // namespace aurum
