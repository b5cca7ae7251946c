#pragma once
// The CPU backend: SIMD kernels of our own, float and double, on threads of our own or OpenMP's.
// ops/backend.hpp says what each operation is.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "aurum/backend/cpu/batch_norm.hpp"
#include "aurum/backend/cpu/convolution.hpp"
#include "aurum/backend/cpu/kernels.hpp"
#include "aurum/backend/cpu/resample.hpp"
#include "aurum/backend/cpu/rows.hpp"
#include "aurum/backend/cpu/team.hpp"
#include "aurum/ops/backend.hpp"

namespace aurum {

/// The CPU backend with Winograd tiles up to `Largest` (cpu::choose says where they are used).
template <Winograd Largest>
struct BasicCpu {};
using Cpu = BasicCpu<Winograd::f4>;

/// The worker threads and their memory. One context serves one calling thread at a time; several may share an
/// executor, which tells their loops apart. The results have the same bits for any executor and number of
/// workers.
template <Winograd Largest>
class Context<BasicCpu<Largest>> {
 public:
  /// `threads` workers of its own, the caller among them; 0: one per core, which all such contexts of the
  /// program share. For a program that has a thread on every core itself: 1.
  explicit Context(int threads = 0) : team_{threads} {}
  /// The workers of `executor`: a pool to share (Threads), OpenMP's threads (OpenMpThreads in openmp.hpp), or
  /// another. Throws ValueError if there is none.
  explicit Context(std::shared_ptr<Executor> executor) : team_{std::move(executor)} {}
  [[nodiscard]] cpu::Team& team() { return team_; }

 private:
  cpu::Team team_;
};

template <Winograd Largest>
struct Operations<BasicCpu<Largest>> {
  using C = Context<BasicCpu<Largest>>;
  static constexpr bool on_host = true;

  template <class T>
  static T* allocate(C&, std::ptrdiff_t count) {
    return static_cast<T*>(cpu::allocate_bytes(sizeof(T) * static_cast<std::size_t>(count)));
  }
  template <class T>
  static void release(C&, T* memory) {
    cpu::release_bytes(memory);
  }
  template <class T>
  static void upload(C&, T* to, const T* from, std::ptrdiff_t count) {
    std::memcpy(to, from, sizeof(T) * static_cast<std::size_t>(count));
  }
  template <class T>
  static void download(C& context, T* to, const T* from, std::ptrdiff_t count) {
    upload(context, to, from, count);
  }
  template <class T>
  static void fill(C& context, T* memory, std::ptrdiff_t count, T value) {
    for_each_chunk(context, count, [=](std::ptrdiff_t first, std::ptrdiff_t last) {
      std::fill(memory + first, memory + last, value);
    });
  }
  template <class F>
  static void for_each_index(C& context, std::ptrdiff_t count, const F& f) {
    for_each_chunk(context, count, [f](std::ptrdiff_t first, std::ptrdiff_t last) {
      std::ptrdiff_t i = first;
      if constexpr (requires {
                      typename F::value_type;
                      f.template several<cpu::Simd<typename F::value_type>>(i);
                    }) {
        using Simd = cpu::Simd<typename F::value_type>;
        for (; i + Simd::lanes <= last; i += Simd::lanes) f.template several<Simd>(i);
      }
      for (; i < last; ++i) f(i);
    });
  }
  template <class F>
  static double sum_over(C& context, std::ptrdiff_t count, const F& f) {
    std::vector<double> sums(
        static_cast<std::size_t>((count + cpu::chunk_elements - 1) / cpu::chunk_elements));
    for_each_chunk(context, count, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      constexpr std::ptrdiff_t strands = 8;  // sums that do not wait for one another
      double strand[strands] = {};
      std::ptrdiff_t i = first;
      for (; i + strands <= last; i += strands)
        for (std::ptrdiff_t s = 0; s < strands; ++s) strand[s] += static_cast<double>(f(i + s));
      double sum = 0;
      for (; i < last; ++i) sum += static_cast<double>(f(i));
      for (const double part : strand) sum += part;
      sums[static_cast<std::size_t>(first / cpu::chunk_elements)] = sum;
    });
    double total = 0;
    for (const double sum : sums) total += sum;
    return total;
  }

