// test: optimised
// After construction a temporal predictor never allocates: this program counts every allocation it makes,
// over two minutes of video.
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <new>
#include <vector>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/model/temporal_predictor.hpp"
#include "aurum/spec/batch_norm.hpp"
#include "support/catch.hpp"

namespace {
std::atomic<long> allocations{0};

void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  if (void* memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded)) return memory;
  throw std::bad_alloc{};
}
}  // namespace

// Not inlined: g++ would see `new` meet `free` and warn.
[[gnu::noinline]] void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
[[gnu::noinline]] void* operator new[](std::size_t size) { return counted(size, alignof(std::max_align_t)); }
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return counted(size, alignof(std::max_align_t));  // Catch uses it; nobody here runs out of memory
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void* operator new[](std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace aurum {
namespace {

/// How many allocations `f` makes.
template <class F>
long allocations_of(F f) {
  const long before = allocations;
  f();
  return allocations - before;
}

/// Bytes of this process that lie in memory.
long resident() {
  long pages = 0, in_memory = 0;
  std::ifstream("/proc/self/statm") >> pages >> in_memory;
  return in_memory * sysconf(_SC_PAGESIZE);
}

struct Features : Sequential<Conv<8, 3, Stride<4>, Padding<1>>, BatchNorm, Relu> {};
struct Net : Temporal<Features, ConvGru<8, 3, Layers<2>>, IntensityRegressor<3>> {};
constexpr Shape shape{3, 16, 16};

void check(int threads, int most_frames) {
  Network<Net, shape, Cpu> net(std::make_shared<Context<Cpu>>(threads), Seed{1});
  TemporalPredictor predict(net, {.max_batch = 5});
  auto track = predict.new_track();
  Image picture(120, 90);
  Random random{Seed{3}};
  for (auto& value : picture.pixels) value = static_cast<std::uint8_t>(random.below(256));
  std::vector<float> input(static_cast<std::size_t>(11 * shape.size()));
  for (float& value : input) value = random.uniform();

  float sum = 0;
  const auto video = [&](int frames) {
    for (int t = 0; t < frames; ++t) {
      const Square square{{60 + static_cast<float>(t % 7), 45}, 10 + static_cast<float>(t % 40)};
      sum += predict.step(track, picture, square).peaks[0].value;
      if (t % 10 != 0) continue;
      sum += predict.step(make_view(input.data(), 1, shape)).peaks[0].value;
      if (t % 100 == 0) track.reset();
    }
  };
  CHECK(allocations_of([&] { video(100); }) == 0);  // from the first frame on
  const long before = resident();
  CHECK(allocations_of([&] { video(most_frames); }) == 0);
  if (before > 0) CHECK(resident() - before < (1 << 18));  // 0: there is no /proc
  // A clip, once there was one as long.
  const auto clip = [&](int length) {
    sum += predict.sequence(track, make_view(input.data(), length, shape)).back().peaks[0].value;
  };
  clip(11);
  for (const int length : {11, 3, 10}) CHECK(allocations_of([&] { clip(length); }) == 0);
  CHECK(sum == sum);
}

TEST_CASE("A temporal predictor allocates nothing in two minutes of video", "[temporal]") {
  CHECK(allocations_of([] { ::operator delete(::operator new(64)); }) == 1);  // the counter works
  check(1, 120 * 25);
  check(3, 100);
}

}  // namespace
}  // namespace aurum
