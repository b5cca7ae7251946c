#pragma once
// Which samples an epoch shows: AU labels are far from balanced, most frames of every data set show nothing.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/random.hpp"

namespace aurum {

/// How far `balanced_weights` evens out the labels.
struct Balance {
  double power = 0.5;    ///< 0: not at all; 1: every label of an AU as often as every other
  double greatest = 10;  ///< how much oftener than the commonest sample any may be drawn
};

/// How often to draw each sample, 1 being the least. `labels`: samples x `units`, rounded to whole
/// intensities; NaN counts for nothing. A label of an AU is as rare as (n_commonest / n_itself)^power, its
/// counts being of that AU's labels; a sample is as rare as the rarest of its labels, up to `greatest`.
/// (The papers balance in no way that they state; this is ours.) Throws ValueError for labels that do not
/// fill rows and options out of range.
[[nodiscard]] inline std::vector<float> balanced_weights(std::span<const float> labels, std::size_t units,
                                                         const Balance& balance = {}) {
  if (units == 0 || labels.size() % units != 0)
    throw ValueError("balanced weights: " + std::to_string(labels.size()) + " labels are no rows of " +
                     std::to_string(units));
  if (!(balance.power >= 0 && balance.power <= 1) || !(balance.greatest >= 1))
    throw ValueError("balanced weights: expected a power from 0 to 1 and a greatest weight of at least 1");
  constexpr std::size_t levels = 6;
  const auto level = [](float label) {
    return static_cast<std::size_t>(std::clamp(std::lround(label), 0L, static_cast<long>(levels) - 1));
  };
  std::vector<std::array<double, levels>> counts(units);
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (!std::isnan(labels[i])) ++counts[i % units][level(labels[i])];
  std::vector<float> weights(labels.size() / units, 1.0F);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (std::isnan(labels[i])) continue;
    const auto& of_unit = counts[i % units];
    const double rarity = *std::ranges::max_element(of_unit) / of_unit[level(labels[i])];
    float& weight = weights[i / units];
    weight =
        std::max(weight, static_cast<float>(std::min(std::pow(rarity, balance.power), balance.greatest)));
  }
  return weights;
}

/// `count` indices of samples in random order, each drawn as often as its weight says: its share of `count`,
/// rounded down or up (systematic sampling: a whole epoch is balanced, not only the mean of many). Throws
/// ValueError unless there are weights, all of them finite and above 0.
[[nodiscard]] inline std::vector<int> draw_indices(std::span<const float> weights, int count,
                                                   Random& random) {
  double total = 0;
  for (const float weight : weights) {
    if (!(weight > 0) || !std::isfinite(weight))
      throw ValueError("sampling: expected weights above 0, found " + std::to_string(weight));
    total += static_cast<double>(weight);
  }
  if (weights.empty()) throw ValueError("sampling: no samples to draw from");
  // Samples in random order first, so that it is chance who of equals is rounded up.
  std::vector<int> order(weights.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  shuffle(order, random);
  std::vector<int> drawn;
  const double step = total / std::max(count, 1);
  double next = step * static_cast<double>(random.uniform()), passed = 0;
  for (const int i : order) {
    passed += static_cast<double>(weights[static_cast<std::size_t>(i)]);
    for (; next < passed && std::ssize(drawn) < count; next += step) drawn.push_back(i);
  }
  while (std::ssize(drawn) < count) drawn.push_back(order.back());  // what rounding left
  shuffle(drawn, random);
  return drawn;
}

/// Places [first, first + count) of an endless order of the indices below `size`: all of them shuffled, then
/// all again by another shuffle, and so on. Throws ValueError for a size below 1.
[[nodiscard]] inline std::vector<int> endless_order(int size, long long first, int count,
                                                    const Random& stream) {
  if (size < 1) throw ValueError("endless order: no samples to draw from");
  std::vector<int> order(static_cast<std::size_t>(size)), result;
  for (long long at = first; at < first + count; ++at) {
    if (result.empty() || at % size == 0) {
      std::iota(order.begin(), order.end(), 0);
      Random random = stream.fork(static_cast<std::uint64_t>(at / size));
      shuffle(order, random);
    }
    result.push_back(order[static_cast<std::size_t>(at % size)]);
  }
  return result;
}

/// The indices of `order` in runs of `together` that belong to one group (`groups`: of each index), the runs
/// in any order; what fills no run comes last. Within a run the order stays.
[[nodiscard]] inline std::vector<int> in_runs(std::span<const int> order, std::span<const int> groups,
                                              int together, Random& random) {
  std::map<int, std::vector<int>> begun;
  std::vector<std::vector<int>> runs;
  for (const int i : order) {
    std::vector<int>& run = begun[groups[static_cast<std::size_t>(i)]];
    run.push_back(i);
    if (std::ssize(run) == together) runs.push_back(std::exchange(run, {}));
  }
  shuffle(runs, random);
  for (auto& [group, rest] : begun) runs.push_back(std::move(rest));
  std::vector<int> result;
  for (const std::vector<int>& run : runs) result.insert(result.end(), run.begin(), run.end());
  return result;
}

}  // namespace aurum
