#pragma once
// The CUDA backend, float and double. ops/backend.hpp says what each operation is; backend/device/ has the
// kernels as functors, this file launches them.
#if !defined(__CUDACC__)
#error "aurum: backend/cuda/cuda.hpp launches kernels: compile this source with nvcc (CMake: LANGUAGE CUDA)"
#endif
#include <algorithm>
#include <bit>
#include <cstddef>
#include <string>
#include <type_traits>

#include "aurum/backend/cuda/context.hpp"
#include "aurum/backend/device/operations.hpp"

namespace aurum {

namespace cuda {

inline constexpr unsigned threads_per_block = 256;

template <class F>
__global__ void __launch_bounds__(threads_per_block) for_each_index(std::ptrdiff_t count, F f) {
  const std::ptrdiff_t i = std::ptrdiff_t{blockIdx.x} * threads_per_block + threadIdx.x;
  if (i < count) f(i);
}

/// Channels along x: neighbouring threads touch neighbouring memory, and nobody divides.
template <class F>
__global__ void __launch_bounds__(threads_per_block)
    for_each_place(std::ptrdiff_t pixels, int channels, F f) {
  const std::ptrdiff_t p = std::ptrdiff_t{blockIdx.x} * blockDim.y + threadIdx.y;
  const int c = static_cast<int>(blockIdx.y * blockDim.x + threadIdx.x);
  if (p < pixels && c < channels) f(p, c);
}

template <class T>
__global__ void __launch_bounds__(threads_per_block) fill(std::ptrdiff_t count, T* memory, T value) {
  const std::ptrdiff_t i = std::ptrdiff_t{blockIdx.x} * threads_per_block + threadIdx.x;
  if (i < count) memory[i] = value;
}

[[nodiscard]] constexpr unsigned blocks(std::ptrdiff_t count, std::ptrdiff_t each) {
  return static_cast<unsigned>((count + each - 1) / each);
}

/// Merges what the rows of a block found, column by column; row 0 has it then. Rows are a power of two.
template <class Result>
__device__ void merge_rows(Result* found, const Result& mine) {
  const unsigned me = threadIdx.y * blockDim.x + threadIdx.x;
  found[me] = mine;
  for (unsigned rows = blockDim.y / 2; rows > 0; rows /= 2) {
    __syncthreads();
    if (threadIdx.y < rows) found[me].merge(found[me + rows * blockDim.x]);
  }
}

/// Each block adds up its share of the pixels: partial[block * channels + c].
template <int V, class Term>
__global__ void __launch_bounds__(threads_per_block)
    add_pixels(std::ptrdiff_t pixels, int channels, Term term, typename Term::Sum::Result* partial) {
  using Sum = typename Term::Sum;
  __shared__ typename Sum::Result found[threads_per_block];
  const int c = static_cast<int>(blockIdx.y * blockDim.x + threadIdx.x) * V;
  const std::ptrdiff_t step = std::ptrdiff_t{gridDim.x} * blockDim.y;
  device::Lanes<Sum, V> sum{};
  if (c < channels)
#pragma unroll 4  // so that several pixels are on their way at a time
    for (std::ptrdiff_t p = std::ptrdiff_t{blockIdx.x} * blockDim.y + threadIdx.y; p < pixels; p += step)
      term.template add<V>(p, c, sum);
  for (int i = 0; i < V; ++i) {
    merge_rows(found, sum[i].result());
    if (threadIdx.y == 0 && c < channels)
      partial[std::ptrdiff_t{blockIdx.x} * channels + c + i] = found[threadIdx.x];
    __syncthreads();
  }
}

/// Merges what the blocks found.
template <class Result, class Finish>
__global__ void __launch_bounds__(threads_per_block)
    merge_blocks(int blocks, int channels, const Result* partial, Finish finish) {
  __shared__ Result found[threads_per_block];
  const int c = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  Result sum{};
  if (c < channels)
    for (int block = static_cast<int>(threadIdx.y); block < blocks; block += static_cast<int>(blockDim.y))
      sum.merge(partial[std::ptrdiff_t{block} * channels + c]);
  merge_rows(found, sum);
  if (threadIdx.y == 0 && c < channels) finish(c, static_cast<const Result&>(found[threadIdx.x]));
}

/// Columns of a block that works on `groups` of channels: a power of two.
[[nodiscard]] constexpr unsigned columns(int groups, unsigned most) {
  return std::min(std::bit_ceil(static_cast<unsigned>(groups)), most);
}

}  // namespace cuda

template <>
struct Operations<Cuda> : device::Operations<Cuda> {
  template <class T>
  static T* allocate(C& context, std::ptrdiff_t count) {
    return static_cast<T*>(
        context.allocate(sizeof(T) * static_cast<std::size_t>(std::max<std::ptrdiff_t>(count, 1))));
  }
  template <class T>
  static void release(C& context, T* memory) {
    context.release(const_cast<std::remove_const_t<T>*>(memory));
  }
  /// Memory of the host whose pages stay where they are, so that the GPU copies them itself.
  static void* allocate_host(std::size_t bytes) {
    void* memory = nullptr;
    cuda::check(cudaMallocHost(&memory, std::max<std::size_t>(bytes, 1)),
                "cudaMallocHost of " + std::to_string(bytes) + " bytes");
    return memory;
  }
  static void release_host(void* memory) noexcept { (void)cudaFreeHost(memory); }
  /// The host's memory may be used again when this returns.
  template <class T>
  static void upload(C& context, T* to, const T* from, std::ptrdiff_t count) {
    copy(context.stream(), to, from, count, cudaMemcpyHostToDevice);
    context.synchronise();
  }
  template <class T>
  static void upload_ahead(C& context, T* to, const T* from, std::ptrdiff_t count) {
    copy(context.copies(), to, from, count, cudaMemcpyHostToDevice);
  }
  static void wait_for_uploads(C& context) { context.wait_for_copies(); }
  template <class T>
  static void download(C& context, T* to, const T* from, std::ptrdiff_t count) {
    copy(context.stream(), to, from, count, cudaMemcpyDeviceToHost);
    context.synchronise();
  }
  template <class T>
  static void fill(C& context, T* memory, std::ptrdiff_t count, T value) {
    if (count == 0) return;
    cuda::
        fill<<<cuda::blocks(count, cuda::threads_per_block), cuda::threads_per_block, 0, context.stream()>>>(
            count, memory, value);
    launched("fill", count);
  }
  template <class F>
  static void for_each_index(C& context, std::ptrdiff_t count, const F& f) {
    if (count == 0) return;
    cuda::for_each_index<<<cuda::blocks(count, cuda::threads_per_block), cuda::threads_per_block, 0,
                           context.stream()>>>(count, f);
    launched("for_each_index", count);
  }
  template <class F>
  static void for_each_place(C& context, std::ptrdiff_t pixels, int channels, const F& f) {
    if (pixels == 0 || channels == 0) return;
    const unsigned x = std::min(static_cast<unsigned>(channels), cuda::threads_per_block);
    const unsigned y = cuda::threads_per_block / x;
    const dim3 grid(cuda::blocks(pixels, y), cuda::blocks(channels, x));
    cuda::for_each_place<<<grid, dim3(x, y), 0, context.stream()>>>(pixels, channels, f);
    launched("for_each_place", pixels * channels);
  }

