#pragma once
// The fast backend that the compiler at hand compiles: a test written for `Here` tests `Cpu` in tests/unit,
// and `Cuda` where tests/cuda compiles the same source with nvcc.
#if defined(__CUDACC__)
#include "aurum/backend/cuda/cuda.hpp"
#else
#include "aurum/backend/cpu/cpu.hpp"
#endif

namespace aurum::test {
#if defined(__CUDACC__)
using Here = Cuda;
#else
using Here = Cpu;
#endif
}  // namespace aurum::test
