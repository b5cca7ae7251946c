#pragma once
// The operations of a GPU backend, but for the launching: every kernel is a functor that is called once for
// each place of what it writes. A backend B that runs functors somewhere inherits these; ops/backend.hpp says
// what each operation is. Beside its memory, Operations<B> has
//
//   for_each_index(count, f)                 f(i) for i in [0, count)
//   for_each_place(pixels, channels, f)      f(p, c) for all of both; neighbouring c side by side
//   reduce(pixels, channels, term, finish)   sums.hpp; finish(c, sum of channel c), once for each channel
//   scratch<U>(slot, count) -> U*            memory that lasts until the next call for that slot
//   counts() -> ConvolutionCounts&
//   native_forward(window, x, filter, y), native_backward_data(window, dy, filter, dx),
//   native_backward_filter(window, x, dy, dfilter) -> bool
//       plain convolutions by a library, written, not added, all in T; false: it does not take these
#include <cstddef>
#include <type_traits>
#include <utility>

#include "aurum/backend/device/batch_norm.hpp"
#include "aurum/backend/device/convolution.hpp"
#include "aurum/backend/device/elements.hpp"
#include "aurum/core/error.hpp"
#include "aurum/ops/backend.hpp"
#include "aurum/ops/pointwise/passes.hpp"

namespace aurum::device {

/// What a backend keeps beside feature maps; each is in use while another may be asked for.
enum class Scratch { applied_input, filter, result, partial_sums, sum, library };
inline constexpr int scratch_slots = 6;

template <class B>
struct Operations {
  using C = Context<B>;
  using O = aurum::Operations<B>;
  static constexpr bool bfloat16 = true;

  template <class F>
  static double sum_over(C& context, std::ptrdiff_t count, const F& f) {
    if (count == 0) return 0;
    double* const sum = O::template scratch<double>(context, Scratch::sum, 1);
    O::reduce(context, count, 1, IndexTerm<F>{f}, WriteSum{sum});
    double result = 0;
    O::download(context, &result, sum, 1);
    return result;
  }

  template <class T>
  static void convolution_forward(C& context, Window w, const Signal<T>& x, const real_t<T>* parameter,
                                  const real_t<T>* bias, Target<T> y) {
    working_with(parameter, [&] {
      const View<const T> in = applied(context, x);
      const T* const filter = read_filter<T>(context, w, in.channels, y.view.channels, parameter);
      const View<T> result = y.base ? result_like(context, y.view) : y.view;
      if (!O::native_forward(context, w, in, filter, result)) {
        ++O::counts(context).direct;
        return for_each(context, y.view, ConvolutionForward<T>{w, Signal<T>{in}, filter, bias, y});
      }
      ++O::counts(context).native;
      finish(context, result, bias, y);
    });
  }
  /// v = activation(filter * x + bias); copy = v (null: not wanted); y = v + base: a plan's convolution.
  template <class T>
  static void convolution_finished(C& context, Window w, const Signal<T>& x, const T* filter,
                                   const real_t<T>* bias, Activation activation, View<T> copy, Target<T> y) {
    const View<const T> in = applied(context, x);
    const View<T> result = y.base ? result_like(context, y.view) : y.view;
    const bool native = O::native_forward(context, w, in, filter, result);
    ++(native ? O::counts(context).native : O::counts(context).direct);
    if (!native)
      for_each(context, result, ConvolutionForward<T>{w, Signal<T>{in}, filter, nullptr, Target<T>{result}});
    if (bias == nullptr && activation == Activation::none && !copy && !y.base) return;
    ++O::counts(context).added;
    for_each(context, y.view, FinishConvolution<T>{result, bias, activation, copy, y});
  }
  template <class T>
  static void convolution_backward_data(C& context, Window w, View<const T> dy, const real_t<T>* parameter,
                                        Target<T> dx) {
    working_with(parameter, [&] {
      const T* const filter = read_filter<T>(context, w, dx.view.channels, dy.channels, parameter);
      const View<T> result = dx.base ? result_like(context, dx.view) : dx.view;
      if (!O::native_backward_data(context, w, dy, filter, result)) {
        ++O::counts(context).direct;
        return for_each(context, dx.view, ConvolutionBackwardData<T>{w, dy, filter, dx});
      }
      ++O::counts(context).native;
      finish<T>(context, result, nullptr, dx);
    });
  }
  template <class T>
  static void convolution_backward_filter(C& context, Window w, const Signal<T>& x, View<const T> dy,
                                          real_t<T>* dfilter, real_t<T>* dbias) {
    working_with(dfilter, [&] {
      const View<const T> in = applied(context, x);
      const std::ptrdiff_t elements = std::ptrdiff_t{1} * dy.channels * w.kernel * w.kernel * in.channels;
      T* const result = O::template scratch<T>(context, Scratch::result, elements);
      if (O::native_backward_filter(context, w, in, dy, result)) {
        ++O::counts(context).native;
        O::for_each_index(context, elements, pointwise::Add<T, real_t<T>>{result, dfilter});
      } else {
        ++O::counts(context).direct;
        add_sums(context, dy.pixels(), static_cast<int>(elements), FilterTerm<T>{w, Signal<T>{in}, dy},
                 dfilter);
      }
      if (dbias != nullptr) add_sums(context, dy.pixels(), dy.channels, ElementTerm<T>{dy}, dbias);
    });
  }

