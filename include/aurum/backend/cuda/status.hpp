#pragma once
// Errors of CUDA and cuDNN: which call failed, in which operation, with what shapes.
#include <cuda_runtime.h>
#include <cudnn.h>

#include <cstddef>
#include <string>

#include "aurum/core/error.hpp"

namespace aurum {

/// A call of CUDA or cuDNN failed.
class CudaError : public BackendError {
 public:
  using BackendError::BackendError;
};

namespace cuda {

/// Throws CudaError if `status` is one; `what` says what was being done.
inline void check(cudaError_t status, const std::string& what) {
  if (status == cudaSuccess) return;
  (void)cudaGetLastError();  // else the next launch would report it again
  throw CudaError(what + ": " + cudaGetErrorName(status) + ": " + cudaGetErrorString(status));
}

inline void check(cudnnStatus_t status, const std::string& what) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  std::string detail(256, '\0');
  cudnnGetLastErrorString(detail.data(), detail.size());
  detail.resize(detail.find('\0') == std::string::npos ? detail.size() : detail.find('\0'));
  throw CudaError(what + ": " + cudnnGetErrorString(status) + (detail.empty() ? "" : ": " + detail));
}

}  // namespace cuda
}  // namespace aurum
