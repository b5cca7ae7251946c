#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "aurum/io/load.hpp"
#include "aurum/io/save.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/temporary_directory.hpp"

using namespace aurum;
using aurum::test::contains;

namespace {

/// A small network's values: a filter, a bias and a statistic.
template <class T>
struct Weights {
  std::vector<T> filter = std::vector<T>(2 * 3 * 2 * 2);
  std::vector<T> bias = std::vector<T>(2);
  std::vector<T> mean = std::vector<T>(2);

  explicit Weights(T first = 0) {
    for (auto* values : {&filter, &bias, &mean}) {
      std::iota(values->begin(), values->end(), first);
      first += T(100);
    }
  }
  friend bool operator==(const Weights&, const Weights&) = default;
};

template <class T, class Values>
std::vector<NamedTensor<T>> tensors_of(Values& weights, const std::string& prefix = "") {
  return {{prefix + "conv1.weight", {2, 3, 2, 2}, weights.filter, true},
          {prefix + "conv1.bias", {2}, weights.bias},
          {prefix + "bn1.running_mean", {2}, weights.mean}};
}

template <class T>
void save(const std::filesystem::path& path, const Weights<T>& weights, const std::string& prefix = "",
          const SaveOptions& options = {}) {
  save_tensors(path, tensors_of<const T>(weights, prefix), {}, options);
}

SafetensorsFile file_of(const std::vector<TensorRecord>& records) {
  const test::TemporaryDirectory directory;
  write_safetensors(directory / "file", records);
  return SafetensorsFile::read(directory / "file");
}

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("weights come back as they were saved", "[io]") {
  const test::TemporaryDirectory directory;
  const Weights<float> saved(-3);
  save(directory / "net", saved);
  Weights<float> loaded(0);
  load_tensors(SafetensorsFile::read(directory / "net"), tensors_of<float>(loaded));
  CHECK(loaded == saved);

  const Weights<double> precise(0.1);
  save(directory / "net", precise, "", {.dtype = DType::f64});
  Weights<double> loaded_precisely(0);
  load_tensors(SafetensorsFile::read(directory / "net"), tensors_of<double>(loaded_precisely));
  CHECK(loaded_precisely == precise);
  load_tensors(SafetensorsFile::read(directory / "net"), tensors_of<float>(loaded));
  CHECK(loaded.bias[0] == 100.1F);
}

TEST_CASE("filters lie in a file in PyTorch's order", "[io]") {
  const test::TemporaryDirectory directory;
  const Weights<float> saved(0);  // in memory the value is ((o * 2 + y) * 2 + x) * 3 + i
  save(directory / "net", saved);
  const SafetensorsFile file = SafetensorsFile::read(directory / "net");
  CHECK(file.metadata().at("format") == "pt");
  std::vector<float> stored(24);
  decode<float>(DType::f32, file.find("conv1.weight")->bytes, stored);
  std::size_t at = 0;
  for (int o = 0; o < 2; ++o)
    for (int i = 0; i < 3; ++i)
      for (int y = 0; y < 2; ++y)
        for (int x = 0; x < 2; ++x) CHECK(stored[at++] == static_cast<float>(((o * 2 + y) * 2 + x) * 3 + i));
}

TEST_CASE("filters turned to PyTorch's order and back are the same", "[io]") {
  const std::vector<std::int64_t> shape{3, 5, 2, 4};
  std::vector<double> filter(120);
  std::iota(filter.begin(), filter.end(), 0.0);
  std::vector<double> there(120);
  std::vector<double> back(120);
  to_pytorch_order<double>(shape, filter, there);
  from_pytorch_order<double>(shape, there, back);
  CHECK(back == filter);
  CHECK(there != filter);
  CHECK_THROWS_AS(to_pytorch_order<double>(shape, filter, std::span(there).first(119)), ValueError);
  CHECK_THROWS_AS(to_pytorch_order<double>(std::vector<std::int64_t>{3, 40}, filter, there), ValueError);
}

TEST_CASE("half precision files are rounded once and load as what they hold", "[io]") {
  const test::TemporaryDirectory directory;
  Weights<float> weights(0);
  weights.bias = {0.1F, 1000.3F};
  for (const DType dtype : {DType::f16, DType::bf16}) {
    save(directory / "net", weights, "", {.dtype = dtype});
    Weights<float> loaded(0);
    load_tensors(SafetensorsFile::read(directory / "net"), tensors_of<float>(loaded));
    CHECK(loaded.bias[0] == (dtype == DType::f16 ? 0.0999755859375F : 0.10009765625F));
    CHECK(loaded.bias[1] == (dtype == DType::f16 ? 1000.5F : 1000.0F));
  }
}

TEST_CASE("values that a file cannot hold do not replace a file that is good", "[io]") {
  const test::TemporaryDirectory directory;
  const Weights<float> good(1);
  save(directory / "net", good);
  Weights<float> bad(1);
  bad.mean[1] = 70000;
  CHECK(contains(test::message<ValueError>([&] { save(directory / "net", bad, "", {.dtype = DType::f16}); }),
                 "tensor 'bn1.running_mean': value 1 (70000.000000) is not finite as F16"));
  bad.bias[0] = not_a_number;
  CHECK_THROWS_AS(save(directory / "net", bad), ValueError);
  CHECK_THROWS_AS(save(directory / "net", good, "", {.dtype = DType::i64}), ValueError);
  bad.bias.pop_back();
  CHECK_THROWS_AS(save(directory / "net", bad, "", {.allow_non_finite = true}), ValueError);
  Weights<float> loaded(0);
  load_tensors(SafetensorsFile::read(directory / "net"), tensors_of<float>(loaded));
  CHECK(loaded == good);
}

TEST_CASE("a file that does not fit is refused with all that is wrong, and nothing is loaded", "[io]") {
  const std::vector<float> values(24, 1.0F);
  const auto bytes = [&](std::size_t count) { return std::as_bytes(std::span(values).first(count)); };
  const SafetensorsFile file = file_of({{"conv1.weight", DType::f32, {3, 2, 2, 2}, bytes(24)},
                                        {"bn1.running_mean", DType::f32, {2}, bytes(2)},
                                        {"bn1.running_var", DType::f32, {2}, bytes(2)},
                                        {"fc.weight", DType::f32, {2, 3}, bytes(6)}});
  Weights<float> weights(5);
  const std::string message =
      test::message<FileError>([&] { load_tensors(file, tensors_of<float>(weights)); });
  CHECK(message == file.name() +
                       ": does not fit; nothing was loaded:"
                       "\n  tensor 'conv1.weight': expected shape 2x3x2x2, found 3x2x2x2"
                       "\n  tensor 'conv1.bias': expected shape 2, found none"
                       "\n  tensor 'bn1.running_var': unexpected (shape 2)"
                       "\n  tensor 'fc.weight': unexpected (shape 2x3)");
  CHECK(weights == Weights<float>(5));
}

TEST_CASE("of hundreds of faults the first of each kind are listed and the rest counted", "[io]") {
  const std::vector<float> values(2, 1.0F);
  const auto bytes = std::as_bytes(std::span(values));
  std::vector<TensorRecord> records;
  std::vector<NamedTensor<float>> targets;
  std::vector<float> loaded(3, 5.0F);
  for (int i = 0; i < 50; ++i) {
    records.push_back({"unexpected" + std::to_string(i), DType::f32, {2}, bytes});
    if (i < 40) targets.push_back({"missing" + std::to_string(i), {3}, loaded});
    if (i < 21) records.push_back({"unfit" + std::to_string(i), DType::f32, {2}, bytes});
    if (i < 21) targets.push_back({"unfit" + std::to_string(i), {3}, loaded});
  }
  const SafetensorsFile file = file_of(records);
  const std::string message = test::message<FileError>([&] { load_tensors(file, targets); });
  CHECK(std::count(message.begin(), message.end(), '\n') == 3 * 20 + 3);
  CHECK(contains(message, "\n  tensor 'missing19': expected shape 3, found none"));
  CHECK_FALSE(contains(message, "'missing20'"));
  CHECK(
      message.ends_with("\n  and 20 more that were not found\n  and 30 more that are unexpected"
                        "\n  and 1 more that do not fit"));
  CHECK(loaded == std::vector<float>(3, 5.0F));
}

TEST_CASE("a matrix is taken for a filter of 1x1, and for no other tensor", "[io]") {
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  const SafetensorsFile file = file_of({{"fc.weight", DType::f32, {2, 3}, std::as_bytes(std::span(values))}});
  std::vector<float> loaded(6);
  load_tensors(file, std::vector{NamedTensor<float>{"fc.weight", {2, 3, 1, 1}, loaded, true}});
  CHECK(loaded == values);
  const auto refused = [&](std::vector<std::int64_t> shape, std::size_t count, bool filter) {
    std::vector<float> other(count, 5.0F);
    const NamedTensor<float> target{"fc.weight", std::move(shape), other, filter};
    const std::string text =
        test::message<FileError>([&] { load_tensors(file, std::vector<NamedTensor<float>>{target}); });
    CHECK(other == std::vector<float>(count, 5.0F));
    return text;
  };
  CHECK(contains(refused({3, 2, 1, 1}, 6, true), "expected shape 3x2x1x1, found 2x3"));
  CHECK(contains(refused({2, 3, 1, 2}, 12, true), "expected shape 2x3x1x2, found 2x3"));
  CHECK(contains(refused({2, 3, 1, 1}, 6, false), "expected shape 2x3x1x1, found 2x3"));
  CHECK(contains(refused({2}, 2, false), "expected shape 2, found 2x3"));
  CHECK(contains(refused({2, 3, 1}, 6, true), "expected shape 2x3x1, found 2x3"));
}

TEST_CASE("a fault in the last tensor leaves the first ones as they were", "[io]") {
  const test::TemporaryDirectory directory;
  Weights<float> diverged(1);
  diverged.mean[1] = not_a_number;
  save(directory / "net", diverged, "", {.allow_non_finite = true});
  const SafetensorsFile file = SafetensorsFile::read(directory / "net");
  Weights<float> weights(5);
  CHECK(contains(test::message<FileError>([&] { load_tensors(file, tensors_of<float>(weights)); }),
                 "tensor 'bn1.running_mean': value 1 is not finite (nan)"));
  CHECK(weights == Weights<float>(5));
  load_tensors(file, tensors_of<float>(weights), {.allow_non_finite = true});
  CHECK(weights.filter == diverged.filter);
  CHECK(std::isnan(weights.mean[1]));
}

TEST_CASE("a number too large for the network's type is not finite", "[io]") {
  const std::vector<double> large{1e39};
  const SafetensorsFile file = file_of({{"a", DType::f64, {1}, std::as_bytes(std::span(large))}});
  std::vector<float> single(1);
  std::vector<double> wide(1);
  CHECK(contains(test::message<FileError>([&] {
                   load_tensors(file, std::vector{NamedTensor<float>{"a", {1}, single}});
                 }),
                 "not finite"));
  load_tensors(file, std::vector{NamedTensor<double>{"a", {1}, wide}});
  CHECK(wide == large);
}

TEST_CASE("integers are not taken for weights", "[io]") {
  const std::vector<std::int32_t> whole{1, 2};
  const SafetensorsFile file = file_of({{"a", DType::i32, {2}, std::as_bytes(std::span(whole))}});
  std::vector<float> values(2);
  CHECK(contains(test::message<FileError>([&] {
                   load_tensors(file, std::vector{NamedTensor<float>{"a", {2}, values}});
                 }),
                 "tensor 'a': expected a floating-point type, found I32"));
}

TEST_CASE("PyTorch's batch counters are known and ignored", "[io]") {
  const std::int64_t count = 7;
  const float value = 2;
  const auto counter = std::as_bytes(std::span(&count, 1));
  const SafetensorsFile file = file_of({{"bn1.num_batches_tracked", DType::i64, {}, counter},
                                        {"num_batches_tracked", DType::i64, {}, counter},
                                        {"a", DType::f32, {}, std::as_bytes(std::span(&value, 1))}});
  std::vector<float> a(1);
  const std::vector<NamedTensor<float>> targets{{"a", {}, a}};
  CHECK_NOTHROW(load_tensors(file, targets));
  CHECK(a[0] == 2);
  CHECK(contains(test::message<FileError>([&] { load_tensors(file, targets, {.ignored = {}}); }),
                 "'bn1.num_batches_tracked': unexpected (shape scalar)"));
  CHECK_NOTHROW(load_tensors(file, targets, {.ignored = {}, .allow_unexpected = true}));
}

TEST_CASE("a part of a network is loaded from a part of a file", "[io]") {
  const test::TemporaryDirectory directory;
  const Weights<float> fan(1);
  const Weights<float> head(2);
  auto all = tensors_of<const float>(fan, "fan.");
  for (auto& tensor : tensors_of<const float>(head)) all.push_back(tensor);
  save_tensors(directory / "whole", all);
  save(directory / "bare", fan);
  const SafetensorsFile whole = SafetensorsFile::read(directory / "whole");
  const SafetensorsFile bare = SafetensorsFile::read(directory / "bare");

  Weights<float> fan_of_net(5);
  Weights<float> head_of_net(6);
  auto targets = tensors_of<float>(fan_of_net, "fan.");
  for (auto& tensor : tensors_of<float>(head_of_net)) targets.push_back(tensor);

  SECTION("the same part") {
    load_tensors(whole, targets, {.part = only("fan.")});
    CHECK(fan_of_net == fan);
    CHECK(head_of_net == Weights<float>(6));
  }
  SECTION("a whole file into a part") {
    load_tensors(bare, targets, {.part = {"", "fan."}});
    CHECK(fan_of_net == fan);
    CHECK(head_of_net == Weights<float>(6));
  }
  SECTION("a part of a file into a whole network") {
    load_tensors(whole, tensors_of<float>(head_of_net), {.part = {"fan.", ""}});
    CHECK(head_of_net == fan);
  }
  SECTION("a part that is missing") {
    CHECK(contains(test::message<FileError>([&] { load_tensors(bare, targets, {.part = only("fan.")}); }),
                   "tensor 'fan.conv1.bias': expected shape 2, found none"));
    CHECK(contains(test::message<ValueError>([&] { load_tensors(whole, targets, {.part = only("fam.")}); }),
                   "begins with 'fam.'"));
    CHECK(fan_of_net == Weights<float>(5));
  }
}

TEST_CASE("targets that contradict themselves are refused", "[io]") {
  const test::TemporaryDirectory directory;
  save(directory / "net", Weights<float>(1));
  const SafetensorsFile file = SafetensorsFile::read(directory / "net");
  Weights<float> weights(5);
  auto targets = tensors_of<float>(weights);
  targets.push_back(targets.front());
  CHECK(contains(test::message<ValueError>([&] { load_tensors(file, targets); }),
                 "'conv1.weight' is there twice"));
  targets.pop_back();
  targets.back().values = targets.back().values.first(1);
  CHECK(
      contains(test::message<ValueError>([&] { load_tensors(file, targets); }), "1 values for a shape of 2"));
  CHECK(weights == Weights<float>(5));
}
