#include "methods.hpp"

#include <algorithm>
#include <optional>

namespace examples {
namespace {

Kind kind_of(Method method) {
  switch (method) {
    case Method::reparametrise:
      return Kind::reparametrised;
    case Method::reparametrise_statistics:
      return Kind::reparametrised_statistics;
    case Method::reparametrise_frozen:
      return Kind::reparametrised_frozen;
    case Method::adaptation:
    case Method::random_backbone:
    case Method::random_backbone_unsettled:
      return Kind::adapted;
    case Method::attention:
      return Kind::attention;
    case Method::scratch:
    case Method::fine_tune:
    case Method::resnet18:
      return Kind::plain;
  }
  return Kind::plain;
}

/// The kind of network in which all that the method froze is trained.
std::optional<Kind> whole_kind_of(Method method) {
  switch (kind_of(method)) {
    case Kind::reparametrised:
    case Kind::reparametrised_statistics:
    case Kind::reparametrised_frozen:
      return Kind::plain;
    case Kind::adapted:
      return Kind::whole_adapted;
    case Kind::attention:
      return Kind::whole_attention;
    default:
      return std::nullopt;
  }
}

/// A landmark network as it was drawn, in a file for the method to take over.
void write_random_backbone(bool settle, const CompiledNetwork<AuTask>& type, const AuTask& task,
                           const Split& split, const TrainingOptions& training,
                           const std::filesystem::path& file) {
  const auto& fan_type = find_network<LandmarkTask>(type.backbone, aurum::landmark_count, type.input.width);
  const auto fan = make_network(fan_type, training);
  const LandmarkTask landmarks{.input = task.input};
  if (settle) fan->settle_statistics(landmarks, split.train, {training.seed});
  aurum::ModelInfo info = describe(fan_type, landmarks);
  info.training_data = settle ? "none: random weights, statistics of " + split.description
                              : "none: random weights and first statistics";
  fan->save(file, info);
}

/// Gives the network its first weights, and tells the training what came of whom.
void begin(const MethodOptions& method, const CompiledNetwork<AuTask>& type, const AuTask& task,
           const Split& split, TrainingOptions& training, TrainableNetwork<AuTask>& network) {
  if (starts_from_fan(method.method)) {
    network.take_backbone(method.fan);
    training.origin += " from " + method.fan;
  }
  const bool settle = method.method == Method::random_backbone;
  if (settle || method.method == Method::random_backbone_unsettled) {
    const std::filesystem::path file = std::filesystem::path(training.output) / "random_backbone.safetensors";
    write_random_backbone(settle, type, task, split, training, file);
    network.take_backbone(file);
  }
  // The last layer is new; all others come from the network of landmarks.
  if (method.method == Method::fine_tune) training.layer_rates = {{"", method.small_rate}, {"l0", 1}};
}

}  // namespace

const MethodName& name_of(Method method) { return methods.at(static_cast<std::size_t>(method)); }

bool starts_from_fan(Method method) {
  switch (method) {
    case Method::fine_tune:
    case Method::reparametrise:
    case Method::reparametrise_statistics:
    case Method::reparametrise_frozen:
    case Method::adaptation:
    case Method::attention:
      return true;
    case Method::scratch:
    case Method::random_backbone:
    case Method::random_backbone_unsettled:
    case Method::resnet18:
      return false;
  }
  return false;
}

Method parse_method(std::string_view name) {
  std::string known;
  for (const MethodName& m : methods) {
    if (m.name == name) return m.method;
    known += (known.empty() ? "" : ", ") + std::string(m.name);
  }
  throw aurum::ValueError("method: expected one of " + known + ", found '" + std::string(name) + "'");
}

const CompiledNetwork<AuTask>& network_of(const MethodOptions& options, const std::string& net, int maps,
                                          int size) {
  const std::string name(name_of(options.method).name);
  if (starts_from_fan(options.method) && options.fan.empty())
    throw aurum::ValueError("--method " + name +
                            " starts from a network of landmarks: expected its weights "
                            "after --fan (train_fan makes them), found none");
  if (!starts_from_fan(options.method) && !options.fan.empty())
    throw aurum::ValueError("--method " + name + " does not start from a network of landmarks, found --fan " +
                            options.fan);
  const auto whole = whole_kind_of(options.method);
  if (options.then_fine_tune && !whole)
    throw aurum::ValueError("--then-fine-tune: with --method " + name + " all is trained already");
  const auto& type = find_network<AuTask>(options.method == Method::resnet18 ? "resnet18" : net, maps, size,
                                          kind_of(options.method));
  if (options.then_fine_tune) (void)find_network<AuTask>(net, maps, type.input.width, *whole);
  return type;
}

const CompiledNetwork<AuTask>& final_network_of(const MethodOptions& options, const std::string& net,
                                                int maps, int size) {
  const auto& type = network_of(options, net, maps, size);
  return options.then_fine_tune
             ? find_network<AuTask>(net, maps, type.input.width, *whole_kind_of(options.method))
             : type;
}

Trained train_by(const MethodOptions& method, const CompiledNetwork<AuTask>& type, const AuTask& task,
                 const Split& split, TrainingOptions training, const std::string& command) {
  if (!type.action_units.empty() && type.action_units != task.action_units)
    throw aurum::ValueError("the network '" + type.layout + "' was compiled for other AUs than the data's");
  if (method.method != Method::scratch && !(training.begin.empty() && training.weights.empty()))
    throw aurum::ValueError("--begin and --weights are for --method scratch");
  const std::filesystem::path output = training.output;
  std::filesystem::create_directories(output);
  Trained result{&type, make_network(type, training), {}, output / "best.safetensors"};
  training.origin = ", method " + std::string(name_of(method.method).name);
  if (!method.transferred.empty()) {
    result.weights = method.transferred;
    result.training.info = describe(type, task);
    result.network->load(result.weights, result.training.info);
  } else {
    begin(method, type, task, split, training, *result.network);
    result.training = train(type, *result.network, task, split, training, command);
    if (!method.then_fine_tune || result.training.report.stopped) return result;
  }

  const Kind whole_kind = *whole_kind_of(method.method);
  const bool projected = whole_kind == Kind::plain;  // into the network of landmarks' own layout
  const auto& whole =
      find_network<AuTask>(projected ? type.backbone : type.layout, type.maps, type.input.width, whole_kind);
  if (projected) {
    const std::filesystem::path plain = output / "plain.safetensors";
    result.network->save_plain(plain, result.training.info);
    training.weights = plain;
  } else {
    training.weights = result.weights;
  }
  training.output = output / "fine_tuned";
  training.epochs = std::max(1, epochs_of(training) / 2);
  training.minutes /= 2;
  training.layer_rates = {{"", method.small_rate}};
  training.origin += ", then fine-tuned";
  result.type = &whole;
  result.network = make_network(whole, training);
  result.training = train(whole, *result.network, task, split, training, command);
  result.weights = std::filesystem::path(training.output) / "best.safetensors";
  return result;
}

}  // namespace examples
