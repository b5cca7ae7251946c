// needs: io
// aurum's side of scripts/bench cpu: takes commands on standard input and answers each with a line of JSON,
// as peers/protocol.py describes it. Beyond that: "describe <net>" (multiply-adds, parameters) and "peak
// <seconds>" (what all threads together can do, counted as the peers' makers count it).
//   cpu_worker <folder of weights and data> <threads>
#include <aurum/aurum.hpp>
#include <chrono>
#include <ctime>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "layers.hpp"
#include "peak.hpp"

namespace {

using namespace aurum;
using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

/// Milliseconds of each call, on the clock and of the processors; at least one, then as many as begin within
/// `seconds`.
template <class F>
Json timed(double seconds, F f) {
  std::vector<double> times, used;
  const auto start = Clock::now();
  do {
    const auto before = Clock::now();
    const std::clock_t processor = std::clock();
    f();
    times.push_back(1e3 * Seconds(Clock::now() - before).count());
    used.push_back(1e3 * static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC);
  } while (Seconds(Clock::now() - start).count() < seconds);
  return {{"ms", times}, {"processor_ms", used}};
}

/// A float tensor of a file, NCHW in the file if it has four dimensions and channels last here.
std::vector<float> read(const std::string& path, const std::string& name, std::vector<std::int64_t> shape) {
  std::size_t count = 1;
  for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
  std::vector<float> values(count);
  const bool image = shape.size() == 4;
  load_tensors<float>(SafetensorsFile::read(path), {{name, std::move(shape), values, image}},
                      {.allow_unexpected = true});
  return values;
}

/// One network at 256x256 and everything that is measured of it.
template <class S, int Maps>
class Subject {
  using Net = Network<S, Shape{3, 256, 256}, Cpu>;
  using Weights = NetworkWeights<S, Shape{3, 256, 256}, Cpu>;
  static constexpr Shape input = Net::input_shape;
  static constexpr Shape output = Net::output_shape;

 public:
  Subject(std::shared_ptr<Context<Cpu>> context, std::string folder, std::string name)
      : context_{std::move(context)}, folder_{std::move(folder)}, name_{std::move(name)} {}

  static Json describe() {
    return {{"multiply_adds", multiply_adds<S, input>}, {"parameters", parameter_count<S, input>}};
  }

  Json infer(int batch, double seconds) {
    const std::vector<float> images = read_images(batch);
    const View<const float> view = make_view(images.data(), batch, input);
    return timed(seconds, [&] { (void)inference(view); });
  }

  Json train(int batch, double seconds) {
    Net net{context_};
    load(net, weights());
    Trainer trainer{net, RmsProp{}};
    const Batch data = read_batch(batch);
    const auto step = [&] { (void)trainer.step(data, Maps, GaussianKernel{}, 1e-6); };
    step();
    return timed(seconds, step);
  }

  void write_output(int batch, const std::string& path) {
    const std::vector<float> images = read_images(batch);
    const View<const float> out = inference(make_view(images.data(), batch, input));
    const std::span<const float> values{out.data, static_cast<std::size_t>(out.size())};
    save_tensors<float>(path, {{"output", {batch, out.channels, out.height, out.width}, values, true}});
  }

  double write_gradients(int batch, const std::string& path) {
    Net net{context_};
    load(net, weights());
    Trainer trainer{net, RmsProp{}};
    const double loss = trainer.step(read_batch(batch), Maps, GaussianKernel{}, 0).loss;
    std::vector<std::vector<float>> values;
    std::vector<NamedTensor<const float>> tensors;
    for (const Parameter& p : net.parameters()) {
      if (p.storage != Storage::trainable) continue;
      values.push_back(net.gradient(p));
      tensors.push_back({p.path, {p.shape.begin(), p.shape.end()}, values.back(), p.role == Role::filter});
    }
    save_tensors<float>(path, tensors);
    return loss;
  }

