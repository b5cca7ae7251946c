#pragma once
#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "aurum/backend/cpu/denormals.hpp"
#include "aurum/backend/cpu/memory.hpp"
#include "aurum/backend/cpu/threads.hpp"
#include "aurum/core/error.hpp"

namespace aurum::cpu {

/// Memory that grows and stays; what was in it is lost when it grows.
class Scratch {
 public:
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  template <class T>
  T* get(std::ptrdiff_t count) {
    const auto bytes = static_cast<std::size_t>(count) * sizeof(T);
    if (bytes > bytes_) {
      bytes_ = 0;  // should there be no memory
      memory_.reset();
      memory_.reset(static_cast<std::byte*>(allocate_bytes(bytes)));
      bytes_ = bytes;
    }
    return reinterpret_cast<T*>(memory_.get());
  }

 private:
  struct Release {
    void operator()(std::byte* memory) const { release_bytes(memory); }
  };
  std::unique_ptr<std::byte, Release> memory_;
  std::size_t bytes_ = 0;
};

/// The workers of one network, each with memory of its own. Teams may share their executor; a team serves one
/// calling thread at a time, and a chunk starts no loop of its own team.
class Team {
 public:
  /// `threads` workers, the caller among them; 0: the common pool, one per core.
  explicit Team(int threads = 0)
      : Team(threads > 0 ? std::make_shared<Threads>(threads) : Threads::common()) {}
  /// The workers of `executor`; throws ValueError if there is none.
  explicit Team(std::shared_ptr<Executor> executor)
      : executor_{executor ? std::move(executor) : throw ValueError("a team needs an executor, found none")},
        scratch_(static_cast<std::size_t>(size())) {}

  /// The most threads that work on one loop.
  [[nodiscard]] int size() const { return executor_->count(); }
  [[nodiscard]] const std::shared_ptr<Executor>& executor() const { return executor_; }

  /// Calls body(chunk), body(chunk, Scratch&) with the worker's memory or body(chunk, worker) for chunk in
  /// [0, chunks), as Executor::run does, denormal numbers counting as zero.
  template <class Body>
  void run(std::ptrdiff_t chunks, const Body& body) {
    executor_->run(chunks, [&](std::ptrdiff_t chunk, [[maybe_unused]] int worker) {
      const FlushDenormals flush;
      if constexpr (std::is_invocable_v<const Body&, std::ptrdiff_t, Scratch&>)
        body(chunk, scratch_[static_cast<std::size_t>(worker)]);
      else if constexpr (std::is_invocable_v<const Body&, std::ptrdiff_t, int>)
        body(chunk, worker);
      else
        body(chunk);
    });
  }

  /// Memory for what all workers read: a packed filter, sums. Lives until the next call.
  template <class T>
  T* shared(std::ptrdiff_t count) {
    return shared_.get<T>(count);
  }

  /// Lets every worker's memory grow to the largest of them: which worker does what changes from run to run,
  /// and a second run of the same work shall not allocate.
  void level() {
    std::size_t most = 0;
    for (const Scratch& scratch : scratch_) most = std::max(most, scratch.bytes());
    for (Scratch& scratch : scratch_) scratch.get<std::byte>(static_cast<std::ptrdiff_t>(most));
  }

 private:
  std::shared_ptr<Executor> executor_;
  std::vector<Scratch> scratch_;
  Scratch shared_;
};

}  // namespace aurum::cpu
