// How far few labels go: trains on growing shares of the labelled frames, with and without pre-training, and
// draws the score against the share.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "aurum/data/file.hpp"
#include "program.hpp"
#include "results.hpp"
#include "temporal/few_labels.hpp"

namespace {

namespace fs = std::filesystem;
using namespace examples;

struct Options : FewLabelOptions {
  std::vector<std::string> weights;  ///< of pretrain_video, one for all seeds or for each
  int seeds = 0;                     ///< as many as there are weights, where those are used
  std::vector<double> shares{0.02, 0.005, 0.01, 0.05, 0.1, 1};
  std::vector<std::string> ways{"pretrained", "without", "frames"};
};

/// A way to train, as a line of the picture.
struct Way {
  const char* name;
  const char* title;
  bool pretrained, frames_only;
};
constexpr Way ways[] = {{"pretrained", "pre-trained on unlabelled video", true, false},
                        {"without", "without pre-training", false, false},
                        {"frames", "frame by frame, without pre-training", false, true}};

struct Score {
  double share;
  std::string way;
  int seed;
  double icc, mse;
};

std::pair<double, double> mean_and_deviation(const std::vector<double>& values) {
  double sum = 0, squares = 0;
  for (const double v : values) sum += v;
  const double n = static_cast<double>(values.size()), mean = sum / n;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return {mean, n > 1 ? std::sqrt(squares / (n - 1)) : 0};
}

/// results.csv, results.md and efficiency.png of what is finished.
void write_tables(const fs::path& output, const std::vector<Score>& scores, std::vector<double> shares) {
  std::ranges::sort(shares);
  std::string rows = "way,share,seed,icc,mse\n";
  for (const Score& s : scores) {
    char line[160];
    std::snprintf(line, sizeof line, "%s,%g,%d,%.4f,%.4f\n", s.way.c_str(), s.share, s.seed, s.icc, s.mse);
    rows += line;
  }
  aurum::write_file(output / "results.csv", rows);

  std::string table = "| mean ICC(3,1) on people not seen |", rule = "| --- |";
  for (const double share : shares) {
    char cell[32];
    std::snprintf(cell, sizeof cell, " %g %% |", 100 * share);
    table += cell;
    rule += " --- |";
  }
  table += "\n" + rule + "\n";
  std::string plots;
  for (const Way& way : ways) {
    std::string points;
    table += std::string("| ") + way.title + " |";
    for (const double share : shares) {
      std::vector<double> values;
      for (const Score& s : scores)
        if (s.way == way.name && s.share == share) values.push_back(s.icc);
      if (values.empty()) {
        table += " |";
        continue;
      }
      const auto [mean, deviation] = mean_and_deviation(values);
      char cell[64];
      std::snprintf(cell, sizeof cell, values.size() > 1 ? " %.3f ± %.3f |" : " %.3f |", mean, deviation);
      table += cell;
      std::snprintf(cell, sizeof cell, "%g,%.4f,%.4f\n", 100 * share, mean, deviation);
      points += cell;
    }
    table += "\n";
    if (points.empty()) continue;
    aurum::write_file(output / (std::string(way.name) + ".csv"), points);
    plots += (plots.empty() ? "plot '" : ", '") + std::string(way.name) +
             ".csv' using 1:2:3 with yerrorlines lw 2 pt 7 title '" + way.title + "'";
  }
  aurum::write_file(output / "results.md", table);
  if (!plots.empty())
    gnuplot(output, "efficiency",
            "set logscale x\nset xtics (0.5, 1, 2, 5, 10, 20, 50, 100)\nset grid\nset key above\n"
            "set xlabel 'labelled frames, % of all'\nset ylabel 'mean ICC(3,1) on people not seen'\n"
            "set xrange [0.4:125]\n" +
                plots + "\n");
}

/// The score of a run that is finished.
std::optional<Score> finished(const fs::path& folder, double share, const std::string& way, int seed) {
  if (!fs::exists(folder / "metrics.json")) return std::nullopt;
  const auto json = nlohmann::json::parse(aurum::read_file(folder / "metrics.json"));
  const auto number = [&](const char* measure) {
    const auto& value = json.at(measure).at("mean");
    return value.is_number() ? value.get<double>() : std::nan("");
  };
  return Score{share, way, seed, number("icc"), number("mse")};
}

/// Runs of other options would be taken for this comparison's. Throws FileError.
void require_same_options(const fs::path& file, const Options& o, const VideoData& data) {
  std::string text = "net " + o.net + ", " + data.description + ", every " + std::to_string(o.step) +
                     ". frame, windows of " + std::to_string(o.window) + ", ";
  char training[200];
  std::snprintf(training, sizeof training,
                "%g %s of %d steps of %d at a rate of %g, what was pre-trained at %g times that",
                o.minutes > 0 ? o.minutes : o.epochs, o.minutes > 0 ? "minutes" : "epochs", o.steps, o.batch,
                o.learning_rate, o.pretrained_rate);
  text += training;
  if (!fs::exists(file)) return aurum::write_file(file, text);
  if (const std::string found = aurum::read_file(file); found != text)
    throw aurum::FileError(file, "the runs of this folder were made with other options: found '" + found +
                                     "', expected '" + text + "'; choose another --output");
}

int compare(const Options& options, const std::string& command) {
  const fs::path output = options.output;
  fs::create_directories(output);
  const auto wanted = [&](const Way& way) { return std::ranges::count(options.ways, way.name) > 0; };
  const int weights = static_cast<int>(options.weights.size());
  const int seeds = options.seeds > 0 ? options.seeds : std::max(weights, 1);
  if (wanted(ways[0]) && weights < seeds && weights != 1)
    throw aurum::ValueError("--weights: expected a file for all or for each of " + std::to_string(seeds) +
                            " seeds, found " + std::to_string(weights));
  const VideoData data = open_videos(options, find_temporal_network(options.net, 0), true);
  require_same_options(output / "options.txt", options, data);
  std::vector<Score> scores;
  const int runs = seeds * static_cast<int>(options.shares.size() *
                                            static_cast<std::size_t>(std::ranges::count_if(ways, wanted)));
  int number = 0;
  for (int seed = 1; seed <= seeds; ++seed)
    for (const double share : options.shares)
      for (const Way& way : ways) {
        if (!wanted(way)) continue;
        char name[96];
        std::snprintf(name, sizeof name, "%s_%g_seed%d", way.name, 100 * share, seed);
        std::fprintf(stderr, "run %d of %d: %s\n", ++number, runs, name);
        auto score = finished(output / name, share, way.name, seed);
        if (!score) {
          FewLabelOptions run = options;
          run.output = (output / name).string();
          run.labels = share;
          run.seed = static_cast<std::uint64_t>(seed);
          run.frames_only = way.frames_only;
          run.pretrained =
              way.pretrained ? options.weights[static_cast<std::size_t>(std::min(seed, weights) - 1)] : "";
          run.resume = true;
          if (!train_on_few_labels(run, data)) {
            std::fprintf(stderr, "stopped; the same command goes on:\n  %s\n", command.c_str());
            return stopped_exit_code;
          }
          score = finished(output / name, share, way.name, seed);
        }
        scores.push_back(score.value());
        std::printf("%-24s mean ICC %.3f, MSE %.3f\n", name, score->icc, score->mse);
        std::fflush(stdout);
        write_tables(output, scores, options.shares);
      }
  std::printf("tables and pictures are in %s\n", output.c_str());
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  CLI::App app{
      "Trains AU intensity on growing shares of the labelled frames of videos, with and without the "
      "features\n"
      "and the memory of pretrain_video, and frame by frame with a network of the same size; writes "
      "results.md,\n"
      "results.csv and efficiency.png. Every run takes as many steps. Stop it when you like (Ctrl-C); the "
      "same\n"
      "command goes on.\n\n"
      "  label_efficiency --weights stage1/best.safetensors --output runs"};
  add_few_label_options(app, options);
  for (const char* fixed : {"--labels", "--labelled", "--pretrained", "--frames-only", "--seed", "--resume"})
    app.remove_option(app.get_option(fixed));
  app.add_option("--weights", options.weights, "of pretrain_video, one file for all seeds or for each")
      ->check(CLI::ExistingFile);
  app.add_option("--seeds", options.seeds, "how many runs of each way [one for each of --weights]")
      ->check(CLI::Range(1, 1000));
  app.add_option("--ways", options.ways, "to train: pretrained (takes --weights), without, frames")
      ->check(CLI::IsMember({"pretrained", "without", "frames"}))
      ->capture_default_str();
  app.add_option("--shares", options.shares, "of the labelled frames, in the order in which they are tried")
      ->check(CLI::Range(1e-6, 1.0))
      ->capture_default_str();
  CLI11_PARSE(app, count, arguments);
  return run("label_efficiency", [&] {
    return compare(options, command_line({arguments, static_cast<std::size_t>(count)}));
  });
}
