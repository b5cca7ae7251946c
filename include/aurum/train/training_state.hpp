#pragma once
// Everything that an interrupted training needs to go on with the very bits of an unbroken one.
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "aurum/io/load.hpp"
#include "aurum/io/safetensors.hpp"
#include "aurum/io/save.hpp"
#include "aurum/model/weights.hpp"
#include "aurum/train/history.hpp"
#include "aurum/train/trainer.hpp"

namespace aurum {

/// Where a training stands: `steps` of epoch `epoch` (both from 0) are done. Order and variation of the
/// samples follow from seed, epoch and step, so no random state needs keeping.
struct TrainingPosition {
  int epoch = 0;
  int step = 0;
  double loss_sum = 0;  ///< of the running epoch's steps
  double norm_sum = 0;
  double seconds = 0;  ///< spent so far
  double best_score = -std::numeric_limits<double>::infinity();
  int best_epoch = -1;
  std::vector<Epoch> history;
};

namespace detail {
inline std::string position_text(const TrainingPosition& p) {
  std::string text = std::to_string(p.epoch) + " " + std::to_string(p.step) + " " + exact(p.loss_sum) + " " +
                     exact(p.norm_sum) + " " + exact(p.seconds) + " " + exact(p.best_score) + " " +
                     std::to_string(p.best_epoch);
  for (const Epoch& e : p.history)
    text += " " + std::to_string(e.number) + " " + exact(e.learning_rate) + " " + exact(e.loss) + " " +
            exact(e.gradient_norm) + " " + exact(e.score) + " " + exact(e.seconds);
  return text;
}

inline TrainingPosition parse_position(const std::string& text, const std::string& file) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto number = [&](auto& value) {
    while (at != end && *at == ' ') ++at;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc{}) throw FileError(file, "the training position '" + text + "' cannot be read");
    at = next;
  };
  TrainingPosition p;
  number(p.epoch), number(p.step), number(p.loss_sum), number(p.norm_sum), number(p.seconds);
  number(p.best_score), number(p.best_epoch);
  while (at != end) {
    Epoch e;
    number(e.number), number(e.learning_rate), number(e.loss), number(e.gradient_norm), number(e.score);
    number(e.seconds);
    p.history.push_back(e);
  }
  if (p.epoch < 0 || p.step < 0) throw FileError(file, "the training position '" + text + "' is negative");
  return p;
}
}  // namespace detail

/// Writes weights, running statistics, optimiser state and position, whole or not at all. `configuration`
/// describes the run (data, schedule, seed ...): resuming another is refused.
template <class Net, class Rule, class Loss>
void save_training(const std::filesystem::path& path, const Net& net, Trainer<Net, Rule, Loss>& trainer,
                   const TrainingPosition& position, const std::string& configuration) {
  using T = typename Net::real_type;
  auto host = detail::host_weights<const T>(net);
  std::vector<std::vector<T>> states;
  for (std::size_t i = 0; i < trainer.states; ++i) states.push_back(trainer.state(i));
  for (std::size_t i = 0; i < states.size(); ++i)
    host.tensors.push_back(
        {Optimiser<Rule, T>::state_name(i), {static_cast<std::int64_t>(states[i].size())}, states[i], false});
  Metadata metadata = trainer.optimiser().metadata();
  metadata["training.position"] = detail::position_text(position);
  metadata["training.configuration"] = configuration;
  save_tensors(path, host.tensors, std::move(metadata), {.dtype = dtype_of<T>});
}

/// Takes up a training of `steps` steps an epoch where `save_training` left it. Throws FileError, and changes
/// nothing, if the file is damaged or tells of another run.
template <class Net, class Rule, class Loss>
TrainingPosition load_training(const std::filesystem::path& path, Net& net, Trainer<Net, Rule, Loss>& trainer,
                               const std::string& configuration, int steps) {
  using T = typename Net::real_type;
  const SafetensorsFile file = SafetensorsFile::read(path);
  const auto entry = [&](const std::string& key) {
    const auto found = file.metadata().find(key);
    if (found == file.metadata().end())
      throw FileError(file.name(), "no '" + key + "': not a training state");
    return found->second;
  };
  if (entry("training.configuration") != configuration)
    throw FileError(file.name(), "another run's state: expected configuration\n  " + configuration +
                                     "\nfound\n  " + entry("training.configuration"));
  TrainingPosition position = detail::parse_position(entry("training.position"), file.name());
  if (position.step > steps)
    throw FileError(file.name(), "step " + std::to_string(position.step) + " of an epoch of " +
                                     std::to_string(steps) + " steps");

  auto host = detail::host_weights<T>(net);
  std::vector<std::vector<T>> states(trainer.states);
  for (std::size_t i = 0; i < states.size(); ++i) {
    states[i].resize(net.values().size());
    host.tensors.push_back(
        {Optimiser<Rule, T>::state_name(i), {static_cast<std::int64_t>(states[i].size())}, states[i], false});
  }
  load_tensors(file, host.tensors);
  try {
    trainer.optimiser().restore(file.metadata());
  } catch (const ValueError& error) {
    throw FileError(file.name(), error.what());
  }
  for (std::size_t i = 0; i < host.values.size(); ++i) net.set(net.parameters()[i], host.values[i]);
  for (std::size_t i = 0; i < states.size(); ++i) trainer.set_state(i, states[i]);
  return position;
}

}  // namespace aurum
