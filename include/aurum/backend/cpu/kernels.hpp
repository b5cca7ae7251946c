#pragma once
// The kernels of `Cpu` compiled once for a program of several translation units. Each compiles those that it
// uses for itself otherwise, which takes it seconds. Define AURUM_CPU_KERNELS_ELSEWHERE for all of them, and
// in one write
//
//     #include <aurum/backend/cpu/kernels.hpp>
//     AURUM_CPU_KERNELS(float)
//
// (double as well, if its networks are used). All must be compiled for the same instruction set.
#include "aurum/backend/cpu/batch_norm.hpp"
#include "aurum/backend/cpu/convolution.hpp"
#include "aurum/backend/cpu/resample.hpp"
#include "aurum/backend/cpu/rows.hpp"

#define AURUM_DETAIL_CPU_KERNELS(keyword, T)                                                                \
  namespace aurum::cpu {                                                                                    \
  keyword template void pack<Winograd::f4, T>(Team&, Algorithm, const Filter<T>&, T*);                      \
  keyword template void convolve<Winograd::f4, T>(Team&, Algorithm, Window, const Signal<T>&, const T*,     \
                                                  const Epilogue<T>&, const View<T>&);                      \
  keyword template void scatter_data_gradient<T>(Team&, Window, const View<const T>&, const T*, Target<T>); \
  keyword template void convolution_backward_filter<Winograd::f4, T>(Team&, Window, const Signal<T>&,       \
                                                                     const View<const T>&, T*, T*);         \
  keyword template void batch_norm_statistics<T>(Team&, const Signal<T>&, T*, T*);                          \
  keyword template void batch_norm_backward<T>(Team&, const Signal<T>&, const BatchNormForward<T>&,         \
                                               const View<const T>&, T*, T*, const Target<T>&);             \
  keyword template void materialise_sum<T>(Team&, std::span<const Part<T>>, const Target<T>&);              \
  keyword template void materialise<T>(Team&, const Signal<T>&, const Target<T>&);                          \
  keyword template void activation_backward<T>(Team&, const Signal<T>&, Activation, const View<const T>&,   \
                                               const Target<T>&);                                           \
  keyword template void max_pool<T>(Team&, Window, const Signal<T>&, const Target<T>&,                      \
                                    const View<WindowPlace>&);                                              \
  keyword template void max_pool_backward<T>(Team&, Window, const View<const WindowPlace>&,                 \
                                             const View<const T>&, const Target<T>&);                       \
  keyword template void average_pool<T>(Team&, Window, const Signal<T>&, const Target<T>&);                 \
  keyword template void average_pool_backward<T>(Team&, Window, const View<const T>&, const Target<T>&);    \
  keyword template void upsample<T>(Team&, int, Interpolation, const Signal<T>&, const Target<T>&);         \
  keyword template void upsample_backward<T>(Team&, int, Interpolation, const View<const T>&,               \
                                             const Target<T>&);                                             \
  }
#define AURUM_CPU_KERNELS(T) AURUM_DETAIL_CPU_KERNELS(, T)

#ifdef AURUM_CPU_KERNELS_ELSEWHERE
AURUM_DETAIL_CPU_KERNELS(extern, float)
AURUM_DETAIL_CPU_KERNELS(extern, double)
#endif
