#pragma once
// SIMD through xsimd: vectors as wide as the compiler's target has them, and loops over the channels of a
// pixel whose last vector may be a part of one.
#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>
#include <xsimd/xsimd.hpp>

#include "aurum/core/activation.hpp"
#include "aurum/ops/signal.hpp"

namespace aurum::cpu {

template <class T>
using Vector = xsimd::batch<T>;
template <class T>
inline constexpr int lanes = static_cast<int>(Vector<T>::size);

/// A line and a square of values, all in registers if there are enough.
template <class V, int N>
using Line = V[static_cast<std::size_t>(N)];
template <class V, int Rows, int Columns>
using Square = V[static_cast<std::size_t>(Rows)][static_cast<std::size_t>(Columns)];

/// a * b + c, rounded once where the processor can. xsimd 8 leaves it to the compiler's contraction for some
/// targets: which products get fused then differs from place to place, and with it the last bit of results
/// that have to agree; clang does not fuse them at all.
template <class T>
[[gnu::always_inline]] inline Vector<T> fma(const Vector<T>& a, const Vector<T>& b, const Vector<T>& c) {
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<T, float>)
    return _mm512_fmadd_ps(a, b, c);
  else
    return _mm512_fmadd_pd(a, b, c);
#elif defined(__aarch64__)
  if constexpr (std::is_same_v<T, float>)
    return vfmaq_f32(c, a, b);
  else
    return vfmaq_f64(c, a, b);
#else
  return xsimd::fma(a, b, c);
#endif
}

/// Which lanes of a vector lie in memory: all, or the first `count`. The others read as zero.
struct AllLanes {};
struct FirstLanes {
  int count;
};
template <class T>
constexpr int count_of(AllLanes) {
  return lanes<T>;
}
template <class T>
constexpr int count_of(FirstLanes part) {
  return part.count;
}

template <class T>
[[gnu::always_inline]] inline Vector<T> load(const T* from, AllLanes = {}) {
  return Vector<T>::load_unaligned(from);
}
template <class T>
inline Vector<T> load(const T* from, FirstLanes part) {
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<T, float>)
    return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1U << part.count) - 1), from);
  else if constexpr (std::is_same_v<T, double>)
    return _mm512_maskz_loadu_pd(static_cast<__mmask8>((1U << part.count) - 1), from);
#endif
  alignas(Vector<T>) Line<T, lanes<T>> memory = {};
  for (int i = 0; i < part.count; ++i) memory[i] = from[i];
  return Vector<T>::load_aligned(memory);
}
template <class T>
[[gnu::always_inline]] inline void store(T* to, const Vector<T>& v, AllLanes = {}) {
  v.store_unaligned(to);
}
template <class T>
inline void store(T* to, const Vector<T>& v, FirstLanes part) {
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<T, float>)
    return _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1U << part.count) - 1), v);
  else if constexpr (std::is_same_v<T, double>)
    return _mm512_mask_storeu_pd(to, static_cast<__mmask8>((1U << part.count) - 1), v);
#endif
  alignas(Vector<T>) Line<T, lanes<T>> memory;
  v.store_aligned(memory);
  for (int i = 0; i < part.count; ++i) to[i] = memory[i];
}

/// Whole vectors, for passes that know nothing of xsimd (ops/pointwise/passes.hpp).
template <class T>
struct Simd {
  static constexpr int lanes = cpu::lanes<T>;
  [[nodiscard]] static Vector<T> load(const T* from) { return cpu::load(from); }
  static void store(T* to, const Vector<T>& v) { cpu::store(to, v); }
};

/// Calls f(first channel, lanes) for the vectors of `channels` channels.
template <class T, class F>
void for_each_vector(int channels, const F& f) {
  int c = 0;
  for (; c + lanes<T> <= channels; c += lanes<T>) f(c, AllLanes{});
  if (c < channels) f(c, FirstLanes{channels - c});
}

/// Calls f(integral_constant<I>) for I in [0, N), written out: what the calls keep in arrays stays in
/// registers.
template <int N, class F>
[[gnu::always_inline]] inline void unroll(F&& f) {
  [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
    (f(std::integral_constant<int, I>{}), ...);
  }
  (std::make_integer_sequence<int, N>{});
}

/// An activation as the range it clips to. A NaN stays one, as in PyTorch.
template <class T>
struct Clip {
  T low = -std::numeric_limits<T>::infinity();
  T high = std::numeric_limits<T>::infinity();

  Clip() = default;
  explicit Clip(Activation a) {
    if (a != Activation::none) low = T{0};
    if (a == Activation::relu6) high = T{6};
  }
  [[gnu::always_inline]] Vector<T> operator()(const Vector<T>& x) const {
    // Not xsimd::max: g++ 12 warns of AVX-512's own headers where it is used (its bug 105593).
    const Vector<T> above = xsimd::select(x < Vector<T>(low), Vector<T>(low), x);
    return xsimd::select(above > Vector<T>(high), Vector<T>(high), above);
  }
};

/// What is pending on a signal, for vectors: an affine map or none, then a clip.
template <class T>
struct Pending {
  const T* scale;
  const T* shift;
  Clip<T> clip;

  explicit Pending(const Signal<T>& x) : scale{x.scale}, shift{x.shift}, clip{x.activation} {}
  template <class Lanes>
  [[gnu::always_inline]] Vector<T> operator()(const Vector<T>& x, int channel, Lanes part) const {
    if (scale == nullptr) return clip(x);
    return clip(fma(load(scale + channel, part), x, load(shift + channel, part)));
  }
};

}  // namespace aurum::cpu
