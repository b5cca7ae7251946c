#pragma once
// The GPU backend that the compiler at hand compiles: a test written for `Gpu` tests the emulated one in
// tests/unit, and `Cuda` where tests/cuda compiles the same source with nvcc.
#if defined(__CUDACC__)
#include "aurum/backend/cuda/cuda.hpp"
#else
#include "support/emulated.hpp"
#endif

namespace aurum::test {
#if defined(__CUDACC__)
using Gpu = Cuda;
#else
using Gpu = Emulated;
#endif
}  // namespace aurum::test
