#pragma once
// The backend contract. A backend is a tag type `B` with
//
//   Context<B>       what a program owns once per thread of control: worker threads or a stream, handles
//   Operations<B>    static member function templates on the element type T (float; Reference also double)
//
// This file says what each operation is; backend/reference/ is the plain version that every other one is
// tested against. Views are channels last. Signals (`x`) may carry pending batch norm and activation, which
// the operation applies as it reads; "the value of x" is the result. Targets (`y`, `dx`) may ask for a
// base to be added to the result. Shapes agree when an operation is called, since inference has checked them.
// Pointers are the backend's memory. The context is the first argument of all, left out below.
//
// Memory
//   allocate<T>(count) -> T*         release(T*)         fill(T*, count, value)
//   upload(T* to, const T* from, count)                  download(T* to, const T* from, count)
//   and, where the backend has memory of the host that is copied faster than other memory (HostMemory):
//   allocate_host(bytes) -> void*                        release_host(void*)
//   and, where copies can run beside other work:
//   upload_ahead(T* to, const T* from, count)            begins a copy; nothing that was asked for and is not
//                                                        done yet may use `to`
//   wait_for_uploads()                                   what is asked for from now on begins when they are
//                                                        done; nobody writes to `from` until then
//
// Pointwise: run the functors of ops/pointwise/ (optimiser steps, losses, heatmaps)
//   for_each_index(count, f)         f(i) for i in [0, count), in any order
//   sum_over(count, f) -> double     sum of f(i), the same bits for any number of threads
//
// Convolution: filter {C_out, k, k, C_in}
//   convolution_forward(window, x, filter, bias or null, y)              y = filter * x + bias
//   convolution_backward_data(window, dy, filter, dx)                    dx: for the value of x
//   convolution_backward_filter(window, x, dy, dfilter, dbias or null)   both add to what is there
//
// Batch norm
//   batch_norm_statistics(x, mean, variance)                             per channel; biased variance
//   batch_norm_backward(x, forward, dy, dweight, dbias, dx)
//       through the batch norm and the activation after it; dweight and dbias add (null: not wanted)
//
// Activation
//   materialise(x, y)                                                    y = value of x
//   and, where one pass over them all is quicker than one for each:
//   materialise_sum(parts, y)                                            see the function of this name
//   activation_backward(x, activation, dy, dx)                           dx = dy * activation'(value of x);
//                                                                        dx may be the memory of dy
// Pooling and upsampling
//   max_pool(window, x, y, places)   max_pool_backward(window, places, dy, dx)
//       the first maximum takes it all; `places` (null: not wanted) is where each was in its window
//   average_pool(window, x, y)       average_pool_backward(window, dy, dx)
//       padding counts as zeros
//   upsample(factor, interpolation, x, y)
//   upsample_backward(factor, interpolation, dy, dx)
#include <cstddef>
#include <span>

#include "aurum/ops/signal.hpp"
#include "aurum/spec/spec.hpp"
#include "aurum/spec/upsample.hpp"

