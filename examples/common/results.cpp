#include "results.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "aurum/data/augment.hpp"
#include "aurum/data/draw.hpp"
#include "aurum/data/file.hpp"
#include "aurum/data/image_file.hpp"

namespace examples {
namespace {

nlohmann::ordered_json column(const aurum::AuTable& table, const std::string& name) {
  nlohmann::ordered_json json;
  for (std::size_t i = 0; i < table.numbers().size(); ++i)
    json[aurum::action_unit_label(table.numbers()[i])] = json_number(table.column(name)[i]);
  json["mean"] = json_number(table.mean(name).value);
  return json;
}

/// Columns of the table by their names in metrics.json.
constexpr std::array<std::array<const char*, 2>, 7> keys = {{{"icc", "ICC(3,1)"},
                                                             {"mse", "MSE"},
                                                             {"rmse", "RMSE"},
                                                             {"f1", "F1"},
                                                             {"precision", "precision"},
                                                             {"recall", "recall"},
                                                             {"accuracy", "accuracy"}}};

void write_metrics(const std::filesystem::path& file, const aurum::AuTable& table,
                   const RunSummary& summary) {
  nlohmann::ordered_json json;
  for (const std::string& ending : {std::string(), as_trained})
    for (const auto& [key, name] : keys)
      if (has_column(table, name + ending))
        json[key + aurum::detail::replace_all(ending, " ", "_")] = column(table, name + ending);
  if (has_column(table, rival_column)) {
    json["icc_landmarks"] = column(table, rival_column);
    json["icc_landmarks_mean"] = json_number(table.mean(rival_column).value);
    json["landmark_rival"] = summary.rival;
  }
  json["seconds"] = summary.seconds;
  if (summary.best_epoch > 0) json["best_epoch"] = summary.best_epoch;
  json["network"] = summary.network;
  json["training"] = summary.training;
  json["data"] = summary.data;
  aurum::write_file(file, json.dump(2) + "\n");
}

/// A row per AU and one of their means.
void write_intervals(const std::filesystem::path& folder, std::span<const int> action_units,
                     const std::map<std::string, aurum::MeasureIntervals>& intervals) {
  std::vector<std::string> rows = {"AU"};
  for (const int au : action_units) rows.push_back(aurum::action_unit_label(au));
  rows.emplace_back("mean");
  const auto add = [](std::string& row, const aurum::Interval& interval) {
    char cells[80];
    std::snprintf(cells, sizeof cells, ",%.4f,%.4f", interval.low, interval.high);
    row += cells;
  };
  for (const auto& [name, measure] : intervals) {
    const std::string title = name.substr(0, name.find('('));  // "ICC": no comma in a cell
    rows.front() += "," + title + " low," + title + " high";
    for (std::size_t i = 0; i < measure.units.size(); ++i) add(rows[i + 1], measure.units[i]);
    add(rows.back(), measure.mean);
  }
  std::string text;
  for (const std::string& row : rows) text += row + "\n";
  aurum::write_file(folder / "intervals.csv", text);
}

}  // namespace

aurum::AuTable AuAnswers::table() const {
  return labels == aurum::LabelKind::occurrence ? aurum::occurrence_table(faces, action_units, threshold)
                                                : aurum::au_table(faces, action_units);
}

std::map<std::string, aurum::MeasureIntervals> AuAnswers::intervals() const {
  if (std::set<int>(people.begin(), people.end()).size() < 2) return {};
  const aurum::AuRows rows(faces);
  if (labels == aurum::LabelKind::occurrence)
    return {{"F1", aurum::bootstrap_f1(rows.predictions, rows.labels, people, action_units.size(),
                                       {.prediction = threshold})}};
  aurum::AuIntervals all =
      aurum::bootstrap_intervals(rows.predictions, rows.labels, people, action_units.size());
  return {{"ICC(3,1)", std::move(all.icc)}, {"MSE", std::move(all.mse)}, {"RMSE", std::move(all.rmse)}};
}

bool has_column(const aurum::AuTable& table, const std::string& name) {
  return std::ranges::count(table.columns(), name, &aurum::AuColumn::name) > 0;
}

void write_results(const std::filesystem::path& folder, const aurum::AuTable& table,
                   const std::map<std::string, aurum::MeasureIntervals>& intervals,
                   const RunSummary& summary) {
  aurum::write_file(folder / "aus.csv", aurum::to_csv(table));
  write_metrics(folder / "metrics.json", table, summary);
  if (!intervals.empty()) write_intervals(folder, table.numbers(), intervals);
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

void draw_curve(const std::filesystem::path& folder, const std::string& score_name,
                const std::string& loss_name) {
  gnuplot(folder, "curve",
          "set key bottom right box opaque\n"
          "set grid ytics\n"
          "set xlabel 'epoch'\n"
          "set ylabel 'loss (" +
              loss_name +
              ")'\n"
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

}  // namespace examples
