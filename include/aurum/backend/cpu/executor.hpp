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
/// first, others are done by their callers alone, and for each of those callers one worker fewer takes part:
/// it leaves the loop once it is done with its chunk. Loops within a chunk are done by its worker alone.
/// Nobody waits for another's loop, and nothing is allocated.
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
    run({chunks, &body, [](const void* f, std::ptrdiff_t chunk, int worker) {
           if constexpr (std::is_invocable_v<const Body&, std::ptrdiff_t, int>)
             (*static_cast<const Body*>(f))(chunk, worker);
           else
             (*static_cast<const Body*>(f))(chunk);
         }});
  }

 private:
  /// A loop's body without its type: compiled once however it is called, or the kernels within it would be
  /// compiled for every way to run them.
  struct Chunks {
    std::ptrdiff_t count;
    const void* body;
    void (*call)(const void* body, std::ptrdiff_t chunk, int worker);

    void operator()(std::ptrdiff_t chunk, int worker) const { call(body, chunk, worker); }
  };

  void run(const Chunks& chunks) {
    if (chunks.count <= 1 || count_ == 1 || Within::loop_of(*this)) {
      in_turn(chunks);
    } else if (room() <= 1 || busy_.exchange(true, std::memory_order_acquire)) {
      const Within within(*this);
      const Alone counted(alone_);
      in_turn(chunks);
    } else {
      Loop loop(*this, chunks);
      share_out(loop);
      busy_.store(false, std::memory_order_release);
      loop.finish();
    }
  }
  static void in_turn(const Chunks& chunks) {
    for (std::ptrdiff_t i = 0; i < chunks.count; ++i) chunks(i, 0);
  }

 protected:
  /// A loop while it is worked on. Each worker begins with its stretch of the chunks, in every loop the same
  /// part of the whole: loops over the same batch find in a core's cache what it wrote there before. Where
  /// there are more workers than stretches, some share one. Who is done goes on with the stretches of others.
  class Loop {
   public:
    Loop(const Executor& executor, const Chunks& chunks)
        : executor_{executor},
          chunks_{chunks},
          stretches_{
              static_cast<int>(std::min<std::ptrdiff_t>({chunks.count, executor.count(), most_stretches}))} {
      for (std::ptrdiff_t s = 0; s < stretches_; ++s) {
        stretch_[s].next.store(s * chunks.count / stretches_, std::memory_order_relaxed);
        stretch_[s].end = (s + 1) * chunks.count / stretches_;
      }
    }

    /// Takes chunk after chunk until none is left, as worker number `worker`; the caller (0) to the end,
    /// others while there is room for them.
    void work(int worker) noexcept {
      const Within within(executor_);
      for (int s = 0; s < stretches_; ++s) {
        Stretch& stretch = stretch_[(worker + s) % stretches_];
        for (;;) {
          if (worker != 0 && worker >= executor_.room()) return;
          // Looked at first: the line need not be taken from others to learn that nothing is left.
          if (stretch.next.load(std::memory_order_relaxed) >= stretch.end) break;
          const std::ptrdiff_t i = stretch.next.fetch_add(1);
          if (i >= stretch.end) break;
          try {
            chunks_(i, worker);
          } catch (...) {
            const std::scoped_lock lock{error_mutex_};
            if (!error_) error_ = std::current_exception();
          }
        }
      }
    }
    void finish() const {
      if (error_) std::rethrow_exception(error_);
    }

   private:
    static constexpr int most_stretches = 16;
    /// On a cache line of its own.
    struct alignas(64) Stretch {
      std::atomic<std::ptrdiff_t> next;
      std::ptrdiff_t end;
    };

    const Executor& executor_;
    const Chunks chunks_;
    const int stretches_;
    Stretch stretch_[most_stretches];
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
  /// Marks the calling thread as one that works on a loop of an executor.
  class Within {
   public:
    explicit Within(const Executor& executor) : executor_{&executor}, outer_{innermost} { innermost = this; }
    Within(const Within&) = delete;
    Within& operator=(const Within&) = delete;
    ~Within() { innermost = outer_; }

    [[nodiscard]] static bool loop_of(const Executor& executor) {
      for (const Within* w = innermost; w != nullptr; w = w->outer_)
        if (w->executor_ == &executor) return true;
      return false;
    }

   private:
    static inline thread_local const Within* innermost = nullptr;
    const Executor* executor_;
    const Within* outer_;
  };

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

  const int count_;
  std::atomic<bool> busy_{false};  ///< the workers have a loop
  std::atomic<int> alone_{0};      ///< callers that work without them
};

}  // namespace aurum
