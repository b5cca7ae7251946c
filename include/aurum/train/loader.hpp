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
#include "aurum/core/sequences.hpp"
#include "aurum/core/tensor.hpp"
#include "aurum/data/sample.hpp"
#include "aurum/data/video.hpp"
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
  std::vector<int> indices;          ///< of the samples in their data set, or of the clips they are frames of
  std::vector<Sample> samples;       ///< labels of sides exchanged where the input is the mirror image
  std::vector<Landmarks> landmarks;  ///< in pixels of the network's input
  Sequences sequences{};             ///< which frames of which clips the images are; none: single samples
  std::vector<int> groups{};         ///< of the clips, or of the single samples; none: it does not matter
};

/// A data set of clips (data/video.hpp).
template <class Data>
concept ClipData = requires(const Data& data, int i) {
  { data.clip(i) } -> std::same_as<Clip>;
};

/// Prepares batches in a thread of its own, a few ahead of the consumer. Sample `i` of epoch e is varied by
/// the stream (seed, e, i), whatever batch it falls into; where an epoch shows it again, by another. Of a
/// clip data set the samples are clips, all frames of one varied alike; frames that are missing are left out.
template <class Task, class Data>
class Loader {
 public:
  struct Options {
    Shape input;
    Shape maps;
    int batch;
    std::optional<Random> variation;  ///< training: the epoch's stream; evaluation: none
    std::span<const int> groups{};    ///< of each sample of the data, outlives the loader; empty: none
    bool alike = false;               ///< a batch's samples of one group are varied as the first of them
    std::size_t done = 0;             ///< so many of `order` were shown before: begin after them
    bool keep_samples = false;        ///< hand the samples (pictures too) to the consumer
  };

  /// Reads `order` (indices into `data`, both of which outlive the loader) in batches, the last perhaps
  /// smaller. Throws ValueError for a batch below 1, and for groups that are not one for each sample.
  Loader(const Task& task, const Data& data, std::vector<int> order, Options options)
      : task_{task}, data_{data}, order_{std::move(order)}, options_{options} {
    if (options.batch < 1)
      throw ValueError("loader: expected a batch of at least 1, found " + std::to_string(options.batch));
    if ((options.alike || !options.groups.empty()) && std::ssize(options.groups) != data.size())
      throw ValueError("loader: expected a group for each of " + std::to_string(data.size()) +
                       " samples, found " + std::to_string(options.groups.size()));
    std::map<int, std::uint64_t> shown;
    for (const int index : order_)
      streams_.push_back(static_cast<std::uint64_t>(index) | shown[index]++ << 32);
    if (options.alike) {
      std::map<std::pair<std::size_t, int>, std::uint64_t> first;  // by batch and group
      for (std::size_t n = 0; n < streams_.size(); ++n) {
        const std::size_t batch = n / static_cast<std::size_t>(options.batch);
        streams_[n] = first.try_emplace({batch, group_of(order_[n])}, streams_[n]).first->second;
      }
    }
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
    Batch batch;
    if (!options_.groups.empty())
      for (const int index : indices) batch.groups.push_back(group_of(index));
    std::vector<Sample> samples;
    std::vector<std::uint64_t> streams;
    const auto add = [&](std::size_t n, Sample sample) {
      batch.indices.push_back(indices[n]);
      streams.push_back(streams_[first + n]);
      samples.push_back(std::move(sample));
    };
    if constexpr (ClipData<Data>)
      batch.sequences = add_clips(indices, add);
    else
      for (std::size_t n = 0; n < indices.size(); ++n) add(n, data_.sample(indices[n]));

    const int count = static_cast<int>(std::ssize(samples));
    batch.input.resize(static_cast<std::size_t>(options_.input.size()) * samples.size());
    const auto maps = static_cast<std::size_t>(options_.maps.channels);
    batch.targets.resize(maps * samples.size());
    const View<float> inputs = make_view(batch.input.data(), count, options_.input);
    for (std::size_t n = 0; n < samples.size(); ++n) {
      Sample& sample = samples[n];
      std::optional<Random> random;
      if (options_.variation) random = options_.variation->fork(streams[n]);
      if constexpr (requires { task_.mirrors(*random); })
        if (random && task_.mirrors(*random))
          for (Sides<float>& side : sample.sides) side = side.mirrored();
      const View<float> one = inputs.images(static_cast<int>(n), 1);
      Landmarks points;
      if constexpr (requires { task_.input(sample, &*random, one, 0); })
        points =
            task_.input(sample, random ? &*random : nullptr, one, batch.sequences.step(static_cast<int>(n)));
      else
        points = task_.input(sample, random ? &*random : nullptr, one);
      task_.targets(sample, points, options_.input, options_.maps,
                    std::span{batch.targets}.subspan(n * maps, maps));
      batch.landmarks.push_back(std::move(points));
    }
    if (options_.keep_samples) batch.samples = std::move(samples);
    return batch;
  }

  /// Hands the frames of clips to `add(index of the clip in the batch, frame)`, in the order of time.
  template <class F>
  Sequences add_clips(std::span<const int> indices, const F& add) {
    std::vector<Clip> clips;
    std::size_t steps = 0;
    for (const int index : indices) {
      clips.push_back(data_.clip(index));
      steps = std::max(steps, clips.back().frames.size());
    }
    std::vector<std::uint8_t> present;
    for (std::size_t t = 0; t < steps; ++t)
      for (std::size_t n = 0; n < clips.size(); ++n) {
        const bool there = t < clips[n].frames.size() && clips[n].frames[t].has_value();
        present.push_back(there ? 1 : 0);
        if (there) add(n, std::move(*clips[n].frames[t]));
      }
    return Sequences(static_cast<int>(clips.size()), present);
  }

  [[nodiscard]] int group_of(int sample) const { return options_.groups[static_cast<std::size_t>(sample)]; }

  const Task& task_;
  const Data& data_;
  std::vector<int> order_;
  std::vector<std::uint64_t> streams_;  ///< of `order_`
  Options options_;
  std::size_t first_ = 0;                ///< of `order_` in the next batch
  std::optional<Ahead<Batch>> batches_;  ///< last: its thread uses all of the above
};

}  // namespace aurum
