#pragma once
// A module is a spec with state. It is written once, in terms of operations, for every backend B and element
// type T.
//
//   Module<S, In, B, T>(ParameterLayout<T>&)
//       takes its parameters, in the order of the public layout
//   Signal<T> forward(Step<B, T>&, const Signal<T>& x, Target<T> y)
//       y null: returns the output wherever it likes, perhaps as a signal with work pending;
//       y given: writes the output there, plus the base, and returns it
//   void backward(Step<B, T>&, const Signal<T>& x, View<const T> dy, Target<T> dx)
//       follows a forward in training with the same x; adds to parameter gradients; dx null: not wanted.
//       dy is the gradient with respect to the output's value, dx with respect to the value of x.
//       All who read the output have gone back before; its memory is given back to the pool.
//   static constexpr int channels
//       of the output
//   static constexpr bool pointwise_backward
//       dx may be the very memory of dy
//   static constexpr bool frozen = true
//       of modules in which nothing is trained
//   static constexpr bool norm = true, Activation activation, bool identity = true
//       of batch norms, activations and the identity: what composites look for to do two steps in one
//
// In is the number of input channels: heights, widths and batch are run-time, so a layer is compiled once
// wherever it stands.
#include <tuple>
#include <utility>

#include "aurum/core/parameter.hpp"
#include "aurum/ops/pool.hpp"

namespace aurum {

/// Training: batch statistics, activations kept for backward. Inference: running statistics.
enum class Mode { training, inference };

/// What a module needs to run.
template <class B, class T>
struct Step {
  Context<B>& context;
  Pool<B, T>& pool;
  Mode mode;
};

/// Deliberately without a definition: a spec without a module is a compile error that names it.
template <class S, int In, class B, class T>
class Module;

template <class S, int In, class B, class T>
using module_t = Module<resolve_t<S>, In, B, T>;

/// Common parts of modules that write one output of their own.
template <class B, class T>
class OutputBuffer {
 public:
  /// `y` itself, or memory of this module for `batch` images of `shape`.
  Target<T> place(Step<B, T>& step, Target<T> y, int batch, const Shape& shape) {
    return y ? y : Target<T>{buffer_.shaped(step.pool, batch, shape)};
  }
  /// Gives the memory back: to be called when the module's backward begins. Whatever read the output has gone
  /// back by then, and the gradients on the way to the input can have its place.
  void release() { buffer_.clear(); }

 private:
  Buffer<B, T> buffer_;
};

}  // namespace aurum
