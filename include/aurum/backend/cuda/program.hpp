#pragma once
// How the CUDA backend runs plans: recorded once for each size of batch as a CUDA graph, so that a call costs
// one launch.
#include <cuda_runtime.h>

#include <cstddef>
#include <map>
#include <memory>
#include <type_traits>

#include "aurum/backend/cuda/context.hpp"
#include "aurum/backend/device/program.hpp"

namespace aurum::plan {

template <>
struct Kernels<Cuda> : device::Kernels<Cuda> {
  /// Other contexts read what this one's stream has packed.
  static void settle(Context<Cuda>& context) { context.synchronise(); }

  class Replay {
   public:
    template <class Walk>
    void operator()(Context<Cuda>& context, int batch, const Walk& walk) {
      const cudaStream_t stream = context.stream();
      const auto found = graphs_.find(batch);
      if (found != graphs_.end()) {
        cuda::check(cudaGraphLaunch(found->second.get(), stream), "cudaGraphLaunch");
        return;
      }
      walk();  // finds plans and memory, neither of which can be recorded
      context.keep_scratch();
      cuda::check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
      cudaGraph_t graph = nullptr;
      try {
        walk();
      } catch (...) {
        (void)cudaStreamEndCapture(stream, &graph);
        if (graph != nullptr) (void)cudaGraphDestroy(graph);
        throw;
      }
      cuda::check(cudaStreamEndCapture(stream, &graph), "cudaStreamEndCapture");
      cudaGraphExec_t ready = nullptr;
      const cudaError_t status = cudaGraphInstantiate(&ready, graph, 0);
      (void)cudaGraphDestroy(graph);
      cuda::check(status, "cudaGraphInstantiate");
      graphs_.emplace(batch, ready);
    }

   private:
    struct Destroy {
      void operator()(cudaGraphExec_t graph) const { (void)cudaGraphExecDestroy(graph); }
    };
    std::map<int, std::unique_ptr<std::remove_pointer_t<cudaGraphExec_t>, Destroy>> graphs_;
  };
};

}  // namespace aurum::plan
