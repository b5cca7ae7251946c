// The pool of a network's feature maps: pieces are split, grow together and go back to the system.
#include <cstdint>
#include <new>
#include <vector>

#include "aurum/backend/reference/reference.hpp"
#include "aurum/core/random.hpp"
#include "aurum/ops/pool.hpp"
#include "support/catch.hpp"

namespace aurum {

constexpr std::ptrdiff_t big = 1 << 16;  // floats
constexpr std::ptrdiff_t big_bytes = big * static_cast<std::ptrdiff_t>(sizeof(float));

/// A system that has little.
struct Scarce {};
template <>
class Context<Scarce> : public Context<Reference> {};
template <>
struct Operations<Scarce> : Operations<Reference> {
  template <class T>
  static T* allocate(Context<Reference>& context, std::ptrdiff_t count) {
    if (count * static_cast<std::ptrdiff_t>(sizeof(T)) > 2 * big_bytes) throw std::bad_alloc();
    return Operations<Reference>::allocate<T>(context, count);
  }
};

namespace {

using TestPool = Pool<Reference>;
using TestBuffer = Buffer<Reference, float>;

TEST_CASE("a block that was given back serves again, whole or in parts", "[ops_pool]") {
  Context<Reference> context;
  TestPool pool(context);
  float* const first = TestBuffer(pool, big).data();
  const std::ptrdiff_t bytes = pool.bytes();
  CHECK(bytes >= static_cast<std::ptrdiff_t>(big * sizeof(float)));
  {
    const TestBuffer whole(pool, big);
    CHECK(whole.data() == first);
  }
  {
    const TestBuffer a(pool, big / 4), b(pool, big / 2), c(pool, big / 4);
    for (const float* p : {a.data(), b.data(), c.data()}) {
      CHECK(p >= first);
      CHECK(p < first + big);
      CHECK(reinterpret_cast<std::uintptr_t>(p) % 64 == reinterpret_cast<std::uintptr_t>(first) % 64);
    }
  }
  const std::ptrdiff_t in_parts = pool.bytes();  // each part a few lines apart from the next
  CHECK(in_parts < bytes + bytes / 64);
  const TestBuffer again(pool, big);  // the parts have grown together
  CHECK(again.data() == first);
  CHECK(pool.bytes() == in_parts);
}

TEST_CASE("what is free but too small goes back to the system before more is asked for", "[ops_pool]") {
  Context<Reference> context;
  TestPool pool(context);
  { const TestBuffer a(pool, big), b(pool, big); }
  const std::ptrdiff_t two = pool.bytes();
  const TestBuffer larger(pool, 2 * big);
  CHECK(pool.bytes() < two + two / 64);
}

TEST_CASE("what is expected comes as one chunk, and counts when it is used", "[ops_pool]") {
  Context<Reference> context;
  TestPool pool(context);
  pool.expect(4 * big_bytes);
  const TestBuffer a(pool, big);
  CHECK(pool.bytes() < static_cast<std::ptrdiff_t>(1.1 * big * sizeof(float)));
  const TestBuffer b(pool, big), c(pool, big);
  CHECK(b.data() > a.data());
  CHECK(c.data() < a.data() + 4 * big);
  CHECK(pool.bytes() < static_cast<std::ptrdiff_t>(3.1 * big * sizeof(float)));
}

TEST_CASE("where what is expected is not to be had, what is needed does", "[ops_pool]") {
  Context<Scarce> context;
  Pool<Scarce> pool(context);
  pool.expect(4 * big_bytes);
  const Buffer<Scarce, float> a(pool, big), b(pool, big);
  CHECK(a.data() != b.data());
  CHECK_THROWS_AS((Buffer<Scarce, float>(pool, 3 * big)), std::bad_alloc);
}

TEST_CASE("small blocks that stay do not keep large pieces apart", "[ops_pool]") {
  Context<Reference> context;
  TestPool pool(context);
  pool.expect(4 * big_bytes);
  std::vector<TestBuffer> small;
  {
    std::vector<TestBuffer> large;
    for (int i = 0; i < 3; ++i) {
      large.emplace_back(pool, big);
      small.emplace_back(pool, 10);
    }
  }
  const std::ptrdiff_t before = pool.bytes();
  const TestBuffer whole(pool, 3 * big);
  CHECK(pool.bytes() == before);
}

TEST_CASE("memory that was in use before is taken before new memory", "[ops_pool]") {
  Context<Reference> context;
  TestPool pool(context);
  pool.expect(4 * big_bytes);  // what is untouched is smaller than what is given back: the best fit
  { const TestBuffer a(pool, 3 * big); }
  const std::ptrdiff_t before = pool.bytes();
  const TestBuffer b(pool, big / 2);
  CHECK(pool.bytes() == before);
}

TEST_CASE("blocks in use never overlap", "[ops_pool]") {
  Context<Reference> context;
  TestPool pool(context);
  Random random{Seed{3}};
  std::vector<TestBuffer> buffers(12);
  std::vector<std::ptrdiff_t> sizes(buffers.size(), 0);
  for (int turn = 0; turn < 2000; ++turn) {
    const std::size_t i = random.below(static_cast<std::uint32_t>(buffers.size()));
    const auto mark = static_cast<float>(i + 1);
    for (std::ptrdiff_t k = 0; k < sizes[i]; ++k) REQUIRE(buffers[i].data()[k] == mark);
    buffers[i].clear();
    sizes[i] = random.chance(0.3F) ? 0 : 1 + static_cast<std::ptrdiff_t>(random.below(3000));
    if (sizes[i] == 0) continue;
    float* const data = buffers[i].resize(pool, sizes[i]);
    std::fill(data, data + sizes[i], mark);
  }
  CHECK(pool.bytes() < static_cast<std::ptrdiff_t>(2 * 12 * 3000 * sizeof(float)));
}

}  // namespace
}  // namespace aurum
