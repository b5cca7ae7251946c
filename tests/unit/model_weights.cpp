// Weights files under the names and in the order of PyTorch's state dict.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/model/fan.hpp"
#include "aurum/model/network.hpp"
#include "aurum/model/network_weights.hpp"
#include "aurum/model/weights.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/hash_weights.hpp"
#include "support/message.hpp"
#include "support/temporary_directory.hpp"

namespace aurum {
namespace {

using test::contains;
using test::message;
using test::TemporaryDirectory;

constexpr Shape small{3, 64, 64};
using Net = Network<Fan<5, Features<16>>, small, Cpu>;

const ModelInfo info{.layout = "ntinou2020",
                     .maps = 5,
                     .action_units = {1, 2, 4, 6, 12},
                     .input = small,
                     .crop = "tight",
                     .normalisation = "min_max",
                     .training_data = "none",
                     .synthetic_data = "",
                     .licence = "Apache-2.0"};

/// A file as PyTorch would write the network's state dict: hashed values in PyTorch's order, a counter of
/// batches with every batch norm. `leave_out`, `extra`: what to get wrong.
template <class N>
void write_state_dict(const N& net, const std::filesystem::path& path, const std::string& leave_out = "",
                      const std::string& extra = "", const Metadata& metadata = {}) {
  std::vector<std::vector<float>> values;
  std::vector<TensorRecord> records;
  static const std::int64_t batches = 7;
  values.reserve(net.parameters().size() + 1);
  const auto add = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    values.push_back(test::hashed_parameter(name, shape));
    records.push_back({name, DType::f32, shape, std::as_bytes(std::span{values.back()})});
  };
  for (const Parameter& p : net.parameters()) {
    if (p.path == leave_out) continue;
    add(p.path, {p.shape.begin(), p.shape.end()});
    if (p.role == Role::running_variance)
      records.push_back({p.path.substr(0, p.path.rfind('.')) + ".num_batches_tracked",
                         DType::i64,
                         {},
                         std::as_bytes(std::span{&batches, 1})});
  }
  if (!extra.empty()) add(extra, {4});
  write_safetensors(path, records, metadata);
}

template <class N>
std::vector<std::vector<float>> values_of(const N& net) {
  std::vector<std::vector<float>> values;
  for (const Parameter& p : net.parameters()) values.push_back(net.get(p));
  return values;
}

TEST_CASE("A PyTorch state dict loads under its own names, filters turned to our order", "[weights]") {
  const TemporaryDirectory directory;
  Net net(Seed{1});
  write_state_dict(net, directory / "torch.safetensors");
  load(net, directory / "torch.safetensors", info);
  for (const Parameter& p : net.parameters()) {
    INFO(p.path);
    const std::vector<std::int64_t> shape(p.shape.begin(), p.shape.end());
    const auto hashed = test::hashed_parameter(p.path, shape);
    if (p.role != Role::filter) {
      CHECK(net.get(p) == hashed);
      continue;
    }
    const auto found = net.get(p);
    bool same = true;
    std::size_t at = 0;
    for (int o = 0; o < p.shape[0]; ++o)
      for (int y = 0; y < p.shape[2]; ++y)
        for (int x = 0; x < p.shape[3]; ++x)
          for (int i = 0; i < p.shape[1]; ++i) {
            const int torch = ((o * p.shape[1] + i) * p.shape[2] + y) * p.shape[3] + x;
            same = same && found[at++] == hashed[static_cast<std::size_t>(torch)];
          }
    CHECK(same);
  }
}

template <class S>
void check_round_trip() {
  const TemporaryDirectory directory;
  Network<S, Shape{3, 64, 64}, Cpu> net(Seed{1}), other(Seed{2});
  write_state_dict(net, directory / "torch.safetensors");
  load(net, directory / "torch.safetensors", info);
  save(net, directory / "ours.safetensors", info);
  load(other, directory / "ours.safetensors", info);
  CHECK(values_of(other) == values_of(net));
  const auto torch = SafetensorsFile::read(directory / "torch.safetensors");
  const auto ours = SafetensorsFile::read(directory / "ours.safetensors");
  CHECK(ours.tensors().size() == net.parameters().size());
  for (const TensorRecord& tensor : ours.tensors()) {
    const TensorRecord* same = torch.find(tensor.name);
    REQUIRE(same != nullptr);
    CHECK(tensor.shape == same->shape);
    CHECK(std::equal(tensor.bytes.begin(), tensor.bytes.end(), same->bytes.begin(), same->bytes.end()));
  }
}

TEST_CASE("What is loaded from PyTorch and saved again is the same, tensor by tensor", "[weights]") {
  check_round_trip<Fan<5, Features<16>>>();
  check_round_trip<BottleneckFan<5>>();
  check_round_trip<StackedFan<68, 2>>();
}

TEST_CASE("Weights say what they are and load into no other model", "[weights]") {
  const TemporaryDirectory directory;
  Net net(Seed{1}), other(Seed{2});
  const auto path = directory / "au.safetensors";
  save(net, path, info);
  CHECK(read_model_info(SafetensorsFile::read(path)) == info);
  const auto before = values_of(other);
  const auto refused = [&](auto change) {
    ModelInfo expected = info;
    change(expected);
    const std::string text = message<FileError>([&] { load(other, path, expected); });
    CHECK(values_of(other) == before);
    return text;
  };
  CHECK(
      contains(refused([](auto& i) { i.layout = "bulat2017"; }), "expected 'bulat2017', found 'ntinou2020'"));
  CHECK(contains(refused([](auto& i) {
                   i.action_units = {2, 1, 4, 6, 12};
                 }),
                 "expected '2,1,4,6,12', found '1,2,4,6,12'"));
  CHECK(contains(refused([](auto& i) { i.input = {3, 128, 128}; }), "3x128x128"));
  CHECK(contains(refused([](auto& i) { i.normalisation = "unit"; }), "unit"));
  CHECK(contains(refused([](auto& i) { i.crop = "loose"; }), "loose"));

  ModelInfo elsewhere = info;  // where it comes from may differ
  elsewhere.training_data = "others";
  load(other, path, elsewhere);
  CHECK(values_of(other) == values_of(net));
}

TEST_CASE("Missing, unexpected and mis-shaped tensors are all named, and nothing is loaded", "[weights]") {
  const TemporaryDirectory directory;
  Net net(Seed{1});
  const auto before = values_of(net);
  const auto path = directory / "bad.safetensors";
  write_state_dict(net, path, "m0.b1_4.conv1.weight", "l1.weight");
  const std::string text = message<FileError>([&] { load(net, path, info); });
  CHECK(contains(text, "m0.b1_4.conv1.weight"));
  CHECK(contains(text, "l1.weight"));

  Network<Fan<12, Features<16>>, small, Cpu> twelve(Seed{1});
  write_state_dict(twelve, path);
  const std::string shapes = message<FileError>([&] { load(net, path, info); });
  CHECK(contains(shapes, "'l0.weight': expected shape 5x16x1x1, found 12x16x1x1"));
  CHECK(contains(shapes, "'l0.bias': expected shape 5, found 12"));
  CHECK(values_of(net) == before);
}

TEST_CASE("No bad checkpoint changes a bit of a network", "[weights]") {
  const TemporaryDirectory directory;
  const auto path = directory / "bad.safetensors";
  Net net(Seed{1});
  const auto before = values_of(net);
  const auto refused = [&] {
    const std::string text = message<FileError>([&] { load(net, path, info); });
    CHECK((values_of(net) == before));  // in parentheses: tens of thousands of numbers
    CHECK(contains(text, path.string()));
    return text;
  };

  SECTION("of another layout") {
    write_state_dict(NetworkWeights<BottleneckFan<5>, small, Cpu>{}, path);
    const std::string text = refused();
    CHECK(contains(text, "tensor 'conv1.weight': expected shape 8x3x7x7, found 64x3x7x7"));
    CHECK(contains(text, "'conv3.downsample.0.weight': expected shape 16x8x1x1, found none"));
    CHECK(contains(text, "'conv2.downsample.0.weight': unexpected (shape 128x64x1x1)"));
    CHECK(contains(text, "more that do not fit"));
    CHECK(std::count(text.begin(), text.end(), '\n') < 50);
  }
  SECTION("of another AU set") {
    save(net, path, info);
    ModelInfo other = info;
    other.action_units = {6, 10, 12, 14, 17};
    const std::string text = message<FileError>([&] { load(net, path, other); });
    CHECK((values_of(net) == before));
    CHECK(contains(text, "expected '6,10,12,14,17', found '1,2,4,6,12'"));
  }
  SECTION("half a file") {
    Net whole(Seed{2});
    save(whole, path, info);
    const auto size = std::filesystem::file_size(path);
    const auto cut_to = [&](std::uintmax_t length) {
      std::filesystem::resize_file(path, length);
      return refused();
    };
    CHECK(contains(cut_to(size / 2), "bytes of data: is the file cut short?"));
    CHECK(contains(cut_to(1000), "found only 992"));
    CHECK(contains(cut_to(5), "expected a safetensors file, found only 5 bytes"));
    CHECK(contains(cut_to(0), "expected a safetensors file, found only 0 bytes"));
  }
  SECTION("with a weight that is not a number") {
    Net sick(Seed{2});
    const Parameter& last = sick.parameter("l0.bias");
    sick.set(last, std::vector<float>{0, 0, std::numeric_limits<float>::quiet_NaN(), 0, 0});
    save(sick, path, info, {.allow_non_finite = true});
    CHECK(contains(refused(), "tensor 'l0.bias': value 2 is not finite (nan)"));
  }
}

TEST_CASE("Half precision files load with half precision's error", "[weights]") {
  const TemporaryDirectory directory;
  Net net(Seed{1}), half(Seed{2});
  save(net, directory / "half.safetensors", info, {.dtype = DType::f16});
  load(half, directory / "half.safetensors", info);
  for (const Parameter& p : net.parameters())
    CHECK(test::relative_error(half.get(half.parameter(p.path)), net.get(p)) < 1e-3);
}

}  // namespace
}  // namespace aurum
