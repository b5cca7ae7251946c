#pragma once
// Counts every allocation of the program that includes it, in one source only: it replaces operator new.
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace aurum::test {
inline std::atomic<long> allocations{0};

inline void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  if (void* memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded)) return memory;
  throw std::bad_alloc{};
}
}  // namespace aurum::test

// Not inlined: g++ would see `new` meet `free` and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
  return aurum::test::counted(size, alignof(std::max_align_t));
}
[[gnu::noinline]] void* operator new[](std::size_t size) {
  return aurum::test::counted(size, alignof(std::max_align_t));
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return aurum::test::counted(size,
                              alignof(std::max_align_t));  // Catch uses it; nobody here runs out of memory
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  return aurum::test::counted(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void* operator new[](std::size_t size, std::align_val_t alignment) {
  return aurum::test::counted(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace aurum::test {
/// How many allocations `f` makes.
template <class F>
long allocations_of(F f) {
  const long before = allocations;
  f();
  return allocations - before;
}
}  // namespace aurum::test
