#pragma once
// What running a plan asks of a backend beyond the operations of ops/backend.hpp.
#include <cstddef>

#include "aurum/ops/backend.hpp"
#include "aurum/ops/pointwise/passes.hpp"

namespace aurum::plan {

/// One convolution of a plan: v = activation(filter * value of x + bias); copy = v; y = v + residual.
template <class T>
struct Convolution {
  Window window;
  Signal<T> x;
  const real_t<T>* filter;  ///< as Kernels<B>::pack made it
  const real_t<T>* bias;    ///< one per output channel; null: none
  Activation activation;
  View<const T> residual;  ///< of y's shape, may be y itself; null: none
  View<T> copy;            ///< of y's shape; null: not wanted
  View<T> y;
};

/// The kernels that serve every backend by its operations.
template <class B>
struct PlainKernels {
  /// Whether `convolve` needs memory for one more output.
  static constexpr bool needs_spare = true;

  /// Whether a batch is worked on image by image, so that memory is needed for one; each worker of the
  /// context takes images of its own where there are enough. If so, there are `solos` and `share_out`.
  static constexpr bool image_by_image = false;

  /// Elements (of real_t<T>) of a packed filter; `in` and `out` are those of one image.
  template <class T>
  static constexpr std::ptrdiff_t packed_size(Window w, const Shape& in, const Shape& out) {
    return std::ptrdiff_t{1} * out.channels * w.kernel * w.kernel * in.channels;
  }
  /// Brings a filter {C_out, k, k, C_in} of the host into the backend's memory and the form it wants.
  template <class T>
  static void pack(Context<B>& context, Window w, const Shape& in, const Shape& out, const real_t<T>* filter,
                   real_t<T>* packed) {
    Operations<B>::upload(context, packed, filter, packed_size<T>(w, in, out));
  }
  template <class T>
  static void convolve(Context<B>& context, const Convolution<T>& c, T* spare) {
    using O = Operations<B>;
    const Target<T> y{c.y, c.residual};
    if (c.activation == Activation::none && !c.copy)
      return O::convolution_forward(context, c.window, c.x, c.filter, c.bias, y);
    const View<T> sum = c.copy ? c.copy : c.residual ? make_view(spare, c.y.batch, c.y.shape()) : c.y;
    O::convolution_forward(context, c.window, c.x, c.filter, c.bias, Target<T>{sum});
    Signal<T> v{sum, nullptr, nullptr, c.activation};
    if (c.copy) {
      O::materialise(context, v, Target<T>{sum});
      v.activation = Activation::none;
    }
    O::materialise(context, v, y);
  }
  /// The peaks of all maps, image by image, into the backend's memory.
  template <class T>
  static void find_peaks(Context<B>& context, View<const T> maps, Peak* peaks) {
    Operations<B>::for_each_index(context, std::ptrdiff_t{1} * maps.batch * maps.channels,
                                  pointwise::FindPeaks<T>{maps, peaks});
  }
  /// Called after a first run: later ones shall not allocate, and other contexts may read what was packed.
  static void settle(Context<B>&) {}

  /// Runs `walk`, which does the same work in the same memory whenever the batch is the same; where starting
  /// each piece of work costs, it can be recorded once.
  struct Replay {
    template <class Walk>
    void operator()(Context<B>&, int /*batch*/, const Walk& walk) {
      walk();
    }
  };
};

/// The kernels of backend B; one that has faster ones specialises the template.
template <class B>
struct Kernels : PlainKernels<B> {};

}  // namespace aurum::plan
