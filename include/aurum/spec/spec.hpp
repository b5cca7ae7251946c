#pragma once
// What every spec offers. A spec is an empty type that says what a layer is; it has no state and knows no
// backend. `S` is a spec if it has
//   using spec = ...                        the type that rewrites and modules look at (S itself for the
//                                           library's layers; the base, for a network named by inheritance)
//   constexpr Diagnosis infer(Shape in, Supports supports, Names names = {})
//                                           output shape or first fault; `supports` says which operations the
//                                           chosen backend has
//   constexpr Cost cost(Shape in)           parameters, multiply-adds, feature maps for a valid input
#include <concepts>

#include "aurum/core/diagnosis.hpp"
#include "aurum/core/shape.hpp"

namespace aurum {

/// The operations a layer may ask of a backend; ops/backend.hpp says what each one is.
enum class Op { convolution, batch_norm, activation, max_pool, average_pool, upsample };

/// Whether a backend has an operation.
using Supports = bool (*)(Op);
constexpr bool supports_everything(Op) { return true; }

struct Cost {
  long long parameters = 0;     ///< trainable values
  long long buffers = 0;        ///< values that are kept but not trained (running statistics)
  long long multiply_adds = 0;  ///< of convolutions, one image
  long long frozen = 0;         ///< values that stay as they are (Frozen)
  long long feature_maps = 0;   ///< elements that convolutions write, one image

  /// The same with nothing trained.
  [[nodiscard]] constexpr Cost all_frozen() const {
    return {0, buffers, multiply_adds, frozen + parameters, feature_maps};
  }
  friend constexpr Cost operator+(Cost a, Cost b) {
    return {a.parameters + b.parameters, a.buffers + b.buffers, a.multiply_adds + b.multiply_adds,
            a.frozen + b.frozen, a.feature_maps + b.feature_maps};
  }
};

template <class S>
using resolve_t = typename S::spec;

namespace detail {
template <class S>
inline constexpr bool has_spec_infer_and_cost = requires(Shape in) {
  typename S::spec;
  { S::infer(in, supports_everything) } -> std::same_as<Diagnosis>;
  { S::cost(in) } -> std::same_as<Cost>;
};
}  // namespace detail

/// A constant and not the requirements themselves: g++ would list them all, in 22 lines.
template <class S>
concept Spec = detail::has_spec_infer_and_cost<S>;

/// Output shape of a valid spec.
template <class S>
constexpr Shape output_shape_of(const Shape& in) {
  return S::infer(in, supports_everything).out;
}

/// Channels that `S` gives for `channels` in; heights and widths do not matter to it (they are large here).
template <class S>
constexpr int output_channels_of(int channels) {
  return output_shape_of<S>({channels, 4096, 4096}).channels;
}

/// Trainable parameters of network `S` on images of shape `In`.
template <Spec S, Shape In>
inline constexpr long long parameter_count = S::cost(In).parameters;

/// Parameters of network `S` that are not trained.
template <Spec S, Shape In>
inline constexpr long long frozen_count = S::cost(In).frozen;

/// Multiply-adds of the convolutions of network `S` on one image of shape `In`.
template <Spec S, Shape In>
inline constexpr long long multiply_adds = S::cost(In).multiply_adds;

/// Shape of the output of network `S` on images of shape `In`.
template <Spec S, Shape In>
inline constexpr Shape output_shape = output_shape_of<S>(In);

namespace detail {
/// The last option of the form `Option<n>` in a pack, or `fallback`.
template <template <int> class Option, class T>
inline constexpr int option_value = -1;
template <template <int> class Option, int N>
inline constexpr int option_value<Option, Option<N>> = N;

template <template <int> class Option, class... Given>
constexpr int option_or(int fallback) {
  int value = fallback;
  ((value = option_value<Option, Given> >= 0 ? option_value<Option, Given> : value), ...);
  return value;
}

/// The type in the last option of the form `Option<T>` in a pack, or `Fallback`.
template <template <class> class Option, class Fallback, class... Given>
struct OptionType {
  using type = Fallback;
};
template <template <class> class Option, class Fallback, class T, class... Rest>
struct OptionType<Option, Fallback, Option<T>, Rest...> : OptionType<Option, T, Rest...> {};
template <template <class> class Option, class Fallback, class First, class... Rest>
struct OptionType<Option, Fallback, First, Rest...> : OptionType<Option, Fallback, Rest...> {};
}  // namespace detail

// Options that several layers take.
template <int N>
struct Stride {};
template <int N>
struct Padding {};
template <int N>
struct Kernel {};
template <int N>
struct Depth {};
struct Bias {};

/// Output size of a window that slides over a padded row; 0 or less if it does not fit.
constexpr int windows(int size, int kernel, int stride, int padding) {
  return size + 2 * padding < kernel ? 0 : (size + 2 * padding - kernel) / stride + 1;
}

}  // namespace aurum
