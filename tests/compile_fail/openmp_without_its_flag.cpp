// Compiled without -fopenmp.
// expect: compile with -fopenmp, or link aurum::openmp
// mend: openmp.hpp => threads.hpp
#include <aurum/backend/cpu/openmp.hpp>
using namespace aurum;

int count(const Executor& executor) { return executor.count(); }
