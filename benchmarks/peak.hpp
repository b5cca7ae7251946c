#pragma once
// What this machine can do at best, for the rates of real work to be compared with.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>
#include <xsimd/xsimd.hpp>

namespace aurum::bench {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;
using Vector = xsimd::batch<float>;

/// Calls what `make_work` makes, which says how much it did, again and again in `threads` threads for
/// `seconds`. The sum over the threads of their median rates, a second: a thread that lost its core for a
/// while does not count less.
template <class F>
double rate(int threads, double seconds, F make_work) {
  std::vector<double> medians(static_cast<std::size_t>(threads));
  std::vector<std::thread> workers;
  for (double& median : medians) {
    workers.emplace_back([&median, &make_work, seconds] {
      auto work = make_work();
      std::vector<double> rates;
      for (const auto start = Clock::now(); Seconds(Clock::now() - start).count() < seconds;) {
        const auto before = Clock::now();
        const double done = work();
        rates.push_back(done / Seconds(Clock::now() - before).count());
      }
      const auto middle = rates.begin() + std::ssize(rates) / 2;
      std::nth_element(rates.begin(), middle, rates.end());
      median = *middle;
    });
  }
  for (std::thread& worker : workers) worker.join();
  return std::accumulate(medians.begin(), medians.end(), 0.0);
}

/// Keeps the compiler from leaving out what nobody reads.
inline void use(const Vector& v) {
  volatile float used = v.get(0);
  (void)used;
}

/// Floating-point operations of all threads in float, two a multiply-add, in 10^9 a second. Twelve
/// independent chains: more than a processor's latency times its units, few enough for 16 registers.
inline double peak_gflops(int threads, double seconds) {
  const auto multiply_add = [] {
    constexpr int chains = 12;
    constexpr int steps = 20'000;
    const volatile float unknown = 0.999F;  // or the compiler computes it all beforehand
    const Vector factor(unknown), term(1 - unknown);
    std::array<Vector, chains> sums;
    sums.fill(Vector(unknown));
    for (int i = 0; i < steps; ++i) {
      [&]<std::size_t... C>(std::index_sequence<C...>) {
        ((sums[C] = xsimd::fma(sums[C], factor, term)), ...);
      }
      (std::make_index_sequence<chains>{});
    }
    for (const Vector& sum : sums) use(sum);
    return 2.0 * static_cast<double>(Vector::size) * chains * steps;
  };
  return 1e-9 * rate(threads, seconds, [=] { return multiply_add; });
}

/// Bytes that all threads together read from more memory than a core's own caches hold, in 10^9 a second.
inline double peak_gigabytes(int threads, double seconds) {
  const auto make_reader = [] {
    return [memory = std::vector<float>(std::size_t{16} << 20, 1.0F)] {
      std::array<Vector, 4> sums{};
      for (std::size_t i = 0; i < memory.size(); i += 4 * Vector::size)
        for (std::size_t k = 0; k < 4; ++k)
          sums[k] = sums[k] + Vector::load_unaligned(memory.data() + i + k * Vector::size);
      use(sums[0] + sums[1] + sums[2] + sums[3]);
      return static_cast<double>(memory.size() * sizeof(float));
    };
  };
  return 1e-9 * rate(threads, seconds, make_reader);
}

}  // namespace aurum::bench
