#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/ahead.hpp"
#include "aurum/core/error.hpp"
#include "aurum/core/random.hpp"
#include "aurum/core/tensor.hpp"
#include "aurum/data/sample.hpp"
#include "aurum/ops/pointwise/heatmap.hpp"

namespace aurum {

/// A batch on the host: network inputs, what the maps shall show, and where it comes from.
struct Batch {
  /// Tells batches apart that lie in the same memory one after the other.
  std::uint64_t serial = [] {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
  }();
  std::vector<float> input;  ///< images x input shape, channels last
  std::vector<MapTarget> targets;
  std::vector<int> indices;          ///< of the samples in their data set
  std::vector<Sample> samples;       ///< labels of sides exchanged where the input is the mirror image
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
    first_ = options.done;
    batches_.emplace([this] { return make_next(); });
  }
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// The next batch; nothing after the last. An error in the thread is thrown here.
  std::optional<Batch> next() { return batches_->next(); }

 private:
  std::optional<Batch> make_next() {
    if (first_ >= order_.size()) return std::nullopt;
    const std::size_t count = std::min(static_cast<std::size_t>(options_.batch), order_.size() - first_);
    Batch batch = make(first_, std::span{order_}.subspan(first_, count));
    first_ += count;
    return batch;
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
      if constexpr (requires { task_.mirrors(*random); })
        if (random && task_.mirrors(*random))
          for (Sides<float>& side : sample.sides) side = side.mirrored();
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
  std::size_t first_ = 0;                ///< of `order_` in the next batch
  std::optional<Ahead<Batch>> batches_;  ///< last: its thread uses all of the above
};

}  // namespace aurum
