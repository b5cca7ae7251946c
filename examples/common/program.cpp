#include "program.hpp"

#include <csignal>
#include <cstdio>
#include <exception>

namespace examples {
namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only touch such");

void on_signal(int signal) {
  stop.store(true);
  std::signal(signal, SIG_DFL);
}

}  // namespace

int run(const char* name, const std::function<int()>& program) {
  try {
    return program();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return 1;
  }
}

const std::atomic<bool>& stop_requested() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  return stop;
}

std::string command_line(std::span<const char* const> arguments) {
  std::string text;
  for (const std::string argument : arguments) {
    const bool plain = argument.find_first_of(" \t'\"\\$&|;<>()*?[]#~`!{}") == std::string::npos;
    if (!text.empty()) text += ' ';
    text += plain && !argument.empty() ? argument : "'" + argument + "'";
  }
  return text;
}

}  // namespace examples
