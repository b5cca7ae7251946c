#pragma once
// A GPU that is the host: runs the functors of backend/device/ one place after another, so that they are
// tested where no GPU is. Its memory is said not to be the host's, so that everything is copied as for a GPU.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "aurum/backend/device/program.hpp"

namespace aurum {

struct Emulated {};

template <>
class Context<Emulated> {
 public:
  template <class T>
  T* scratch(device::Scratch slot, std::ptrdiff_t count) {
    std::vector<std::byte>& memory = scratch_[static_cast<std::size_t>(slot)];
    const std::size_t bytes = sizeof(T) * static_cast<std::size_t>(count);
    // New memory each time, full of what nobody should read: what lasts longer than promised shows.
    memory = std::vector<std::byte>(bytes, std::byte{0xFF});
    return reinterpret_cast<T*>(memory.data());
  }
  void* allocate(std::size_t bytes) {
    if (bytes > free)
      throw OutOfMemoryError("no memory for " + std::to_string(bytes) + " bytes more (free " +
                             std::to_string(free) + ")");
    free -= bytes;
    void* const memory = std::malloc(bytes);
    sizes_[memory] = bytes;
    return memory;
  }
  void release(void* memory) {
    if (memory == nullptr) return;
    free += sizes_.at(memory);
    sizes_.erase(memory);
    std::free(memory);
  }
  device::ConvolutionCounts counts;
  std::vector<std::function<void()>> begun;  ///< copies
  std::size_t free = std::size_t{1} << 40;   ///< what is left of the memory that is not there
  int fails_at = -1;                         ///< the library fails at a convolution of so many outputs

 private:
  std::map<void*, std::size_t> sizes_;
  std::array<std::vector<std::byte>, device::scratch_slots> scratch_;
};

template <>
struct Operations<Emulated> : device::Operations<Emulated> {
  template <class T>
  static T* allocate(C& context, std::ptrdiff_t count) {
    return static_cast<T*>(context.allocate(sizeof(T) * static_cast<std::size_t>(count)));
  }
  template <class T>
  static void release(C& context, T* memory) {
    context.release(memory);
  }
  template <class T>
  static void upload(C&, T* to, const T* from, std::ptrdiff_t count) {
    std::copy_n(from, count, to);
  }
  template <class T>
  static void download(C&, T* to, const T* from, std::ptrdiff_t count) {
    std::copy_n(from, count, to);
  }
  /// The copy arrives as late as it may.
  template <class T>
  static void upload_ahead(C& context, T* to, const T* from, std::ptrdiff_t count) {
    context.begun.push_back([to, sent = std::vector<T>(from, from + count)] { std::ranges::copy(sent, to); });
  }
  static void wait_for_uploads(C& context) {
    for (const auto& copy : std::exchange(context.begun, {})) copy();
  }
  template <class T>
  static void fill(C&, T* memory, std::ptrdiff_t count, T value) {
    std::fill_n(memory, count, value);
  }
  /// Backwards: the order must not matter.
  template <class F>
  static void for_each_index(C&, std::ptrdiff_t count, const F& f) {
    for (std::ptrdiff_t i = count; i-- > 0;) f(i);
  }
  template <class F>
  static void for_each_place(C&, std::ptrdiff_t pixels, int channels, const F& f) {
    for (std::ptrdiff_t p = pixels; p-- > 0;)
      for (int c = channels; c-- > 0;) f(p, c);
  }
  /// Three threads, merged one after the other.
  template <class Term, class Finish>
  static void reduce(C&, std::ptrdiff_t pixels, int channels, const Term& term, const Finish& finish) {
    device::with_lanes<Term::most>(term.lanes(), [&]<int V>(std::integral_constant<int, V>) {
      for (int c = 0; c < channels; c += V) {
        std::vector<typename Term::Sum::Result> found(static_cast<std::size_t>(V));
        for (std::ptrdiff_t thread = 0; thread < 3; ++thread) {
          device::Lanes<typename Term::Sum, V> sum{};
          for (std::ptrdiff_t p = thread; p < pixels; p += 3) term.template add<V>(p, c, sum);
          for (std::size_t i = 0; i < found.size(); ++i)
            if (thread == 0)
              found[i] = sum[static_cast<int>(i)].result();
            else
              found[i].merge(sum[static_cast<int>(i)].result());
        }
        for (int i = 0; i < V; ++i) finish(c + i, found[static_cast<std::size_t>(i)]);
      }
    });
  }
  template <class U>
  static U* scratch(C& context, device::Scratch slot, std::ptrdiff_t count) {
    return context.scratch<U>(slot, count);
  }
  static device::ConvolutionCounts& counts(C& context) { return context.counts; }

  // A library that takes even channel counts only.
  static bool takes(C& context, int in, int out) {
    if (out == context.fails_at) throw BackendError("the library failed");
    return in % 2 == 0 && out % 2 == 0;
  }
  template <class T>
  static bool native_forward(C& context, Window w, View<const T> x, const T* filter, View<T> y) {
    if (!takes(context, x.channels, y.channels)) return false;
    for_each_place(context, y.pixels(), y.channels,
                   device::ConvolutionForward<T>{w, Signal<T>{x}, filter, nullptr, Target<T>{y}});
    return true;
  }
  template <class T>
  static bool native_backward_data(C& context, Window w, View<const T> dy, const T* filter, View<T> dx) {
    if (!takes(context, dx.channels, dy.channels)) return false;
    for_each_place(context, dx.pixels(), dx.channels,
                   device::ConvolutionBackwardData<T>{w, dy, filter, Target<T>{dx}});
    return true;
  }
  template <class T>
  static bool native_backward_filter(C& context, Window w, View<const T> x, View<const T> dy, T* dfilter) {
    if (!takes(context, x.channels, dy.channels)) return false;
    const device::FilterTerm<T> term{w, Signal<T>{x}, dy};
    for (int e = 0; e < dy.channels * w.kernel * w.kernel * x.channels; ++e) {
      device::Lanes<typename device::FilterTerm<T>::Sum, 1> sum{};
      for (std::ptrdiff_t p = 0; p < dy.pixels(); ++p) term.template add<1>(p, e, sum);
      dfilter[e] = static_cast<T>(sum[0].value[0]);
    }
    return true;
  }
};

template <>
struct plan::Kernels<Emulated> : device::Kernels<Emulated> {};

}  // namespace aurum
