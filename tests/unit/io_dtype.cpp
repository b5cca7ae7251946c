#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "aurum/core/random.hpp"
#include "aurum/io/dtype.hpp"
#include "support/catch.hpp"

using namespace aurum;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Counts what a 16-bit format gets wrong, over all its numbers: each must survive the way out and back; what
/// lies between two neighbours must go to the nearer, the middle to the even one.
template <class To, class From>
int rounding_faults(To to, From from, std::uint16_t first_infinity) {
  int faults = 0;
  for (std::uint32_t bits = 0; bits < first_infinity; ++bits) {
    const auto low = static_cast<std::uint16_t>(bits);
    const auto high = static_cast<std::uint16_t>(bits + 1);
    const double below = from(low);
    // Infinity takes the place of the next number, one step further.
    const double above = high == first_infinity ? below + (below - from(static_cast<std::uint16_t>(bits - 1)))
                                                : double{from(high)};
    const double middle = (below + above) / 2;
    const std::uint16_t even = low % 2 == 0 ? low : high;
    faults += to(below) != low;
    faults += to(std::nextafter(middle, 0.0)) != low;
    faults += to(middle) != even;
    faults += to(std::nextafter(middle, infinity)) != high;
    for (const double value : {below, std::nextafter(middle, 0.0), middle, std::nextafter(middle, infinity)})
      faults += to(-value) != (to(value) | 0x8000);
  }
  return faults;
}

template <class From>
float exactly(From from, int bits) {
  return from(static_cast<std::uint16_t>(bits));
}

}  // namespace

TEST_CASE("half precision rounds every number and every gap to nearest even", "[io]") {
  CHECK(rounding_faults(to_half, from_half, 0x7C00) == 0);
}

TEST_CASE("bfloat16 rounds every number and every gap to nearest even", "[io]") {
  CHECK(rounding_faults(to_bfloat16, from_bfloat16, 0x7F80) == 0);
}

TEST_CASE("half precision has the values that IEEE 754 gives it", "[io]") {
  CHECK(exactly(from_half, 0x0000) == 0.0F);
  CHECK(std::signbit(exactly(from_half, 0x8000)));
  CHECK(exactly(from_half, 0x0001) == 0x1p-24F);          // smallest subnormal
  CHECK(exactly(from_half, 0x83FF) == -1023 * 0x1p-24F);  // largest subnormal
  CHECK(exactly(from_half, 0x0400) == 0x1p-14F);          // smallest normal
  CHECK(exactly(from_half, 0x3555) == 0.333251953125F);
  CHECK(exactly(from_half, 0x7BFF) == 65504.0F);
  CHECK(exactly(from_half, 0xFC00) == -std::numeric_limits<float>::infinity());
  CHECK(to_half(65519.99) == 0x7BFF);
  CHECK(to_half(65520.0) == 0x7C00);
  CHECK(to_half(-1e300) == 0xFC00);
  CHECK(to_half(-infinity) == 0xFC00);
  CHECK(to_half(0x1p-25) == 0x0000);
  CHECK(to_half(0x1.0000001p-25) == 0x0001);
  CHECK(to_half(std::numeric_limits<double>::denorm_min()) == 0);
  CHECK(to_half(-0.0) == 0x8000);
}

TEST_CASE("bfloat16 has the values of a float's upper half", "[io]") {
  CHECK(exactly(from_bfloat16, 0x3F80) == 1.0F);
  CHECK(exactly(from_bfloat16, 0x0001) == 0x1p-133F);
  CHECK(exactly(from_bfloat16, 0x7F7F) == 0x1.FEp127F);
  CHECK(exactly(from_bfloat16, 0xFF80) == -std::numeric_limits<float>::infinity());
  CHECK(to_bfloat16(double{std::numeric_limits<float>::max()}) == 0x7F80);
  CHECK(to_bfloat16(double{std::numeric_limits<float>::denorm_min()}) == 0);
  CHECK(to_bfloat16(3.14159265) == 0x4049);
}

TEST_CASE("a double is rounded once on its way to 16 bits", "[io]") {
  // Just above the middle of two halves; rounded to float first it would be the middle, and go to even.
  CHECK(to_half(1 + 0x1p-11 + 0x1p-40) == 0x3C01);
  CHECK(to_half(static_cast<float>(1 + 0x1p-11 + 0x1p-40)) == 0x3C00);
  CHECK(to_bfloat16(1 + 0x1p-8 + 0x1p-40) == 0x3F81);
}

