#pragma once
#include <cstddef>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "aurum/ops/backend.hpp"

namespace aurum {

/// Memory of a backend that is handed out and taken back within a step without asking the system again: after
/// the first step of a training run the same blocks go round. Not thread-safe: it belongs to one network.
template <class B, class T>
class Pool {
 public:
  explicit Pool(Context<B>& context) : context_{&context} {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    for (auto& [count, block] : free_) Operations<B>::release(*context_, block);
  }

  /// A block of at least `count` elements, the smallest free one that fits without wasting half of it.
  std::pair<T*, std::ptrdiff_t> take(std::ptrdiff_t count) {
    const auto best = free_.lower_bound(count);
    if (best != free_.end() && best->first <= 2 * count) {
      const std::pair<T*, std::ptrdiff_t> block{best->second, best->first};
      free_.erase(best);
      return block;
    }
    T* fresh = Operations<B>::template allocate<T>(*context_, count);
    allocated_ += count;
    return {fresh, count};
  }
  void give(T* block, std::ptrdiff_t count) { free_.emplace(count, block); }
  [[nodiscard]] Context<B>& context() const { return *context_; }
  /// Bytes asked of the system so far.
  [[nodiscard]] std::ptrdiff_t bytes() const { return allocated_ * static_cast<std::ptrdiff_t>(sizeof(T)); }

 private:
  Context<B>* context_;
  std::multimap<std::ptrdiff_t, T*> free_;
  std::ptrdiff_t allocated_ = 0;
};

/// A block of a pool, given back when the buffer dies or is resized.
template <class B, class T>
class Buffer {
 public:
  Buffer() = default;
  Buffer(Pool<B, T>& pool, std::ptrdiff_t count) { resize(pool, count); }
  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~Buffer() { clear(); }

  /// Memory for `count` elements; what was there is lost.
  T* resize(Pool<B, T>& pool, std::ptrdiff_t count) {
    if (data_ == nullptr || count > count_ || pool_ != &pool) {
      clear();
      pool_ = &pool;
      std::tie(data_, count_) = pool.take(count);
    }
    return data_;
  }
  /// A view of `batch` images of `shape` in this buffer.
  View<T> shaped(Pool<B, T>& pool, int batch, const Shape& shape) {
    return make_view(resize(pool, batch * static_cast<std::ptrdiff_t>(shape.size())), batch, shape);
  }
  void clear() {
    if (data_ != nullptr) pool_->give(data_, count_);
    data_ = nullptr;
    count_ = 0;
  }
  [[nodiscard]] T* data() const { return data_; }

 private:
  Pool<B, T>* pool_ = nullptr;
  T* data_ = nullptr;
  std::ptrdiff_t count_ = 0;
};

}  // namespace aurum
