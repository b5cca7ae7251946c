#pragma once
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/random.hpp"
#include "aurum/core/tensor.hpp"
#include "aurum/data/sample.hpp"
#include "aurum/ops/pointwise/heatmap.hpp"

namespace aurum {

/// A batch on the host: network inputs, what the maps shall show, and where it comes from.
struct Batch {
  std::vector<float> input;  ///< images x input shape, channels last
  std::vector<MapTarget> targets;
  std::vector<int> indices;  ///< of the samples in their data set
  std::vector<Sample> samples;
  std::vector<Landmarks> landmarks;  ///< in pixels of the network's input
};

/// Prepares batches in a thread of its own, a few ahead of the consumer. Sample `i` of epoch e is varied by
/// the stream (seed, e, i), whatever batch it falls into; where an epoch shows it again, by another.
template <class Task, class Data>
class Loader {
 public:
  struct Options {
    Shape input;
    Shape maps;
    int batch;
    std::optional<Random> variation;  ///< training: the epoch's stream; evaluation: none
    std::size_t done = 0;             ///< so many of `order` were shown before: begin after them
    bool keep_samples = false;        ///< hand the samples (pictures too) to the consumer
  };

  /// Reads `order` (indices into `data`, both of which outlive the loader) in batches, the last perhaps
  /// smaller. Throws ValueError for a batch below 1.
  Loader(const Task& task, const Data& data, std::vector<int> order, Options options)
      : task_{task}, data_{data}, order_{std::move(order)}, options_{options} {
    if (options.batch < 1)
      throw ValueError("loader: expected a batch of at least 1, found " + std::to_string(options.batch));
    std::map<int, std::uint64_t> shown;
    for (const int index : order_)
      streams_.push_back(static_cast<std::uint64_t>(index) | shown[index]++ << 32);
    thread_ = std::thread{[this] { produce(); }};
  }
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;
  ~Loader() {
    {
      const std::scoped_lock lock{mutex_};
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  /// The next batch; nothing after the last. An error in the thread is thrown here.
  std::optional<Batch> next() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return !ready_.empty() || finished_; });
    if (ready_.empty()) {
      if (error_) std::rethrow_exception(error_);
      return std::nullopt;
    }
    std::optional<Batch> batch{std::move(ready_.front())};
    ready_.pop();
    changed_.notify_all();
    return batch;
  }

 private:
  static constexpr std::size_t ahead = 2;

  void produce() {
    try {
      const auto step = static_cast<std::size_t>(options_.batch);
      for (std::size_t first = options_.done; first < order_.size(); first += step) {
        const std::size_t count = std::min(step, order_.size() - first);
        Batch batch = make(first, std::span{order_}.subspan(first, count));
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return ready_.size() < ahead || stop_; });
        if (stop_) return;
        ready_.push(std::move(batch));
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

  Batch make(std::size_t first, std::span<const int> indices) {
    const auto count = static_cast<int>(indices.size());
    Batch batch;
    batch.indices.assign(indices.begin(), indices.end());
    batch.input.resize(static_cast<std::size_t>(options_.input.size()) * indices.size());
    const auto maps = static_cast<std::size_t>(options_.maps.channels);
    batch.targets.resize(maps * indices.size());
    const View<float> inputs = make_view(batch.input.data(), count, options_.input);
    for (int n = 0; n < count; ++n) {
      const int index = indices[static_cast<std::size_t>(n)];
      Sample sample = data_.sample(index);
      std::optional<Random> random;
      if (options_.variation)
        random = options_.variation->fork(streams_[first + static_cast<std::size_t>(n)]);
      Landmarks points = task_.input(sample, random ? &*random : nullptr, inputs.images(n, 1));
      task_.targets(sample, points, options_.input, options_.maps,
                    std::span{batch.targets}.subspan(static_cast<std::size_t>(n) * maps, maps));
      batch.landmarks.push_back(std::move(points));
      if (options_.keep_samples) batch.samples.push_back(std::move(sample));
    }
    return batch;
  }

  const Task& task_;
  const Data& data_;
  std::vector<int> order_;
  std::vector<std::uint64_t> streams_;  ///< of `order_`
  Options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::queue<Batch> ready_;
  bool finished_ = false;
  bool stop_ = false;
  std::exception_ptr error_;
  std::thread thread_;
};

}  // namespace aurum