TEST_CASE("NaN stays NaN with its sign and leading payload", "[io]") {
  for (int bits = 0x7C01; bits <= 0x7FFF; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    REQUIRE(std::isnan(from_half(half)));
    REQUIRE(std::bit_cast<std::uint32_t>(from_half(half)) == 0x7F800000U + ((half & 0x3FFU) << 13));
    REQUIRE(to_half(from_half(half)) == (half | 0x0200));
  }
  for (int bits = 0xFF81; bits <= 0xFFFF; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    REQUIRE(to_bfloat16(from_bfloat16(half)) == (half | 0x0040));
  }
  CHECK(to_half(-std::numeric_limits<double>::quiet_NaN()) == 0xFE00);
  // A payload in the lowest bits only must not leave an infinity behind.
  CHECK(to_half(std::bit_cast<double>(std::uint64_t{0x7FF0000000000001})) == 0x7E00);
}

TEST_CASE("numbers of every type are read at any alignment", "[io]") {
  std::array<std::byte, 17> bytes{};
  const auto store = [&](auto... values) {
    std::byte* to = bytes.data() + 1;
    ((std::memcpy(to, &values, sizeof(values)), to += sizeof(values)), ...);
  };
  const auto read = [&](DType dtype) {
    std::array<float, 2> values{};
    decode<float>(dtype, std::span(bytes).subspan(1, 2 * size_of(dtype)), values);
    return values;
  };
  using Pair = std::array<float, 2>;
  store(std::uint8_t{255}, std::uint8_t{3});
  CHECK(read(DType::u8) == Pair{255, 3});
  store(std::uint16_t{0x3C00}, std::uint16_t{0xC000});
  CHECK(read(DType::f16) == Pair{1, -2});
  store(std::uint16_t{0x3F80}, std::uint16_t{0xC000});
  CHECK(read(DType::bf16) == Pair{1, -2});
  store(std::int32_t{-7}, std::int32_t{16777217});
  CHECK(read(DType::i32) == Pair{-7, 16777216});
  store(1e-45F, -0.5F);
  CHECK(read(DType::f32) == Pair{1e-45F, -0.5F});
  store(0.1, -1e300);
  CHECK(read(DType::f64) == Pair{0.1F, -std::numeric_limits<float>::infinity()});
  store(std::int64_t{-1}, std::int64_t{1} << 40);
  CHECK(read(DType::i64) == Pair{-1, 0x1p40F});
  std::array<std::int64_t, 2> whole{};
  decode<std::int64_t>(DType::i64, std::span(bytes).subspan(1), whole);
  CHECK(whole == std::array<std::int64_t, 2>{-1, std::int64_t{1} << 40});
}

TEST_CASE("float and double come back bit for bit", "[io]") {
  Random random{Seed{3}};
  std::vector<float> floats(5000);
  std::vector<double> doubles(5000);
  for (float& value : floats) value = std::bit_cast<float>(random.bits());  // NaN, infinity, subnormals too
  for (double& value : doubles)
    value = std::bit_cast<double>((std::uint64_t{random.bits()} << 32) | random.bits());
  const auto same_bytes = [](const auto& a, const auto& b) {
    return std::memcmp(a.data(), b.data(), a.size() * sizeof(a[0])) == 0;
  };
  std::vector<std::byte> bytes(floats.size() * 4);
  encode<float>(floats, DType::f32, bytes);
  std::vector<float> floats_back(floats.size());
  decode<float>(DType::f32, bytes, floats_back);
  CHECK(same_bytes(floats, floats_back));
  bytes.resize(doubles.size() * 8);
  encode<double>(doubles, DType::f64, bytes);
  std::vector<double> doubles_back(doubles.size());
  decode<double>(DType::f64, bytes, doubles_back);
  CHECK(same_bytes(doubles, doubles_back));
}

TEST_CASE("conversions that cannot be right are refused", "[io]") {
  std::array<std::byte, 8> bytes{};
  std::array<float, 2> values{};
  std::array<std::int64_t, 2> whole{};
  CHECK_THROWS_AS(decode<float>(DType::f64, bytes, values), ValueError);
  CHECK_THROWS_AS(decode<std::int64_t>(DType::f32, bytes, whole), ValueError);
  CHECK_THROWS_AS(encode<float>(values, DType::i32, bytes), ValueError);
  CHECK_THROWS_AS(encode<float>(values, DType::f16, bytes), ValueError);
}

TEST_CASE("names and sizes of number types agree", "[io]") {
  for (const auto& facts : detail::dtype_facts) {
    CHECK(parse_dtype(facts.name) == facts.dtype);
    CHECK(to_string(facts.dtype) == facts.name);
    CHECK(size_of(facts.dtype) == facts.size);
  }
  CHECK_FALSE(parse_dtype("f32"));
  CHECK_FALSE(parse_dtype(""));
  STATIC_REQUIRE(dtype_of<const float> == DType::f32);
  STATIC_REQUIRE(dtype_of<std::int64_t> == DType::i64);
}
