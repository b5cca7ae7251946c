#include "tables.hpp"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <functional>
#include <limits>
#include <set>
#include <tuple>

#include "aurum/data/file.hpp"
#include "results.hpp"

namespace examples {
namespace {

namespace fs = std::filesystem;

std::string format(const char* pattern, ...) __attribute__((format(printf, 1, 2)));
std::string format(const char* pattern, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(text, sizeof text, pattern, arguments);
  va_end(arguments);
  return text;
}

/// The runs of one method on one share of the labels, one for each seed.
struct Group {
  Run run;
  std::vector<const RunResult*> runs;

  /// Mean and deviation of a number over the seeds.
  template <class Number>
  [[nodiscard]] std::pair<double, double> over_seeds(Number number) const {
    double sum = 0, squares = 0;
    for (const RunResult* r : runs) sum += number(*r);
    const double n = static_cast<double>(runs.size()), mean = sum / n;
    for (const RunResult* r : runs) squares += (number(*r) - mean) * (number(*r) - mean);
    return {mean, n > 1 ? std::sqrt(squares / (n - 1)) : std::numeric_limits<double>::quiet_NaN()};
  }
  [[nodiscard]] std::pair<double, double> mean_of(const std::string& column) const {
    return over_seeds([&](const RunResult& r) { return r.mean(column); });
  }
};

std::vector<Group> groups_of(const std::vector<RunResult>& results) {
  std::vector<Group> groups;
  for (const RunResult& result : results) {
    const auto same = std::ranges::find_if(groups, [&](const Group& g) {
      return g.run.method == result.run.method && g.run.then_fine_tune == result.run.then_fine_tune &&
             g.run.share == result.run.share;
    });
    if (same == groups.end())
      groups.push_back({result.run, {&result}});
    else
      same->runs.push_back(&result);
  }
  std::ranges::stable_sort(groups, {}, [](const Group& g) {
    return std::tuple(-g.run.share, g.run.then_fine_tune, static_cast<int>(g.run.method));
  });
  return groups;
}

std::string with_deviation(const std::pair<double, double>& value, const char* pattern = "%.3f") {
  char text[64];
  std::snprintf(text, sizeof text, pattern, value.first);
  std::string result = text;
  if (!std::isnan(value.second)) {
    std::snprintf(text, sizeof text, pattern, value.second);
    result += std::string(" ± ") + text;
  }
  return result;
}

/// One measure per AU and method, the best of each column in bold.
std::string table_of_aus(const std::vector<Group>& groups, const std::string& column, bool greatest) {
  const std::vector<int>& aus = groups.front().runs.front()->action_units;
  std::string text = "| " + column + " |", line = "| --- |";
  for (const int au : aus) text += " " + std::to_string(au) + " |", line += " --- |";
  text += " mean | seeds |\n" + line + " --- | --- |\n";
  std::vector<std::vector<double>> values;
  for (const Group& g : groups) {
    values.emplace_back();
    for (std::size_t i = 0; i < aus.size(); ++i)
      values.back().push_back(
          g.over_seeds([&](const RunResult& r) { return r.columns.at(column)[i]; }).first);
  }
  for (std::size_t row = 0; row < groups.size(); ++row) {
    text += "| " + groups[row].run.title() + " |";
    for (std::size_t i = 0; i < aus.size(); ++i) {
      bool best = true;
      for (const auto& other : values)
        if (greatest ? other[i] > values[row][i] : other[i] < values[row][i]) best = false;
      text += format(best ? " **%.2f** |" : " %.2f |", values[row][i]);
    }
    text += " " + with_deviation(groups[row].mean_of(column)) + " | " +
            std::to_string(groups[row].runs.size()) + " |\n";
  }
  return text + "\n";
}

std::string table_of_costs(const std::vector<Group>& groups,
                           const std::map<std::string, double>& milliseconds) {
  std::string text =
      "| method | trained parameters | parameters | GFLOP | ms an image | mean ICC |\n"
      "| --- | --- | --- | --- | --- | --- |\n";
  for (const Group& g : groups) {
    const RunResult& first = *g.runs.front();
    const auto time = milliseconds.find(g.run.title());
    text += "| " + g.run.title() +
            format(" | %.2f M | %.2f M | %.2f |", static_cast<double>(first.trained) / 1e6,
                   static_cast<double>(first.parameters) / 1e6,
                   2 * static_cast<double>(first.multiply_adds) / 1e9) +
            (time == milliseconds.end() ? " |" : format(" %.2f |", time->second)) +
            format(" %.3f |\n", g.mean_of("ICC(3,1)").first);
  }
  return text + "\n";
}

std::string table_of_shares(const std::vector<Group>& groups, const std::vector<double>& shares) {
  std::string text = "| mean ICC(3,1) with |", line = "| --- |";
  for (const double share : shares) text += format(" %g %% |", 100 * share), line += " --- |";
  text += "\n" + line + "\n";
  for (const MethodName& m : methods) {
    std::string row = "| " + std::string(m.title) + " |";
    int found = 0;
    for (const double share : shares) {
      const auto group = std::ranges::find_if(groups, [&](const Group& g) {
        return g.run.method == m.method && !g.run.then_fine_tune && g.run.share == share;
      });
      row += group == groups.end() ? " |" : " " + with_deviation(group->mean_of("ICC(3,1)")) + " |";
      if (group != groups.end()) ++found;
    }
    if (found > 1) text += row + "\n";
  }
  return text + "\n";
}

/// Draws one line for each title from a file of "title,x,y,deviation".
std::string plot_lines(const std::string& file, const std::vector<std::string>& titles,
                       const std::string& options) {
  std::string text = "plot ";
  for (const std::string& title : titles)
    text += (title == titles.front() ? "" : ", ") + std::string("'< grep \"^") + title + ",\" " + file +
            "' using 2:3" + options + " title '" + title + "'";
  return text + "\n";
}

void write_scarcity(const fs::path& folder, const std::vector<Group>& groups) {
  std::string table = "method,percent,icc,deviation\n";
  std::vector<std::string> titles;
  for (const MethodName& m : methods) {
    int points = 0;
    for (const Group& g : groups)
      if (g.run.method == m.method && !g.run.then_fine_tune) ++points;
    if (points < 2) continue;
    titles.emplace_back(m.title);
    for (const Group& g : groups) {
      if (g.run.method != m.method || g.run.then_fine_tune) continue;
      const auto [mean, deviation] = g.mean_of("ICC(3,1)");
      table += format("%s,%g,%.4f,%.4f\n", std::string(m.title).c_str(), 100 * g.run.share, mean,
                      std::isnan(deviation) ? 0.0 : deviation);
    }
  }
  if (titles.empty()) return;
  aurum::write_file(folder / "scarcity.csv", table);
  gnuplot(folder, "scarcity",
          "set logscale x\nset xtics (1, 2, 5, 10, 25, 50, 100)\nset grid\nset key bottom right box opaque\n"
          "set xlabel 'labelled images, % of the training set'\nset ylabel 'mean ICC(3,1)'\n"
          "set xrange [0.8:125]\n" +
              plot_lines("scarcity.csv", titles, ":4 with yerrorlines lw 2 pt 7"));
}

void write_misalignment(const fs::path& folder, const std::vector<Group>& groups) {
  std::string script =
      "set terminal pngcairo size 1200,900 font 'sans,11'\nset output 'misalignment.png'\n"
      "set multiplot layout 2,2\nset grid\nset key bottom left box opaque font ',9'\nset yrange [0:]\nset "
      "ylabel 'mean ICC(3,1)'\n";
  std::string all = "kind,method,amount,icc,deviation\n";
  for (const auto& [kind, axis] : {std::pair{"shift", "shift up to this part of the box"},
                                   std::pair{"scale", "change of scale up to this part"},
                                   std::pair{"rotation", "rotation up to so many degrees"},
                                   std::pair{"all", "all three, in parts of their greatest"}}) {
    std::string table;
    std::vector<std::string> titles;
    for (const Group& g : groups) {
      if (g.runs.front()->misaligned.empty() || g.run.then_fine_tune || !in_paper(g.run.method)) continue;
      titles.push_back(g.run.title());
      for (std::size_t i = 0; i < misalignments().size(); ++i) {
        const Misalignment& m = misalignments()[i];
        if (m.kind != kind && m.kind != "none") continue;
        const auto [mean, deviation] = g.over_seeds([&](const RunResult& r) { return r.misaligned.at(i); });
        const std::string row = format("%s,%g,%.4f,%.4f\n", titles.back().c_str(), m.amount, mean,
                                       std::isnan(deviation) ? 0.0 : deviation);
        table += row;
        all += std::string(kind) + "," + row;
      }
    }
    if (titles.empty()) return;
    aurum::write_file(folder / (std::string("misalignment_") + kind + ".csv"), table);
    script += std::string("set xlabel '") + axis + "'\n" +
              plot_lines(std::string("misalignment_") + kind + ".csv", titles,
                         " with linespoints lw 2 pt 7 ps 0.7");
  }
  aurum::write_file(folder / "misalignment.csv", all);
  gnuplot(folder, "misalignment", script + "unset multiplot\n");
  for (const char* kind : {"shift", "scale", "rotation", "all"})
    fs::remove(folder / (std::string("misalignment_") + kind + ".csv"));
}

void write_methods_plot(const fs::path& folder, const std::vector<Group>& groups) {
  std::string table;
  for (const Group& g : groups) {
    const auto [mean, deviation] = g.mean_of("ICC(3,1)");
    table +=
        "\"" + g.run.title() + "\"" + format(",%.4f,%.4f\n", mean, std::isnan(deviation) ? 0.0 : deviation);
  }
  aurum::write_file(folder / "methods.csv", table);
  gnuplot(
      folder, "methods",
      "set style fill solid 0.8\nset boxwidth 0.6\nunset key\nset grid ytics\nset xtics rotate by 30 right\n"
      "set ylabel 'mean ICC(3,1) on people not seen'\nset yrange [0:*]\nset rmargin 3\nset lmargin 22\nset "
      "bmargin 11\n"
      "plot 'methods.csv' using 0:2:xtic(1) with boxes lc rgb '#c8901e', "
      "'' using 0:2:3 with yerrorbars lc rgb '#333333' pt 0\n");
}

}  // namespace

void write_tables(const fs::path& folder, const std::vector<RunResult>& results, const std::string& about,
                  const std::map<std::string, double>& milliseconds) {
  if (results.empty()) return;
  const std::vector<Group> groups = groups_of(results);
  std::vector<Group> whole;  // with all labels
  std::set<double> shares;
  for (const Group& g : groups) {
    shares.insert(g.run.share);
    if (g.run.share >= 1) whole.push_back(g);
  }
  std::string text = about + "\n";
  if (!whole.empty()) {
    text += "### Intensity on people not seen (as the paper's Tables 2 and 3)\n\n" +
            table_of_aus(whole, "ICC(3,1)", true) + table_of_aus(whole, "MSE", false) +
            table_of_aus(whole, "RMSE", false) + "### Cost (as Table 5)\n\n" +
            table_of_costs(whole, milliseconds);
    write_methods_plot(folder, whole);
    write_misalignment(folder, whole);
    text +=
        "### Wrong face boxes\n\nMean ICC(3,1), boxes shifted, scaled and turned by growing random "
        "amounts\n\n";
    const auto& list = misalignments();
    std::string head = "| |", line = "| --- |", rows;
    for (const Misalignment& m : list)
      head += " " + m.kind + (m.kind == "none" ? "" : format(" %g", m.amount)) + " |", line += " --- |";
    for (const Group& g : whole) {
      if (g.runs.front()->misaligned.empty()) continue;
      rows += "| " + g.run.title() + " |";
      for (std::size_t i = 0; i < list.size(); ++i)
        rows += format(" %.2f |", g.over_seeds([&](const RunResult& r) { return r.misaligned.at(i); }).first);
      rows += "\n";
    }
    text += head + "\n" + line + "\n" + rows + "\n";
  }
  if (shares.size() > 1) {
    text += "### Scarce labels\n\n" + table_of_shares(groups, {shares.begin(), shares.end()});
    write_scarcity(folder, groups);
  }
  aurum::write_file(folder / "results.md", text);

  std::string table = "method,then_fine_tune,percent,seed,au,icc,mse,rmse\n";
  for (const RunResult& r : results)
    for (std::size_t i = 0; i < r.action_units.size(); ++i)
      table += format("%s,%d,%g,%llu,%d,%.5f,%.5f,%.5f\n", std::string(name_of(r.run.method).name).c_str(),
                      r.run.then_fine_tune ? 1 : 0, 100 * r.run.share,
                      static_cast<unsigned long long>(r.run.seed), r.action_units[i],
                      r.columns.at("ICC(3,1)")[i], r.columns.at("MSE")[i], r.columns.at("RMSE")[i]);
  aurum::write_file(folder / "results.csv", table);
}

}  // namespace examples
