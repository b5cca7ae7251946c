#pragma once
// One arena for the feature maps of a plan: memory is used again as soon as nobody needs what was in it.
#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "aurum/core/parameter.hpp"
#include "aurum/plan/steps.hpp"

namespace aurum::plan {

/// Notes when each buffer is used first and last.
constexpr void find_lifetimes(std::span<const Step> steps, std::span<Buffer> buffers) {
  for (std::size_t i = 0; i < steps.size(); ++i)
    for (const Slice& slice : {steps[i].in.slice, steps[i].out, steps[i].residual, steps[i].copy}) {
      if (!slice) continue;
      Buffer& buffer = buffers[static_cast<std::size_t>(slice.buffer)];
      if (!buffer.used()) buffer.first_step = static_cast<int>(i);
      buffer.last_step = static_cast<int>(i);
    }
}

/// Elements left free behind every buffer, an odd number of cache lines. Feature maps tend to be whole pages:
/// without a gap the same pixel of two of them would have the same lower address bits, and x86 processors
/// take a load for one of a store before it if those agree, and wait.
inline constexpr std::ptrdiff_t parting = 37 * parameter_alignment;

/// Gives buffers their places: the largest first, each at the lowest offset where it meets no other that
/// lives at the same time. Offsets are multiples of 64 bytes of floats. Returns the elements that all take
/// together. (Plain arrays and loops: every call counts towards clang's limit of steps for a constant, 2^20.)
template <std::size_t Count>
constexpr std::ptrdiff_t place_in_arena(std::array<Buffer, Count>& buffers) {
  struct Block {
    int first_step, last_step;
    std::ptrdiff_t size, begin;
    std::size_t buffer;
  };
  Block blocks[Count]{};  // from the largest to the smallest
  std::size_t blocks_used = 0;
  for (std::size_t i = first_arena_buffer; i < Count; ++i) {
    const Buffer& b = buffers[i];
    if (b.used())
      blocks[blocks_used++] = {b.first_step, b.last_step, aligned_count(b.shape.size()) + parting, 0, i};
  }
  std::sort(blocks, blocks + blocks_used, [](const Block& a, const Block& b) {
    return a.size != b.size ? a.size > b.size : a.buffer < b.buffer;
  });
  std::ptrdiff_t arena = 0;
  const Block* beside[Count]{};  // placed before, and alive at the same time
  for (Block* block = blocks; block != blocks + blocks_used; ++block) {
    const Block** end = beside;
    for (const Block* other = blocks; other != block; ++other)
      if (other->first_step <= block->last_step && block->first_step <= other->last_step) *end++ = other;
    for (const Block** other = beside; other != end;) {
      const bool apart =
          block->begin + block->size <= (*other)->begin || (*other)->begin + (*other)->size <= block->begin;
      if (!apart) block->begin = (*other)->begin + (*other)->size;
      other = apart ? other + 1 : beside;
    }
    buffers[block->buffer].offset = block->begin;
    arena = std::max(arena, block->begin + block->size);
  }
  return arena;
}

}  // namespace aurum::plan
