#pragma once
// What a network does in inference, as data: a list of steps that read and write slices of buffers. A backend
// walks the list; it needs neither the network's type nor its modules.
#include <cstddef>
#include <span>

#include "aurum/ops/signal.hpp"
#include "aurum/spec/attention.hpp"
#include "aurum/spec/upsample.hpp"

namespace aurum::plan {

/// Channels [first, first + channels) of a buffer; by default none.
struct Slice {
  int buffer = -1;
  int first = 0;
  int channels = 0;

  friend constexpr bool operator==(const Slice&, const Slice&) = default;
  [[nodiscard]] constexpr explicit operator bool() const { return buffer >= 0; }
  /// Channels [from, from + count) of this slice; none of none.
  [[nodiscard]] constexpr Slice part(int from, int count) const {
    return *this ? Slice{buffer, first + from, count} : Slice{};
  }
};

/// Stored feature maps and what is still to be applied when they are read: a batch norm (an index into the
/// plan's norms), then an activation. The plan's form of a Signal.
struct Value {
  Slice slice{};
  int norm = -1;
  Activation activation = Activation::none;

  [[nodiscard]] constexpr bool pending() const { return norm >= 0 || activation != Activation::none; }
};

/// A batch norm: its weight, bias, running mean and variance are the parameters `tensor` to `tensor + 3`.
struct Norm {
  int tensor = 0;
  int channels = 0;
  double epsilon = 0;
};

enum class Kind { convolution, max_pool, average_pool, upsample, attention, pointwise };

/// out = result of the operation on the value of `in`, plus `residual` if there is one.
struct Step {
  Kind kind = Kind::pointwise;
  Value in{};
  Slice out{};
  Slice residual{};  ///< may be `out` itself: add to what is there
  Window window{};   ///< of convolutions and pools; upsample: `kernel` is the factor
  Interpolation interpolation = Interpolation::nearest;
  // Of convolutions: activation(batch norm(filter * value + bias)).
  int filter = -1;      ///< index of the parameter, in the order of the layout
  int bias = -1;        ///< likewise; -1: none
  int projection = -1;  ///< likewise, of a matrix to multiply the filter with (Reparametrised); -1: none
  int norm = -1;        ///< index into the plan's norms, to be folded into filter and bias; -1: none
  Activation activation = Activation::none;
  Slice copy{};                           ///< also gets the result before the residual is added
  const AttentionTable* table = nullptr;  ///< of attention maps
};

/// Feature maps of one image. Lives from the first step that touches it to the last; `offset` is its place in
/// the arena, in elements per image.
struct Buffer {
  Shape shape{};
  int first_step = -1;
  int last_step = -1;
  std::ptrdiff_t offset = 0;

  [[nodiscard]] constexpr bool used() const { return first_step >= 0; }
  [[nodiscard]] constexpr bool lives_with(const Buffer& other) const {
    return first_step <= other.last_step && other.first_step <= last_step;
  }
};

/// The first two buffers are the caller's; the others lie in the arena.
inline constexpr int input_buffer = 0;
inline constexpr int output_buffer = 1;
inline constexpr int first_arena_buffer = 2;

/// A whole plan, wherever its arrays are kept.
struct Plan {
  std::span<const Step> steps;
  std::span<const Buffer> buffers;
  std::span<const Norm> norms;
  int tensors = 0;                    ///< parameters that the network has
  std::ptrdiff_t arena_elements = 0;  ///< memory for the feature maps of one image
};

}  // namespace aurum::plan
