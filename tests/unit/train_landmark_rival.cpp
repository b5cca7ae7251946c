// test: optimised
#include <cmath>
#include <vector>

#include "aurum/train/landmark_rival.hpp"
#include "support/catch.hpp"
#include "support/faces.hpp"

using namespace aurum;

namespace {

/// Faces in any in-plane pose whose mouth corners tell AU12 and whose AU25 is chance.
struct Smiles {
  int count;
  std::uint64_t seed;
  std::vector<int> aus{12, 25};
  [[nodiscard]] int size() const { return count; }
  [[nodiscard]] std::span<const int> action_units() const { return aus; }
  [[nodiscard]] Sample sample(int index) const {
    Random random = Random{Seed{seed}}.fork(static_cast<std::uint64_t>(index));
    Sample sample;
    Landmarks points = test::uneven_face();
    for (Point& p : points) p = p + Point{random.normal(0, 1), random.normal(0, 1)};
    const float smile = random.uniform(0, 5);
    for (const std::size_t corner : {48U, 54U}) points[corner].y -= 4 * smile;
    sample.landmarks =
        similarity({200, 200}, {random.uniform(0, 100), 50}, static_cast<double>(random.uniform(0.5F, 2)),
                   static_cast<double>(random.uniform(-40, 40)))(points);
    sample.intensities = {smile, random.uniform(0, 5)};
    return sample;
  }
};

}  // namespace

TEST_CASE("the rival learns what landmarks tell, whatever the pose, and nothing else", "[train]") {
  const RivalOptions options{.epochs = 12, .batch = 32, .weight_decays = {0.1}};
  const Smiles train{600, 1}, validation{150, 2}, test{150, 3};
  const RivalReport report = train_landmark_rival(train, validation, test, options);
  const AuTable table = au_table(report.test, train.aus);
  CHECK(table.column()[0] > 0.9);
  CHECK(std::abs(table.column()[1]) < 0.3);
  CHECK(report.chosen.find("weight decay 0.1") != std::string::npos);

  SECTION("the same for any number of threads") {
    RivalOptions one = options;
    one.threads = 1;
    const RivalReport again = train_landmark_rival(train, validation, test, one);
    CHECK(again.chosen == report.chosen);
    for (std::size_t i = 0; i < report.test.size(); ++i)
      CHECK(again.test[i].prediction == report.test[i].prediction);
  }
}

TEST_CASE("the rival's standard makes mirrored faces mirrored inputs", "[train]") {
  std::vector<Landmarks> faces;
  for (int i = 0; i < 20; ++i) faces.push_back(Smiles{20, 1}.sample(i).landmarks);
  const LandmarkStandard standard{faces};
  const Landmarks direct = standard(faces[0]);
  const Landmarks mirrored = standard(mirror(faces[0], 400));
  for (std::size_t k = 0; k < direct.size(); ++k) {
    const Point other = mirrored[static_cast<std::size_t>(landmark_mirror[k])];
    CHECK(std::abs(other.x + direct[k].x) < 1e-3F);
    CHECK(std::abs(other.y - direct[k].y) < 1e-3F);
  }
}

TEST_CASE("the rival refuses more AUs than it has outputs, and no trials", "[train]") {
  Smiles many{64, 1};
  many.aus.assign(33, 12);
  CHECK_THROWS_AS(train_landmark_rival(many, many, many), ValueError);
  const Smiles few{64, 1};
  CHECK_THROWS_AS(train_landmark_rival(few, few, few, {.weight_decays = {}}), ValueError);
}
