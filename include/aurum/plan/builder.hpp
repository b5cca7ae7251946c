#pragma once
// Collects the steps of a plan while a network is lowered, and fuses each into the one before where it can.
#include <algorithm>
#include <array>

#include "aurum/core/tensor.hpp"
#include "aurum/plan/steps.hpp"

namespace aurum::plan {

/// Where a value is wanted: out = value + residual. By default nowhere in particular. With a residual, what
/// `out` holds is a sum, so the value cannot be read there afterwards.
struct Destination {
  Slice out{};
  Slice residual{};  ///< none, `out` itself (add to what is there), or another slice
  [[nodiscard]] constexpr explicit operator bool() const { return static_cast<bool>(out); }
};

/// A plan under construction.
struct DraftCounts {
  int step_count = 0;
  int buffer_count = 0;
  int norm_count = 0;
  int tensor_count = 0;  ///< parameters of the layers so far
  bool full = false;     ///< there was no room for it all; then the rest says nothing
};
template <std::size_t Capacity>
struct Draft : DraftCounts {
  std::array<Step, Capacity> steps{};
  std::array<Buffer, Capacity> buffers{};
  std::array<Norm, Capacity> norms{};
};

class Builder {
 public:
  template <std::size_t Capacity>
  constexpr explicit Builder(Draft<Capacity>& draft)
      : counts_{draft},
        steps_{draft.steps.data()},
        buffers_{draft.buffers.data()},
        norms_{draft.norms.data()},
        capacity_{static_cast<int>(Capacity)} {}

  /// Index of the next parameter of the layout, of `count` that a layer takes.
  constexpr int take_tensors(int count) {
    counts_.tensor_count += count;
    return counts_.tensor_count - count;
  }

  [[nodiscard]] constexpr Shape shape(const Slice& slice) const {
    const Shape& whole = buffers_[slice.buffer].shape;
    return {slice.channels, whole.height, whole.width};
  }
  constexpr Slice allocate(const Shape& shape) {
    buffers_[next(counts_.buffer_count)] = {.shape = shape};
    return {counts_.buffer_count - 1, 0, shape.channels};
  }

  /// Every value so far may have several readers: the steps that made them stay as they are.
  constexpr void seal() { sealed_ = counts_.step_count; }

  /// Appends a step that writes `shape` to a buffer of its own.
  constexpr Value write(Step step, const Shape& shape) {
    step.out = allocate(shape);
    steps_[next(counts_.step_count)] = step;
    return {step.out};
  }

  constexpr Value normalise(Value v, double epsilon) {
    norms_[next(counts_.norm_count)] = {take_tensors(4), v.slice.channels, epsilon};
    const int norm = counts_.norm_count - 1;
    if (Step* const maker = maker_of(v); maker != nullptr && maker->kind == Kind::convolution &&
                                         maker->norm < 0 && maker->activation == Activation::none) {
      maker->norm = norm;
      return v;
    }
    v = plain(v);
    v.norm = norm;
    return v;
  }

  constexpr Value activate(Value v, Activation activation) {
    if (Step* const maker = maker_of(v);
        maker != nullptr && maker->kind == Kind::convolution && maker->activation == Activation::none) {
      maker->activation = activation;
      return v;
    }
    if (v.activation != Activation::none) v = plain(v);
    v.activation = activation;
    return v;
  }

  /// The value with nothing pending.
  constexpr Value plain(const Value& v) {
    return v.pending() ? write({.kind = Kind::pointwise, .in = v}, shape(v.slice)) : v;
  }

  enum class After { unread, read };
  /// Puts a value where it is wanted, if anywhere: by the step that makes it, or by one more. Returns where
  /// it can be read afterwards; next to a residual only if that was asked for.
  constexpr Value deliver(const Value& v, const Destination& to, After after = After::unread) {
    if (!to) return v;
    const bool beside_sum = to.residual && after == After::read;
    if (Step* const maker = maker_of(v);
        maker != nullptr && (maker->kind == Kind::convolution || !beside_sum)) {
      if (beside_sum)
        maker->copy = maker->out;
      else
        forget(maker->out);
      maker->out = to.out;
      maker->residual = to.residual;
    } else {
      steps_[next(counts_.step_count)] = {
          .kind = Kind::pointwise, .in = v, .out = to.out, .residual = to.residual};
    }
    return to.residual ? v : Value{to.out};
  }

 private:
  /// The step that wrote `v`, if nobody can have read it and it can still do more.
  constexpr Step* maker_of(const Value& v) {
    if (counts_.step_count == sealed_ || v.pending()) return nullptr;
    Step& last = steps_[counts_.step_count - 1];
    return last.out == v.slice && !last.residual && !last.copy ? &last : nullptr;
  }
  /// Gives up the latest buffer, which no step uses any more.
  constexpr void forget(const Slice& slice) {
    if (slice.buffer == counts_.buffer_count - 1) --counts_.buffer_count;
  }
  /// Index of one more element. (No template: clang 14 would not have it ready for constants.)
  constexpr std::size_t next(int& count) {
    if (count == capacity_) {
      counts_.full = true;
      --count;
    }
    return static_cast<std::size_t>(count++);
  }

  DraftCounts& counts_;
  Step* steps_;
  Buffer* buffers_;
  Norm* norms_;
  int capacity_;
  int sealed_ = 0;
};

}  // namespace aurum::plan
