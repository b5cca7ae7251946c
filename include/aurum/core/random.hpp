#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "aurum/core/config.hpp"

namespace aurum {

/// What a user passes to make a run repeatable.
struct Seed {
  std::uint64_t value = 0;
};

/// Four random words, or the counter that they come from. (Not std::array: its subscript is host code to
/// nvcc.)
struct PhiloxBlock {
  std::uint32_t word[4] = {};
  friend constexpr bool operator==(const PhiloxBlock&, const PhiloxBlock&) = default;
};

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): four random
/// words from a 128-bit counter and a 64-bit key, without state. The same counter gives the same bits on
/// every thread and backend.
[[nodiscard]] AURUM_HD constexpr PhiloxBlock philox(const PhiloxBlock& counter, std::uint64_t key) {
  PhiloxBlock c = counter;
  std::uint32_t low = static_cast<std::uint32_t>(key);
  std::uint32_t high = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53U} * c.word[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57U} * c.word[2];
    c = {{static_cast<std::uint32_t>(b >> 32) ^ c.word[1] ^ low, static_cast<std::uint32_t>(b),
          static_cast<std::uint32_t>(a >> 32) ^ c.word[3] ^ high, static_cast<std::uint32_t>(a)}};
    low += 0x9E3779B9U;
    high += 0xBB67AE85U;
  }
  return c;
}

/// A stream of random numbers: `Random{seed, stream}`. Streams are independent, so work that is split over
/// threads takes one stream per item (image, epoch, tensor) and gives the same result for any number of
/// threads. Copying a stream copies its position.
class Random {
 public:
  explicit constexpr Random(Seed seed, std::uint64_t stream = 0) : key_{seed.value}, stream_{stream} {}

  /// An independent stream named by `id`, the same one however far this stream has been read.
  [[nodiscard]] constexpr Random fork(std::uint64_t id) const {
    const PhiloxBlock block = philox(counter(id), key_ ^ 0x14057B7E5851F42DU);
    return Random{Seed{(std::uint64_t{block.word[1]} << 32) | block.word[0]},
                  (std::uint64_t{block.word[3]} << 32) | block.word[2]};
  }

  /// 32 random bits.
  constexpr std::uint32_t bits() {
    if (left_ == 0) {
      block_ = philox(counter(position_++), key_);
      left_ = 4;
    }
    return block_.word[4 - left_--];
  }

  /// Uniform in [0, 1), 24 bits.
  constexpr float uniform() { return static_cast<float>(bits() >> 8) * 0x1p-24F; }
  /// Uniform in [low, high).
  constexpr float uniform(float low, float high) { return low + (high - low) * uniform(); }
  /// Uniform integer in [0, count), count > 0; without bias (Lemire's rejection).
  constexpr std::uint32_t below(std::uint32_t count) {
    std::uint64_t product = std::uint64_t{bits()} * count;
    if (static_cast<std::uint32_t>(product) < count) {
      const std::uint32_t threshold = (0U - count) % count;
      while (static_cast<std::uint32_t>(product) < threshold) product = std::uint64_t{bits()} * count;
    }
    return static_cast<std::uint32_t>(product >> 32);
  }
  /// True with probability p.
  constexpr bool chance(float p) { return uniform() < p; }
  /// Normal with the given mean and standard deviation (Box-Muller, two words a number: no carried state).
  float normal(float mean = 0, float deviation = 1) {
    const float u = (static_cast<float>(bits() >> 8) + 0.5F) * 0x1p-24F;
    const float angle = 6.28318530718F * uniform();
    return mean + deviation * std::sqrt(-2 * std::log(u)) * std::cos(angle);
  }

 private:
  [[nodiscard]] constexpr PhiloxBlock counter(std::uint64_t position) const {
    return {{static_cast<std::uint32_t>(position), static_cast<std::uint32_t>(position >> 32),
             static_cast<std::uint32_t>(stream_), static_cast<std::uint32_t>(stream_ >> 32)}};
  }

  std::uint64_t key_ = 0;
  std::uint64_t stream_ = 0;
  std::uint64_t position_ = 0;
  PhiloxBlock block_{};
  int left_ = 0;
};

/// Shuffles `items` (Fisher-Yates) with the given stream.
template <class Items>
void shuffle(Items& items, Random& random) {
  for (std::size_t i = items.size(); i > 1; --i) {
    using std::swap;
    swap(items[i - 1], items[random.below(static_cast<std::uint32_t>(i))]);
  }
}

}  // namespace aurum
