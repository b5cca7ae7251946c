// Training on clips of videos: batches in the order of time, few labels, steps, whole trainings, evaluation.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/data/sparse_labels.hpp"
#include "aurum/data/video.hpp"
#include "aurum/model/network.hpp"
#include "aurum/model/temporal.hpp"
#include "aurum/spec/blocks.hpp"
#include "aurum/train/fit.hpp"
#include "support/catch.hpp"
#include "support/faces.hpp"
#include "support/temporary_directory.hpp"
#include "support/toy_task.hpp"

namespace aurum {
namespace {

using test::not_labelled;
using test::TemporaryDirectory;
using test::weights_of;

constexpr Shape face{3, 16, 16};
using Spec = Temporal<Sequential<Conv<6, 3, Stride<2>>, BatchNorm, Relu>, Gru<8>, IntensityRegressor<2>>;
using Net = Network<Spec, face, Cpu>;

constexpr float missing = -1;

/// Faces with a square as large as the first intensity.
struct TinyVideos {
  std::vector<std::vector<float>> levels;  ///< of each video's frames, or `missing`
  LabelledFrame other_label{.video = -1}, other_picture{.video = -1};  ///< a frame that is not what it was

  static constexpr std::array<int, 2> units{12, 25};
  [[nodiscard]] int size() const { return static_cast<int>(levels.size()); }
  [[nodiscard]] int frames(int video) const {
    return static_cast<int>(levels[static_cast<std::size_t>(video)].size());
  }
  [[nodiscard]] std::span<const int> action_units() const { return units; }
  [[nodiscard]] int subject_of(int video) const { return video; }
  [[nodiscard]] std::optional<Sample> frame(int video, int index) const {
    const float level = levels[static_cast<std::size_t>(video)][static_cast<std::size_t>(index)];
    if (level == missing) return std::nullopt;
    const LabelledFrame here{video, index};
    Sample s;
    s.image = Image(40, 40);
    const int half = here == other_picture ? 1 : static_cast<int>(std::lround(2 * level)) + 1;
    for (int y = 0; y < 40; ++y)
      for (int x = 0; x < 40; ++x)
        std::fill_n(s.image.at(x, y), 3, std::max(std::abs(x - 20), std::abs(y - 19)) <= half ? 220 : 30);
    for (const Point p : test::uneven_face()) s.landmarks.push_back({p.x / 10, p.y / 10});
    const float label = here == other_label ? 5 - level : level;
    s.intensities = {label, label / 2};
    s.subject = video;
    s.name = std::to_string(video) + "." + std::to_string(index);
    return s;
  }
};
static_assert(VideoData<TinyVideos>);

using Sparse = SparselyLabelled<TinyVideos>;

template <class Videos>
Clips<Videos> whole_clips(Videos videos) {
  const auto shared = std::make_shared<const Videos>(std::move(videos));
  return Clips<Videos>(shared, whole_videos(*shared));
}
Clips<Sparse> sparse_clips(const TinyVideos& videos, std::vector<LabelledFrame> labelled) {
  return whole_clips(Sparse(std::make_shared<const TinyVideos>(videos), std::move(labelled)));
}

AuIntensities<> make_task() {
  AuIntensities<> task;
  task.action_units = {12, 25};
  return task;
}
const AuIntensities<> task = make_task();

/// Four, three and two frames; the second of the second video is missing.
const TinyVideos uneven{.levels = {{1, 2, 3, 4}, {5, missing, 2}, {3, 1}}};

template <class Data>
std::vector<Batch> batches_of(const Data& data, std::vector<int> order, int batch,
                              std::optional<Random> variation = {}, std::size_t done = 0) {
  Loader<AuIntensities<>, Data> loader(task, data, std::move(order),
                                       {.input = face,
                                        .maps = {2, 1, 1},
                                        .batch = batch,
                                        .variation = variation,
                                        .done = done,
                                        .keep_samples = true});
  std::vector<Batch> batches;
  while (auto b = loader.next()) batches.push_back(std::move(*b));
  return batches;
}

std::vector<float> image_of(const Batch& batch, std::size_t image) {
  const auto first = batch.input.begin() + static_cast<std::ptrdiff_t>(image) * face.size();
  return {first, first + face.size()};
}
/// Each frame's image by its name.
std::map<std::string, std::vector<float>> images_by_name(const std::vector<Batch>& batches) {
  std::map<std::string, std::vector<float>> images;
  for (const Batch& batch : batches)
    for (std::size_t i = 0; i < batch.samples.size(); ++i) images[batch.samples[i].name] = image_of(batch, i);
  return images;
}

TEST_CASE("a batch of clips has its frames in the order of time, without those that are missing", "[clips]") {
  const auto clips = whole_clips(uneven);
  const std::vector<Batch> batches = batches_of(clips, {0, 1, 2}, 3);
  REQUIRE(batches.size() == 1);
  const Batch& batch = batches[0];
  std::vector<std::string> names;
  for (const Sample& s : batch.samples) names.push_back(s.name);
  CHECK(names == std::vector<std::string>{"0.0", "1.0", "2.0", "0.1", "2.1", "0.2", "1.2", "0.3"});
  CHECK(batch.indices == std::vector<int>{0, 1, 2, 0, 2, 0, 1, 0});
  CHECK(batch.input.size() == 8 * static_cast<std::size_t>(face.size()));
  CHECK(batch.landmarks.size() == 8);
  REQUIRE(batch.targets.size() == 16);
  for (std::size_t i = 0; i < 8; ++i) {
    CHECK(batch.targets[2 * i].intensity == batch.samples[i].intensities[0]);
    CHECK(batch.targets[2 * i + 1].intensity == batch.samples[i].intensities[0] / 2);
  }
  const Sequences& s = batch.sequences;
  CHECK(s.clips() == 3);
  CHECK(s.steps() == 4);
  CHECK(s.frames() == 8);
  const std::vector<int> rows(s.rows().begin(), s.rows().end());
  CHECK(rows == std::vector<int>{0, 1, 2, 3, -1, 4, 5, 6, -1, 7, -1, -1});
  const std::vector<int> places(s.places().begin(), s.places().end());
  CHECK(places == std::vector<int>{0, 1, 2, 3, 5, 6, 7, 9});
}

TEST_CASE("clips follow the order that was given, the last batch smaller", "[clips]") {
  const auto clips = whole_clips(uneven);
  const std::vector<Batch> batches = batches_of(clips, {2, 0, 1}, 2);
  REQUIRE(batches.size() == 2);
  CHECK(batches[0].indices == std::vector<int>{2, 0, 2, 0, 0, 0});
  CHECK(batches[0].sequences.clips() == 2);
  CHECK(batches[1].indices == std::vector<int>{1, 1});
  CHECK(batches[1].sequences.steps() == 3);
  CHECK(batches[1].sequences.row(1, 0) == -1);
}

TEST_CASE("all frames of a clip are varied alike, and other clips otherwise", "[clips]") {
  const TinyVideos still{.levels = {{3, 3, missing, 3}, {3, 3}}};
  const auto clips = whole_clips(still);
  const Random epoch{Seed{4}};
  const auto images = images_by_name(batches_of(clips, {0, 1}, 2, epoch));
  REQUIRE(images.size() == 5);
  CHECK((images.at("0.0") == images.at("0.1")));
  CHECK((images.at("0.0") == images.at("0.3")));
  CHECK((images.at("1.0") == images.at("1.1")));
  CHECK((images.at("0.0") != images.at("1.0")));
  CHECK((images.at("0.0") != images_by_name(batches_of(clips, {0, 1}, 2)).at("0.0")));
  // Shown again in the same epoch, a clip is varied anew.
  const std::vector<Batch> again = batches_of(clips, {1, 1}, 1, epoch);
  CHECK((image_of(again[0], 0) == images.at("1.0")));
  CHECK((image_of(again[1], 0) == image_of(again[1], 1)));
  CHECK((image_of(again[1], 0) != image_of(again[0], 0)));
}

TEST_CASE("how a clip is varied depends on the epoch and its index alone, where it goes on too", "[clips]") {
  const auto clips = whole_clips(uneven);
  const Random epoch{Seed{5}};
  const auto images = images_by_name(batches_of(clips, {0, 1, 2}, 3, epoch));
  CHECK((images_by_name(batches_of(clips, {0, 1, 2}, 3, epoch)) == images));
  CHECK((images_by_name(batches_of(clips, {2, 1, 0}, 2, epoch)) == images));
  CHECK((images_by_name(batches_of(clips, {0, 1, 2}, 3, Random{Seed{6}})) != images));
  const std::vector<Batch> rest = batches_of(clips, {0, 1, 2}, 1, epoch, 2);
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].indices == std::vector<int>{2, 2});
  CHECK((image_of(rest[0], 1) == images.at("2.1")));
}

