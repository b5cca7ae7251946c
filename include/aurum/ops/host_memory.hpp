#pragma once
#include <algorithm>
#include <cstddef>
#include <memory>

#include "aurum/ops/backend.hpp"

namespace aurum {

/// Memory of the host that backend B copies to and from fast: where it has some of its own
/// (Operations<B>::allocate_host: pages that a GPU reads itself), that. Zero at first.
template <class B, class T>
class HostMemory {
  static constexpr bool own = requires { Operations<B>::allocate_host(std::size_t{1}); };

 public:
  explicit HostMemory(std::size_t count) : memory_{nullptr, release} {
    if constexpr (own)
      memory_.reset(static_cast<T*>(Operations<B>::allocate_host(sizeof(T) * count)));
    else
      memory_.reset(new T[count]);
    std::fill_n(memory_.get(), count, T{});
  }
  [[nodiscard]] T* data() const { return memory_.get(); }

 private:
  static void release(T* memory) {
    if constexpr (own)
      Operations<B>::release_host(memory);
    else
      delete[] memory;
  }
  std::unique_ptr<T[], void (*)(T*)> memory_;
};

}  // namespace aurum
