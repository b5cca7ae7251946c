#include "results.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "aurum/data/augment.hpp"
#include "aurum/data/draw.hpp"
#include "aurum/data/file.hpp"
#include "aurum/data/image_file.hpp"
#include "aurum/metrics/bootstrap.hpp"

namespace examples {
namespace {

nlohmann::ordered_json column(const aurum::AuTable& table, const std::string& name) {
  nlohmann::ordered_json json;
  for (std::size_t i = 0; i < table.numbers().size(); ++i)
    json[aurum::action_unit_label(table.numbers()[i])] = json_number(table.column(name)[i]);
  json["mean"] = json_number(table.mean(name).value);
  return json;
}

}  // namespace

void write_intervals(const std::filesystem::path& folder, std::span<const aurum::AuResult> results,
                     std::span<const int> people, std::span<const int> action_units) {
  if (std::set<int>(people.begin(), people.end()).size() < 2) return;
  std::vector<float> predictions, labels;
  for (const aurum::AuResult& r : results) {
    predictions.insert(predictions.end(), r.prediction.begin(), r.prediction.end());
    labels.insert(labels.end(), r.label.begin(), r.label.end());
  }
  const aurum::AuIntervals intervals =
      aurum::bootstrap_intervals(predictions, labels, people, action_units.size());
  std::string text = "AU,ICC low,ICC high,MSE low,MSE high\n";
  const auto row = [&](const std::string& name, const aurum::Interval& icc, const aurum::Interval& mse) {
    char line[160];
    std::snprintf(line, sizeof line, "%s,%.4f,%.4f,%.4f,%.4f\n", name.c_str(), icc.low, icc.high, mse.low,
                  mse.high);
    text += line;
  };
  for (std::size_t i = 0; i < action_units.size(); ++i)
    row(aurum::action_unit_label(action_units[i]), intervals.icc[i], intervals.mse[i]);
  row("mean", intervals.mean_icc, intervals.mean_mse);
  aurum::write_file(folder / "intervals.csv", text);
  std::printf("95 %% intervals, people drawn again: mean ICC(3,1) %.3f to %.3f, mean MSE %.3f to %.3f\n",
              intervals.mean_icc.low, intervals.mean_icc.high, intervals.mean_mse.low,
              intervals.mean_mse.high);
}

nlohmann::ordered_json json_number(double value) {
  return std::isnan(value) ? nlohmann::ordered_json() : nlohmann::ordered_json(value);
}

void gnuplot(const std::filesystem::path& folder, const std::string& name, const std::string& script) {
  aurum::write_file(folder / (name + ".gp"),
                    "set terminal pngcairo size 900,500 font 'sans,11'\nset output '" + name +
                        ".png'\nset datafile separator ','\n" + script);
  const std::string quoted = aurum::detail::replace_all(folder.string(), "'", "'\\''");  // for the shell
  const std::string command =
      "command -v gnuplot >/dev/null && cd '" + quoted + "' && gnuplot " + name + ".gp";
  if (std::system(command.c_str()) != 0)
    std::fprintf(stderr, "no %s.png: gnuplot is not installed or failed; the numbers are in %s\n",
                 name.c_str(), folder.c_str());
}

void draw_curve(const std::filesystem::path& folder, const std::string& score_name) {
  gnuplot(folder, "curve",
          "set key bottom right box opaque\n"
          "set grid ytics\n"
          "set xlabel 'epoch'\n"
          "set ylabel 'loss (squared heatmap error)'\n"
          "set y2label '" +
              score_name +
              " on validation people'\n"
              "set ytics nomirror\n"
              "set y2tics\n"
              "set logscale y\n"
              "plot 'history.csv' using 1:3 every ::1 with lines lw 2 lc rgb '#888888' title 'loss', \\\n"
              "     '' using 1:5 every ::1 axes x1y2 with linespoints lw 2 pt 7 ps 0.5 lc rgb '#c8901e' "
              "title '" +
              score_name + "'\n");
}

void draw_samples(const std::filesystem::path& folder, const AnyData& data, int size) {
  std::vector<aurum::Image> crops;
  for (int i = 0; i < std::min(32, data.size()); ++i) {
    const aurum::Sample sample = data.sample(i);
    const aurum::Affine map = aurum::crop_transform(aurum::face_square(sample.landmarks), size);
    crops.push_back(aurum::warp(sample.image, map, size, size));
    if (i % 2 == 1) aurum::draw_points(crops.back(), map(sample.landmarks), aurum::gold, 1);
  }
  aurum::write_png(folder / "samples.png", aurum::montage(crops, 8));
}

void write_metrics(const std::filesystem::path& file, const aurum::AuTable& table,
                   const RunSummary& summary) {
  nlohmann::ordered_json json;
  json["icc"] = column(table, "ICC(3,1)");
  json["mse"] = column(table, "MSE");
  json["rmse"] = column(table, "RMSE");
  const auto has = [&](const std::string& name) {
    return std::ranges::any_of(table.columns(), [&](const auto& c) { return c.name == name; });
  };
  if (has("MSE" + as_trained)) {
    json["icc_as_trained"] = column(table, "ICC(3,1)" + as_trained);
    json["mse_as_trained"] = column(table, "MSE" + as_trained);
  }
  if (has(rival_column)) {
    json["icc_landmarks"] = column(table, rival_column);
    json["icc_landmarks_mean"] = json_number(table.mean(rival_column).value);
    json["landmark_rival"] = summary.rival;
  }
  json["seconds"] = summary.seconds;
  json["best_epoch"] = summary.best_epoch;
  json["network"] = summary.network;
  json["training"] = summary.training;
  json["data"] = summary.data;
  aurum::write_file(file, json.dump(2) + "\n");
}

}  // namespace examples
