#pragma once
// What the two training programs share: running a training.
#include <filesystem>
#include <string>
#include <vector>

#include "networks.hpp"

namespace examples {

/// A part of a training on pictures that are smaller, where the same network is quicker.
struct SmallStart {
  int size = 0;      ///< side of the pictures in pixels
  double share = 0;  ///< of all epochs or minutes
};

struct TrainingOptions {
  std::string recipe = "ntinou2020";
  std::string augmentation = "paper";
  float centre_weight = 10;       ///< gain of aurum::CentreWeight; 0: the papers' plain squared error
  int epochs = 0;                 ///< 0: the recipe's
  int batch = 0;                  ///< 0: the recipe's
  double learning_rate = 0;       ///< 0: the recipe's
  double minutes = 0;             ///< 0: as many epochs as asked for
  std::vector<SmallStart> begin;  ///< empty: pictures of the network's size from the start
  int patience = 0;
  bool balance = false;  ///< show frames with rare labels oftener
  std::uint64_t seed = 1;
  aurum::Initialiser initialiser = aurum::Initialiser::kaiming;
  Machine machine;
  std::string weights;  ///< to start from; empty: random
  std::vector<aurum::LayerRate> layer_rates;
  std::string origin;   ///< where the network comes from, for files and messages: ", method adaptation"
  std::string licence;  ///< of the weights, for their files; empty: not stated
  bool resume = false;
  std::string output;
};

/// The network with fresh weights.
template <class Task>
[[nodiscard]] std::unique_ptr<TrainableNetwork<Task>> make_network(const CompiledNetwork<Task>& type,
                                                                   const TrainingOptions& options) {
  return type.on(options.machine).make({options.seed}, options.machine, options.initialiser);
}

/// The epochs asked for, or the recipe's.
[[nodiscard]] int epochs_of(const TrainingOptions& options);

[[nodiscard]] aurum::Augmentation augmentation_of(const TrainingOptions& options);

/// What came of a training.
struct Training {
  aurum::FitReport report;
  double seconds = 0;     ///< of this run
  std::string how;        ///< "30 epochs, batch 16, Adam 0.001, cosine_annealing(...)"
  aurum::ModelInfo info;  ///< what its weights files say
};

/// Throws ValueError where the parts of `begin` leave nothing for the network's own size.
void check_shares(const TrainingOptions& options);

/// Throws also where a network for one of them was not compiled, or not for the backend: to be found out
/// before minutes of drawing faces.
template <class Task>
void check_begin(const CompiledNetwork<Task>& type, const TrainingOptions& options) {
  (void)type.on(options.machine);
  for (const SmallStart& part : options.begin) (void)at_size(type, part.size).on(options.machine);
  check_shares(options);
}

/// Trains `network` on `split`, writing into `options.output`; afterwards the network has its best weights.
/// With `minutes` the learning rate is annealed over that time, however many epochs it is. With `begin`
/// the same network for smaller pictures is trained first, into folders "begin_<size>" there, and hands its
/// weights on. Stops at SIGINT and says how to go on, if it can; `command` is this program's command line.
template <class Task>
[[nodiscard]] Training train(const CompiledNetwork<Task>& type, TrainableNetwork<Task>& network,
                             const Task& task, const Split& split, const TrainingOptions& options,
                             const std::string& command);

extern template Training train(const CompiledNetwork<AuTask>&, TrainableNetwork<AuTask>&, const AuTask&,
                               const Split&, const TrainingOptions&, const std::string&);
extern template Training train(const CompiledNetwork<LandmarkTask>&, TrainableNetwork<LandmarkTask>&,
                               const LandmarkTask&, const Split&, const TrainingOptions&, const std::string&);

}  // namespace examples
