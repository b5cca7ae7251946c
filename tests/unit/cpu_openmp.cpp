// needs: openmp
// test: optimised
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "aurum/backend/cpu/openmp.hpp"
#include "support/check_executor.hpp"

namespace aurum {
namespace {

TEST_CASE("OpenMP's threads run every chunk once, alone, nested and for several callers", "[executor]") {
  for (const int count : {1, 2, 3}) {
    OpenMpThreads threads(count);
    CHECK(threads.count() == count);
    test::check_executor(threads);
  }
  CHECK(OpenMpThreads{}.count() == omp_get_max_threads());
}

TEST_CASE("A network's bits are the same on OpenMP's threads and the library's", "[executor]") {
  const std::vector<float> expected = test::answers_on(std::make_shared<Context<Cpu>>(1));
  for (const int count : {1, 2, 3}) {
    auto context = std::make_shared<Context<Cpu>>(std::make_shared<OpenMpThreads>(count));
    CHECK(context->team().size() == count);
    CHECK(test::answers_on(context) == expected);
  }
}

TEST_CASE("Within a parallel region a loop takes no more threads", "[executor]") {
  const std::vector<float> expected = test::answers_on(std::make_shared<Context<Cpu>>(1));
  const auto shared = std::make_shared<OpenMpThreads>(3);
  std::atomic<int> callers{0}, runs{0}, elsewhere{0}, wrong{0};
#pragma omp parallel num_threads(3)
  {
    ++callers;
    OpenMpThreads own(3);
    const auto here = std::this_thread::get_id();
    for (Executor* executor : {static_cast<Executor*>(shared.get()), static_cast<Executor*>(&own)})
      executor->run(40, [&](std::ptrdiff_t) {
        ++runs;
        elsewhere += std::this_thread::get_id() != here ? 1 : 0;
      });
    wrong += test::answers_on(std::make_shared<Context<Cpu>>(shared)) != expected ? 1 : 0;
  }
  CHECK(runs == callers * 80);
  CHECK(elsewhere == 0);
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace aurum
