#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "aurum/core/error.hpp"

namespace aurum {

/// Types of numbers in a safetensors file. The order is the one by which the format's own library sorts
/// tensors in a file (last one first), which keeps every tensor aligned.
enum class DType { u8, f16, bf16, i32, f32, f64, i64 };

namespace detail {
struct DTypeFacts {
  DType dtype;
  std::string_view name;
  std::size_t size;
};
inline constexpr std::array dtype_facts{DTypeFacts{DType::u8, "U8", 1},     DTypeFacts{DType::f16, "F16", 2},
                                        DTypeFacts{DType::bf16, "BF16", 2}, DTypeFacts{DType::i32, "I32", 4},
                                        DTypeFacts{DType::f32, "F32", 4},   DTypeFacts{DType::f64, "F64", 8},
                                        DTypeFacts{DType::i64, "I64", 8}};
}  // namespace detail

/// Bytes of one number.
[[nodiscard]] constexpr std::size_t size_of(DType dtype) {
  return detail::dtype_facts[static_cast<std::size_t>(dtype)].size;
}

/// The name that safetensors files use: "F32".
[[nodiscard]] constexpr std::string_view to_string(DType dtype) {
  return detail::dtype_facts[static_cast<std::size_t>(dtype)].name;
}

/// The inverse of `to_string`; nothing for a name that aurum does not know.
[[nodiscard]] constexpr std::optional<DType> parse_dtype(std::string_view name) {
  for (const auto& facts : detail::dtype_facts)
    if (facts.name == name) return facts.dtype;
  return std::nullopt;
}

[[nodiscard]] constexpr bool is_floating(DType dtype) {
  return dtype == DType::f16 || dtype == DType::bf16 || dtype == DType::f32 || dtype == DType::f64;
}

/// The DType that stores a T unchanged.
template <class T>
inline constexpr DType dtype_of = [] {
  using Number = std::remove_const_t<T>;
  if constexpr (std::is_same_v<Number, double>) return DType::f64;
  if constexpr (std::is_same_v<Number, float>) return DType::f32;
  if constexpr (std::is_same_v<Number, std::int64_t>) return DType::i64;
  if constexpr (std::is_same_v<Number, std::int32_t>) return DType::i32;
  if constexpr (std::is_same_v<Number, std::uint8_t>) return DType::u8;
}();

namespace detail {
/// Rounds to a 16-bit floating-point format (IEEE 754 rules: nearest, ties to even, gradual underflow,
/// overflow to infinity; a NaN becomes quiet and keeps its sign and leading payload). It starts from a
/// double, which holds every float, so that neither type is rounded twice.
template <int exponent_bits>
[[nodiscard]] constexpr std::uint16_t round_to_16_bits(double value) {
  constexpr int fraction_bits = 15 - exponent_bits;
  constexpr int largest_exponent = (1 << (exponent_bits - 1)) - 1;
  constexpr int smallest_exponent = 1 - largest_exponent;
  constexpr std::uint64_t infinity = ((1U << exponent_bits) - 1U) << fraction_bits;
  constexpr std::uint64_t quiet = 1U << (fraction_bits - 1);
  constexpr std::uint64_t hidden_bit = std::uint64_t{1} << 52;

  const auto bits = std::bit_cast<std::uint64_t>(value);
  const std::uint64_t sign = (bits >> 48) & 0x8000U;
  const int exponent = static_cast<int>((bits >> 52) & 0x7FFU) - 1023;
  const std::uint64_t fraction = bits & (hidden_bit - 1);
  std::uint64_t magnitude = 0;
  if (exponent == 1024 && fraction != 0) {
    magnitude = infinity | quiet | (fraction >> (52 - fraction_bits));
  } else if (exponent > largest_exponent) {
    magnitude = infinity;
  } else {
    // In units of the result's last place; below the smallest normal number that place stays where it is.
    const int dropped = 52 - fraction_bits + std::max(0, smallest_exponent - exponent);
    if (dropped <= 53) {  // otherwise it is less than half the smallest number
      const std::uint64_t significand = hidden_bit | fraction;
      const std::uint64_t half = std::uint64_t{1} << (dropped - 1);
      const std::uint64_t rest = significand & (2 * half - 1);
      magnitude = significand >> dropped;
      if (rest > half || (rest == half && (magnitude & 1U) != 0)) ++magnitude;
      // The hidden bit and a carry both count up the exponent, the latter as far as infinity.
      magnitude += static_cast<std::uint64_t>(std::max(0, exponent - smallest_exponent)) << fraction_bits;
    }
  }
  return static_cast<std::uint16_t>(sign | magnitude);
}
}  // namespace detail

/// IEEE 754 binary16 (F16), rounded to nearest even.
[[nodiscard]] constexpr std::uint16_t to_half(double value) { return detail::round_to_16_bits<5>(value); }
/// bfloat16 (BF16: the upper half of a float), rounded to nearest even.
[[nodiscard]] constexpr std::uint16_t to_bfloat16(double value) { return detail::round_to_16_bits<8>(value); }

/// Exact.
[[nodiscard]] constexpr float from_half(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1FU;
  const std::uint32_t fraction = half & 0x3FFU;
  if (exponent == 0x1F) return std::bit_cast<float>(sign | 0x7F800000U | (fraction << 13));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
  return (sign != 0 ? -1.0F : 1.0F) * static_cast<float>(fraction) * 0x1p-24F;
}
/// Exact.
[[nodiscard]] constexpr float from_bfloat16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

namespace detail {
template <class Stored, class T, class Convert>
void decode_each(std::span<const std::byte> bytes, std::span<T> values, Convert convert) {
  for (std::size_t i = 0; i < values.size(); ++i) {  // by memcpy: tensors of other writers may lie unaligned
    Stored stored;
    std::memcpy(&stored, bytes.data() + i * sizeof(Stored), sizeof(Stored));
    values[i] = static_cast<T>(convert(stored));
  }
}

template <class Stored, class T, class Convert>
void encode_each(std::span<const T> values, std::span<std::byte> bytes, Convert convert) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto stored = static_cast<Stored>(convert(values[i]));
    std::memcpy(bytes.data() + i * sizeof(Stored), &stored, sizeof(Stored));
  }
}

