#pragma once
#include <array>
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

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): four random
/// words from a 128-bit counter and a 64-bit key, without state. The same counter gives the same bits on
/// every thread and backend.
AURUM_HD constexpr std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                                       std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53U} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57U} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key = {key[0] + 0x9E3779B9U, key[1] + 0xBB67AE85U};
  }
  return counter;
}

/// A stream of random numbers: `Random{seed, stream}`. Streams are independent, so work that is split over
/// threads takes one stream per item (image, epoch, tensor) and gives the same result for any number of
/// threads. Copying a stream copies its position.
class Random {
 public:
  explicit constexpr Random(Seed seed, std::uint64_t stream = 0)
      : key_{static_cast<std::uint32_t>(seed.value), static_cast<std::uint32_t>(seed.value >> 32)},
        stream_{stream} {}

  /// An independent stream named by `id`, the same one however far this stream has been read.
  [[nodiscard]] constexpr Random fork(std::uint64_t id) const {
    const auto word = philox({static_cast<std::uint32_t>(id), static_cast<std::uint32_t>(id >> 32),
                              static_cast<std::uint32_t>(stream_), static_cast<std::uint32_t>(stream_ >> 32)},
                             {key_[0] ^ 0x5851F42DU, key_[1] ^ 0x14057B7EU});
    Random child{Seed{(std::uint64_t{word[1]} << 32) | word[0]}};
    child.stream_ = (std::uint64_t{word[3]} << 32) | word[2];
    return child;
  }

  /// 32 random bits.
  constexpr std::uint32_t bits() {
    if (left_ == 0) {
      block_ = philox({static_cast<std::uint32_t>(position_), static_cast<std::uint32_t>(position_ >> 32),
                       static_cast<std::uint32_t>(stream_), static_cast<std::uint32_t>(stream_ >> 32)},
                      key_);
      ++position_;
      left_ = 4;
    }
    return block_[static_cast<std::size_t>(4 - left_--)];
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
  std::array<std::uint32_t, 2> key_{};
  std::uint64_t stream_ = 0;
  std::uint64_t position_ = 0;
  std::array<std::uint32_t, 4> block_{};
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
