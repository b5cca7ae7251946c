#pragma once
// How well a network tells the two sides of Action Units apart.
#include <span>

#include "aurum/metrics/table.hpp"
#include "aurum/train/task.hpp"

namespace examples {

/// ICC(3,1) and MSE of either side of the AUs that have two (aurum::has_two_sides), and of both sides of the
/// "uneven" faces, whose labels of left and right differ by 1 or more; then, after "whole:", what they are
/// when the answer for the whole AU is taken for both sides. `results`: of a task with `sides`.
[[nodiscard]] aurum::AuTable side_table(std::span<const aurum::AuResult> results,
                                        std::span<const int> action_units);

}  // namespace examples
