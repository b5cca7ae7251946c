#include "sides.hpp"

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "aurum/heatmap/action_units.hpp"
#include "aurum/metrics/errors.hpp"
#include "aurum/metrics/icc.hpp"

namespace examples {
namespace {

/// Answers for one AU, of its side and of the whole, and labels of that side.
struct Answers {
  std::vector<float> side, whole, label;

  void add(float of_side, float of_whole, float of_label) {
    side.push_back(of_side);
    whole.push_back(of_whole);
    label.push_back(of_label);
  }
};

struct Row {
  Answers left, right;
  Answers uneven;  ///< both sides of faces whose sides differ

  Row(std::span<const aurum::AuResult> results, std::size_t unit) {
    for (const aurum::AuResult& r : results) {
      const aurum::Sides<float>& answer = r.side_prediction.at(unit);
      const aurum::Sides<float>& label = r.side_label.at(unit);
      const float whole = r.prediction.at(unit);
      left.add(answer.left, whole, label.left);
      right.add(answer.right, whole, label.right);
      if (!(std::abs(label.left - label.right) >= 1)) continue;
      uneven.add(answer.left, whole, label.left);
      uneven.add(answer.right, whole, label.right);
    }
  }
};

}  // namespace

aurum::AuTable side_table(std::span<const aurum::AuResult> results, std::span<const int> action_units) {
  std::vector<int> numbers;
  std::vector<Row> rows;
  std::vector<aurum::PairCounts> counts;
  for (std::size_t i = 0; i < action_units.size(); ++i) {
    if (!aurum::has_two_sides(aurum::find_action_unit(action_units[i]))) continue;
    numbers.push_back(action_units[i]);
    rows.emplace_back(results, i);
    counts.push_back(aurum::measure_errors(rows.back().left.side, rows.back().left.label).counts);
  }
  aurum::AuTable table(std::move(numbers), std::move(counts));
  const auto add = [&](const std::string& prefix, const std::string& name, Answers Row::*faces,
                       std::vector<float> Answers::*answer) {
    std::vector<double> icc, mse;
    for (const Row& row : rows) {
      const Answers& of = row.*faces;
      icc.push_back(aurum::icc31(of.*answer, of.label));
      mse.push_back(aurum::measure_errors(of.*answer, of.label).mse);
    }
    table.add_column(prefix + "ICC " + name, std::move(icc));
    table.add_column(prefix + "MSE " + name, std::move(mse));
  };
  for (const bool whole : {false, true}) {
    const auto answer = whole ? &Answers::whole : &Answers::side;
    const std::string prefix = whole ? "whole: " : "";
    add(prefix, "left", &Row::left, answer);
    add(prefix, "right", &Row::right, answer);
    add(prefix, "uneven", &Row::uneven, answer);
  }
  return table;
}

}  // namespace examples
