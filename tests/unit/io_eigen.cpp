// needs: eigen
#include <numeric>
#include <vector>

#include "aurum/heatmap/decode.hpp"
#include "aurum/io/eigen.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"

using namespace aurum;
using aurum::test::contains;

namespace {

/// 2 images of 3 channels, 4 rows, 5 columns, in memory of 8 channels a pixel: every value is its place.
struct Counted {
  std::vector<float> memory = std::vector<float>(2 * 4 * 5 * 8);
  View<float> all = make_view(memory.data(), 2, {8, 4, 5});
  View<float> view = all.slice(2, 3);
  Counted() { std::iota(memory.begin(), memory.end(), 0.0F); }
};

}  // namespace

TEST_CASE("pixels are the rows of a matrix, without a copy", "[io]") {
  Counted c;
  auto pixels = as_pixels(c.view);
  REQUIRE(pixels.rows() == 40);
  REQUIRE(pixels.cols() == 3);
  CHECK(pixels(27, 1) == c.view.at(1, 1, 2, 1));
  pixels.row(27) *= 2;
  CHECK(c.memory[27 * 8 + 3] == 2 * (27 * 8 + 3));
  CHECK(c.memory[27 * 8 + 1] == 27 * 8 + 1);  // a channel beside the slice
  const auto constant = as_pixels(View<const float>(c.view));
  CHECK(constant.sum() == pixels.sum());
}

TEST_CASE("a heatmap is a matrix of its own", "[io]") {
  Counted c;
  auto map = as_map(c.view, 1, 2);
  REQUIRE(map.rows() == 4);
  REQUIRE(map.cols() == 5);
  CHECK(map(3, 4) == c.view.at(1, 3, 4, 2));
  map.setZero();
  map(2, 1) = 7;
  const Peak peak = decode(c.view)[5];
  CHECK(peak.value == 7);
  CHECK(peak.x == 1);
  CHECK(peak.y == 2);
  int row = 0, column = 0;
  CHECK(as_map(View<const float>(c.view), 1, 2).maxCoeff(&row, &column) == 7);
  CHECK(row == 2);
  CHECK(column == 1);
}

TEST_CASE("a matrix of pixels is a view", "[io]") {
  Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> pixels(40, 3);
  pixels.setZero();
  const View<float> view = as_view(pixels, 2, {3, 4, 5});
  view.at(1, 1, 2, 1) = 9;
  CHECK(pixels(27, 1) == 9);
}

TEST_CASE("what is not there is refused", "[io]") {
  Counted c;
  const auto refusal = [&](int image, int channel) {
    return test::message<ValueError>([&] { (void)as_map(c.view, image, channel); });
  };
  CHECK(contains(refusal(2, 0), "an image below 2 and a channel below 3, found 2 and 0"));
  CHECK(contains(refusal(0, 3), "found 0 and 3"));
  CHECK(contains(refusal(-1, 0), "found -1"));
  Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> pixels(39, 3);
  CHECK(contains(test::message<ValueError>([&] {
                   (void)as_view(pixels, 2, {3, 4, 5});
                 }),
                 "expected 40 rows of 3 channels, found 39 of 3"));
}
