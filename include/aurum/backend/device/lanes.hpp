#pragma once
// Several neighbouring channels of a pixel at once: a GPU reaches the speed of its memory where every thread
// moves 16 bytes.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "aurum/ops/signal.hpp"

namespace aurum::device {

/// Channels c to c + V - 1 of a pixel.
template <class Real, int V>
struct Lanes {
  Real lane[static_cast<std::size_t>(V)];
  [[nodiscard]] AURUM_HD Real& operator[](int i) { return lane[i]; }
  [[nodiscard]] AURUM_HD const Real& operator[](int i) const { return lane[i]; }
};

inline constexpr int lane_bytes = 16;  ///< what is read or written at once

/// The most lanes of a T.
template <class T>
inline constexpr int most_lanes = lane_bytes / static_cast<int>(sizeof(T));

namespace detail {
template <class T, int V>
struct alignas(sizeof(T) * static_cast<std::size_t>(V)) Piece {
  T element[static_cast<std::size_t>(V)];
};
template <class T, int V>
constexpr int piece = V < most_lanes<T> ? V : most_lanes<T>;
}  // namespace detail

/// `from` is aligned to V elements, or to 16 bytes if these are fewer.
template <int V, class T>
[[nodiscard]] AURUM_HD Lanes<real_t<T>, V> load(const T* from) {
  constexpr int n = detail::piece<T, V>;
  Lanes<real_t<T>, V> lanes;
  for (int first = 0; first < V; first += n) {
#if defined(__CUDA_ARCH__)
    const auto piece = *reinterpret_cast<const detail::Piece<T, n>*>(from + first);
#else
    detail::Piece<T, n> piece;
    std::memcpy(&piece, from + first, sizeof(piece));
#endif
    for (int i = 0; i < n; ++i) lanes[first + i] = static_cast<real_t<T>>(piece.element[i]);
  }
  return lanes;
}
/// Likewise.
template <int V, class T>
AURUM_HD void save(T* to, const Lanes<real_t<T>, V>& lanes) {
  constexpr int n = detail::piece<T, V>;
  for (int first = 0; first < V; first += n) {
    detail::Piece<T, n> piece;
    for (int i = 0; i < n; ++i) piece.element[i] = static_cast<T>(lanes[first + i]);
#if defined(__CUDA_ARCH__)
    *reinterpret_cast<detail::Piece<T, n>*>(to + first) = piece;
#else
    std::memcpy(to + first, &piece, sizeof(piece));
#endif
  }
}

namespace detail {
inline bool aligned(const void* memory) { return reinterpret_cast<std::uintptr_t>(memory) % lane_bytes == 0; }
template <int V, class T>
bool takes_lanes(const View<T>& view) {  // null: not there
  return aligned(view.data) && view.channels % V == 0 && view.pixel_stride % V == 0;
}
template <int V>
bool takes_lanes(const void* per_channel) {
  return aligned(per_channel);
}
template <int V, class T>
bool takes_lanes(const Signal<T>& x) {
  return takes_lanes<V>(x.data) && aligned(x.scale) && aligned(x.shift);
}
template <int V, class T>
bool takes_lanes(const Target<T>& y) {
  return takes_lanes<V>(y.view) && takes_lanes<V>(y.base);
}
}  // namespace detail

/// most_lanes<T> if all of these (views, signals, targets, values per channel) can be read and written so;
/// else 1. Asked on the host, before the kernel starts.
template <class T, class... Parts>
[[nodiscard]] int lanes_of(const Parts&... parts) {
  constexpr int most = most_lanes<T>;
  return (detail::takes_lanes<most>(parts) && ...) ? most : 1;
}

/// A functor of (pixel, group of V channels), made of one that has at<V>(p, c).
template <int V, class F>
struct InLanes {
  F f;
  AURUM_HD void operator()(std::ptrdiff_t p, int group) const { f.template at<V>(p, group * V); }
};

/// Calls f(std::integral_constant<int, V>{}), where V is Most or 1, as `lanes` says.
template <int Most, class F>
void with_lanes(int lanes, const F& f) {
  if (lanes == Most)
    f(std::integral_constant<int, Most>{});
  else
    f(std::integral_constant<int, 1>{});
}

/// The values of a signal.
template <int V, class T>
[[nodiscard]] AURUM_HD Lanes<real_t<T>, V> values(const Signal<T>& x, std::ptrdiff_t p, int c) {
  Lanes<real_t<T>, V> v = load<V>(x.data.pixel(p) + c);
  if (x.scale != nullptr) {
    const Lanes<real_t<T>, V> scale = load<V>(x.scale + c), shift = load<V>(x.shift + c);
    for (int i = 0; i < V; ++i) v[i] = scale[i] * v[i] + shift[i];
  }
  for (int i = 0; i < V; ++i) v[i] = activate(x.activation, v[i]);
  return v;
}

/// Writes `v`, plus the base if there is one.
template <int V, class T>
AURUM_HD void store(const Target<T>& y, std::ptrdiff_t p, int c, Lanes<real_t<T>, V> v) {
  if (y.base) {
    const Lanes<real_t<T>, V> base = load<V>(y.base.pixel(p) + c);
    for (int i = 0; i < V; ++i) v[i] = base[i] + v[i];
  }
  save<V>(y.view.pixel(p) + c, v);
}

}  // namespace aurum::device