// ---- One step

struct Stepped {
  StepReport report;
  std::vector<float> weights;
};

Stepped one_step(const TinyVideos& videos, std::vector<LabelledFrame> labelled) {
  const auto clips = sparse_clips(videos, std::move(labelled));
  const Batch batch = batches_of(clips, {0, 1, 2}, 3).front();
  Net net(Seed{1});
  Trainer trainer(net, Adam{});
  Stepped result;
  result.report = trainer.step(batch, 2, task.kernel, 1e-2);
  result.weights = weights_of(net);
  return result;
}

TEST_CASE("a step learns from labelled frames, and sees all", "[clips]") {
  const std::vector<LabelledFrame> labelled{{0, 2}, {2, 1}};
  const Stepped plain = one_step(uneven, labelled);
  CHECK(plain.report.loss > 0);
  const auto with = [&](LabelledFrame TinyVideos::*what, LabelledFrame frame) {
    TinyVideos changed = uneven;
    changed.*what = frame;
    return one_step(changed, labelled);
  };
  const Stepped hidden = with(&TinyVideos::other_label, {1, 2});
  CHECK(hidden.report.loss == plain.report.loss);
  CHECK(hidden.report.gradient_norm == plain.report.gradient_norm);
  CHECK((hidden.weights == plain.weights));
  const Stepped shown = with(&TinyVideos::other_label, {0, 2});
  CHECK(shown.report.loss != plain.report.loss);
  // The picture of a frame without a label, one step before one that has one.
  const Stepped seen = with(&TinyVideos::other_picture, {0, 1});
  CHECK(seen.report.loss != plain.report.loss);
  CHECK((seen.weights != plain.weights));
}

