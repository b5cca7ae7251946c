#pragma once
// What every program's main needs.
#include <atomic>
#include <functional>
#include <span>
#include <string>

namespace examples {

/// Runs a program: what it throws goes to stderr as one message, and the exit code says so (1).
[[nodiscard]] int run(const char* name, const std::function<int()>& program);

/// Becomes true at SIGINT (Ctrl-C) or SIGTERM. A second one ends the program at once.
[[nodiscard]] const std::atomic<bool>& stop_requested();

/// The command line as one would type it again.
[[nodiscard]] std::string command_line(std::span<const char* const> arguments);

/// The exit code of a program that was told to stop: 128 + SIGINT.
inline constexpr int stopped_exit_code = 130;

}  // namespace examples
