#pragma once
// Backends by the compiler at hand. A test written for `Here` tests `Cpu` in tests/unit, one written for
// `Gpu` a GPU's kernels on the host; where tests/cuda compiles the same source with nvcc, both test `Cuda`.
#if defined(__CUDACC__)
#include "aurum/backend/cuda/cuda.hpp"
#else
#include "aurum/backend/cpu/cpu.hpp"
#include "support/emulated.hpp"
#endif

namespace aurum::test {
#if defined(__CUDACC__)
using Here = Cuda;
using Gpu = Cuda;
#else
using Here = Cpu;
using Gpu = Emulated;
#endif
}  // namespace aurum::test
