#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace aurum::cpu {

inline constexpr std::align_val_t alignment{64};

/// Memory for `bytes` bytes, at a cache line's start. Blocks start at different places in their pages: a
/// processor takes a load for one of a store before it if the lower 12 bits of their addresses agree, as
/// those of the same pixel in two page-aligned maps do, and waits. Large blocks start in a huge page and ask
/// for as many as they fill, the last one by half at least: small pages at their ends would be slow to reach.
inline void* allocate_bytes(std::size_t bytes) {
  constexpr std::size_t line = 64, page = 4096, huge = std::size_t{1} << 21;
  static std::atomic<unsigned> turn{0};
  const std::size_t shift = line * (1 + turn.fetch_add(37, std::memory_order_relaxed) % (page / line - 1));
  const std::size_t huge_bytes = (bytes + page + huge / 2) / huge * huge;
  const std::size_t room = huge_bytes == 0 ? 0 : huge;  // to align the block; never touched
  auto* const start =
      static_cast<std::byte*>(::operator new(std::max(bytes + page, huge_bytes) + room, alignment));
  std::byte* memory = start;
  if (huge_bytes > 0) {
    memory += (huge - reinterpret_cast<std::uintptr_t>(start) % huge) % huge;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    ::madvise(memory, huge_bytes, MADV_HUGEPAGE);  // a wish: where it fails, small pages do
#endif
  }
  memory += shift;
  std::memcpy(memory - sizeof(start), &start, sizeof(start));
  return memory;
}

/// Null is nothing to release.
inline void release_bytes(void* memory) {
  if (memory == nullptr) return;
  void* start;
  std::memcpy(&start, static_cast<std::byte*>(memory) - sizeof(start), sizeof(start));
  ::operator delete(start, alignment);
}

}  // namespace aurum::cpu
