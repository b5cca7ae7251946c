#include <cmath>
#include <vector>

#include "aurum/data/shape_alignment.hpp"
#include "support/catch.hpp"
#include "support/faces.hpp"

using namespace aurum;

namespace {

double distance(std::span<const Point> a, std::span<const Point> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += std::hypot(static_cast<double>(a[i].x - b[i].x), static_cast<double>(a[i].y - b[i].y));
  return sum / static_cast<double>(a.size());
}

}  // namespace

TEST_CASE("alignment undoes a turn, a scale and a shift", "[data]") {
  const Landmarks face = test::uneven_face();
  const Landmarks moved = similarity({200, 180}, {31, -12}, 0.37, 50)(face);
  CHECK(distance(align_shape(moved, face)(moved), face) < 1e-3);
}

TEST_CASE("alignment is the best of all similarities, not only of exact ones", "[data]") {
  const Landmarks face = test::uneven_face();
  Landmarks other = mirror(face, 400);
  other[8].y += 30;
  const auto squared = [&](const Affine& map) {
    double sum = 0;
    for (std::size_t i = 0; i < face.size(); ++i) {
      const Point d = map(other[i]) - face[i];
      sum += static_cast<double>(d.x * d.x + d.y * d.y);
    }
    return sum;
  };
  const Affine best = align_shape(other, face);
  const Point middle{200, 200};
  for (const Affine& change : {similarity(middle, middle, 1.01), similarity(middle, middle, 1, 1),
                               similarity(middle, {201, 200}, 1), similarity(middle, {200, 199}, 1)}) {
    CHECK(squared(compose(change, best)) > squared(best));
    CHECK(squared(compose(inverse(change), best)) > squared(best));
  }
}

TEST_CASE("the mean shape of one face in many poses is that face made symmetric, of size 1", "[data]") {
  const Landmarks face = test::uneven_face();
  std::vector<Landmarks> faces;
  for (int i = 0; i < 8; ++i)
    faces.push_back(similarity({100, 100}, {20.0F * static_cast<float>(i), 7}, 0.5 + 0.2 * i, 12 * i)(face));
  const Landmarks mean = mean_shape(faces);
  double square = 0;
  for (std::size_t k = 0; k < mean.size(); ++k) {
    const Point other = mean[static_cast<std::size_t>(landmark_mirror[k])];
    CHECK(std::abs(other.x + mean[k].x) < 1e-5F);
    CHECK(std::abs(other.y - mean[k].y) < 1e-5F);
    square += static_cast<double>(mean[k].x * mean[k].x + mean[k].y * mean[k].y) / landmark_count;
  }
  CHECK(std::abs(square - 1) < 1e-5);
  const std::vector<Landmarks> mirrored{mirror(face, 400)};
  CHECK(distance(mean_shape(mirrored), align_shape(mean, mean_shape(mirrored))(mean)) < 0.02);
}

TEST_CASE("alignment refuses shapes that have no pose", "[data]") {
  const Landmarks face = test::uneven_face();
  CHECK_THROWS_AS(align_shape(Landmarks(68, Point{3, 4}), face), ValueError);
  CHECK_THROWS_AS(align_shape(Landmarks(67), face), ValueError);
  CHECK_THROWS_AS(mean_shape(std::vector<Landmarks>{}), ValueError);
  CHECK_THROWS_AS(mean_shape(std::vector<Landmarks>{face, Landmarks(67)}), ValueError);
}
