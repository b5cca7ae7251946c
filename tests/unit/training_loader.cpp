#include <chrono>
#include <set>
#include <thread>

#include "aurum/model/fan.hpp"
#include "aurum/train/evaluate.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/toy_task.hpp"

namespace aurum {
namespace {

using test::message;
using test::toy_shape;
using test::ToyData;
using test::ToyTask;
using ToyLoader = Loader<ToyTask, ToyData>;

ToyLoader::Options options(int batch) {
  return {.input = toy_shape, .maps = {2, 8, 8}, .batch = batch, .variation = {}};
}

const ToyTask task;

TEST_CASE("Batches follow the order that was given, the last one smaller", "[loader]") {
  const ToyData data{.count = 20};
  const std::vector<int> order{3, 1, 4, 15, 9, 2, 6};
  ToyLoader loader(task, data, order, options(3));
  std::vector<int> seen;
  std::vector<std::size_t> sizes;
  while (const auto batch = loader.next()) {
    sizes.push_back(batch->indices.size());
    seen.insert(seen.end(), batch->indices.begin(), batch->indices.end());
    CHECK(batch->input.size() == batch->indices.size() * static_cast<std::size_t>(toy_shape.size()));
    CHECK(batch->targets.size() == batch->indices.size() * 2);
    CHECK(batch->landmarks.size() == batch->indices.size());
    CHECK(batch->samples.empty());
  }
  CHECK(seen == order);
  CHECK(sizes == std::vector<std::size_t>{3, 3, 1});
  CHECK_FALSE(loader.next());
}

TEST_CASE("A sample is varied by the epoch's stream and its index, whatever its batch", "[loader]") {
  const ToyData data{.count = 20};
  const auto input_of_last = [&](std::vector<int> order, int batch, std::optional<Random> variation) {
    auto o = options(batch);
    o.variation = variation;
    ToyLoader loader(task, data, std::move(order), o);
    std::vector<float> last;
    while (const auto b = loader.next()) last.assign(b->input.end() - toy_shape.size(), b->input.end());
    return last;
  };
  const Random epoch = Random{Seed{3}}.fork(0);
  const auto alone = input_of_last({7}, 1, epoch);
  CHECK(alone == input_of_last({1, 2, 3, 7}, 3, epoch));
  CHECK(alone == input_of_last({5, 7}, 2, epoch));
  CHECK(alone != input_of_last({7}, 1, Random{Seed{3}}.fork(1)));
  // Shown again in the same epoch, it is varied anew, wherever a resumed epoch begins.
  const auto again = input_of_last({7, 2, 7}, 2, epoch);
  CHECK(again != alone);
  auto resumed = options(1);
  resumed.variation = epoch;
  resumed.done = 2;
  ToyLoader rest(task, data, {7, 2, 7}, resumed);
  CHECK(rest.next()->input == again);
  CHECK_FALSE(rest.next());
  CHECK(alone != input_of_last({7}, 1, std::nullopt));
}

TEST_CASE("Samples of a group are varied alike within a batch where that is asked for", "[loader]") {
  const ToyData data{.count = 20};
  std::vector<int> groups(20, 1);
  groups[5] = groups[7] = 4;
  auto o = options(4);
  o.variation = Random{Seed{3}}.fork(0);
  const auto inputs = [&](const std::vector<int>& order, bool alike, std::size_t done) {
    o.groups = groups;
    o.alike = alike;
    o.done = done;
    ToyLoader loader(task, data, order, o);
    const auto batch = loader.next();
    for (std::size_t n = 0; n < batch->indices.size(); ++n)
      CHECK(batch->groups.at(n) == groups[static_cast<std::size_t>(batch->indices[n])]);
    return batch->input;
  };
  const auto image = [](const std::vector<float>& batch, std::ptrdiff_t n) {
    return std::vector<float>(batch.begin() + n * toy_shape.size(),
                              batch.begin() + (n + 1) * toy_shape.size());
  };
  // Samples 5 and 7 stand apart: 7 is varied as if it were 5, whatever that shows; so is 3 as if it were 2.
  const std::vector<int> order{5, 2, 7, 3, 7};
  const auto alike = inputs(order, true, 0), alone = inputs(order, false, 0);
  CHECK(image(alike, 0) == image(alone, 0));
  CHECK(image(alike, 1) == image(alone, 1));
  CHECK(image(alike, 2) != image(alone, 2));
  CHECK(image(alike, 3) != image(alone, 3));
  CHECK(image(alike, 2) != image(inputs({2, 5, 7, 3}, false, 0), 2));
  CHECK(image(inputs(order, true, 4), 0) == image(inputs(order, false, 4), 0));  // alone in its batch
  o.groups = std::span{groups}.first(19);
  CHECK(message<ValueError>([&] { ToyLoader(task, data, order, o); }) ==
        "loader: expected a group for each of 20 samples, found 19");
}

TEST_CASE("Samples are handed over on request", "[loader]") {
  auto o = options(2);
  o.keep_samples = true;
  const ToyData data;
  ToyLoader loader(task, data, {4, 5}, o);
  const auto batch = loader.next();
  REQUIRE(batch->samples.size() == 2);
  CHECK(batch->samples[1].name == "toy 5");
}

TEST_CASE("An error of the loader's thread reaches the caller after the batches before it", "[loader]") {
  const ToyData data{.count = 20, .broken = 5};
  ToyLoader loader(task, data, {0, 1, 2, 3, 4, 5, 6}, options(2));
  CHECK(loader.next()->indices == std::vector<int>{0, 1});
  CHECK(loader.next()->indices == std::vector<int>{2, 3});
  CHECK_THROWS_WITH(loader.next(), "sample 5 is broken");
  CHECK_THROWS_WITH(loader.next(), "sample 5 is broken");
}

TEST_CASE("A loader can be left in the middle, before it began and after an error", "[loader]") {
  const ToyData data{.count = 1000, .broken = 999};
  std::vector<int> order;
  for (int i = 0; i < 1000; ++i) order.push_back(i);
  for (int taken = 0; taken < 5; ++taken) {
    ToyLoader loader(task, data, order, options(4));
    for (int i = 0; i < taken; ++i) CHECK(loader.next());
    if (taken == 4) std::this_thread::sleep_for(std::chrono::milliseconds(20));  // its queue is full
  }
  ToyLoader failing(task, data, {999, 0, 1, 2, 3}, options(1));
  ToyLoader empty(task, data, {}, options(1));
  CHECK_FALSE(empty.next());
}

TEST_CASE("A batch below 1 is refused", "[loader]") {
  const ToyData data;
  for (const int batch : {0, -3})
    CHECK(message<ValueError>([&] {
            ToyLoader(task, data, {0, 1}, options(batch));
          }) == "loader: expected a batch of at least 1, found " + std::to_string(batch));
}

TEST_CASE("Evaluation answers for every sample in order, the same for any batch", "[evaluate]") {
  test::ToyNetwork net(Seed{1});
  const ToyData data{.count = 11};
  const auto all = predict_all(net, task, data, 4);
  const auto one_by_one = predict_all(net, task, data, 1);
  REQUIRE(all.size() == 11);
  for (int i = 0; i < 11; ++i) {
    const auto k = static_cast<std::size_t>(i);
    CHECK(all[k].label == data.sample(i).intensities);
    CHECK(all[k].prediction == one_by_one[k].prediction);
  }
  CHECK_THROWS_AS(predict_all(net, task, data, 0), ValueError);
  const ToyData broken{.count = 11, .broken = 10};
  CHECK_THROWS_WITH(predict_all(net, task, broken, 4), "sample 10 is broken");
}

}  // namespace
}  // namespace aurum