  template <class Term, class Finish>
  static void reduce(C& context, std::ptrdiff_t pixels, int channels, const Term& term,
                     const Finish& finish) {
    using Result = typename Term::Sum::Result;
    device::with_lanes<Term::most>(term.lanes(), [&]<class V>(V) {
      const int groups = channels / V::value;
      const unsigned x = cuda::columns(groups, cuda::threads_per_block), y = cuda::threads_per_block / x;
      const unsigned across = cuda::blocks(groups, x);
      // Enough to fill the largest GPUs, but each with some pixels to add; the same on all of them, and so
      // are the bits.
      constexpr unsigned most_blocks = 528, least_pixels = 8;
      const unsigned along =
          std::clamp(cuda::blocks(pixels, y * least_pixels), 1U, std::max(1U, most_blocks / across));
      auto* const partial =
          scratch<Result>(context, device::Scratch::partial_sums, std::ptrdiff_t{along} * channels);
      cuda::add_pixels<V::value>
          <<<dim3(along, across), dim3(x, y), 0, context.stream()>>>(pixels, channels, term, partial);
      launched("add_pixels", pixels * channels);
      const unsigned few = cuda::columns(channels, 2);  // many rows: they merge at the same time
      cuda::merge_blocks<<<cuda::blocks(channels, few), dim3(few, cuda::threads_per_block / few), 0,
                           context.stream()>>>(static_cast<int>(along), channels,
                                               static_cast<const Result*>(partial), finish);
      launched("merge_blocks", channels);
    });
  }
  template <class U>
  static U* scratch(C& context, device::Scratch slot, std::ptrdiff_t count) {
    return static_cast<U*>(context.scratch(slot, sizeof(U) * static_cast<std::size_t>(count)));
  }
  static device::ConvolutionCounts& counts(C& context) { return context.counts(); }

  template <class T>
  static bool native_forward(C& context, Window w, View<const T> x, const T* filter, View<T> y) {
    return convolve<T>(context, cuda::Pass::forward, w, x, filter, y);
  }
  template <class T>
  static bool native_backward_data(C& context, Window w, View<const T> dy, const T* filter, View<T> dx) {
    return convolve<T>(context, cuda::Pass::backward_data, w, dx, filter, dy);
  }
  template <class T>
  static bool native_backward_filter(C& context, Window w, View<const T> x, View<const T> dy, T* dfilter) {
    return convolve<T>(context, cuda::Pass::backward_filter, w, x, dfilter, dy);
  }

 private:
  template <class T>
  static void copy(cudaStream_t stream, T* to, const T* from, std::ptrdiff_t count, cudaMemcpyKind kind) {
    const std::size_t bytes = sizeof(T) * static_cast<std::size_t>(count);
    cuda::check(cudaMemcpyAsync(to, from, bytes, kind, stream),
                "cudaMemcpyAsync of " + std::to_string(bytes) + " bytes");
  }
  static void launched(const char* kernel, std::ptrdiff_t count) {
    const cudaError_t status = cudaGetLastError();
    if (status != cudaSuccess)  // (the message is made only then: this is on every launch's way)
      cuda::check(status, std::string("launch of ") + kernel + " for " + std::to_string(count) + " elements");
  }
  /// In double nobody needs speed: cuDNN has few kernels for it, and ours serve.
  template <class T>
  static bool convolve(C& context, cuda::Pass pass, Window w, const View<const T>& image, const T* filter,
                       const View<const T>& map) {
    if constexpr (std::is_same_v<T, double>) {
      return false;
    } else {
      return context.convolve(
          {pass, w.kernel, w.stride, w.padding, cuda::layout_of(image),
           cuda::filter_layout(map.channels, image.channels, w.kernel, filter), cuda::layout_of(map)},
          image.data, filter, map.data);
    }
  }
};

}  // namespace aurum

#include "aurum/backend/cuda/program.hpp"  // how this backend runs plans