  template <class T>
  static void convolution_forward(C& c, Window w, const Signal<T>& x, const T* filter, const T* bias,
                                  Target<T> y) {
    cpu::convolution_forward<Largest>(c.team(), w, x, filter, bias, y);
  }
  template <class T>
  static void convolution_backward_data(C& c, Window w, View<const T> dy, const T* filter, Target<T> dx) {
    cpu::convolution_backward_data<Largest>(c.team(), w, dy, filter, dx);
  }
  template <class T>
  static void convolution_backward_filter(C& c, Window w, const Signal<T>& x, View<const T> dy, T* dfilter,
                                          T* dbias) {
    cpu::convolution_backward_filter<Largest>(c.team(), w, x, dy, dfilter, dbias);
  }
  template <class T>
  static void batch_norm_statistics(C& c, const Signal<T>& x, T* mean, T* variance) {
    cpu::batch_norm_statistics(c.team(), x, mean, variance);
  }
  template <class T>
  static void batch_norm_backward(C& c, const Signal<T>& x, const BatchNormForward<T>& forward,
                                  View<const T> dy, T* dweight, T* dbias, Target<T> dx) {
    cpu::batch_norm_backward(c.team(), x, forward, dy, dweight, dbias, dx);
  }

  template <class T>
  static void materialise(C& c, const Signal<T>& x, Target<T> y) {
    cpu::materialise(c.team(), x, y);
  }
  template <class T>
  static void materialise_sum(C& c, std::span<const Part<T>> parts, Target<T> y) {
    cpu::materialise_sum(c.team(), parts, y);
  }
  template <class T>
  static void activation_backward(C& c, const Signal<T>& x, Activation a, View<const T> dy, Target<T> dx) {
    cpu::activation_backward(c.team(), x, a, dy, dx);
  }

  template <class T>
  static void max_pool(C& c, Window w, const Signal<T>& x, Target<T> y, View<WindowPlace> places = {}) {
    cpu::max_pool(c.team(), w, x, y, places);
  }
  template <class T>
  static void max_pool_backward(C& c, Window w, View<const WindowPlace> places, View<const T> dy,
                                Target<T> dx) {
    cpu::max_pool_backward(c.team(), w, places, dy, dx);
  }
  template <class T>
  static void average_pool(C& c, Window w, const Signal<T>& x, Target<T> y) {
    cpu::average_pool(c.team(), w, x, y);
  }
  template <class T>
  static void average_pool_backward(C& c, Window w, View<const T> dy, Target<T> dx) {
    cpu::average_pool_backward(c.team(), w, dy, dx);
  }
  template <class T>
  static void upsample(C& c, int factor, Interpolation mode, const Signal<T>& x, Target<T> y) {
    cpu::upsample(c.team(), factor, mode, x, y);
  }
  template <class T>
  static void upsample_backward(C& c, int factor, Interpolation mode, View<const T> dy, Target<T> dx) {
    cpu::upsample_backward(c.team(), factor, mode, dy, dx);
  }

 private:
  template <class F>
  static void for_each_chunk(C& context, std::ptrdiff_t count, const F& f) {
    const std::ptrdiff_t chunks = (count + cpu::chunk_elements - 1) / cpu::chunk_elements;
    context.team().run(chunks, [&](std::ptrdiff_t i) {
      f(i * cpu::chunk_elements, std::min(count, (i + 1) * cpu::chunk_elements));
    });
  }
};

}  // namespace aurum

#include "aurum/backend/cpu/program.hpp"  // how this backend runs plans
