#pragma once
#include <charconv>
#include <cmath>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "aurum/io/atomic_file.hpp"

namespace aurum {

/// One epoch of training. NaN: not measured.
struct Epoch {
  int number = 0;
  double learning_rate = 0;                                 ///< at its first step
  double loss = 0;                                          ///< mean over its steps
  double gradient_norm = 0;                                 ///< mean over its steps
  double score = std::numeric_limits<double>::quiet_NaN();  ///< of the validation set
  double seconds = 0;                                       ///< since training began, resumed runs included
};

namespace detail {
inline std::string exact(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}
}  // namespace detail

/// Writes the curve of a training as CSV, whole or not at all: epoch, learning_rate, loss, gradient_norm,
/// score, seconds; an empty cell for what was not measured.
inline void write_history(const std::filesystem::path& path, std::span<const Epoch> history) {
  std::string text = "epoch,learning_rate,loss,gradient_norm,score,seconds\n";
  for (const Epoch& e : history)
    text += std::to_string(e.number) + "," + detail::exact(e.learning_rate) + "," + detail::exact(e.loss) +
            "," + detail::exact(e.gradient_norm) + "," + (std::isnan(e.score) ? "" : detail::exact(e.score)) +
            "," + detail::exact(e.seconds) + "\n";
  write_atomically(path, text);
}

}  // namespace aurum
