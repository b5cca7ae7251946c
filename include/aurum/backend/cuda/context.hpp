#pragma once
// What the CUDA backend owns: a stream, cuDNN's handle, memory beside the feature maps, and the plans of the
// convolutions it has met.
#include <cuda_runtime.h>
#include <cudnn.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aurum/backend/cuda/graph.hpp"
#include "aurum/backend/device/operations.hpp"

namespace aurum {

/// The backend of NVIDIA's GPUs: convolutions by cuDNN, everything else by kernels of our own. Sources that
/// name it are compiled by nvcc.
struct Cuda {};

struct CudaOptions {
  int device = 0;     ///< as CUDA counts them
  bool tf32 = false;  ///< convolutions may round their inputs to TF32: faster, three digits
};

/// One stream of work on one GPU. One thread uses it at a time; the device is made that thread's current one
/// when the context is made, and has to be when it is used.
template <>
class Context<Cuda> {
 public:
  /// Throws CudaError where there is no such GPU.
  explicit Context(const CudaOptions& options = {}) : options_{options} {
    int devices = 0;
    cuda::check(cudaGetDeviceCount(&devices), "cudaGetDeviceCount");
    if (options.device < 0 || options.device >= devices)
      throw CudaError("CUDA device " + std::to_string(options.device) + ": expected 0 to " +
                      std::to_string(devices - 1));
    cuda::check(cudaSetDevice(options.device), "cudaSetDevice");
    cuda::check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreate");
    try {
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
  /// How convolutions were done so far.
  [[nodiscard]] device::ConvolutionCounts& counts() { return counts_; }
  /// Waits until all that was asked for is done. Throws CudaError if some of it failed.
  void synchronise() { cuda::check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize"); }

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

  /// Memory that lasts until the next call for that slot. Where it has to grow, the smaller one stays until
  /// the context goes: a captured graph may still point at it.
  void* scratch(device::Scratch slot, std::size_t bytes) {
    std::vector<Block>& blocks = scratch_[static_cast<std::size_t>(slot)];
    if (blocks.empty() || blocks.back().bytes < bytes) {
      const std::size_t more = blocks.empty() ? bytes : std::max(bytes, 2 * blocks.back().bytes);
      blocks.push_back({allocate(more), more});
    }
    return blocks.back().memory;
  }

  /// Runs a convolution; false: cuDNN does not take it.
  bool convolve(cuda::ConvolutionProblem problem, const void* image, const void* filter, const void* map) {
    problem.tf32 = options_.tf32;
    auto found = plans_.find(problem);
    if (found == plans_.end())
      found = plans_.emplace(problem, cuda::ConvolutionPlan::find(cudnn_, problem)).first;
    const std::optional<cuda::ConvolutionPlan>& plan = found->second;
    if (!plan) return false;
    void* const workspace = plan->workspace() == 0 ? nullptr
                                                   : scratch(device::Scratch::library,
                                                             static_cast<std::size_t>(plan->workspace()));
    try {
      plan->run(cudnn_, image, filter, map, workspace);
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
    if (stream_ != nullptr) (void)cudaStreamSynchronize(stream_);
    if (pool_ != nullptr) (void)cudaMemPoolDestroy(pool_);
    if (stream_ != nullptr) (void)cudaStreamDestroy(stream_);
  }

  CudaOptions options_;
  cudaStream_t stream_ = nullptr;
  cudaMemPool_t pool_ = nullptr;
  cudnnHandle_t cudnn_ = nullptr;
  std::map<cuda::ConvolutionProblem, std::optional<cuda::ConvolutionPlan>> plans_;
  std::array<std::vector<Block>, device::scratch_slots> scratch_{};
  device::ConvolutionCounts counts_;
};

}  // namespace aurum
