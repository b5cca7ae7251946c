#pragma once
// What the CUDA backend owns: a stream, cuDNN's handle, memory beside the feature maps, and the plans of the
// convolutions it has met.
#include <cuda_runtime.h>
#include <cudnn.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aurum/backend/cuda/graph.hpp"
#include "aurum/backend/device/operations.hpp"

namespace aurum {

namespace cuda {
/// Measures what a stream does.
class StopWatch {
 public:
  explicit StopWatch(cudaStream_t stream) : stream_{stream} {
    check(cudaEventCreate(&start_), "cudaEventCreate");
    check(cudaEventCreate(&stop_), "cudaEventCreate");
  }
  StopWatch(const StopWatch&) = delete;
  StopWatch& operator=(const StopWatch&) = delete;
  ~StopWatch() {
    (void)cudaEventDestroy(start_);
    (void)cudaEventDestroy(stop_);
  }
  /// Milliseconds.
  template <class F>
  float measure(const F& f) {
    check(cudaEventRecord(start_, stream_), "cudaEventRecord");
    f();
    check(cudaEventRecord(stop_, stream_), "cudaEventRecord");
    check(cudaEventSynchronize(stop_), "cudaEventSynchronize");
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, start_, stop_), "cudaEventElapsedTime");
    return milliseconds;
  }

 private:
  cudaStream_t stream_;
  cudaEvent_t start_ = nullptr, stop_ = nullptr;
};

/// The most bytes of a GPU's memory that a context had at a time.
struct MemoryUse {
  std::uint64_t used_peak = 0;      ///< handed out
  std::uint64_t reserved_peak = 0;  ///< taken from the system
};
}  // namespace cuda

/// The backend of NVIDIA's GPUs: convolutions by cuDNN, everything else by kernels of our own. Sources that
/// name it are compiled by nvcc.
struct Cuda {};

struct CudaOptions {
  int device = 0;     ///< as CUDA counts them
  bool tf32 = false;  ///< convolutions may round their inputs to TF32: faster, three digits
  /// The same bits in every run: for each new shape of a convolution cuDNN's heuristics choose an algorithm
  /// whose sums have a fixed order. Otherwise several are tried out and the fastest is kept, as PyTorch does
  /// with torch.backends.cudnn.benchmark; last digits may differ then from run to run.
  bool reproducible = false;
};

