#pragma once
// A module is a spec with state. It is written once, in terms of operations, for every backend B and element
// type T of feature maps; parameters are real_t<T>.
//
//   Module<S, In, B, T>(ParameterLayout<real_t<T>>&)
//       takes its parameters, in the order of the public layout
//   Signal<T> forward(Step<B, T>&, const Signal<T>& x, Target<T> y)
//       y null: returns the output wherever it likes, perhaps as a signal with work pending;
//       y given: writes the output there, plus the base, and returns it
//   void backward(Step<B, T>&, const Signal<T>& x, View<const T> dy, Target<T> dx)
//       follows a forward in training with the same x; adds to parameter gradients; dx null: not wanted.
//       dy is the gradient with respect to the output's value, dx with respect to the value of x.
//   static constexpr int channels
//       of the output
//   static constexpr bool in_place_backward
//       dx may be the very memory of dy, without a base
//   static constexpr bool late_gradient = true
//       dx is written when all of dy has been read: its base may be dy in the very same memory
//   static constexpr bool frozen = true
//       of modules in which nothing is trained: nobody goes back through them for the sake of parameters
//
// Feature maps are most of what training holds, so composites give their memory back to the pool as soon as
// nobody needs it:
//   void release()
//       of modules with an output of their own: gives it back. Before their backward, when all who read it
//       have gone back, or earlier.
//   static constexpr InputUse input_use
//       what backward needs of x; without it, that x lies where it lay in forward
//   static constexpr int parts;  void for_each_part(Step<B, T>&, const Signal<T>& x, F f)
//       so many f(Part<T>): signals that lie there already, with work pending, and add up to what the last
//       forward gave (materialise_sum). No convolution is made again
//   void forward_parts(Step<B, T>&, const Signal<T>& x)
//       of those that would write their output even where y is null: forward, but it stays in parts
//   static constexpr bool remakes = true;  Signal<T> remake(Step<B, T>&, const Signal<T>& x)
//       the output that was released, from the same x
//
//   static constexpr bool norm = true, Activation activation, bool identity = true
//       of batch norms, activations and the identity: what composites look for to do two steps in one
//
// In is the number of input channels: heights, widths and batch are run-time, so a layer is compiled once
// wherever it stands.
#include "aurum/core/parameter.hpp"
#include "aurum/ops/pool.hpp"

namespace aurum {

/// Training: batch statistics, activations kept for backward. Inference: running statistics.
enum class Mode { training, inference };

/// What backward needs of the input that forward read: no more than its shape, its values, or these in the
/// very memory where they were.
enum class InputUse { shape, values, memory };

/// Which frames of which clips a batch's images are (core/sequences.hpp), for kernels: tables are the
/// backend's memory.
struct FrameTable {
  int clips = 0, steps = 0, images = 0;
  const int* row = nullptr;    ///< for each step, for each clip, its image; -1: missing. Null: none is
  const int* place = nullptr;  ///< for each image, step * clips + clip. Null together with `row`
  int truncation = 0;
  bool continued = false;
};

/// What a module needs to run.
template <class B, class T>
struct Step {
  Context<B>& context;
  Pool<B>& pool;
  Mode mode;
  FrameTable frames{};    ///< of none: every image is a clip of its own
  bool repeated = false;  ///< goes again where it went before: running statistics do not move a second time

  [[nodiscard]] FrameTable frames_of(int images) const {
    if (frames.steps > 0) return frames;
    return {.clips = images, .steps = 1, .images = images, .continued = frames.continued};
  }
};

/// Deliberately without a definition: a spec without a module is a compile error that names it.
template <class S, int In, class B, class T>
class Module;

template <class S, int In, class B, class T>
using module_t = Module<resolve_t<S>, In, B, T>;

namespace detail {
template <class M>
constexpr InputUse input_use = InputUse::memory;
template <class M>
requires requires { M::input_use; }
constexpr InputUse input_use<M> = M::input_use;

template <class M>
concept Releases = requires(M& m) {
  m.release();
};
template <class M>
concept LateGradient = requires {
  requires M::late_gradient;
};
template <class M>
constexpr int parts = 0;  ///< 0: the output is not made of parts
template <class M>
requires requires { M::parts; }
constexpr int parts<M> = M::parts;
template <class M>
concept Remakes = requires {
  requires M::remakes;
};

template <class M>
void release(M& m) {
  if constexpr (Releases<M>) m.release();
}

template <class M, class B, class T>
void forward_parts(M& m, Step<B, T>& step, const Signal<T>& x) {
  if constexpr (requires { m.forward_parts(step, x); })
    m.forward_parts(step, x);
  else
    m.forward(step, x, {});
}
}  // namespace detail

/// Common parts of modules that write one output of their own, where they are not told where to.
template <class B, class T>
class OwnOutput {
 public:
  void release() { buffer_.clear(); }

 protected:
  /// `y` itself, or memory of this module for `batch` images of `shape`.
  Target<T> place(Step<B, T>& step, Target<T> y, int batch, const Shape& shape) {
    return y ? y : Target<T>{view_ = buffer_.shaped(step.pool, batch, shape)};
  }
  /// The output that lies in this module's memory; null: released.
  [[nodiscard]] View<T> kept() const { return buffer_.data() != nullptr ? view_ : View<T>{}; }

 private:
  Buffer<B, T> buffer_;
  View<T> view_{};
};

}  // namespace aurum
