// Learning from labels that say only whether an AU is there.
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "aurum/data/sets/aff_wild2.hpp"
#include "aurum/data/sets/places.hpp"
#include "aurum/train/task.hpp"
#include "support/catch.hpp"
#include "support/faces.hpp"
#include "support/message.hpp"

namespace aurum {
namespace {

constexpr float none = std::numeric_limits<float>::quiet_NaN();

TEST_CASE("A present AU is drawn with the amplitude that stands for presence", "[occurrence]") {
  const AuHeatmaps<> task{
      .action_units = {7, 12, 23}, .table = placed_action_units, .labels = LabelKind::occurrence};
  const Sample sample{.image = {}, .landmarks = {}, .intensities = {1, 0, none}, .subject = 0, .name = {}};
  std::array<MapTarget, 3> targets{};
  task.targets(sample, test::uneven_face(), {3, 400, 400}, {3, 100, 100}, targets);
  CHECK(targets[0].intensity == presence_amplitude);
  CHECK(targets[0].centres == 2);
  CHECK(targets[1].intensity == 0);
  CHECK(std::isnan(targets[2].intensity));
  const AuIntensities<> numbers{{.action_units = {7, 12, 23}, .labels = LabelKind::occurrence}};
  numbers.targets(sample, {}, {}, {3, 1, 1}, targets);
  CHECK(targets[0].intensity == presence_amplitude);
  CHECK(std::isnan(targets[2].intensity));
}

TEST_CASE("An occurrence is 0 or 1, an intensity what it is", "[occurrence]") {
  CHECK(map_amplitudes({0, 2.5F, 5}, LabelKind::intensity) == std::vector<float>{0, 2.5F, 5});
  CHECK(map_amplitudes({0, 1}, LabelKind::occurrence) == std::vector<float>{0, presence_amplitude});
  for (const float wrong : {2.0F, 0.5F, -1.0F})
    CHECK(test::contains(test::message<ValueError>([&] {
                           (void)map_amplitudes({0, wrong}, LabelKind::occurrence);
                         }),
                         "expected an occurrence of 0 or 1, found"));
}

TEST_CASE("The best epoch is that of the greatest mean F1", "[occurrence]") {
  const AuHeatmaps<> task{.action_units = {1, 7}, .labels = LabelKind::occurrence};
  const std::vector<AuResult> results{
      {{2, 0}, {1, 0}}, {{1, 0}, {1, 0}}, {{0, 3}, {0, 1}}, {{0.5F, 2}, {0, none}}};
  const Evaluation evaluation = task.evaluate(results);
  CHECK(evaluation.name == "mean F1");
  CHECK(evaluation.score == Approx((2.0 / 3 + 1) / 2));
  CHECK(evaluation.details[0].first == "mean precision");
  CHECK(evaluation.details[0].second == 1);
  CHECK(occurrence_table(results, task.action_units, 1).column("F1")[0] == 1);
  const AuHeatmaps<> intensities{.action_units = {1, 7}};
  CHECK(intensities.evaluate(results).name == "mean ICC(3,1)");
}

TEST_CASE("Every AU of Aff-Wild2 has a place, and the papers' keep theirs", "[occurrence]") {
  for (const int au : aff_wild2_action_units) CHECK(find_action_unit(au, placed_action_units).number == au);
  constexpr int width = 400;
  const Landmarks face = test::uneven_face(), mirrored = mirror(face, width);
  for (const int au : {7, 23, 24}) {
    const ActionUnit& unit = find_action_unit(au, placed_action_units);
    const Centres before = action_unit_centres(unit, face), after = action_unit_centres(unit, mirrored);
    for (int i = 0; i < before.size; ++i) {
      const Point p = before.point[static_cast<std::size_t>(i)];
      const Point q = after.point[static_cast<std::size_t>(before.size - 1 - i)];
      CHECK(q.x == Approx(width - 1 - p.x).margin(1e-3));
      CHECK(q.y == Approx(p.y).margin(1e-3));
    }
  }
  for (std::size_t i = 0; i < action_units.size(); ++i)
    CHECK(placed_action_units[i].number == action_units[i].number);
}

}  // namespace
}  // namespace aurum
