#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <type_traits>

namespace aurum {

/// Shares out the chunks of a loop among workers: `Threads` among the library's own, `OpenMpThreads` among
/// OpenMP's. How a loop is cut into chunks is the caller's and never depends on the workers, so results have
/// the same bits for any executor and any number of them.
///
/// Any number of threads may use one executor at the same time, and that is how a program that is parallel
/// itself does not end up with more threads at work than cores: the workers belong to the loop that came
/// first, others are done by their callers alone, and for each of those callers one worker fewer takes part
/// in the next loop. So are loops within a chunk. Nobody waits for another's loop, and nothing is allocated.
class Executor {
 public:
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  virtual ~Executor() = default;

  /// The most threads that work on one loop, the caller's among them; at least 1.
  [[nodiscard]] int count() const { return count_; }

  /// Calls body(chunk), or body(chunk, worker), for chunk in [0, chunks), each once, in any order; `worker`,
  /// in [0, count()), tells apart the threads of this loop (0: the caller's). Returns when all are done.
  /// Throws the first exception of a chunk again; chunks that had not begun by then may be left out.
  template <class Body>
  void run(std::ptrdiff_t chunks, const Body& body) {
    if (chunks <= 1 || count_ == 1) {
      in_turn(chunks, body);
    } else if (room() <= 1 || busy_.exchange(true, std::memory_order_acquire)) {
      const Alone counted(alone_);
      in_turn(chunks, body);
    } else {
      Loop loop(chunks, body);
      share_out(loop);
      busy_.store(false, std::memory_order_release);
      loop.finish();
    }
  }

 protected:
  /// A loop while it is worked on.
  class Loop {
   public:
    template <class Body>
    Loop(std::ptrdiff_t chunks, const Body& body)
        : chunks_{chunks, &body, [](const void* f, std::ptrdiff_t chunk, int worker) {
                    call(*static_cast<const Body*>(f), chunk, worker);
                  }} {}

    /// Takes chunk after chunk until none is left, as worker number `worker`.
    void work(int worker) noexcept {
      const auto [count, body, call] = chunks_;  // a copy: the workers contend for the memory of next_
      for (std::ptrdiff_t i = next_.fetch_add(1); i < count; i = next_.fetch_add(1)) {
        try {
          call(body, i, worker);
        } catch (...) {
          const std::scoped_lock lock{error_mutex_};
          if (!error_) error_ = std::current_exception();
        }
      }
    }
    void finish() const {
      if (error_) std::rethrow_exception(error_);
    }

   private:
    struct {
      std::ptrdiff_t count;
      const void* body;
      void (*call)(const void*, std::ptrdiff_t, int);
    } chunks_;
    std::atomic<std::ptrdiff_t> next_{0};
    std::mutex error_mutex_;
    std::exception_ptr error_;
  };

  /// `count` workers in all, at least 1.
  explicit Executor(int count) : count_{std::max(count, 1)} {}

  /// Calls loop.work(worker) in the calling thread with worker 0 and, if they come in time, in others with
  /// worker in [1, room()), each number in one thread; returns when all of them have returned. Is never
  /// called while it runs.
  virtual void share_out(Loop& loop) noexcept = 0;

  /// How many may work on a loop now, its caller among them: those that work alone have taken their cores.
  [[nodiscard]] int room() const { return count_ - alone_.load(std::memory_order_relaxed); }

 private:
  class Alone {
   public:
    explicit Alone(std::atomic<int>& count) : count_{count} {
      count_.fetch_add(1, std::memory_order_relaxed);
    }
    Alone(const Alone&) = delete;
    Alone& operator=(const Alone&) = delete;
    ~Alone() { count_.fetch_sub(1, std::memory_order_relaxed); }

   private:
    std::atomic<int>& count_;
  };

  template <class Body>
  static void call(const Body& body, std::ptrdiff_t chunk, int worker) {
    if constexpr (std::is_invocable_v<const Body&, std::ptrdiff_t, int>)
      body(chunk, worker);
    else
      body(chunk);
  }
  template <class Body>
  static void in_turn(std::ptrdiff_t chunks, const Body& body) {
    for (std::ptrdiff_t i = 0; i < chunks; ++i) call(body, i, 0);
  }

  const int count_;
  std::atomic<bool> busy_{false};  ///< the workers have a loop
  std::atomic<int> alone_{0};      ///< callers that work without them
};

}  // namespace aurum
