#pragma once
// Sums over all pixels of each channel. A `Term` says what a pixel adds; a backend's `reduce` lets many
// threads each add some pixels to sums of their own and merges what these come to in a fixed order, so that
// the bits are the same in every run. A term has
//
//   Sum                                     what one thread adds to, zero at first; Sum::Result result()
//   Sum::Result                             merge(const Result&)
//   int lanes(), static constexpr int most  how many channels at once: `most` or 1 (lanes_of)
//   add<V>(p, c, Lanes<Sum, V>&)             adds pixel p of channels c to c + V - 1
#include <cstddef>

#include "aurum/backend/device/lanes.hpp"

namespace aurum::device {

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

/// Of any function of an index: what sum_over adds.
template <class F>
struct IndexTerm {
  using Sum = Sums<double, 1>;
  static constexpr int most = 1;
  F f;
  [[nodiscard]] int lanes() const { return 1; }
  template <int V>
  AURUM_HD void add(std::ptrdiff_t i, int, Lanes<Sum, V>& sum) const {
    sum[0].value[0] += static_cast<double>(f(i));
  }
};

/// Of the elements of a gradient: that of a bias.
template <class T>
struct ElementTerm {
  using Sum = Sums<real_t<T>, 1>;
  static constexpr int most = most_lanes<T>;
  View<const T> view;
  [[nodiscard]] int lanes() const { return lanes_of<T>(view); }
  template <int V>
  AURUM_HD void add(std::ptrdiff_t p, int c, Lanes<Sum, V>& sum) const {
    const auto v = load<V>(view.pixel(p) + c);
    for (int i = 0; i < V; ++i) sum[i].value[0] += v[i];
  }
};

/// to[c] += sum of channel c
template <class Real>
struct AddSum {
  Real* to;
  template <class Result>
  AURUM_HD void operator()(int c, const Result& sum) const {
    to[c] += static_cast<Real>(sum.value[0]);
  }
};
struct WriteSum {
  double* to;
  template <class Result>
  AURUM_HD void operator()(int c, const Result& sum) const {
    to[c] = sum.value[0];
  }
};

}  // namespace aurum::device