TEST_CASE("a batch without labels has no loss and moves no parameter", "[clips]") {
  const Stepped step = one_step(uneven, {});
  CHECK(step.report.loss == 0);
  CHECK(step.report.gradient_norm == 0);
  CHECK(std::ranges::all_of(step.weights, [](float v) { return std::isfinite(v); }));
  Net untouched(Seed{1});
  const auto count = static_cast<std::ptrdiff_t>(untouched.values().size());
  CHECK(std::equal(step.weights.begin(), step.weights.begin() + count, untouched.values().begin()));
}

// ---- Whole trainings

/// Levels that go up and down, now and then a frame is missing.
TinyVideos random_videos(int count, int length, std::uint64_t seed) {
  TinyVideos videos;
  for (int v = 0; v < count; ++v) {
    Random random = Random{Seed{seed}}.fork(static_cast<std::uint64_t>(v));
    const float phase = random.uniform(0, 6), speed = random.uniform(0.5F, 1.5F);
    std::vector<float>& levels = videos.levels.emplace_back();
    for (int i = 0; i < length; ++i)
      levels.push_back(random.chance(0.1F) ? missing
                                           : 2.5F + 2 * std::sin(phase + speed * static_cast<float>(i)));
  }
  return videos;
}

struct Training {
  Training() {
    const auto videos = std::make_shared<const TinyVideos>(random_videos(6, 8, 1));
    labelled = draw_labelled_frames(*videos, 0.4, Seed{2});
    const auto sparse = std::make_shared<const Sparse>(videos, labelled);
    data.emplace(sparse, windows_ending_at(labelled, 3, 1));
  }
  std::vector<LabelledFrame> labelled;
  std::optional<Clips<Sparse>> data;
  Clips<TinyVideos> validation = whole_clips(random_videos(3, 6, 2));

