#pragma once
#include <string>
#include <string_view>
#include <utility>

namespace aurum::test {

/// What `call` throws as an E says; "nothing was thrown" if it returns. Other exceptions pass through.
template <class E, class Call>
[[nodiscard]] std::string message(Call&& call) {
  try {
    std::forward<Call>(call)();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing was thrown";
}

[[nodiscard]] inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace aurum::test