namespace aurum {

template <class B>
class Context;

template <class B>
struct Operations;

/// Whether the caller's memory is the backend's own, so that nothing need be copied to it
/// (Operations<B>::on_host). The reference takes copies, to try out what other backends have to do.
template <class B>
inline constexpr bool on_host = requires {
  requires Operations<B>::on_host;
};

/// Whether a backend works on feature maps of BFloat16 too (Operations<B>::bfloat16).
template <class B>
inline constexpr bool has_bfloat16 = requires {
  requires Operations<B>::bfloat16;
};

/// y = the values of all `parts`, added up in their order. They make up whole terms: the first ones are of
/// all channels, side by side, the next ones again.
template <class B, class T>
void materialise_sum(Context<B>& context, std::span<const Part<T>> parts, Target<T> y) {
  using O = Operations<B>;
  if constexpr (requires { O::materialise_sum(context, parts, y); }) {
    O::materialise_sum(context, parts, y);
  } else {
    int covered = 0;
    for (const Part<T>& part : parts) {
      const int channels = part.signal.data.channels;
      if (covered == y.view.channels) y.base = y.view;
      O::materialise(context, part.signal, y.slice(part.first, channels));
      covered += channels;
    }
  }
}

/// Whether a backend copies beside other work (Operations<B>::upload_ahead).
template <class B>
inline constexpr bool uploads_ahead = requires(Context<B>& c, float* to, const float* from) {
  Operations<B>::upload_ahead(c, to, from, 1);
  Operations<B>::wait_for_uploads(c);
};

namespace detail {
struct IndexProbe {
  AURUM_HD void operator()(std::ptrdiff_t) const {}
};
struct SumProbe {
  AURUM_HD double operator()(std::ptrdiff_t) const { return 0; }
};

template <class B, class T = float>
struct Probe {
  using O = Operations<B>;
  static constexpr bool memory = requires(Context<B> & c, T* p, const T* q, std::ptrdiff_t n) {
    { O::template allocate<T>(c, n) } -> std::same_as<T*>;
    O::release(c, p);
    O::upload(c, p, q, n);
    O::download(c, p, q, n);
    O::fill(c, p, n, T{});
  };
  static constexpr bool pointwise = requires(Context<B> & c, std::ptrdiff_t n) {
    O::for_each_index(c, n, IndexProbe{});
    { O::sum_over(c, n, SumProbe{}) } -> std::same_as<double>;
  };
  static constexpr bool convolution =
      requires(Context<B> & c, Window w, const Signal<T>& x, View<const T> dy, Target<T> y, T* p) {
    O::convolution_forward(c, w, x, p, p, y);
    O::convolution_backward_data(c, w, dy, p, y);
    O::convolution_backward_filter(c, w, x, dy, p, p);
  };
  static constexpr bool batch_norm =
      requires(Context<B> & c, const Signal<T>& x, View<const T> dy, Target<T> y, T* p) {
    O::batch_norm_statistics(c, x, p, p);
    O::batch_norm_backward(c, x, BatchNormForward<T>{}, dy, p, p, y);
  };
  static constexpr bool activation =
      requires(Context<B> & c, const Signal<T>& x, View<const T> dy, Target<T> y, Activation a) {
    O::materialise(c, x, y);
    O::activation_backward(c, x, a, dy, y);
  };
  static constexpr bool max_pool = requires(Context<B> & c, Window w, const Signal<T>& x, View<const T> dy,
                                            Target<T> y, View<WindowPlace> places) {
    O::max_pool(c, w, x, y, places);
    O::max_pool_backward(c, w, View<const WindowPlace>(places), dy, y);
  };
  static constexpr bool average_pool =
      requires(Context<B> & c, Window w, const Signal<T>& x, View<const T> dy, Target<T> y) {
    O::average_pool(c, w, x, y);
    O::average_pool_backward(c, w, dy, y);
  };
  static constexpr bool upsample =
      requires(Context<B> & c, const Signal<T>& x, View<const T> dy, Target<T> y, Interpolation i) {
    O::upsample(c, 2, i, x, y);
    O::upsample_backward(c, 2, i, dy, y);
  };
};
}  // namespace detail

/// Whether backend B has an operation that a layer asks for.
template <class B>
constexpr bool supports(Op op) {
  using P = detail::Probe<B>;
  switch (op) {
    case Op::convolution:
      return P::convolution;
    case Op::batch_norm:
      return P::batch_norm;
    case Op::activation:
      return P::activation;
    case Op::max_pool:
      return P::max_pool;
    case Op::average_pool:
      return P::average_pool;
    case Op::upsample:
      return P::upsample;
  }
  return false;
}

/// What every backend has whatever its layers: memory, pointwise passes and copies. Layers' own operations
/// are checked with the network that uses them, so that the message names the layer.
template <class B>
concept Backend = detail::Probe<B>::memory && detail::Probe<B>::pointwise && detail::Probe<B>::activation;

namespace detail {
/// What inference finds about network S on backend B.
template <class S, Shape In, class B>
struct DiagnosisOf {
  static constexpr Diagnosis value = S::infer(In, [](Op op) { return supports<B>(op); });
};
}  // namespace detail

}  // namespace aurum
