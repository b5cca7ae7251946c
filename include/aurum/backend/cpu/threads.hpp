#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace aurum {

/// Worker threads that share out the chunks of a loop. How a loop is cut into chunks is the caller's and
/// never depends on the number of threads, so results have the same bits for any number of them. Waiting
/// threads spin briefly and then sleep: a barrier that only spins collapses when the machine takes a core
/// away. For the same reason a loop waits only for the workers that came in time to take part in it.
class Threads {
 public:
  /// `count` threads in all, the caller's among them; 0: as many as the machine has.
  explicit Threads(int count = 0) {
    if (count <= 0) count = static_cast<int>(std::thread::hardware_concurrency());
    for (int i = 1; i < count; ++i) workers_.emplace_back([this, i] { work(i); });
  }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads() {
    stop_.store(true);
    publish();
    for (auto& worker : workers_) worker.join();
  }

  [[nodiscard]] int count() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls body(chunk), or body(chunk, worker), for chunk in [0, chunks), each once, in any order; `worker`,
  /// in [0, count()), says which thread it runs in (0: the caller's). Returns when all are done. The first
  /// exception of a chunk is thrown again here. Not reentrant.
  template <class Body>
  void run(std::ptrdiff_t chunks, const Body& body) {
    if (workers_.empty() || chunks <= 1) {
      for (std::ptrdiff_t i = 0; i < chunks; ++i) call(body, i, 0);
      return;
    }
    body_ = &body;
    call_ = [](const void* f, std::ptrdiff_t i, int worker) {
      call(*static_cast<const Body*>(f), i, worker);
    };
    chunks_ = chunks;
    next_.store(0, std::memory_order_relaxed);
    gate_.store(open, std::memory_order_release);
    publish();
    share(0);
    gate_.fetch_sub(open, std::memory_order_acq_rel);
    for (int inside = gate_.load(std::memory_order_acquire); inside != 0;
         inside = gate_.load(std::memory_order_acquire))
      wait_while(gate_, inside);
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

 private:
  /// Added to `gate_`, the number of workers inside a loop, for as long as others may come in.
  static constexpr int open = 1 << 20;

  template <class Body>
  static void call(const Body& body, std::ptrdiff_t chunk, int worker) {
    if constexpr (std::is_invocable_v<const Body&, std::ptrdiff_t, int>)
      body(chunk, worker);
    else
      body(chunk);
  }

  void publish() {
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
  }

  template <class V>
  static void wait_while(std::atomic<V>& value, V old) {
    for (int spin = 0; spin < 4000; ++spin) {
      if (value.load(std::memory_order_acquire) != old) return;
#if defined(__x86_64__) || defined(__i386__)
      __builtin_ia32_pause();
#endif
    }
    value.wait(old, std::memory_order_acquire);
  }

  void share(int worker) {
    for (std::ptrdiff_t i = next_.fetch_add(1); i < chunks_; i = next_.fetch_add(1)) {
      try {
        call_(body_, i, worker);
      } catch (...) {
        const std::scoped_lock lock{error_mutex_};
        if (!error_) error_ = std::current_exception();
      }
    }
  }

  void work(int worker) {
    std::uint32_t seen = 0;
    for (;;) {
      wait_while(generation_, seen);
      seen = generation_.load(std::memory_order_acquire);
      if (stop_.load()) return;
      if (!enter()) continue;
      share(worker);
      if (gate_.fetch_sub(1, std::memory_order_acq_rel) == 1) gate_.notify_all();
    }
  }

  /// Counts this worker in while a loop is going on; false if it came too late.
  bool enter() {
    int gate = gate_.load(std::memory_order_relaxed);
    while (gate >= open)
      if (gate_.compare_exchange_weak(gate, gate + 1, std::memory_order_acquire)) return true;
    return false;
  }

  std::vector<std::thread> workers_;
  std::atomic<std::uint32_t> generation_{0};
  std::atomic<int> gate_{0};
  std::atomic<std::ptrdiff_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex error_mutex_;
  std::exception_ptr error_;
  const void* body_ = nullptr;
  void (*call_)(const void*, std::ptrdiff_t, int) = nullptr;
  std::ptrdiff_t chunks_ = 0;
};

}  // namespace aurum
