// Stage 1 of learning from video: a network that predicts what comes learns to tell it from other clips,
// times and places; it goes on where it was stopped; a collapsed one is reported.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>
#include <vector>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/data/whole_picture.hpp"
#include "aurum/model/temporal.hpp"
#include "aurum/train/fit.hpp"
#include "aurum/train/future_prediction.hpp"
#include "support/catch.hpp"
#include "support/temporary_directory.hpp"

namespace aurum {
namespace {

/// Videos of a light on a grey ground; each has its own colour, and the light goes round, at a speed of its
/// own.
struct Lights {
  int count = 8, length = 24;
  [[nodiscard]] int size() const { return count; }
  [[nodiscard]] int frames(int) const { return length; }
  [[nodiscard]] std::span<const int> action_units() const { return {}; }
  [[nodiscard]] int subject_of(int video) const { return video; }
  [[nodiscard]] bool present(int, int) const { return true; }
  [[nodiscard]] std::optional<Sample> frame(int video, int index) const {
    Random random = Random{Seed{3}}.fork(static_cast<std::uint64_t>(video));
    const float red = random.uniform(60, 250), green = random.uniform(60, 250),
                speed = random.uniform(0.2F, 0.9F);
    const float angle = random.uniform(0, 6) + speed * static_cast<float>(index);
    constexpr int side = 24;
    Sample s;
    s.image = Image(side, side);
    const Point light{12 + 6 * std::cos(angle), 12 + 6 * std::sin(angle)};
    for (int y = 0; y < side; ++y)
      for (int x = 0; x < side; ++x) {
        const Point d = Point{static_cast<float>(x), static_cast<float>(y)} - light;
        const float shine = std::exp(-(d.x * d.x + d.y * d.y) / 10);
        s.image.at(x, y)[0] = static_cast<std::uint8_t>(30 + 0.8F * red * shine);
        s.image.at(x, y)[1] = static_cast<std::uint8_t>(30 + 0.8F * green * shine);
        s.image.at(x, y)[2] = 60;
      }
    s.landmarks = landmarks_filling(side, side);
    s.name = "light " + std::to_string(video) + ", " + std::to_string(index);
    return s;
  }
};
static_assert(VideoData<Lights>);

struct Extractor
    : Sequential<Conv<12, 3, Stride<2>>, BatchNorm, Relu, Conv<16, 3, Stride<2>>, BatchNorm, Relu> {};
using Net =
    PredictiveCoding<Extractor, ConvGru<16, 1>, PredictionHead<16>, Predictions<2>, FramesPerBlock<1>>;
using Predicting = Network<Net, Shape{3, 16, 16}, Cpu>;

Clips<Lights> clips_of(const Lights& lights) { return {borrowed(lights), sliding_windows(lights, 6, 2, 6)}; }
FuturePrediction task() {
  return {
      .augmentation = Augmentation::none(),
      .guards = {.grey = 0, .border = 0, .frame_brightness = 0.02F, .frame_contrast = 0.02F, .noise = 0.01F}};
}
FitOptions<Adam> options_for(int epochs) {
  return {.epochs = epochs, .batch = 4, .rule = {.learning_rate = 3e-3}, .progress = false};
}

TEST_CASE("A network learns to tell the future from other clips, times and places", "[future]") {
  const Lights lights{.count = 24}, others{.count = 4, .length = 18};
  const Clips<Lights> data = clips_of(lights), validation = clips_of(others);
  REQUIRE(data.size() == 72);
  Predicting net(Seed{1});
  const Evaluation before = task().evaluate_network(net, validation, 4);
  CHECK(before.details.at(1).first == "chance");
  CHECK(before.details.at(1).second == Approx(1.0 / (4 * 2 * 16)));
  const FitReport report = fit(net, task(), data, validation, options_for(25));
  CHECK(report.history.back().loss < 0.6 * report.history.front().loss);
  const Evaluation after = task().evaluate_network(net, validation, 4);
  CHECK(after.name == "top-1");
  CHECK(after.score > std::max(before.score, 6 * before.details.at(1).second));
  CHECK(after.warning.empty());
}

TEST_CASE("Clips of one video come together where that is asked for", "[future]") {
  const Lights lights{.count = 4};
  const Clips<Lights> data = clips_of(lights);
  FitOptions<Adam> how = options_for(1);
  how.together = 2;
  for (int i = 0; i < data.size(); ++i) how.groups.push_back(data.window(i).video);
  Predicting net(Seed{1});
  CHECK(fit(net, task(), data, how).history.size() == 1);
  how.groups.pop_back();
  CHECK_THROWS_WITH(
      fit(net, task(), data, how),
      "fit: expected a group for each of 12 samples and at least 1 of them together, found 11 and 2");
  how.groups.clear();
  how.alike = true;
  CHECK_THROWS_AS(fit(net, task(), data, how), ValueError);
  how.alike = false;
  FuturePrediction own = task();
  own.own_group = true;
  CHECK_THROWS_WITH(fit(net, own, data, how),
                    "future prediction: expected the groups of clips that are told from one another");
}

TEST_CASE("A network learns to tell the future of one video from its other moments and places", "[future]") {
  const Lights lights{.count = 24}, others{.count = 4, .length = 18};
  const Clips<Lights> data = clips_of(lights), validation = clips_of(others);
  FitOptions<Adam> how = options_for(25);
  how.together = 2;
  how.alike = true;
  for (int i = 0; i < data.size(); ++i) how.groups.push_back(data.window(i).video);
  FuturePrediction own = task();
  own.own_group = true;
  Predicting net(Seed{1});
  const Evaluation before = own.evaluate_network(net, validation, 4);
  CHECK(before.details.at(1).second == Approx(1.0 / (2 * 2 * 16)));
  const FitReport report = fit(net, own, data, validation, how);
  CHECK(report.history.back().loss < 0.75 * report.history.front().loss);
  CHECK(own.evaluate_network(net, validation, 4).score >
        std::max(before.score, 5 * before.details.at(1).second));
}

TEST_CASE("Pre-training goes on where it was stopped, to the same bits", "[future]") {
  const Lights lights{.count = 4};
  const Clips<Lights> data = clips_of(lights);
  const auto weights_of = [](Predicting& net) {
    return std::vector<float>(net.values().begin(), net.values().end());
  };
  Predicting whole(Seed{1});
  const test::TemporaryDirectory folder;
  FitOptions<Adam> how = options_for(4);
  fit(whole, task(), data, data, how);

  how.directory = folder.path();
  std::atomic<bool> stop{true};
  how.stop = &stop;  // after every step
  Predicting broken(Seed{1});
  int pieces = 1;
  while (fit(broken, task(), data, data, how).stopped) {
    how.resume = true;
    ++pieces;
    REQUIRE(pieces < 50);
  }
  CHECK(pieces > 4);
  CHECK(weights_of(broken) == weights_of(whole));
}

TEST_CASE("A network whose features have collapsed is reported", "[future]") {
  const Lights lights{.count = 4};
  const Clips<Lights> data = clips_of(lights);
  Predicting net(Seed{1});
  // The last batch norm gives the same to everything.
  for (const Parameter& p : net.parameters())
    if (p.path == "features.4.weight")
      net.set(p, std::vector<float>(static_cast<std::size_t>(p.count), 0.F));
    else if (p.path == "features.4.bias")
      net.set(p, std::vector<float>(static_cast<std::size_t>(p.count), 1.F));
  const Evaluation found = task().evaluate_network(net, data, 4);
  CHECK(found.score == 0);
  CHECK_THAT(found.warning, Catch::Contains("collapsed"));
}

TEST_CASE("What cannot be learned from is an error that says why", "[future]") {
  const Lights lights{.count = 4};
  const Clips<Lights> data = clips_of(lights);
  Predicting net(Seed{1});
  CHECK_THROWS_WITH(task().evaluate_network(net, data, 64),
                    "future prediction: expected at least 64 clips to evaluate, found 12");
  const Clips<Lights> with_gaps(borrowed(lights), {{.video = 0, .first = -2, .length = 6, .step = 2},
                                                   {.video = 1, .first = 0, .length = 6, .step = 2}});
  FitOptions<Adam> how = options_for(1);
  how.batch = 2;
  CHECK_THROWS_AS(fit(net, task(), with_gaps, how), ShapeError);
}

}  // namespace
}  // namespace aurum
