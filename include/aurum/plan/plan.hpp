#pragma once
// The plan of a network, made by the compiler. In three constants, since compilers limit the work for each.
#include "aurum/plan/arena.hpp"
#include "aurum/plan/lower.hpp"

namespace aurum::plan {

namespace detail {
template <class S, Shape In, std::size_t Capacity>
constexpr Draft<Capacity> make_draft() {
  Draft<Capacity> draft;
  Builder builder(draft);
  const Slice input = builder.allocate(In), output = builder.allocate(output_shape_of<S>(In));
  lower<S>(builder, {input}, {output});
  return draft;
}

template <class S, Shape In, std::size_t Capacity>
inline constexpr auto draft = make_draft<S, In, Capacity>();

/// The first draft with room for everything.
template <class S, Shape In, std::size_t Capacity = 128>
constexpr const auto& large_enough_draft() {
  constexpr bool too_small = draft<S, In, Capacity>.full;
  static_assert(!too_small || Capacity < 8192, "aurum: a plan has at most 8192 steps");
  if constexpr (too_small && Capacity < 8192)
    return large_enough_draft<S, In, 4 * Capacity>();
  else
    return draft<S, In, Capacity>;
}

/// The arrays of a plan at their very size.
template <std::size_t Steps, std::size_t Buffers, std::size_t Norms>
struct Arrays {
  std::array<Step, Steps> steps{};
  std::array<Buffer, Buffers> buffers{};
  std::array<Norm, Norms> norms{};
  int tensors = 0;
  std::ptrdiff_t arena_elements = 0;
};

template <class S, Shape In>
constexpr auto list_steps() {
  constexpr const auto& draft = large_enough_draft<S, In>();
  Arrays<draft.step_count, draft.buffer_count, draft.norm_count> arrays{.tensors = draft.tensor_count};
  std::copy_n(draft.steps.begin(), draft.step_count, arrays.steps.begin());
  std::copy_n(draft.buffers.begin(), draft.buffer_count, arrays.buffers.begin());
  std::copy_n(draft.norms.begin(), draft.norm_count, arrays.norms.begin());
  find_lifetimes(arrays.steps, arrays.buffers);
  return arrays;
}
template <class S, Shape In>
inline constexpr auto listed = list_steps<S, In>();

template <class S, Shape In>
constexpr auto place_buffers() {
  auto arrays = listed<S, In>;
  arrays.arena_elements = place_in_arena(arrays.buffers);
  return arrays;
}
template <class S, Shape In>
inline constexpr auto arrays = place_buffers<S, In>();
}  // namespace detail

/// What network `S` does in inference with images of shape `In`.
template <Spec S, Shape In>
inline constexpr Plan plan_of{detail::arrays<S, In>.steps, detail::arrays<S, In>.buffers,
                              detail::arrays<S, In>.norms, detail::arrays<S, In>.tensors,
                              detail::arrays<S, In>.arena_elements};

}  // namespace aurum::plan
