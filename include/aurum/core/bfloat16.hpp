#pragma once
// Half precision for feature maps.
#include <cstdint>
#include <type_traits>

#include "aurum/core/config.hpp"

namespace aurum {

/// bfloat16, the upper half of a float: its range, eight bits of fraction. A type to keep numbers in; all
/// arithmetic is float's.
struct BFloat16 {
  std::uint16_t bits;

  BFloat16() = default;
  /// Rounds to nearest even; a NaN stays one.
  template <class Number>
  requires(std::is_arithmetic_v<Number>) AURUM_HD explicit BFloat16(Number value)
      : bits{rounded(static_cast<float>(value))} {}
  AURUM_HD operator float() const { return __builtin_bit_cast(float, std::uint32_t{bits} << 16); }

 private:
  AURUM_HD static std::uint16_t rounded(float value) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    std::uint16_t result;  // one instruction: what follows would cost more than the memory that it saves
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(result) : "f"(value));
    return result;
#else
    const auto whole = __builtin_bit_cast(std::uint32_t, value);
    if (value != value) return static_cast<std::uint16_t>(whole >> 16 | 0x40);
    return static_cast<std::uint16_t>((whole + 0x7FFF + (whole >> 16 & 1)) >> 16);
#endif
  }
};

namespace detail {
template <class T>
struct RealOf {
  using type = T;
};
template <>
struct RealOf<BFloat16> {
  using type = float;
};
}  // namespace detail

/// What feature maps of T are computed in, and what their network's parameters, gradients and statistics are
/// kept in.
template <class T>
using real_t = typename detail::RealOf<std::remove_const_t<T>>::type;

}  // namespace aurum