  [[nodiscard]] FitOptions<> options(int epochs) const {
    return {
        .epochs = epochs, .batch = 5, .rule = {.learning_rate = 1e-2}, .seed = Seed{3}, .progress = false};
  }
};

TEST_CASE("a few labelled frames teach a network that follows clips", "[clips]") {
  const Training training;
  REQUIRE(training.data->size() == std::ssize(training.labelled));
  Net net(Seed{1});
  const FitReport report = fit(net, task, *training.data, training.validation, training.options(20));
  REQUIRE(report.history.size() == 20);
  CHECK(report.history.back().loss < report.history.front().loss / 3);
  CHECK(std::isfinite(report.best_score));
}

TEST_CASE("a training on clips that is stopped after every step ends with the same bits", "[clips]") {
  const Training training;
  const auto run = [&](bool stopping) {
    const TemporaryDirectory directory;
    for (std::uint64_t seed = 1;; ++seed) {
      Net net(std::make_shared<Context<Cpu>>(static_cast<int>(seed % 2) + 1), Seed{seed});
      const std::atomic<bool> stop{stopping};
      FitOptions<> options = training.options(2);
      options.directory = directory.path();
      options.resume = true;
      options.stop = &stop;
      const FitReport report = fit(net, task, *training.data, training.validation, options);
      if (!report.stopped) {
        std::vector<double> numbers;
        for (const Epoch& e : report.history)
          numbers.insert(numbers.end(), {e.loss, e.gradient_norm, e.score});
        const std::vector<float> weights = weights_of(net);
        numbers.insert(numbers.end(), weights.begin(), weights.end());
        return numbers;
      }
      REQUIRE(seed < 100);
    }
  };
  CHECK((run(true) == run(false)));
}

TEST_CASE("evaluation gives a result for each frame that is there, in the order of batches", "[clips]") {
  const auto clips = whole_clips(uneven);
  Net net(Seed{1});
  const std::vector<AuResult> results = predict_all(net, task, clips, 2);
  std::vector<float> expected, found, labels, expected_labels;
  for (const Batch& batch : batches_of(clips, {0, 1, 2}, 2)) {
    const int images = static_cast<int>(batch.indices.size());
    const View<const float> y =
        net.forward(make_view(batch.input.data(), images, face), Mode::inference, batch.sequences);
    for (std::ptrdiff_t i = 0; i < y.size(); ++i) expected.push_back(intensity(Peak{.value = y.data[i]}));
    for (const Sample& s : batch.samples) expected_labels.push_back(s.intensities[0]);
  }
  for (const AuResult& r : results) {
    found.insert(found.end(), r.prediction.begin(), r.prediction.end());
    labels.push_back(r.label[0]);
  }
  CHECK(found == expected);
  CHECK(labels == expected_labels);
  CHECK(labels == std::vector<float>{1, 5, 2, 3, 2, 4, 3, 1});
  // Clips of other batches see nothing else.
  const std::vector<AuResult> alone = predict_all(net, task, clips, 1);
  REQUIRE(alone.size() == 8);
  CHECK(alone[3].prediction[0] == Approx(results[5].prediction[0]).epsilon(1e-5));
}

}  // namespace
}  // namespace aurum
