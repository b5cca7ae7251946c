#include <memory>
#include <thread>
#include <vector>

#include "support/check_executor.hpp"

namespace aurum {
namespace {

TEST_CASE("The library's threads run every chunk once, alone, nested and for several callers", "[executor]") {
  for (const int count : {1, 2, 3}) {
    Threads threads(count);
    test::check_executor(threads);
  }
}

TEST_CASE("A network's bits are those of one thread on any number, also when others use them", "[executor]") {
  const std::vector<float> expected = test::answers_on(std::make_shared<Context<Cpu>>(1));
  for (const int count : {2, 3}) CHECK(test::answers_on(std::make_shared<Context<Cpu>>(count)) == expected);

  const auto pool = std::make_shared<Threads>(3);
  std::vector<int> equal(3);
  std::vector<std::thread> callers;
  for (std::size_t t = 0; t < equal.size(); ++t)
    callers.emplace_back([&, t] {
      for (int i = 0; i < 3; ++i)
        equal[t] += test::answers_on(std::make_shared<Context<Cpu>>(pool)) == expected ? 1 : 0;
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(equal == std::vector<int>{3, 3, 3});
}

TEST_CASE("Contexts without a number share one pool, which ends with the last of them", "[executor]") {
  std::weak_ptr<Executor> pool;
  {
    Context<Cpu> a, b(0), own(2), another(2);
    CHECK(a.team().executor() == b.team().executor());
    CHECK(own.team().executor() != another.team().executor());
    CHECK(own.team().size() == 2);
    pool = a.team().executor();
    CHECK_FALSE(pool.expired());
  }
  CHECK(pool.expired());
  CHECK_THROWS_AS(Context<Cpu>(std::shared_ptr<Executor>{}), ValueError);
}

/// What a program with workers of its own would write.
class Backwards final : public Executor {
 public:
  Backwards() : Executor(2) {}

 private:
  void share_out(Loop& loop) noexcept override {
    std::thread second([&] { loop.work(1); });
    second.join();
    loop.work(0);
  }
};

TEST_CASE("An executor of the program's own will do", "[executor]") {
  Backwards backwards;
  for (const int chunks : {1, 2, 50}) CHECK(test::lost_chunks(backwards, chunks) == 0);
  CHECK(test::answers_on(std::make_shared<Context<Cpu>>(std::make_shared<Backwards>())) ==
        test::answers_on(std::make_shared<Context<Cpu>>(1)));
}

TEST_CASE("More workers than stretches lose no chunk", "[executor]") {
  Threads threads(20);
  for (const int chunks : {2, 17, 1000}) CHECK(test::lost_chunks(threads, chunks) == 0);
}

TEST_CASE("Every worker begins with the same part of each loop, and goes on with what others left",
          "[executor]") {
  Backwards backwards;  // the second worker has done all before the first comes
  std::vector<std::ptrdiff_t> order;
  backwards.run(5, [&](std::ptrdiff_t chunk, int worker) {
    CHECK(worker == 1);
    order.push_back(chunk);
  });
  CHECK(order == std::vector<std::ptrdiff_t>{2, 3, 4, 0, 1});
}

}  // namespace
}  // namespace aurum
