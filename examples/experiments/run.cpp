#include "run.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "aurum/data/file.hpp"
#include "program.hpp"
#include "results.hpp"

namespace examples {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr const char* file_name = "run.json";
constexpr const char* weights_name = "best.safetensors";

// The greatest that are measured.
constexpr double greatest_shift = 0.2, greatest_scale = 0.3, greatest_rotation = 40;

aurum::Augmentation wrong_box(const Misalignment& m) {
  aurum::Augmentation change = aurum::Augmentation::none();
  const bool all = m.kind == "all";
  const auto shift = static_cast<float>(m.kind == "shift" ? m.amount : all ? greatest_shift * m.amount : 0);
  const auto scale = static_cast<float>(m.kind == "scale" ? m.amount : all ? greatest_scale * m.amount : 0);
  change.translation = shift;
  change.least_scale = 1 - scale;
  change.greatest_scale = 1 + scale;
  change.rotation_degrees = static_cast<float>(m.kind == "rotation" ? m.amount
                                               : all                ? greatest_rotation * m.amount
                                                                    : 0);
  return change;
}

double from_json(const Json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

void write_result(const fs::path& file, const RunResult& result) {
  Json json;
  json["method"] = name_of(result.run.method).name;
  json["then_fine_tune"] = result.run.then_fine_tune;
  json["share"] = result.run.share;
  json["seed"] = result.run.seed;
  json["action_units"] = result.action_units;
  for (const auto& [name, values] : result.columns)
    for (const double value : values) json["columns"][name].push_back(json_number(value));
  for (std::size_t i = 0; i < result.misaligned.size(); ++i)
    json["misaligned"].push_back({{"kind", misalignments()[i].kind},
                                  {"amount", misalignments()[i].amount},
                                  {"icc", json_number(result.misaligned[i])}});
  json["parameters"] = result.parameters;
  json["trained"] = result.trained;
  json["multiply_adds"] = result.multiply_adds;
  json["seconds"] = result.seconds;
  aurum::write_file(file, json.dump(1) + "\n");
}

}  // namespace

std::string Run::title() const {
  return std::string(name_of(method).title) + (then_fine_tune ? ", then fine-tuned" : "");
}
std::string Run::folder() const {
  return std::string(name_of(method).name) + (then_fine_tune ? "_then_fine-tune" : "") + "_" +
         aurum::detail::shortest(100 * share) + "_seed" + std::to_string(seed);
}

const std::vector<Misalignment>& misalignments() {
  static const std::vector<Misalignment> list = [] {
    std::vector<Misalignment> all{{"none", 0}};
    for (const auto& [kind, greatest] :
         {std::pair{"shift", greatest_shift}, std::pair{"scale", greatest_scale},
          std::pair{"rotation", greatest_rotation}, std::pair{"all", 1.0}})
      for (const double part : {0.25, 0.5, 0.75, 1.0}) all.push_back({kind, greatest * part});
    return all;
  }();
  return list;
}

double RunResult::mean(const std::string& column) const {
  double sum = 0;
  int count = 0;
  for (const double value : columns.at(column))
    if (!std::isnan(value)) sum += value, ++count;
  return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

std::optional<RunResult> read_result(const fs::path& folder, const Run& run) {
  const fs::path file = folder / file_name;
  if (!fs::exists(file)) return std::nullopt;
  try {
    const Json json = Json::parse(aurum::read_file(file));
    RunResult result{.run = run, .action_units = json.at("action_units").get<std::vector<int>>()};
    for (const auto& [name, values] : json.at("columns").items())
      for (const Json& value : values) result.columns[name].push_back(from_json(value));
    if (json.contains("misaligned"))
      for (const Json& value : json.at("misaligned")) result.misaligned.push_back(from_json(value.at("icc")));
    result.parameters = json.at("parameters").get<long long>();
    result.trained = json.at("trained").get<long long>();
    result.multiply_adds = json.at("multiply_adds").get<long long>();
    result.seconds = json.at("seconds").get<double>();
    return result;
  } catch (const nlohmann::json::exception& problem) {
    throw aurum::FileError(file.string(),
                           std::string("is not what a finished run writes: ") + problem.what());
  }
}

std::map<std::string, double> measure_times(const std::vector<Run>& runs, const ExperimentOptions& options,
                                            const aurum::Sample& face, std::span<const int> action_units) {
  const fs::path weights = fs::path(options.output) / "time.safetensors";
  const AuTask task{.action_units = {action_units.begin(), action_units.end()}};
  std::map<std::string, aurum::AnyPredictor> predictors;
  for (const Run& run : runs) {
    if (predictors.contains(run.title())) continue;
    MethodOptions method;
    method.method = run.method;
    method.then_fine_tune = run.then_fine_tune;
    if (starts_from_fan(run.method)) method.fan = "not read";
    const auto& type = final_network_of(method, options.net, task.maps(), options.size);
    make_network(type, options.training)->save(weights, describe(type, task));
    predictors.emplace(run.title(), open_au_weights(weights, options.training.machine));
  }
  fs::remove(weights);
  const aurum::Square square = aurum::face_square(face.landmarks);
  constexpr int rounds = 100;
  std::map<std::string, std::vector<double>> times;
  for (int i = 0; i < rounds; ++i)
    for (auto& [title, predictor] : predictors) {
      (void)predictor(face.image, square);  // the cache is its own again
      const auto start = std::chrono::steady_clock::now();
      (void)predictor(face.image, square);
      times[title].push_back(
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
  std::map<std::string, double> medians;
  for (auto& [title, list] : times) {
    const auto middle = list.begin() + std::ssize(list) / 2;
    std::ranges::nth_element(list, middle);
    medians[title] = *middle;
  }
  return medians;
}

AnyData labelled_part(const AnyData& train, double share, std::uint64_t seed) {
  std::vector<int> order(static_cast<std::size_t>(train.size()));
  std::iota(order.begin(), order.end(), 0);
  if (share >= 1) return train;
  aurum::Random random{aurum::Seed{seed}, 0x1ABE1};
  aurum::shuffle(order, random);
  const auto used = std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(share * train.size())));
  for (std::size_t i = used; i < order.size(); ++i) order[i] = order[i % used];
  return train.part(std::move(order));
}

std::optional<RunResult> perform(const Run& run, const ExperimentOptions& options, const Split& split,
                                 const std::string& command) {
  const fs::path folder = fs::path(options.output) / run.folder();
  if (auto finished = read_result(folder, run)) return finished;
  const auto start = std::chrono::steady_clock::now();

  Run transfer = run;
  transfer.then_fine_tune = false;
  const fs::path transferred = fs::path(options.output) / transfer.folder();
  // Of a finished run only its run.json may have been kept: then this one begins with the transfer.
  const bool has_weights =
      run.then_fine_tune && fs::exists(transferred / file_name) && fs::exists(transferred / weights_name);
  const MethodOptions method{.method = run.method,
                             .fan = starts_from_fan(run.method) ? options.fan : "",
                             .transferred = has_weights ? (transferred / weights_name).string() : "",
                             .then_fine_tune = run.then_fine_tune,
                             .small_rate = options.small_rate};
  const auto& type =
      network_of(method, options.net, static_cast<int>(split.train.action_units().size()), options.size);
  TrainingOptions training = options.training;
  training.seed = run.seed;
  training.resume = true;
  training.output = folder;
  Split part = split;
  part.train = labelled_part(split.train, run.share, run.seed);
  part.description += ", " + aurum::detail::shortest(100 * run.share) + " % of the labels";
  AuTask task{.action_units = {split.train.action_units().begin(), split.train.action_units().end()},
              .input = {.augmentation = augmentation_of(training)},
              .centre_weight = {.gain = training.centre_weight}};
  const Trained trained = train_by(method, type, task, part, training, command);
  if (trained.training.report.stopped) return std::nullopt;

  RunResult result{.run = run, .action_units = task.action_units};
  const aurum::AuTable table =
      aurum::au_table(trained.network->predict_all(task, split.test), task.action_units);
  for (const char* name : {"ICC(3,1)", "MSE", "RMSE"})
    result.columns[name] = {table.column(name).begin(), table.column(name).end()};
  if (options.misalign)
    for (const Misalignment& m : misalignments()) {
      task.input.augmentation = wrong_box(m);
      result.misaligned.push_back(
          aurum::au_table(trained.network->predict_varied(task, split.test, aurum::Random{aurum::Seed{7}}),
                          task.action_units)
              .mean()
              .value);
    }
  result.parameters = trained.type->parameters;
  result.trained = trained.type->parameters - trained.type->frozen;
  result.multiply_adds = trained.type->multiply_adds;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  write_result(folder / file_name, result);
  for (const char* name : {"state.safetensors", "last.safetensors"}) {  // only a run that goes on needs them
    fs::remove(folder / name);
    fs::remove(folder / "fine_tuned" / name);
  }
  return result;
}

}  // namespace examples
