#pragma once
// What a training leaves beside its weights: tables, a curve, pictures.
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "aurum/metrics/table.hpp"
#include "aurum/train/task.hpp"
#include "data.hpp"

namespace examples {

/// Draws `folder`/`name`.png by a gnuplot script of that name, in that folder; comma-separated files. Says so
/// on stderr where there is no gnuplot, or it fails.
void gnuplot(const std::filesystem::path& folder, const std::string& name, const std::string& script);

/// Draws history.csv of `folder` as curve.png with gnuplot: loss and score per epoch.
void draw_curve(const std::filesystem::path& folder, const std::string& score_name);

/// samples.png: the first faces of a data set as a network sees them, with their landmarks on every other.
void draw_samples(const std::filesystem::path& folder, const AnyData& data, int size);

/// Trains the rival (aurum/train/landmark_rival.hpp) on the exact landmarks of the same faces and adds its
/// ICC on the test people to the table; with `calibrate` after its answers were spread as the network's are,
/// with `mirrored` as means over the faces and their mirror images. Returns how it was trained; reports its
/// trials on stderr.
std::string add_rival(aurum::AuTable& table, const Split& split, int epochs, int threads, bool calibrate,
                      bool mirrored);

/// intervals.csv of `folder`: 95 % intervals of ICC(3,1) and MSE per AU and of their means, by drawing people
/// again (aurum/metrics/bootstrap.hpp); prints those of the means. Nothing where there are fewer than two
/// people. `people`: whose each result is.
void write_intervals(const std::filesystem::path& folder, std::span<const aurum::AuResult> results,
                     std::span<const int> people, std::span<const int> action_units);

/// A number for a JSON file; null where it is undefined.
[[nodiscard]] nlohmann::ordered_json json_number(double value);

/// The name of the table's column with the rival's ICC.
inline constexpr const char* rival_column = "ICC landmarks";

/// Ends the names of the columns "ICC(3,1) as trained" and "MSE as trained": before calibration, and without
/// the mirror image.
inline const std::string as_trained = " as trained";

/// What metrics.json says beside the table.
struct RunSummary {
  std::string network, training, data, rival;
  double seconds = 0;
  int best_epoch = 0;
};

/// metrics.json: {"icc": {"AU01": .., "mean": ..}, "mse": {..}, "rmse": {..}, "icc_landmarks": {..},
/// "icc_landmarks_mean": .., "icc_as_trained": {..}, "mse_as_trained": {..}, "seconds": .., ...}; null for
/// what is undefined; the rival's and those as trained only where the table has their columns.
void write_metrics(const std::filesystem::path& file, const aurum::AuTable& table, const RunSummary& summary);

}  // namespace examples
