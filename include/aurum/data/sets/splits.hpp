#pragma once
// The customary divisions of the data sets by person.
#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "aurum/data/sets/tree.hpp"
#include "aurum/data/text.hpp"

namespace aurum {

/// The three folds of DISFA's 27 people (numbers of SNxxx): a network is trained on two and tested on the
/// third, and one ICC is taken over the predictions of all three.
inline constexpr std::array<std::array<int, 9>, 3> disfa_folds = {{{1, 2, 9, 10, 16, 26, 27, 30, 32},
                                                                   {6, 11, 12, 13, 18, 21, 24, 28, 31},
                                                                   {3, 4, 5, 7, 8, 17, 23, 25, 29}}};

/// The number in a person's name ("SN001", "rF012"); nothing where it holds none.
[[nodiscard]] inline std::optional<int> subject_number(const std::string& subject) {
  const auto begin = std::ranges::find_if(subject, detail::is_digit);
  const auto end = std::find_if_not(begin, subject.end(), detail::is_digit);
  return parse_number<int>(std::string(begin, end));
}

/// The fold (0, 1, 2) that a person of DISFA is tested in; nothing for somebody else.
[[nodiscard]] inline std::optional<int> disfa_fold(const std::string& subject) {
  const auto number = subject_number(subject);
  if (!number) return std::nullopt;
  for (int fold = 0; const auto& people : disfa_folds) {
    if (std::ranges::count(people, *number) > 0) return fold;
    ++fold;
  }
  return std::nullopt;
}

}  // namespace aurum
