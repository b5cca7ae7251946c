#pragma once
// Sums over all pixels of each channel, in a fixed order: the same bits in every run. Many places of a sum
// each take every so-many-th pixel, so that neighbouring threads read neighbouring memory; what they found is
// merged in rounds.
#include <algorithm>
#include <cstddef>

#include "aurum/core/tensor.hpp"
#include "aurum/ops/signal.hpp"

namespace aurum::device {

inline constexpr std::ptrdiff_t pixels_per_place = 16;    ///< at least, so that a place is worth its merging
inline constexpr std::ptrdiff_t most_places = 1024;       ///< of one channel
inline constexpr std::ptrdiff_t most_partials = 1 << 22;  ///< of all channels
inline constexpr std::ptrdiff_t merged_at_once = 32;

/// In how many places the sum over `pixels` begins.
[[nodiscard]] constexpr std::ptrdiff_t places_of_sum(std::ptrdiff_t pixels, std::ptrdiff_t channels) {
  const std::ptrdiff_t most = std::max<std::ptrdiff_t>(1, std::min(most_places, most_partials / channels));
  return std::clamp<std::ptrdiff_t>(pixels / pixels_per_place, 1, most);
}

/// First round: `Term` adds pixel p's element of channel c to a sum: term(p, c, Term::Sum&).
template <class Term>
struct Accumulate {
  Term term;
  std::ptrdiff_t pixels, places;
  int channels;
  typename Term::Sum::Result* partial;
  AURUM_HD void operator()(std::ptrdiff_t place, int c) const {
    typename Term::Sum sum{};
    for (std::ptrdiff_t p = place; p < pixels; p += places) term(p, c, sum);
    partial[place * channels + c] = sum.result();
  }
};

/// Each later round: `merged_at_once` results become one.
template <class Result>
struct Merge {
  const Result* from;
  Result* to;
  std::ptrdiff_t places;
  int channels;
  AURUM_HD void operator()(std::ptrdiff_t group, int c) const {
    const std::ptrdiff_t first = group * merged_at_once;
    const std::ptrdiff_t last = first + merged_at_once < places ? first + merged_at_once : places;
    Result sum = from[first * channels + c];
    for (std::ptrdiff_t i = first + 1; i < last; ++i) sum.merge(from[i * channels + c]);
    to[group * channels + c] = sum;
  }
};

/// N plain sums: few elements in T, many in double.
template <class T, std::size_t N>
struct Sums {
  struct Result {
    double value[N];
    AURUM_HD void merge(const Result& other) {
      for (std::size_t i = 0; i < N; ++i) value[i] += other.value[i];
    }
  };
  T value[N];
  [[nodiscard]] AURUM_HD Result result() const {
    Result result;
    for (std::size_t i = 0; i < N; ++i) result.value[i] = static_cast<double>(value[i]);
    return result;
  }
};

/// Mean and squared deviations. Elements are counted from the first one, so that a mean far from zero costs
/// no digits; parts are merged as Chan, Golub and LeVeque (1983) do.
template <class T>
struct Moments {
  struct Result {
    double count, mean, squares;
    AURUM_HD void merge(const Result& other) {
      const double all = count + other.count, difference = other.mean - mean;
      if (other.count == 0) return;
      mean += difference * other.count / all;
      squares += other.squares + difference * difference * count * other.count / all;
      count = all;
    }
  };
  T origin, sum, squares;
  int count;
  AURUM_HD void add(T x) {
    if (count++ == 0) origin = x;
    const T d = x - origin;
    sum += d;
    squares += d * d;
  }
  [[nodiscard]] AURUM_HD Result result() const {
    if (count == 0) return {0, 0, 0};
    const double n = count, s = static_cast<double>(sum);
    return {n, static_cast<double>(origin) + s / n, static_cast<double>(squares) - s * s / n};
  }
};

/// Of any function of an index: what sum_over adds.
template <class F>
struct IndexTerm {
  using Sum = Sums<double, 1>;
  F f;
  AURUM_HD void operator()(std::ptrdiff_t i, int, Sum& sum) const {
    sum.value[0] += static_cast<double>(f(i));
  }
};

/// Of the elements of a gradient: that of a bias.
template <class T>
struct ElementTerm {
  using Sum = Sums<T, 1>;
  View<const T> view;
  AURUM_HD void operator()(std::ptrdiff_t p, int c, Sum& sum) const { sum.value[0] += view.pixel(p)[c]; }
};

/// to[c] += sum of channel c
template <class Result, class T>
struct AddSum {
  const Result* sums;
  T* to;
  AURUM_HD void operator()(std::ptrdiff_t c) const { to[c] += static_cast<T>(sums[c].value[0]); }
};

}  // namespace aurum::device
