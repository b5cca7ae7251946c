// The named parameter table, and the values that parameters start with.
#include <cmath>
#include <vector>

#include "aurum/core/parameter.hpp"
#include "aurum/module/initialise.hpp"
#include "support/catch.hpp"

namespace aurum {
namespace {

constexpr std::array<std::string_view, 2> child_names{"fan", ""};

TEST_CASE("Parameters get paths, shapes and places of their own in their storage", "[parameter]") {
  ParameterLayout<float> layout;
  layout.add("weight", {8, 3, 7, 7}, Role::filter, Storage::trainable);
  layout.add("bias", {8}, Role::bias, Storage::trainable);
  layout.add("running_mean", {8}, Role::running_mean, Storage::buffer);
  layout.add("kept", {17}, Role::bias, Storage::frozen);
  layout.add("scale", {1}, Role::norm_weight, Storage::trainable);
  CHECK(layout.size(Storage::trainable) == 1184 + 16 + 16);  // 1176 rounded up to 16, and so on
  CHECK(layout.size(Storage::buffer) == 16);
  CHECK(layout.size(Storage::frozen) == 32);
  const std::vector<Parameter> table = layout.take_parameters();
  REQUIRE(table.size() == 5);
  CHECK(table[0].path == "weight");
  CHECK(table[0].count == 8 * 3 * 7 * 7);
  CHECK(table[0].shape == std::vector<int>{8, 3, 7, 7});
  CHECK(table[1].offset == 1184);
  CHECK(table[2].offset == 0);
  CHECK(table[4].offset == 1200);
  for (const Parameter& p : table) CHECK(p.offset % parameter_alignment == 0);
}

TEST_CASE("A layout without memory hands out null, one with memory the right addresses", "[parameter]") {
  ParameterLayout<float> empty;
  const auto nothing = empty.add("weight", {4}, Role::filter, Storage::trainable);
  CHECK(nothing.value == nullptr);
  CHECK(nothing.gradient == nullptr);

  std::vector<float> trainable(64), gradient(64), frozen(64), buffer(64);
  ParameterLayout<float> layout({trainable.data(), gradient.data(), frozen.data(), buffer.data()});
  layout.add("first", {4}, Role::bias, Storage::trainable);
  const auto second = layout.add("second", {4}, Role::bias, Storage::trainable);
  CHECK(second.value == trainable.data() + 16);
  CHECK(second.gradient == gradient.data() + 16);
  const auto kept = layout.add("third", {4}, Role::bias, Storage::frozen);
  CHECK(kept.value == frozen.data());
  CHECK(kept.gradient == nullptr);
  const auto statistics = layout.add("fourth", {4}, Role::running_mean, Storage::buffer);
  CHECK(statistics.value == buffer.data());
  CHECK(statistics.gradient == nullptr);
}

TEST_CASE("Paths follow the layers around a parameter; empty names are transparent", "[parameter]") {
  ParameterLayout<float> layout;
  const Names names{child_names};
  const auto add = [&] { return layout.add("bias", {1}, Role::bias, Storage::trainable); };
  layout.inside(names, 0, [&] {
    CHECK(layout.path() == "fan");
    return layout.inside(names, 1, [&] { return layout.inside(Names{}, 3, add); });
  });
  layout.inside(names, 1, add);
  CHECK(layout.path().empty());
  const auto table = layout.take_parameters();
  CHECK(table[0].path == "fan.3.bias");
  CHECK(table[1].path == "bias");
}

Parameter filter(std::string path) {
  Parameter p;
  p.path = std::move(path);
  p.shape = {64, 32, 3, 3};
  p.count = 64 * 32 * 9;
  return p;
}

struct Moments {
  double mean = 0, deviation = 0, kurtosis = 0;
};
Moments moments(const std::vector<double>& values) {
  Moments m;
  const auto n = static_cast<double>(values.size());
  for (const double v : values) m.mean += v / n;
  double fourth = 0;
  for (const double v : values) {
    const double square = (v - m.mean) * (v - m.mean);
    m.deviation += square / n;
    fourth += square * square / n;
  }
  m.kurtosis = fourth / (m.deviation * m.deviation);
  m.deviation = std::sqrt(m.deviation);
  return m;
}

TEST_CASE("Filters start normal with the deviation of their initialiser", "[initialise]") {
  const auto check = [](Initialiser initialiser, double deviation) {
    const Moments m = moments(initial_values<double>(filter("conv1.weight"), Seed{4}, initialiser));
    CHECK(m.deviation == Approx(deviation).epsilon(0.02));
    CHECK(m.mean == Approx(0).margin(0.03 * deviation));
    CHECK(m.kurtosis == Approx(3).epsilon(0.06));
  };
  check(Initialiser::kaiming, std::sqrt(2.0 / (32 * 9)));
  check(Initialiser::xavier, std::sqrt(2.0 / (32 * 9 + 64 * 9)));
  check(Initialiser::normal_002, 0.02);
}

TEST_CASE("A filter's start depends on seed and path alone", "[initialise]") {
  const auto values = [](const char* path, std::uint64_t seed) {
    return initial_values<float>(filter(path), Seed{seed}, Initialiser::kaiming);
  };
  CHECK(values("conv1.weight", 1) == values("conv1.weight", 1));
  CHECK(values("conv1.weight", 1) != values("conv2.weight", 1));
  CHECK(values("conv1.weight", 1) != values("conv1.weight", 2));
}

TEST_CASE("Biases start at 0, norms at the identity", "[initialise]") {
  const auto start = [](Role role) {
    Parameter p;
    p.path = "bn1.weight";
    p.shape = {3};
    p.role = role;
    p.count = 3;
    return initial_values<float>(p, Seed{1}, Initialiser::kaiming);
  };
  CHECK(start(Role::bias) == std::vector<float>{0, 0, 0});
  CHECK(start(Role::norm_weight) == std::vector<float>{1, 1, 1});
  CHECK(start(Role::norm_bias) == std::vector<float>{0, 0, 0});
  CHECK(start(Role::running_mean) == std::vector<float>{0, 0, 0});
  CHECK(start(Role::running_variance) == std::vector<float>{1, 1, 1});
}

}  // namespace
}  // namespace aurum
