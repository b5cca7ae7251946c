// The kernels that tests of Cpu share (tests/CMakeLists.txt).
#include "aurum/backend/cpu/kernels.hpp"

AURUM_CPU_KERNELS(float)
AURUM_CPU_KERNELS(double)
