#pragma once
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <queue>
#include <thread>
#include <utility>

namespace aurum {

/// Makes things in a thread of its own, a few ahead of who uses them.
template <class T>
class Ahead {
 public:
  /// `make` is called in the thread until it gives nothing; `most` things wait at a time.
  explicit Ahead(std::function<std::optional<T>()> make, std::size_t most = 2)
      : make_{std::move(make)}, most_{most}, thread_{[this] { produce(); }} {}
  Ahead(const Ahead&) = delete;
  Ahead& operator=(const Ahead&) = delete;
  /// Waits for the thing that is being made.
  ~Ahead() {
    {
      const std::scoped_lock lock{mutex_};
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  /// The next thing; nothing after the last. What `make` threw is thrown here, once what came before is
  /// taken.
  std::optional<T> next() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return !ready_.empty() || finished_; });
    if (ready_.empty()) {
      if (error_) std::rethrow_exception(error_);
      return std::nullopt;
    }
    std::optional<T> thing{std::move(ready_.front())};
    ready_.pop();
    changed_.notify_all();
    return thing;
  }

 private:
  void produce() {
    try {
      while (std::optional<T> thing = make_()) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return ready_.size() < most_ || stop_; });
        if (stop_) return;
        ready_.push(*std::move(thing));
        changed_.notify_all();
      }
    } catch (...) {
      const std::scoped_lock lock{mutex_};
      error_ = std::current_exception();
    }
    const std::scoped_lock lock{mutex_};
    finished_ = true;
    changed_.notify_all();
  }

  std::function<std::optional<T>()> make_;
  std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::queue<T> ready_;
  bool finished_ = false;
  bool stop_ = false;
  std::exception_ptr error_;
  std::thread thread_;
};

}  // namespace aurum
