#pragma once
#include <span>
#include <vector>

#include "aurum/backend/cpu/executor.hpp"
#include "aurum/data/sample.hpp"

namespace aurum {

/// A data set held in memory: every sample is made once, in parallel.
class CachedData {
 public:
  template <class Data>
  CachedData(const Data& data, Executor& threads)
      : action_units_(data.action_units().begin(), data.action_units().end()),
        samples_(static_cast<std::size_t>(data.size())) {
    threads.run(data.size(), [&](std::ptrdiff_t i) {
      samples_[static_cast<std::size_t>(i)] = data.sample(static_cast<int>(i));
    });
  }
  [[nodiscard]] int size() const { return static_cast<int>(samples_.size()); }
  [[nodiscard]] std::span<const int> action_units() const { return action_units_; }
  [[nodiscard]] const Sample& sample(int index) const { return samples_.at(static_cast<std::size_t>(index)); }

 private:
  std::vector<int> action_units_;
  std::vector<Sample> samples_;
};

}  // namespace aurum