  template <class T>
  static void batch_norm_statistics(C& context, const Signal<T>& x, real_t<T>* mean, real_t<T>* variance) {
    const DeviationTerm<T> term{x};
    O::reduce(context, x.data.pixels(), x.data.channels, term, WriteMoments<T>{term, mean, variance});
  }
  template <class T>
  static void batch_norm_backward(C& context, const Signal<T>& x, const BatchNormForward<T>& forward,
                                  View<const T> dy, real_t<T>* dweight, real_t<T>* dbias, Target<T> dx) {
    const NormElements<T> elements{x, forward, dy};
    using Real = real_t<T>;
    const int channels = dy.channels;
    Real* means = nullptr;
    if (dweight != nullptr || dbias != nullptr || (dx && forward.training)) {
      means = O::template scratch<Real>(context, Scratch::result, 2 * channels);
      O::reduce(
          context, dy.pixels(), channels, NormTerm<T>{elements},
          SpreadNormSums<Real>{dweight, dbias, static_cast<double>(dy.pixels()), means, means + channels});
    }
    const bool centred = forward.training && means != nullptr;
    if (dx)
      for_each(
          context, dx.view,
          NormBackward<T>{elements, centred ? means : nullptr, centred ? means + channels : nullptr, dx});
  }

  template <class T>
  static void materialise(C& context, const Signal<T>& x, Target<T> y) {
    for_each(context, y.view, Materialise<T>{x, y});
  }
  template <class T>
  static void activation_backward(C& context, const Signal<T>& x, Activation a, View<const T> dy,
                                  Target<T> dx) {
    for_each(context, dx.view, ActivationBackward<T>{x, a, dy, dx});
  }

  template <class T>
  static void max_pool(C& context, Window w, const Signal<T>& x, Target<T> y, View<WindowPlace> places = {}) {
    for_each(context, y.view, MaxPool<T>{w, x, y, places});
  }
  template <class T>
  static void max_pool_backward(C& context, Window w, View<const WindowPlace> places, View<const T> dy,
                                Target<T> dx) {
    for_each(context, dx.view, MaxPoolBackward<T>{w, places, dy, dx});
  }
  template <class T>
  static void average_pool(C& context, Window w, const Signal<T>& x, Target<T> y) {
    for_each(context, y.view, AveragePool<T>{w, x, y});
  }
  template <class T>
  static void average_pool_backward(C& context, Window w, View<const T> dy, Target<T> dx) {
    for_each(context, dx.view, AveragePoolBackward<T>{w, dy, dx});
  }
  template <class T>
  static void upsample(C& context, int factor, Interpolation mode, const Signal<T>& x, Target<T> y) {
    for_each(context, y.view, Upsample<T>{factor, mode, x, y});
  }
  template <class T>
  static void upsample_backward(C& context, int factor, Interpolation mode, View<const T> dy, Target<T> dx) {
    for_each(context, dx.view, UpsampleBackward<T>{factor, mode, dy, dx});
  }

 private:
  /// Says in what f throws which parameter it worked with, or whose gradient.
  template <class F>
  static void working_with(const void* parameter, const F& f) {
    try {
      f();
    } catch (BackendError& e) {
      e.set_parameter(parameter);
      throw;
    }
  }

  template <class T, class F>
  static void for_each(C& context, const View<T>& written, const F& f) {
    if constexpr (requires { f.lanes(); }) {
      with_lanes<most_lanes<T>>(f.lanes(), [&]<class V>(V) {
        O::for_each_place(context, written.pixels(), written.channels / V::value, InLanes<V::value, F>{f});
      });
    } else {
      O::for_each_place(context, written.pixels(), written.channels, f);
    }
  }
  template <class Term, class T>
  static void add_sums(C& context, std::ptrdiff_t pixels, int channels, const Term& term, T* to) {
    O::reduce(context, pixels, channels, term, AddSum<T>{to});
  }

  /// A filter as convolutions read it.
  template <class T>
  static const T* read_filter(C& context, Window w, int in, int out, const real_t<T>* parameter) {
    if constexpr (std::is_same_v<T, real_t<T>>) {
      return parameter;
    } else {
      const std::ptrdiff_t elements = std::ptrdiff_t{1} * out * w.kernel * w.kernel * in;
      T* const filter = O::template scratch<T>(context, Scratch::filter, elements);
      O::for_each_index(context, elements, pointwise::Copy<real_t<T>, T>{parameter, filter});
      return filter;
    }
  }

  /// The values of a signal, with nothing pending.
  template <class T>
  static View<const T> applied(C& context, const Signal<T>& x) {
    if (!x.pending()) return x.data;
    ++O::counts(context).applied;
    const View<T> to = make_view(O::template scratch<T>(context, Scratch::applied_input, x.data.size()),
                                 x.data.batch, x.data.shape());
    materialise(context, x, Target<T>{to});
    return to;
  }
  template <class T>
  static View<T> result_like(C& context, const View<T>& y) {
    return make_view(O::template scratch<T>(context, Scratch::result, y.size()), y.batch, y.shape());
  }
  template <class T>
  static void finish(C& context, const View<T>& result, const real_t<T>* bias, Target<T> y) {
    if (bias == nullptr && !y.base) return;
    ++O::counts(context).added;
    for_each(context, y.view, FinishConvolution<T>{result, bias, Activation::none, {}, y});
  }
};

}  // namespace aurum::device
