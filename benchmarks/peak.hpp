#pragma once
// What this machine can do at best, for the rates of real work to be compared with.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>
#include <xsimd/xsimd.hpp>

namespace aurum::bench {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;
using Vector = xsimd::batch<float>;

/// Runs work(stop), which returns what it did, in `threads` threads for `seconds`; the sum per second.
template <class F>
double rate(int threads, double seconds, F work) {
  const auto start = Clock::now();
  const auto stop = start + std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
  std::vector<double> done(static_cast<std::size_t>(threads));
  std::vector<std::thread> workers;
  for (double& d : done) workers.emplace_back([&d, &work, stop] { d = work(stop); });
  for (std::thread& worker : workers) worker.join();
  double total = 0;
  for (const double d : done) total += d;
  return total / Seconds(Clock::now() - start).count();
}

/// Keeps the compiler from leaving out what nobody reads.
inline void use(const Vector& v) {
  volatile float used = v.get(0);
  (void)used;
}

/// Floating-point operations of all threads in float, two a multiply-add, in 10^9 a second. Twelve
/// independent chains: more than a processor's latency times its units, few enough for 16 registers.
inline double peak_gflops(int threads, double seconds) {
  return 1e-9 * rate(threads, seconds, [](Clock::time_point stop) {
           constexpr int chains = 12;
           constexpr int steps = 10'000;
           const Vector factor(0.999F), term(0.001F);
           std::array<Vector, chains> sums;
           sums.fill(Vector(1.0F));
           std::int64_t loops = 0;
           for (; Clock::now() < stop; ++loops) {
             for (int i = 0; i < steps; ++i) {
               [&]<std::size_t... C>(std::index_sequence<C...>) {
                 ((sums[C] = xsimd::fma(sums[C], factor, term)), ...);
               }
               (std::make_index_sequence<chains>{});
             }
           }
           for (const Vector& sum : sums) use(sum);
           return 2.0 * static_cast<double>(Vector::size) * chains * steps * static_cast<double>(loops);
         });
}

/// Bytes that all threads read from memory that no cache of their core holds, in 10^9 a second.
inline double peak_gigabytes(int threads, double seconds) {
  return 1e-9 * rate(threads, seconds, [](Clock::time_point stop) {
           const std::vector<float> memory(std::size_t{16} << 20, 1.0F);
           std::int64_t loops = 0;
           for (; Clock::now() < stop; ++loops) {
             std::array<Vector, 4> sums{};
             for (std::size_t i = 0; i < memory.size(); i += 4 * Vector::size)
               for (std::size_t k = 0; k < 4; ++k)
                 sums[k] = sums[k] + Vector::load_unaligned(memory.data() + i + k * Vector::size);
             use(sums[0] + sums[1] + sums[2] + sums[3]);
           }
           return static_cast<double>(memory.size() * sizeof(float)) * static_cast<double>(loops);
         });
}

}  // namespace aurum::bench