/// One stream of work on one GPU. One thread uses it at a time; the device is made that thread's current one
/// when the context is made, and has to be when it is used.
template <>
class Context<Cuda> {
 public:
  using Options = CudaOptions;
  /// Throws CudaError where there is no such GPU.
  explicit Context(const CudaOptions& options = {}) : options_{options} {
    int devices = 0;
    cuda::check(cudaGetDeviceCount(&devices), "cudaGetDeviceCount");
    if (options.device < 0 || options.device >= devices)
      throw CudaError("CUDA device " + std::to_string(options.device) + ": expected 0 to " +
                      std::to_string(devices - 1));
    cuda::check(cudaSetDevice(options.device), "cudaSetDevice");
    try {
      cuda::check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreate");
      cuda::check(cudaStreamCreateWithFlags(&copies_, cudaStreamNonBlocking), "cudaStreamCreate");
      cuda::check(cudaEventCreateWithFlags(&copied_, cudaEventDisableTiming), "cudaEventCreate");
      make_memory_pool();
      cuda::check(cudnnCreate(&cudnn_), "cudnnCreate");
      cuda::check(cudnnSetStream(cudnn_, stream_), "cudnnSetStream");
    } catch (...) {
      clear();
      throw;
    }
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { clear(); }

  [[nodiscard]] cudaStream_t stream() const { return stream_; }
  /// A second stream, for copies beside the work of the first.
  [[nodiscard]] cudaStream_t copies() const { return copies_; }
  /// What is asked for from now on begins when all copies are done.
  void wait_for_copies() {
    cuda::check(cudaEventRecord(copied_, copies_), "cudaEventRecord");
    cuda::check(cudaStreamWaitEvent(stream_, copied_), "cudaStreamWaitEvent");
  }
  /// How convolutions were done so far.
  [[nodiscard]] device::ConvolutionCounts& counts() { return counts_; }
  /// Waits until all that was asked for is done. Throws CudaError if some of it failed.
  void synchronise() { cuda::check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize"); }

  [[nodiscard]] cuda::MemoryUse memory() const {
    cuda::MemoryUse use;
    cuda::check(cudaMemPoolGetAttribute(pool_, cudaMemPoolAttrUsedMemHigh, &use.used_peak),
                "cudaMemPoolGetAttribute");
    cuda::check(cudaMemPoolGetAttribute(pool_, cudaMemPoolAttrReservedMemHigh, &use.reserved_peak),
                "cudaMemPoolGetAttribute");
    return use;
  }
  /// What memory() says counts from now on: what was tried out is forgotten.
  void restart_memory_peak() {
    std::uint64_t zero = 0;
    for (const cudaMemPoolAttr peak : {cudaMemPoolAttrUsedMemHigh, cudaMemPoolAttrReservedMemHigh})
      cuda::check(cudaMemPoolSetAttribute(pool_, peak, &zero), "cudaMemPoolSetAttribute");
  }
  /// Throws OutOfMemoryError.
  void* allocate(std::size_t bytes) {
    void* memory = nullptr;
    const cudaError_t status = cudaMallocFromPoolAsync(&memory, bytes, pool_, stream_);
    if (status == cudaErrorMemoryAllocation) {
      (void)cudaGetLastError();
      std::size_t free = 0, total = 0;
      (void)cudaMemGetInfo(&free, &total);
      throw OutOfMemoryError("the GPU has no memory for " + std::to_string(bytes) + " bytes more (free " +
                             std::to_string(free) + " of " + std::to_string(total) + ")");
    }
    cuda::check(status, "cudaMallocAsync of " + std::to_string(bytes) + " bytes");
    return memory;
  }
  void release(void* memory) noexcept {
    if (memory != nullptr) (void)cudaFreeAsync(memory, stream_);
  }

  /// Memory that lasts until the next call for that slot.
  void* scratch(device::Scratch slot, std::size_t bytes) {
    std::vector<Block>& blocks = scratch_[static_cast<std::size_t>(slot)];
    if (blocks.empty() || blocks.back().bytes < bytes) {
      drop(slot);
      blocks.push_back({allocate(bytes), bytes});
    }
    return blocks.back().memory;
  }
  /// From now on the memory of slots stays where it is, even where a larger one is needed: recorded work
  /// points at it.
  void keep_scratch() { keeps_scratch_ = true; }

  /// Runs a convolution, which writes its result and adds nothing; false: cuDNN does not take it.
  bool convolve(cuda::ConvolutionProblem problem, const void* image, const void* filter, const void* map) {
    problem.tf32 = options_.tf32;
    problem.reproducible = options_.reproducible;
    try {
      auto found = plans_.find(problem);
      if (found == plans_.end()) found = plans_.emplace(problem, choose(problem, image, filter, map)).first;
      if (!found->second) return false;
      run(*found->second, image, filter, map);
    } catch (const CudaError& e) {
      throw CudaError(to_string(problem) + ": " + e.what());
    }
    return true;
  }

 private:
  struct Block {
    void* memory;
    std::size_t bytes;
  };

  /// Gives a slot's memory back, once what was begun with it is done.
  void drop(device::Scratch slot) {
    std::vector<Block>& blocks = scratch_[static_cast<std::size_t>(slot)];
    if (blocks.empty() || keeps_scratch_) return;
    release(blocks.back().memory);
    blocks.pop_back();
  }
  void run(const cuda::ConvolutionPlan& plan, const void* image, const void* filter, const void* map) {
    void* const workspace =
        plan.workspace() == 0 ? nullptr
                              : scratch(device::Scratch::library, static_cast<std::size_t>(plan.workspace()));
    plan.run(cudnn_, image, filter, map, workspace);
  }
  /// Nothing: cuDNN does not take it.
  std::optional<cuda::ConvolutionPlan> choose(const cuda::ConvolutionProblem& problem, const void* image,
                                              const void* filter, const void* map) {
    constexpr std::size_t most = 16;
    std::vector<cuda::ConvolutionPlan> plans =
        cuda::ConvolutionPlan::find(cudnn_, problem, options_.reproducible ? 1 : most);
    if (plans.empty()) return {};
    if (plans.size() == 1) return std::move(plans.front());
    constexpr double time_out = 0.3;  // seconds for all plans: what cuDNN thinks little of is not waited for
    cuda::StopWatch watch(stream_);
    double spent = 0;
    std::size_t best = 0;
    float least = std::numeric_limits<float>::infinity();
    for (std::size_t i = 0; i < plans.size() && spent < time_out; ++i) {
      const auto once = [&] { return watch.measure([&] { run(plans[i], image, filter, map); }); };
      try {
        (void)once();  // loads its kernels, which takes long and says nothing
        const float first = once(), second = once(), milliseconds = std::min(first, second);
        spent += 1e-3 * static_cast<double>(first + second);
        if (milliseconds >= least) continue;
        least = milliseconds;
        best = i;
      } catch (const BackendError&) {  // no memory for its workspace, say; another one does, or fails below
      }
    }
    drop(device::Scratch::library);  // perhaps more than what is kept needs
    return std::move(plans[best]);
  }

  /// A pool that keeps what is given back: asking the driver again costs a wait for the whole device.
  void make_memory_pool() {
    cudaMemPoolProps properties{};
    properties.allocType = cudaMemAllocationTypePinned;
    properties.location = {cudaMemLocationTypeDevice, options_.device};
    cuda::check(cudaMemPoolCreate(&pool_, &properties), "cudaMemPoolCreate");
    std::uint64_t keep = UINT64_MAX;
    cuda::check(cudaMemPoolSetAttribute(pool_, cudaMemPoolAttrReleaseThreshold, &keep),
                "cudaMemPoolSetAttribute");
  }
  void clear() noexcept {
    for (std::vector<Block>& blocks : scratch_)
      for (const Block& block : blocks) release(block.memory);
    plans_.clear();
    if (cudnn_ != nullptr) cudnnDestroy(cudnn_);
    if (copies_ != nullptr) (void)cudaStreamSynchronize(copies_);
    if (stream_ != nullptr) (void)cudaStreamSynchronize(stream_);
    if (pool_ != nullptr) (void)cudaMemPoolDestroy(pool_);
    if (copied_ != nullptr) (void)cudaEventDestroy(copied_);
    if (copies_ != nullptr) (void)cudaStreamDestroy(copies_);
    if (stream_ != nullptr) (void)cudaStreamDestroy(stream_);
  }

  CudaOptions options_;
  cudaStream_t stream_ = nullptr, copies_ = nullptr;
  cudaEvent_t copied_ = nullptr;
  cudaMemPool_t pool_ = nullptr;
  cudnnHandle_t cudnn_ = nullptr;
  std::map<cuda::ConvolutionProblem, std::optional<cuda::ConvolutionPlan>> plans_;
  std::array<std::vector<Block>, device::scratch_slots> scratch_{};
  bool keeps_scratch_ = false;
  device::ConvolutionCounts counts_;
};

}  // namespace aurum
