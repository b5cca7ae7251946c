#include <cmath>
#include <limits>
#include <vector>

#include "aurum/metrics/landmark_error.hpp"
#include "support/catch.hpp"

using namespace aurum;

namespace {

constexpr float none = std::numeric_limits<float>::quiet_NaN();

// 68 points inside a box of 100 x 64 pixels, outer eye corners 50 pixels apart.
Landmarks face() {
  Landmarks points(68, Point{40, 40});
  points[0] = {10, 20};
  points[16] = {110, 30};
  points[8] = {60, 84};
  points[36] = {30, 30};
  points[45] = {60, 70};
  return points;
}

Landmarks shifted(Landmarks points, Point by) {
  for (Point& p : points) p = p + by;
  return points;
}

}  // namespace

TEST_CASE("Landmark errors are divided by the eyes' distance or the box", "[metrics]") {
  const Landmarks truth = face();
  const Landmarks predicted = shifted(truth, {3, 4});
  CHECK(point_to_point_error(predicted, truth) == Approx(5));
  CHECK(face_size(truth, FaceSize::outer_eyes) == Approx(50));
  CHECK(face_size(truth, FaceSize::box) == Approx(80));
  CHECK(normalised_mean_error(predicted, truth, FaceSize::outer_eyes) == Approx(0.1));
  CHECK(normalised_mean_error(predicted, truth, FaceSize::box) == Approx(0.0625));
}

TEST_CASE("The face's size is that of the true landmarks", "[metrics]") {
  const Landmarks truth = face();
  Landmarks predicted = truth;
  predicted[36] = {-1000, 30};
  CHECK(normalised_mean_error(predicted, truth, FaceSize::outer_eyes) == Approx(1030.0 / 68 / 50));
}

TEST_CASE("Faulty annotations are refused, missing predictions give NaN", "[metrics]") {
  const Landmarks truth = face();
  Landmarks predicted = truth;
  predicted[3].x = none;
  CHECK(std::isnan(normalised_mean_error(predicted, truth, FaceSize::box)));
  CHECK_THROWS_AS(normalised_mean_error(truth, predicted, FaceSize::box), ValueError);
  CHECK_THROWS_AS(face_size(Landmarks(68, Point{1, 1}), FaceSize::outer_eyes), ValueError);
  CHECK_THROWS_AS(face_size(Landmarks(68, Point{1, 1}), FaceSize::box), ValueError);
  CHECK_THROWS_AS(face_size(Landmarks(66, Point{1, 1}), FaceSize::box), ValueError);
  CHECK_THROWS_AS(point_to_point_error(Landmarks(5), truth), ValueError);
  CHECK_THROWS_AS(point_to_point_error(Landmarks{}, Landmarks{}), ValueError);
}

TEST_CASE("The cumulative error distribution is a staircase", "[metrics]") {
  const CumulativeErrors curve(std::vector{0.04, 0.02, 0.08, 0.1});
  CHECK(curve.fraction(0.01) == 0);
  CHECK(curve.fraction(0.02) == 0.25);
  CHECK(curve.fraction(0.05) == 0.5);
  CHECK(curve.fraction(1) == 1);
  CHECK(curve.failure_rate(0.08) == 0.25);
  CHECK(curve.area_under_curve(0.08) == Approx((0.75 + 0.5 + 0 + 0) / 4));
  CHECK(curve.sorted().front() == 0.02);
  CHECK(curve.sorted().back() == 0.1);

  // The sum equals a fine numerical integral of the curve.
  double area = 0;
  for (int i = 0; i < 10000; ++i) area += curve.fraction(0.09 * (i + 0.5) / 10000) / 10000;
  CHECK(curve.area_under_curve(0.09) == Approx(area).epsilon(1e-3));
}

TEST_CASE("Faces that were not found count as failures", "[metrics]") {
  const CumulativeErrors curve(std::vector<float>{0, none, std::numeric_limits<float>::infinity(), 0.5F});
  CHECK(curve.failure_rate(100) == 0.5);
  CHECK(curve.area_under_curve(1) == Approx((1 + 0.5) / 4));
  CHECK(std::isinf(curve.sorted().back()));
}

TEST_CASE("Distributions without errors or thresholds are refused", "[metrics]") {
  CHECK_THROWS_AS(CumulativeErrors(std::vector<double>{}), ValueError);
  CHECK_THROWS_AS(CumulativeErrors(std::vector{-0.1}), ValueError);
  CHECK_THROWS_AS(CumulativeErrors(std::vector{0.1}).area_under_curve(0), ValueError);
  CHECK_THROWS_AS(CumulativeErrors(std::vector{0.1}).area_under_curve(none), ValueError);
}
