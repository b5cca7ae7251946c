#pragma once
// What a training leaves beside its weights, and an evaluation: tables, a curve, pictures.
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "aurum/metrics/bootstrap.hpp"
#include "aurum/metrics/table.hpp"
#include "aurum/train/task.hpp"
#include "data.hpp"

namespace examples {

/// Draws `folder`/`name`.png by a gnuplot script of that name, in that folder; comma-separated files. Says so
/// on stderr where there is no gnuplot, or it fails.
void gnuplot(const std::filesystem::path& folder, const std::string& name, const std::string& script);

/// Draws history.csv of `folder` as curve.png with gnuplot: loss and score per epoch.
void draw_curve(const std::filesystem::path& folder, const std::string& score_name,
                const std::string& loss_name = "squared heatmap error");

/// samples.png: the first faces of a data set as a network sees them, with their landmarks on every other.
void draw_samples(const std::filesystem::path& folder, const AnyData& data, int size);

/// Trains the rival (aurum/train/landmark_rival.hpp) on the exact landmarks of the same faces and adds its
/// ICC on the test people to the table; with `calibrate` after its answers were spread as the network's are,
/// with `mirrored` as means over the faces and their mirror images. Returns how it was trained; reports its
/// trials on stderr.
std::string add_rival(aurum::AuTable& table, const Split& split, int epochs, int threads, bool calibrate,
                      bool mirrored);

/// AuAnswers for faces that a network has not learned from, beside their labels.
struct AuAnswers {
  std::vector<int> action_units;
  aurum::LabelKind labels = aurum::LabelKind::intensity;
  /// Of occurrences: from which answer on an AU counts as present.
  double threshold = static_cast<double>(aurum::presence_threshold);
  std::vector<aurum::AuResult> faces{};
  std::vector<int> people{};  ///< whose each face is

  [[nodiscard]] aurum::AuTable table() const;
  /// 95 % intervals, by drawing people again (aurum/metrics/bootstrap.hpp), of ICC(3,1) and MSE, or of F1, by
  /// the names that their columns have. None where there are fewer than two people.
  [[nodiscard]] std::map<std::string, aurum::MeasureIntervals> intervals() const;
};

[[nodiscard]] bool has_column(const aurum::AuTable& table, const std::string& name);

/// A number for a JSON file; null where it is undefined.
[[nodiscard]] nlohmann::ordered_json json_number(double value);

/// The name of the table's column with the rival's ICC.
inline constexpr const char* rival_column = "ICC landmarks";

/// Ends the names of the columns "ICC(3,1) as trained" and so on: before calibration, and without the mirror
/// image.
inline const std::string as_trained = " as trained";

/// What metrics.json says beside the table.
struct RunSummary {
  std::string network, training, data, rival;
  double seconds = 0;
  int best_epoch = 0;  ///< 0: of no single training
};

/// Writes aus.csv, intervals.csv ("AU,ICC low,ICC high,MSE low,MSE high", the last row of means; not without
/// intervals) and metrics.json into `folder`. The last is {"icc": {"AU01": .., "mean": ..},
/// "mse": {..}, "rmse": {..}, "icc_as_trained": {..}, "mse_as_trained": {..}, "icc_landmarks": {..},
/// "icc_landmarks_mean": .., "seconds": .., ...}, of occurrences {"f1": .., "precision": .., "recall": ..,
/// "accuracy": .., ...}; null for what is undefined; what the table has no column of is left out.
void write_results(const std::filesystem::path& folder, const aurum::AuTable& table,
                   const std::map<std::string, aurum::MeasureIntervals>& intervals,
                   const RunSummary& summary);

}  // namespace examples
