#pragma once
// For programs that are compiled with OpenMP: link aurum::openmp, or give -fopenmp.
#if !defined(_OPENMP)
#error "aurum: openmp.hpp needs OpenMP: compile with -fopenmp, or link aurum::openmp with CMake"
#else
#include <omp.h>

#include "aurum/backend/cpu/executor.hpp"

namespace aurum {

/// OpenMP's threads, for programs that have them at work anyway: one set of threads instead of two. A loop
/// that is started within a parallel region of several threads is done by its caller alone. How threads wait
/// is OpenMP's choice (OMP_WAIT_POLICY). OpenMP keeps threads for each thread that starts regions; it makes
/// them for the first loop.
class OpenMpThreads final : public Executor {
 public:
  /// `count` threads in all, the caller's among them; 0: as many as OpenMP would take (OMP_NUM_THREADS, or
  /// one per core).
  explicit OpenMpThreads(int count = 0) : Executor(count > 0 ? count : omp_get_max_threads()) {}

 private:
  // Every region has as many threads: OpenMP ends those that a smaller one leaves over, and starts them
  // again.
  void share_out(Loop& loop) noexcept override {
    if (omp_in_parallel() != 0) return loop.work(0);
#pragma omp parallel num_threads(count())
    if (const int worker = omp_get_thread_num(); worker == 0 || worker < room()) loop.work(worker);
  }
};

}  // namespace aurum
#endif
