#pragma once
#include <cstddef>
#include <cstdint>
#include <new>
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace aurum::cpu {

inline constexpr std::align_val_t alignment{64};

/// Memory for `bytes` bytes, at a cache line's start. Large blocks ask for huge pages: feature maps are read
/// a line here and a line there, and looking up small pages costs more than the reading.
inline void* allocate_bytes(std::size_t bytes) {
  void* const memory = ::operator new(bytes, alignment);
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr std::uintptr_t page = std::uintptr_t{1} << 21;
  const std::uintptr_t start = (reinterpret_cast<std::uintptr_t>(memory) + page - 1) / page * page;
  const std::uintptr_t end = (reinterpret_cast<std::uintptr_t>(memory) + bytes) / page * page;
  // A wish: where it fails, small pages do.
  if (end > start) ::madvise(reinterpret_cast<void*>(start), end - start, MADV_HUGEPAGE);
#endif
  return memory;
}

inline void release_bytes(void* memory) { ::operator delete(memory, alignment); }

}  // namespace aurum::cpu
