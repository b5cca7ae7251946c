#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "aurum/backend/cpu/executor.hpp"

namespace aurum {

/// The library's own worker threads. Waiting threads spin briefly and then sleep: a barrier that only spins
/// collapses when the machine takes a core away. For the same reason a loop waits only for the workers that
/// came in time to take part in it.
class Threads final : public Executor {
 public:
  /// `count` threads in all, the caller's among them; 0: as many as the machine has. Throws std::system_error
  /// if the machine does not give as many.
  explicit Threads(int count = 0)
      : Executor(count > 0 ? count : static_cast<int>(std::thread::hardware_concurrency())) {
    try {
      for (int i = 1; i < this->count(); ++i) workers_.emplace_back([this, i] { work(i); });
    } catch (...) {
      end();
      throw;
    }
  }
  ~Threads() override { end(); }

  /// The one pool of as many threads as the machine has that all who ask share. It lives as long as somebody
  /// holds it. May be called by several threads at the same time.
  [[nodiscard]] static std::shared_ptr<Threads> common() {
    static std::mutex mutex;
    static std::weak_ptr<Threads> pool;
    const std::scoped_lock lock{mutex};
    std::shared_ptr<Threads> held = pool.lock();
    if (!held) pool = held = std::make_shared<Threads>();
    return held;
  }

 private:
  /// Added to `gate_`, the number of workers inside a loop, for as long as others may come in.
  static constexpr int open = 1 << 20;

  void share_out(Loop& loop) noexcept override {
    loop_ = &loop;
    gate_.store(open, std::memory_order_release);
    publish();
    loop.work(0);
    gate_.fetch_sub(open, std::memory_order_acq_rel);
    for (int inside = gate_.load(std::memory_order_acquire); inside != 0;
         inside = gate_.load(std::memory_order_acquire))
      wait_while(gate_, inside);
  }

  void end() {
    stop_.store(true);
    publish();
    for (auto& worker : workers_) worker.join();
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

  void work(int worker) {
    std::uint32_t seen = 0;
    for (;;) {
      wait_while(generation_, seen);
      seen = generation_.load(std::memory_order_acquire);
      if (stop_.load()) return;
      if (worker >= room() || !enter()) continue;
      loop_->work(worker);
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
  std::atomic<bool> stop_{false};
  Loop* loop_ = nullptr;
};

}  // namespace aurum
