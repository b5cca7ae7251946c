#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "aurum/core/shape.hpp"

namespace aurum {

/// The rule that a network breaks. The enumerator is the text that the compiler shows.
enum class Fault {
  none,
  channels_must_match_the_branches_of_a_sum,
  size_must_match_the_branches_of_a_sum,
  size_must_match_the_branches_of_a_concat,
  hourglass_size_must_be_a_multiple_of_2_to_the_depth,
  window_must_fit_into_the_padded_input,
  block_cannot_split_its_channels_evenly,
  attention_needs_the_maps_of_68_landmarks,
  global_pooling_needs_a_square_map,
  predictions_must_have_the_shape_of_features,
  backend_lacks_this_operation,
};

/// A layer's path ("m0.b1_4.conv1") that compile-time code can build and a template argument can hold.
struct Path {
  static constexpr std::size_t capacity = 96;
  std::array<char, capacity + 1> text{};
  std::size_t length = 0;

  constexpr void append(std::string_view part) {
    for (const char c : part)
      if (length < capacity) text[length++] = c;
  }
  /// Puts the name of an enclosing layer in front; an empty name is transparent.
  constexpr void enter(std::string_view name) {
    if (name.empty()) return;
    const Path inner = *this;
    *this = Path{};
    append(name);
    if (inner.length > 0) append(".");
    append(inner.view());
  }
  [[nodiscard]] constexpr std::string_view view() const { return {text.data(), length}; }
};

/// What shape inference found: the output shape, or the first fault with its place and both shapes.
struct Diagnosis {
  Shape out{};
  Fault fault = Fault::none;
  Shape wanted{};
  Shape found{};
  Path path{};

  [[nodiscard]] constexpr bool ok() const { return fault == Fault::none; }
  [[nodiscard]] static constexpr Diagnosis fine(const Shape& out) { return {.out = out}; }
  [[nodiscard]] static constexpr Diagnosis wrong(Fault fault, const Shape& wanted, const Shape& found) {
    return {.out = {}, .fault = fault, .wanted = wanted, .found = found};
  }
  [[nodiscard]] constexpr Diagnosis inside(std::string_view layer) const {
    Diagnosis d = *this;
    d.path.enter(layer);
    return d;
  }
};

/// Names of a composite's children, in order; empty: the children are called "0", "1", ...
using Names = std::span<const std::string_view>;

/// The decimal digits of a child's index, for composites without names.
struct IndexName {
  std::array<char, 4> digits{};
  std::size_t length = 0;
  constexpr explicit IndexName(int index) {
    if (index >= 100) digits[length++] = static_cast<char>('0' + index / 100 % 10);
    if (index >= 10) digits[length++] = static_cast<char>('0' + index / 10 % 10);
    digits[length++] = static_cast<char>('0' + index % 10);
  }
  [[nodiscard]] constexpr std::string_view view() const { return {digits.data(), length}; }
};

/// Calls `f` with the name of child `index`.
template <class F>
constexpr auto with_child_name(Names names, int index, F f) {
  if (!names.empty()) return f(names[static_cast<std::size_t>(index)]);
  const IndexName name{index};
  return f(name.view());
}

// How a fault reaches the user: a class template whose arguments spell it out in the compiler's first error.

#if defined(__clang__)
template <char... C>
struct Layer {};  // clang 14 prints a string argument as numbers, but a pack of characters as characters
#else
template <std::size_t N>
struct LayerText {
  char text[N + 1]{};
};
template <LayerText Path>
struct Layer {};  // g++ prints a string argument as a string
#endif
template <int Channels, int Height, int Width>
struct Wanted {};
template <int Channels, int Height, int Width>
struct Found {};

template <Fault Rule, class Where, class Want, class Got>
struct InvalidNetwork {
  static_assert(
      Rule == Fault::none,
      "aurum: the type InvalidNetwork<...> says which rule the network breaks, in which layer, and the "
      "<channels, height, width> wanted and found there");
  static constexpr bool checked = true;  // so that whoever asks adds no error of its own
};
struct ValidNetwork {
  static constexpr bool checked = true;
};

namespace detail {
template <class Source, std::size_t... I>
constexpr auto layer_of(std::index_sequence<I...>) {
  constexpr Path path = Source::value.path;
#if defined(__clang__)
  return Layer<path.text[I]...>{};
#else
  constexpr LayerText<sizeof...(I)> text{{path.text[I]..., '\0'}};
  return Layer<text>{};
#endif
}

template <class Source>
constexpr auto verdict_of() {
  constexpr Diagnosis d = Source::value;
  if constexpr (d.ok()) {
    return std::type_identity<ValidNetwork>{};
  } else {
    using Where = decltype(layer_of<Source>(std::make_index_sequence<d.path.length>{}));
    return std::type_identity<
        InvalidNetwork<d.fault, Where, Wanted<d.wanted.channels, d.wanted.height, d.wanted.width>,
                       Found<d.found.channels, d.found.height, d.found.width>>>{};
  }
}
}  // namespace detail

/// ValidNetwork if `Source::value`, a Diagnosis, has no fault; otherwise a type whose use is the readable
/// compile error.
template <class Source>
using Verdict = typename decltype(detail::verdict_of<Source>())::type;

}  // namespace aurum
