#pragma once
#include <array>
#include <string_view>

#include "aurum/optim/optimiser.hpp"
#include "aurum/optim/schedule.hpp"

namespace aurum::recipe {

/// How Ntinou et al. 2020 train (section 5.3). Members marked "ours" are what the paper leaves open; `ours`
/// lists them, so that a program can say so next to its results.
struct ntinou2020 {
  double learning_rate = 1e-3;  ///< ours: Adam's usual one
  int epochs = 20;              ///< ours, for AUs; the landmark network has 80 (on LS3D-W)
  int batch = 48;
  double beta1 = 0.9;  ///< "momentum"
  double weight_decay = 1e-6;
  /// "cosine annealing scheduler with step 5". Ours: that it restarts, every 5 epochs; the other reading is
  /// `CosineAnnealing{.period = 5}`, which rises again as slowly as it fell.
  Schedule schedule = CosineWarmRestarts{.period = 5};

  /// Random changes of a training picture, all of them together.
  struct Augmentation {
    double flip_probability = 0.5;  ///< ours; the paper says "flipping"
    double rotation_degrees = 30;   ///< uniform in -30 .. 30 (the distribution is ours)
    double smallest_scale = 0.8;    ///< uniform in 0.8 .. 1.2 (the distribution is ours)
    double greatest_scale = 1.2;
    bool colour_jitter = true;     ///< its strength is ours to choose
    bool random_occlusion = true;  ///< its size and frequency are ours to choose
  } augmentation{};

  /// Members whose value is not the paper's.
  static constexpr std::array<std::string_view, 4> ours{"learning_rate", "epochs", "schedule",
                                                        "augmentation.flip_probability"};

  [[nodiscard]] Adam optimiser() const {
    return {.learning_rate = learning_rate, .beta1 = beta1, .weight_decay = weight_decay};
  }
};

}  // namespace aurum::recipe
