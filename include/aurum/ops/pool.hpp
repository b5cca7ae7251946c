#pragma once
#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <map>
#include <new>
#include <tuple>
#include <utility>

#include "aurum/core/error.hpp"
#include "aurum/ops/backend.hpp"

namespace aurum {

/// Memory of a backend that is handed out and taken back within a step without asking the system again: after
/// the first step of a training run the same memory goes round. Free memory is split for smaller blocks, and
/// what was split grows together again. Not thread-safe: it belongs to one network.
template <class B>
class Pool {
 public:
  explicit Pool(Context<B>& context) : context_{&context} {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    for (const auto& [start, chunk] : chunks_) Operations<B>::release(*context_, start);
  }

  /// Says how many bytes will be in use together. They come in one chunk then, in which pieces of all sizes
  /// can grow together; too many cost nothing where the system gives memory as it is touched.
  void expect(std::ptrdiff_t bytes) { expected_ = bytes; }
  /// A block of at least `bytes` and its size: of the smallest piece of free memory that holds it, or of the
  /// one that touches the least new memory.
  std::pair<std::byte*, std::ptrdiff_t> take(std::ptrdiff_t bytes) {
    const std::ptrdiff_t wanted = (bytes + line - 1) / line * line + stagger;
    const bool small = wanted <= most_of_small;
    auto best = free_.end();
    std::pair<std::ptrdiff_t, std::ptrdiff_t> least{};
    for (auto piece = free_.begin(); piece != free_.end(); ++piece) {
      const Chunk& chunk = chunk_of(piece->first);
      if (piece->second < wanted || chunk.small != small) continue;
      const std::ptrdiff_t untouched = std::max<std::ptrdiff_t>(piece->first + wanted - chunk.used, 0);
      const std::pair cost{untouched, piece->second};
      if (best != free_.end() && cost >= least) continue;
      best = piece;
      least = cost;
    }
    if (best == free_.end()) best = grow(wanted, small);
    const auto [start, found] = *best;
    free_.erase(best);
    Chunk& chunk = chunk_of(start);
    chunk.used = std::max(chunk.used, start + wanted);
    if (found - wanted < least_rest) return {start, found};
    free_.emplace(start + wanted, found - wanted);
    return {start, wanted};
  }
  /// Takes back a block of `count` bytes, as take() gave it.
  void give(std::byte* block, std::ptrdiff_t count) {
    auto next = free_.upper_bound(block);
    if (next != free_.end() && next->first == block + count && !chunks_.contains(next->first)) {
      count += next->second;
      next = free_.erase(next);
    }
    if (next != free_.begin() && !chunks_.contains(block)) {
      const auto before = std::prev(next);
      if (before->first + before->second == block) {
        before->second += count;
        return;
      }
    }
    free_.emplace_hint(next, block, count);
  }
  [[nodiscard]] Context<B>& context() const { return *context_; }
  /// Bytes that are in use or have been; the rest of what the pool holds nobody has touched yet.
  [[nodiscard]] std::ptrdiff_t bytes() const {
    std::ptrdiff_t bytes = 0;
    for (const auto& [start, chunk] : chunks_) bytes += chunk.used - start;
    return bytes;
  }

 private:
  using Pieces = std::map<std::byte*, std::ptrdiff_t, std::less<>>;  // bytes from each address on
  struct Chunk {
    std::ptrdiff_t count;
    std::byte* used;  // up to here
    bool small;  // for small blocks only: they live long, and large pieces cannot grow together around them
    bool expected;  // made to hold what was said to come
  };

  Chunk& chunk_of(std::byte* piece) { return std::prev(chunks_.upper_bound(piece))->second; }

  static constexpr std::ptrdiff_t line = 64;  // of a cache: where blocks start
  // Neighbours of a power of two in size must not start at the same place of their pages (see the CPU's
  // allocate_bytes): five lines come to every place in turn.
  static constexpr std::ptrdiff_t stagger = 5 * line;
  static constexpr std::ptrdiff_t least_rest = 2 * stagger;
  static constexpr std::ptrdiff_t most_of_small = 1 << 14, chunk_of_small = 16 * most_of_small;

  /// A new piece from the system. What is free of its kind, but too small, goes back first.
  typename Pieces::iterator grow(std::ptrdiff_t count, bool small) {
    std::ptrdiff_t released = 0;
    for (auto piece = free_.begin(); piece != free_.end() && released < count;) {
      const auto chunk = chunks_.find(piece->first);
      if (chunk == chunks_.end() || chunk->second.count != piece->second || chunk->second.small != small) {
        ++piece;
        continue;
      }
      released += chunk->second.count;
      Operations<B>::release(*context_, chunk->first);
      chunks_.erase(chunk);
      piece = free_.erase(piece);
    }
    count += count / 256;  // so that two of half the size, and four of a quarter, fit too
    std::ptrdiff_t wish = small ? chunk_of_small : expected_;
    for (const auto& [start, chunk] : chunks_)
      if (!small && chunk.expected) wish -= chunk.count;
    const bool expected = wish >= count;
    std::byte* start = expected ? allocate_if_there_is(wish) : nullptr;
    if (start != nullptr)
      count = wish;
    else
      start = Operations<B>::template allocate<std::byte>(*context_, count);
    chunks_.emplace(start, Chunk{count, start, small, expected});
    return free_.emplace(start, count).first;
  }
  /// Null where the system has not so much.
  std::byte* allocate_if_there_is(std::ptrdiff_t count) {
    try {
      return Operations<B>::template allocate<std::byte>(*context_, count);
    } catch (const std::bad_alloc&) {
      return nullptr;
    } catch (const OutOfMemoryError&) {
      return nullptr;
    }
  }

  Context<B>* context_;
  std::ptrdiff_t expected_ = 0;
  std::map<std::byte*, Chunk, std::less<>> chunks_;  // of the system
  Pieces free_;                                      // pieces of chunks; neighbours within a chunk are one
};

/// Memory for elements of T from a pool, given back when the buffer dies or is resized.
template <class B, class T>
class Buffer {
 public:
  Buffer() = default;
  Buffer(Pool<B>& pool, std::ptrdiff_t count) { resize(pool, count); }
  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(block_, other.block_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Buffer() { clear(); }

  /// Memory for `count` elements; what was there is lost.
  T* resize(Pool<B>& pool, std::ptrdiff_t count) {
    const std::ptrdiff_t bytes = count * static_cast<std::ptrdiff_t>(sizeof(T));
    if (block_ == nullptr || bytes > bytes_ || pool_ != &pool) {
      clear();
      pool_ = &pool;
      std::tie(block_, bytes_) = pool.take(bytes);
    }
    return data();
  }
  /// A view of `batch` images of `shape` in this buffer.
  View<T> shaped(Pool<B>& pool, int batch, const Shape& shape) {
    return make_view(resize(pool, batch * static_cast<std::ptrdiff_t>(shape.size())), batch, shape);
  }
  void clear() {
    if (block_ != nullptr) pool_->give(block_, bytes_);
    block_ = nullptr;
    bytes_ = 0;
  }
  [[nodiscard]] T* data() const { return reinterpret_cast<T*>(block_); }

 private:
  Pool<B>* pool_ = nullptr;
  std::byte* block_ = nullptr;
  std::ptrdiff_t bytes_ = 0;
};

}  // namespace aurum
