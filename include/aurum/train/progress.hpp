#pragma once
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

namespace aurum {

/// "1:02:03" or "2:03".
[[nodiscard]] inline std::string clock_text(double seconds) {
  const long total = seconds < 0 ? 0 : static_cast<long>(seconds + 0.5);
  char text[32];
  if (total >= 3600)
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", total / 3600, total / 60 % 60, total % 60);
  else
    std::snprintf(text, sizeof text, "%ld:%02ld", total / 60, total % 60);
  return text;
}

/// Shows how far a long job is: on a terminal a bar with the time that is left, redrawn at most ten times a
/// second; elsewhere nothing until `line` is called.
class Progress {
 public:
  /// `total` units of work; writes to stderr.
  Progress(std::string title, double total, bool enabled = true)
      : title_{std::move(title)},
        total_{total},
        terminal_{enabled && isatty(STDERR_FILENO) == 1},
        enabled_{enabled} {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { erase(); }

  /// `done` units are done; `note` stands behind the bar. Work that was done before this run (a resumed one)
  /// does not count for the time that is left.
  void update(double done, const std::string& note = {}) {
    const auto now = Clock::now();
    if (first_ < 0) first_ = done;
    if (!terminal_ || now - drawn_ < std::chrono::milliseconds(100)) return;
    drawn_ = now;
    const double share = total_ > 0 ? done / total_ : 1;
    const double passed = std::chrono::duration<double>(now - start_).count();
    const double left = done > first_ ? passed / (done - first_) * (total_ - done) : 0;
    constexpr int width = 30;
    const int filled = static_cast<int>(share * width);
    std::string bar(static_cast<std::size_t>(filled), '#');
    bar.resize(width, '.');
    std::fprintf(stderr, "\r\033[K%s [%s] %3.0f%%  %s left  %s", title_.c_str(), bar.c_str(), 100 * share,
                 clock_text(left).c_str(), note.c_str());
    std::fflush(stderr);
    visible_ = true;
  }

  /// A plain line that stays, terminal or not.
  void line(const std::string& text) {
    if (!enabled_) return;
    erase();
    std::fprintf(stderr, "%s\n", text.c_str());
    std::fflush(stderr);
  }

 private:
  using Clock = std::chrono::steady_clock;
  void erase() {
    if (visible_) std::fprintf(stderr, "\r\033[K");
    visible_ = false;
  }

  std::string title_;
  double total_;
  bool terminal_, enabled_;
  bool visible_ = false;
  double first_ = -1;
  Clock::time_point start_ = Clock::now();
  Clock::time_point drawn_{};
};

}  // namespace aurum