inline void check_conversion(DType dtype, std::size_t bytes, std::size_t values, bool possible) {
  if (bytes != values * size_of(dtype))
    throw ValueError(std::to_string(values) + " numbers of type " + std::string(to_string(dtype)) + " need " +
                     std::to_string(values * size_of(dtype)) + " bytes, found " + std::to_string(bytes));
  if (!possible)
    throw ValueError("numbers of type " + std::string(to_string(dtype)) +
                     " cannot be converted without loss");
}
}  // namespace detail

/// Reads stored numbers into `values`, rounded to nearest where T is narrower. T is float or double, or
/// std::int64_t for the integer types.
/// Throws ValueError if the sizes differ or if a floating type is read into an integer.
template <class T>
requires std::floating_point<T> || std::same_as<T, std::int64_t>
void decode(DType dtype, std::span<const std::byte> bytes, std::span<T> values) {
  detail::check_conversion(dtype, bytes.size(), values.size(), std::floating_point<T> || !is_floating(dtype));
  constexpr std::identity same;
  switch (dtype) {
    case DType::u8:
      return detail::decode_each<std::uint8_t>(bytes, values, same);
    case DType::f16:
      return detail::decode_each<std::uint16_t>(bytes, values, from_half);
    case DType::bf16:
      return detail::decode_each<std::uint16_t>(bytes, values, from_bfloat16);
    case DType::i32:
      return detail::decode_each<std::int32_t>(bytes, values, same);
    case DType::f32:
      return detail::decode_each<float>(bytes, values, same);
    case DType::f64:
      return detail::decode_each<double>(bytes, values, same);
    case DType::i64:
      return detail::decode_each<std::int64_t>(bytes, values, same);
  }
}

/// Stores float or double numbers as a floating `dtype`, rounded to nearest even.
/// Throws ValueError if the sizes differ or `dtype` is an integer type.
template <std::floating_point T>
void encode(std::span<const T> values, DType dtype, std::span<std::byte> bytes) {
  detail::check_conversion(dtype, bytes.size(), values.size(), is_floating(dtype));
  constexpr std::identity same;
  switch (dtype) {
    case DType::f16:
      return detail::encode_each<std::uint16_t>(values, bytes, to_half);
    case DType::bf16:
      return detail::encode_each<std::uint16_t>(values, bytes, to_bfloat16);
    case DType::f32:
      return detail::encode_each<float>(values, bytes, same);
    case DType::f64:
      return detail::encode_each<double>(values, bytes, same);
    default:
      return;  // check_conversion has thrown
  }
}

}  // namespace aurum
