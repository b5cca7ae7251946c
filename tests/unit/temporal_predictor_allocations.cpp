// test: optimised
// After construction a temporal predictor never allocates: this program counts every allocation it makes,
// over two minutes of video.
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <vector>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/model/temporal_predictor.hpp"
#include "aurum/spec/batch_norm.hpp"
#include "support/catch.hpp"
#include "support/count_allocations.hpp"

namespace aurum {
namespace {

using test::allocations_of;

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
