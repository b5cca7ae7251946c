#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "aurum/backend/cpu/threads.hpp"
#include "support/catch.hpp"

namespace aurum {
namespace {

TEST_CASE("Every chunk runs once, whatever the number of threads and chunks", "[threads]") {
  for (const int count : {1, 2, 3, 8}) {
    Threads threads(count);
    CHECK(threads.count() == count);
    for (const int chunks : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> runs(static_cast<std::size_t>(chunks));
      threads.run(chunks, [&](std::ptrdiff_t i) { ++runs[static_cast<std::size_t>(i)]; });
      int wrong = 0;
      for (const auto& r : runs) wrong += r != 1 ? 1 : 0;
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("Many short loops one after another lose no chunk", "[threads]") {
  Threads threads(3);
  std::atomic<long> total{0};
  for (int i = 0; i < 20'000; ++i) threads.run(4, [&](std::ptrdiff_t chunk) { total += chunk + 1; });
  CHECK(total == 200'000);
}

TEST_CASE("Threads that fell asleep wake up for the next loop", "[threads]") {
  Threads threads(4);
  std::atomic<int> runs{0};
  for (int i = 0; i < 40; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // longer than they spin
    threads.run(8, [&](std::ptrdiff_t) { ++runs; });
  }
  CHECK(runs == 320);
}

TEST_CASE("A loop waits for a worker that sleeps within its chunk", "[threads]") {
  Threads threads(4);
  std::atomic<int> done{0};
  threads.run(4, [&](std::ptrdiff_t i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(i * 20));
    ++done;
  });
  CHECK(done == 4);
}

TEST_CASE("An exception in a chunk reaches the caller, and the threads go on working", "[threads]") {
  for (const int count : {1, 3}) {
    Threads threads(count);
    for (int i = 0; i < 50; ++i) {
      CHECK_THROWS_WITH(threads.run(16,
                                    [](std::ptrdiff_t chunk) {
                                      if (chunk == 11) throw std::runtime_error("chunk 11");
                                    }),
                        "chunk 11");
      std::atomic<int> runs{0};
      threads.run(16, [&](std::ptrdiff_t) { ++runs; });
      CHECK(runs == 16);
    }
    CHECK_THROWS_AS(threads.run(64, [](std::ptrdiff_t) { throw std::logic_error("each"); }),
                    std::logic_error);
  }
}

TEST_CASE("Threads that never worked, or just worked, end with their owner", "[threads]") {
  for (int i = 0; i < 30; ++i) {
    Threads idle(3);
    Threads busy(3);
    busy.run(3, [](std::ptrdiff_t) {});
  }
  SUCCEED("no thread was waited for in vain");
}

}  // namespace
}  // namespace aurum
