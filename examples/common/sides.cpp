#include "sides.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "aurum/heatmap/action_units.hpp"
#include "aurum/metrics/errors.hpp"
#include "aurum/metrics/icc.hpp"

namespace examples {
namespace {

/// Answers and labels of one AU, a number for every face.
struct Answers {
  std::vector<float> left, right, left_label, right_label, whole, difference, difference_label;

  Answers(std::span<const aurum::AuResult> results, std::size_t unit) {
    for (const aurum::AuResult& r : results) {
      const auto& [predicted_left, predicted_right] = r.side_prediction.at(unit);
      const auto& [true_left, true_right] = r.side_label.at(unit);
      left.push_back(predicted_left);
      right.push_back(predicted_right);
      left_label.push_back(true_left);
      right_label.push_back(true_right);
      whole.push_back(r.prediction.at(unit));
      difference.push_back(predicted_left - predicted_right);
      difference_label.push_back(true_left - true_right);
    }
  }
};

}  // namespace

aurum::AuTable side_table(std::span<const aurum::AuResult> results, std::span<const int> action_units) {
  std::vector<int> numbers;
  std::vector<Answers> answers;
  std::vector<aurum::PairCounts> counts;
  for (std::size_t i = 0; i < action_units.size(); ++i) {
    if (!aurum::has_two_sides(aurum::find_action_unit(action_units[i]))) continue;
    numbers.push_back(action_units[i]);
    answers.emplace_back(results, i);
    counts.push_back(aurum::measure_errors(answers.back().left, answers.back().left_label).counts);
  }
  aurum::AuTable table(std::move(numbers), std::move(counts));
  const auto add = [&](const char* name, auto measure) {
    std::vector<double> values;
    for (const Answers& a : answers) values.push_back(measure(a));
    table.add_column(name, std::move(values));
  };
  const auto mse = [](const std::vector<float>& prediction, const std::vector<float>& label) {
    return aurum::measure_errors(prediction, label).mse;
  };
  add("ICC left", [](const Answers& a) { return aurum::icc31(a.left, a.left_label); });
  add("ICC right", [](const Answers& a) { return aurum::icc31(a.right, a.right_label); });
  add("ICC left - right", [](const Answers& a) {
    const bool even = std::ranges::all_of(a.difference_label, [](float d) { return d == 0; });
    return even ? std::numeric_limits<double>::quiet_NaN() : aurum::icc31(a.difference, a.difference_label);
  });
  add("MSE left", [&](const Answers& a) { return mse(a.left, a.left_label); });
  add("MSE right", [&](const Answers& a) { return mse(a.right, a.right_label); });
  add("whole: ICC left", [](const Answers& a) { return aurum::icc31(a.whole, a.left_label); });
  add("whole: ICC right", [](const Answers& a) { return aurum::icc31(a.whole, a.right_label); });
  add("whole: MSE left", [&](const Answers& a) { return mse(a.whole, a.left_label); });
  add("whole: MSE right", [&](const Answers& a) { return mse(a.whole, a.right_label); });
  return table;
}

}  // namespace examples
