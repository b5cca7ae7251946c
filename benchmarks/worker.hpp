#pragma once
// What aurum's workers of scripts/bench share, whichever backend they compute on: they take commands on
// standard input and answer each with a line of JSON, as peers/protocol.py describes it, and "describe <net>"
// (multiply-adds, parameters) beyond that. Both nvcc and the host's compiler read this file; whoever includes
// it has included a backend.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <exception>
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/io/load.hpp"
#include "aurum/io/save.hpp"
#include "aurum/model/network.hpp"
#include "aurum/model/network_weights.hpp"
#include "aurum/model/predictor.hpp"
#include "aurum/model/weights.hpp"
#include "aurum/train/trainer.hpp"

namespace aurum::bench {

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
inline std::vector<float> read(const std::string& path, const std::string& name,
                               std::vector<std::int64_t> shape) {
  std::size_t count = 1;
  for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
  std::vector<float> values(count);
  const bool image = shape.size() == 4;
  load_tensors<float>(SafetensorsFile::read(path), {{name, std::move(shape), values, image}},
                      {.allow_unexpected = true});
  return values;
}

/// A call is over when the device has done all of it.
template <class B>
void wait(Context<B>& context) {
  if constexpr (!on_host<B>) context.synchronise();
}

/// One network at 256x256 with feature maps of T on backend B, and everything that is measured of it.
template <class B, class S, int Maps, class T = float>
class Subject {
  using Net = Network<S, Shape{3, 256, 256}, B, T>;
  using Weights = NetworkWeights<S, Shape{3, 256, 256}, B, T>;
  static constexpr Shape input = Net::input_shape;
  static constexpr Shape output = Net::output_shape;

 public:
  Subject(std::shared_ptr<Context<B>> context, std::string folder, std::string name)
      : context_{std::move(context)}, folder_{std::move(folder)}, name_{std::move(name)} {}

  static Json describe() {
    return {{"multiply_adds", multiply_adds<S, input>}, {"parameters", parameter_count<S, input>}};
  }

  Json infer(int batch, double seconds) {
    const std::vector<float> images = read_images(batch);
    const View<float> view = predictor(batch).inputs(batch);
    std::copy(images.begin(), images.end(), view.data);
    return timed(seconds, [&] { (void)inference(view); });
  }

  Json train(int batch, double seconds) {
    Net net{context_};
    load(net, weights());
    Trainer trainer{net, RmsProp{}};
    const Batch data = read_batch(batch);
    const auto step = [&] {
      // The next batch, the same again, comes while this one is worked on, as fit() does it.
      (void)trainer.step(data, Maps, GaussianKernel{}, 1e-6, std::numeric_limits<double>::infinity(), &data);
      wait(*context_);
    };
    step();
    if constexpr (requires { context_->restart_memory_peak(); }) context_->restart_memory_peak();
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
  /// The heatmaps of all images, which lie one after the other, in the host's memory.
  View<const float> inference(View<const float> images) {
    return make_view(predictor(images.batch).batch(images).front().heatmaps.data, images.batch, output);
  }
  Predictor<Weights>& predictor(int batch) {
    auto found = predictors_.find(batch);
    if (found == predictors_.end()) {
      Weights net{context_};
      load(net, weights());
      found = predictors_.try_emplace(batch, net, PredictorOptions{.max_batch = batch}).first;
    }
    return found->second;
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

  std::shared_ptr<Context<B>> context_;
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

/// Answers until standard input ends, by `reply(command, arguments)`.
template <class F>
void serve(F reply) {
  for (std::string line; std::getline(std::cin, line);) {
    Json json;
    try {
      std::istringstream words{line};
      std::string command;
      words >> command;
      json = command == "ready" ? Json::object() : reply(command, words);
    } catch (const std::exception& e) {
      json = {{"error", e.what()}};
    }
    std::cout << json.dump() << std::endl;
  }
}

}  // namespace aurum::bench