 private:
  /// The heatmaps of all images, which lie one after the other.
  View<const float> inference(View<const float> images) {
    auto predictor = predictors_.find(images.batch);
    if (predictor == predictors_.end()) {
      Weights net{context_};
      load(net, weights());
      predictor =
          predictors_.try_emplace(images.batch, net, PredictorOptions{.max_batch = images.batch}).first;
    }
    return make_view(predictor->second.batch(images).front().heatmaps.data, images.batch, output);
  }

  [[nodiscard]] SafetensorsFile weights() const {
    return SafetensorsFile::read(folder_ + "/" + name_ + ".safetensors");
  }
  [[nodiscard]] std::vector<float> read_images(int batch) const {
    return read(folder_ + "/input_" + std::to_string(batch) + ".safetensors", "input",
                {batch, input.channels, input.height, input.width});
  }
  [[nodiscard]] Batch read_batch(int images) const {
    const std::string path = folder_ + "/" + name_ + "_targets_" + std::to_string(images) + ".safetensors";
    const std::vector<float> centres = read(path, "centres", {images, Maps, 2});
    const std::vector<float> intensity = read(path, "intensity", {images, Maps});
    Batch batch;
    batch.input = read_images(images);
    for (int i = 0; i < images; ++i) batch.indices.push_back(i);
    for (std::size_t i = 0; i < intensity.size(); ++i)
      batch.targets.push_back(
          {.intensity = intensity[i], .centres = 1, .centre = {{centres[2 * i], centres[2 * i + 1]}}});
    return batch;
  }

  std::shared_ptr<Context<Cpu>> context_;
  std::string folder_, name_;
  std::map<int, Predictor<Weights>> predictors_;  // by batch
};

template <class Subject>
Json answer(Subject& subject, const std::string& command, std::istringstream& arguments) {
  int batch = 0;
  double seconds = 0;
  std::string path;
  if (command == "describe") return Subject::describe();
  if (command == "prepare" && arguments >> path >> batch) {
    if (path == "infer") (void)subject.infer(batch, 0);  // each training starts anew
    return Json::object();
  }
  if (command == "infer" && arguments >> batch >> seconds) return subject.infer(batch, seconds);
  if (command == "train" && arguments >> batch >> seconds) return subject.train(batch, seconds);
  if (command == "output" && arguments >> batch >> path) {
    subject.write_output(batch, path);
    return Json::object();
  }
  if (command == "gradients" && arguments >> batch >> path)
    return {{"loss", subject.write_gradients(batch, path)}};
  throw ValueError("no command '" + command + "' with these arguments");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: cpu_worker <folder> <threads>\n";
    return 2;
  }
  const std::string folder = arguments[1];
  const int threads = std::atoi(arguments[2]);
  const auto context = std::make_shared<Context<Cpu>>(threads);
  Subject<Fan<12>, 12> fan{context, folder, "fan"};
  Subject<StackedFan<68, 4>, 68> stacked_fan{context, folder, "stacked_fan"};

  for (std::string line; std::getline(std::cin, line);) {
    Json reply;
    try {
      std::istringstream words{line};
      std::string command, net;
      double seconds = 0;
      words >> command;
      if (command == "ready") {
        reply = Json::object();
      } else if (command == "peak" && words >> seconds) {
        reply = {{"gflops", bench::peak_gflops(threads, seconds)},
                 {"gigabytes", bench::peak_gigabytes(threads, seconds)}};
      } else if (command == "layers" && words >> seconds) {
        reply = bench::measure_layers(context->team(), seconds);
      } else {
        words >> net;
        reply = net == "fan"           ? answer(fan, command, words)
                : net == "stacked_fan" ? answer(stacked_fan, command, words)
                                       : throw ValueError("no network '" + net + "'");
      }
    } catch (const std::exception& e) {
      reply = {{"error", e.what()}};
    }
    std::cout << reply.dump() << std::endl;
  }
}
