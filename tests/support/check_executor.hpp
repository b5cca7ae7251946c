#pragma once
// What every executor must do, and what a network must not notice of it.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/core/random.hpp"
#include "aurum/model/predictor.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"

namespace aurum::test {

/// Each chunk runs once, and nobody else has its worker's number while it does. Returns what is wrong.
inline int lost_chunks(Executor& executor, int chunks) {
  std::atomic<int> wrong{0};
  std::vector<std::atomic<int>> runs(static_cast<std::size_t>(chunks));
  std::vector<std::atomic<bool>> taken(static_cast<std::size_t>(executor.count()));
  executor.run(chunks, [&](std::ptrdiff_t chunk, int worker) {
    if (worker < 0 || worker >= executor.count() || taken[static_cast<std::size_t>(worker)].exchange(true))
      ++wrong;
    ++runs[static_cast<std::size_t>(chunk)];
    taken[static_cast<std::size_t>(worker)] = false;
  });
  for (const auto& r : runs) wrong += r != 1 ? 1 : 0;
  return wrong;
}

inline void check_loops(Executor& executor) {
  for (const int chunks : {0, 1, 2, 7, 1000}) CHECK(lost_chunks(executor, chunks) == 0);
  std::atomic<long> total{0};
  for (int i = 0; i < 2'000; ++i) executor.run(4, [&](std::ptrdiff_t chunk) { total += chunk + 1; });
  CHECK(total == 20'000);
}

inline void check_exceptions(Executor& executor) {
  for (int i = 0; i < 20; ++i) {
    CHECK_THROWS_WITH(executor.run(16,
                                   [](std::ptrdiff_t chunk) {
                                     if (chunk == 11) throw std::runtime_error("chunk 11");
                                   }),
                      "chunk 11");
    CHECK(lost_chunks(executor, 16) == 0);
  }
  CHECK_THROWS_AS(executor.run(64, [](std::ptrdiff_t) { throw std::logic_error("each"); }), std::logic_error);
  CHECK(lost_chunks(executor, 16) == 0);
}

/// Loops within chunks are done by the chunk's own thread; their exceptions find the way out of both.
inline void check_nested(Executor& executor) {
  std::atomic<int> runs{0}, elsewhere{0};
  executor.run(6, [&](std::ptrdiff_t) {
    const auto here = std::this_thread::get_id();
    executor.run(50, [&](std::ptrdiff_t) {
      ++runs;
      elsewhere += std::this_thread::get_id() != here ? 1 : 0;
    });
  });
  CHECK(runs == 300);
  CHECK(elsewhere == 0);
  // A loop within a chunk takes nobody from the loop around it.
  if (executor.count() > 1) {
    std::mutex mutex;
    std::set<std::thread::id> workers;
    for (int attempt = 0; attempt < 100 && workers.size() < 2; ++attempt) {
      workers.clear();
      executor.run(8, [&](std::ptrdiff_t) {
        executor.run(2, [](std::ptrdiff_t) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); });
        const std::scoped_lock lock{mutex};
        workers.insert(std::this_thread::get_id());
      });
    }
    CHECK(workers.size() > 1);
  }
  CHECK_THROWS_WITH(executor.run(6,
                                 [&](std::ptrdiff_t chunk) {
                                   executor.run(5, [&](std::ptrdiff_t inner) {
                                     if (chunk == 3 && inner == 2) throw std::runtime_error("within");
                                   });
                                 }),
                    "within");
  CHECK(lost_chunks(executor, 100) == 0);
}

/// Several threads run loops at the same time; some chunks throw.
inline void check_shared(Executor& executor) {
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 3; ++t)
    callers.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        wrong += lost_chunks(executor, 1 + (i + t) % 9);
        if (i % 50 != t) continue;
        try {
          executor.run(5, [&](std::ptrdiff_t chunk) {
            if (chunk == 4) throw t;
          });
          ++wrong;
        } catch (const int thrown) {
          wrong += thrown != t ? 1 : 0;
        }
      }
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(wrong == 0);
}

/// A caller that works alone takes a core from the loops of the others.
inline void check_room(Executor& executor) {
  REQUIRE(executor.count() > 1);
  std::atomic<int> chunks{0};
  std::atomic<bool> end{false};
  std::thread alone;
  executor.run(2, [&](std::ptrdiff_t chunk) {
    if (chunk == 1) return;
    alone = std::thread([&] {
      executor.run(2, [&](std::ptrdiff_t) {
        ++chunks;
        while (!end) std::this_thread::yield();
      });
    });
    while (chunks == 0) std::this_thread::yield();
  });
  std::mutex mutex;
  std::set<std::thread::id> workers;
  executor.run(20, [&](std::ptrdiff_t) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const std::scoped_lock lock{mutex};
    workers.insert(std::this_thread::get_id());
  });
  CHECK(static_cast<int>(workers.size()) <= executor.count() - 1);
  CHECK(chunks == 1);
  end = true;
  alone.join();
}

/// What every executor promises, and that it still works afterwards.
inline void check_executor(Executor& executor) {
  check_loops(executor);
  check_exceptions(executor);
  check_nested(executor);
  check_shared(executor);
  if (executor.count() > 1) check_room(executor);
  check_loops(executor);
}

/// All that a small network computes on `context`: a training step, inference, a predictor's answers.
inline std::vector<float> answers_on(const std::shared_ptr<Context<Cpu>>& context) {
  struct Layers : Sequential<Conv<16, 5, Stride<2>>, BatchNorm, Relu, ConvBlock<16>, MaxPool<2>,
                             Hourglass<16, Depth<2>>, ConvBlock<24, PreActivation>, UpsampleBilinear<2>,
                             Conv<3, 1, Bias>> {};
  using Net = Network<Layers, Shape{3, 32, 32}, Cpu>;
  Random random{Seed{4}};
  const auto x = random_tensor<float>(4, Net::input_shape, random);
  const auto g = random_tensor<float>(4, Net::output_shape, random);
  Net net(context, Seed{1});
  std::vector<float> all;
  const auto keep = [&](const View<const float>& y) { all.insert(all.end(), y.data, y.data + y.size()); };
  keep(net.forward(x.view, Mode::training));
  net.backward(g.view);
  all.insert(all.end(), net.gradients().begin(), net.gradients().end());
  keep(net.forward(x.view, Mode::inference));
  Predictor predict(net, {.max_batch = 4});
  for (const Prediction& p : predict.batch(x.view)) keep(p.heatmaps);
  return all;
}

}  // namespace aurum::test
