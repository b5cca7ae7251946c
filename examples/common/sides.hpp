#pragma once
// How well a network tells the two sides of Action Units apart.
#include <span>

#include "aurum/metrics/table.hpp"
#include "aurum/train/task.hpp"

namespace examples {

/// ICC(3,1) and MSE of either side of the AUs that have two (aurum::has_two_sides), and, after "whole:",
/// what they are when the answer for the whole AU is taken for both sides. "ICC left - right" is that of the
/// difference between the sides, which the whole AU says nothing of; undefined where the labels have none.
/// `results`: of a task with `sides`.
[[nodiscard]] aurum::AuTable side_table(std::span<const aurum::AuResult> results,
                                        std::span<const int> action_units);

}  // namespace examples
