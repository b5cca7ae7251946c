// The kernels of Cpu, compiled once for all networks of the programs.
#include "aurum/backend/cpu/kernels.hpp"

AURUM_CPU_KERNELS(float)
