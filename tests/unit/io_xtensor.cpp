#include <string>
#include <vector>

#include "aurum/io/xtensor.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"

using namespace aurum;
using aurum::test::contains;

namespace {

xt::xtensor<float, 4> counted() {
  auto array = xt::xtensor<float, 4>::from_shape({2, 3, 4, 5});
  float value = 0;
  for (float& element : array) element = value++;
  return array;
}

/// Outside of CHECK, whose own operators xtensor would take for its expressions.
bool same(const auto& a, const auto& b) { return a == b; }

}  // namespace

TEST_CASE("an NCHW array becomes channels last and comes back", "[io]") {
  const auto array = counted();
  std::vector<float> memory(120);
  const auto view = make_view(memory.data(), 2, {3, 4, 5});
  copy_from_nchw(array, view);
  for (int n = 0; n < 2; ++n)
    for (int c = 0; c < 3; ++c)
      for (int y = 0; y < 4; ++y)
        for (int x = 0; x < 5; ++x)
          CHECK(view.at(n, y, x, c) == static_cast<float>(((n * 3 + c) * 4 + y) * 5 + x));
  CHECK(memory[1] == 20);  // the second channel of the first pixel
  CHECK(same(to_nchw(view), array));
  CHECK(same(to_nchw(View<const float>(view)), array));
}

TEST_CASE("a slice of channels is copied without touching its neighbours", "[io]") {
  const auto array = counted();
  std::vector<float> memory(2 * 4 * 5 * 8, -1.0F);
  const auto wide = make_view(memory.data(), 2, {8, 4, 5});
  copy_from_nchw(array, wide.slice(2, 3));
  CHECK(same(to_nchw(wide.slice(2, 3)), array));
  for (const int c : {0, 1, 5, 6, 7}) CHECK(wide.at(1, 3, 4, c) == -1);
}

TEST_CASE("expressions and other number types are converted on the way", "[io]") {
  const auto array = counted();
  std::vector<double> memory(120);
  const auto view = make_view(memory.data(), 2, {3, 4, 5});
  copy_from_nchw(2 * array - 1, view);
  CHECK(view.at(1, 3, 4, 2) == 2 * 119 - 1);
}

TEST_CASE("an array of another shape is refused", "[io]") {
  std::vector<float> memory(120, 7.0F);
  const auto refusal = [&](int batch, const Shape& shape) {
    return test::message<ValueError>(
        [&] { copy_from_nchw(counted(), make_view(memory.data(), batch, shape)); });
  };
  CHECK(contains(refusal(2, {4, 3, 5}), "expected 2x4x3x5, found 2x3x4x5"));
  CHECK(contains(refusal(1, {3, 4, 5}), "expected 1x3x4x5"));
  const xt::xtensor<float, 2> matrix = xt::xtensor<float, 2>::from_shape({12, 10});
  CHECK_THROWS_AS(copy_from_nchw(matrix, make_view(memory.data(), 2, {3, 4, 5})), ValueError);
  CHECK(memory == std::vector<float>(120, 7.0F));
}
