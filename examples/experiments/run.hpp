#pragma once
// One run of the comparison of methods, and what it leaves in its folder.
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "methods.hpp"

namespace examples {

/// What is trained: a method, on a share of the AU labels, from a seed.
struct Run {
  Method method = Method::scratch;
  bool then_fine_tune = false;
  double share = 1;  ///< of the training images whose labels are used
  std::uint64_t seed = 1;

  [[nodiscard]] std::string title() const;   ///< "Adaptation layers, then fine-tuned"
  [[nodiscard]] std::string folder() const;  ///< "adaptation_25_seed1"
};

/// A way in which the face box is wrong: its greatest shift, in parts of its side, change of scale, or turn
/// in degrees; each face's is drawn evenly up to that, either way.
struct Misalignment {
  std::string kind;  ///< "shift", "scale", "rotation" or "all"
  double amount = 0;
};
/// Those that are measured: each kind at four amounts, "all" at the same parts of each, and none.
[[nodiscard]] const std::vector<Misalignment>& misalignments();

/// A run's results on the test people.
struct RunResult {
  Run run;
  std::vector<int> action_units{};
  std::map<std::string, std::vector<double>> columns{};  ///< "ICC(3,1)", "MSE", "RMSE": one value per AU
  std::vector<double> misaligned{};                      ///< mean ICC for each of misalignments()
  long long parameters = 0, trained = 0, multiply_adds = 0;
  double seconds = 0;  ///< of the training

  [[nodiscard]] double mean(const std::string& column) const;
};

/// Reads a finished run's run.json; nothing if it is not there. Throws FileError for one that is damaged.
[[nodiscard]] std::optional<RunResult> read_result(const std::filesystem::path& folder, const Run& run);

struct ExperimentOptions {
  std::string net = "ntinou2020";
  int size = 128;
  std::string fan;  ///< weights of the network of landmarks
  double small_rate = 0.1;
  TrainingOptions training;
  std::string output;
  bool misalign = true;
};

/// Trains and evaluates one run in its folder below `output`, or goes on with it; writes run.json at its end.
/// Nothing if it was told to stop.
[[nodiscard]] std::optional<RunResult> perform(const Run& run, const ExperimentOptions& options,
                                               const Split& split, const std::string& command);

/// Milliseconds that the network of each of these runs, by its title, takes for one picture, crop to
/// intensities: medians over calls that the methods make in turns, so that a machine which slows down slows
/// all of them. Weights are random: they do not matter.
[[nodiscard]] std::map<std::string, double> measure_times(const std::vector<Run>& runs,
                                                          const ExperimentOptions& options,
                                                          const aurum::Sample& face,
                                                          std::span<const int> action_units);

/// The part of a training set whose labels a run uses, drawn with its seed, repeated to the size of the
/// whole, so that all runs take as many steps.
[[nodiscard]] AnyData labelled_part(const AnyData& train, double share, std::uint64_t seed);

}  // namespace examples
