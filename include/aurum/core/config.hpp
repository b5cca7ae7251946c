#pragma once
// The only macros of aurum: AURUM_HD and the version.

#define AURUM_VERSION_MAJOR 0
#define AURUM_VERSION_MINOR 1
#define AURUM_VERSION_PATCH 0

/// Marks a function that the host and the GPU both run. Under a plain C++ compiler it says nothing.
#if defined(__CUDACC__)
#define AURUM_HD __host__ __device__
#else
#define AURUM_HD
#endif
