#pragma once
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
/// those of the same pixel in two page-aligned maps do, and waits. Large blocks ask for huge pages.
inline void* allocate_bytes(std::size_t bytes) {
  constexpr std::size_t line = 64, page = 4096;
  static std::atomic<unsigned> turn{0};
  const std::size_t shift = line * (1 + turn.fetch_add(37, std::memory_order_relaxed) % (page / line - 1));
  auto* const start = static_cast<std::byte*>(::operator new(bytes + page, alignment));
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr std::uintptr_t huge = std::uintptr_t{1} << 21;
  const std::uintptr_t first = (reinterpret_cast<std::uintptr_t>(start) + huge - 1) / huge * huge;
  const std::uintptr_t end = (reinterpret_cast<std::uintptr_t>(start) + bytes + page) / huge * huge;
  // A wish: where it fails, small pages do.
  if (end > first) ::madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);
#endif
  std::byte* const memory = start + shift;
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
