#pragma once
// Small networks that follow clips, and running them on any backend with numbers of the host.
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "aurum/backend/reference/reference.hpp"
#include "aurum/core/hash.hpp"
#include "aurum/model/network.hpp"
#include "aurum/model/network_weights.hpp"
#include "aurum/model/temporal.hpp"
#include "aurum/rewrite/freeze.hpp"
#include "aurum/spec/blocks.hpp"
#include "aurum/train/trainer.hpp"
#include "support/backend_here.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/on_backend.hpp"

namespace aurum::test {

// ---- Networks

struct ExtractorNames {
  static constexpr std::array<std::string_view, 3> names{"conv1", "bn1", ""};
};
struct Extractor : Named<ExtractorNames, Sequential<Conv<4, 3, Stride<2>>, BatchNorm, Relu>> {};
using Follower = Temporal<Extractor, ConvGru<4, 3>, IntensityRegressor<2>>;
using TwoLayers = ConvGru<4, 3, Layers<2>>;
using Coding = PredictiveCoding<Extractor, ConvGru<4, 1, Layers<2>>,
                                Sequential<Conv<4, 1>, BatchNorm, Relu, Conv<4, 1, Bias>>, Predictions<2>,
                                FramesPerBlock<2>>;
using FrameCoding = PredictiveCoding<TimeDistributed<Extractor, Recompute<3>>, ConvGru<5, 3>,
                                     PredictionHead<4>, FramesPerBlock<1>>;
/// Writes into a slice, and reads the gradient of one.
using Beside = Sequential<Conv<4, 1, Bias>, Concat<Identity, TwoLayers>, Sum<Identity, ConvGru<8, 1>>>;

inline constexpr Shape number{3, 1, 1}, map{3, 3, 4}, face{3, 6, 6};

static_assert(parameter_count<Gru<5>, number> == 3 * 5 * (3 + 5) + 6 * 5);
static_assert(parameter_count<Gru<5, Layers<2>>, number> == 3 * 5 * (3 + 5 + 5 + 5) + 12 * 5);
static_assert(parameter_count<ConvGru<5, 3>, map> == 9 * 3 * 5 * (3 + 5) + 6 * 5);
inline constexpr long long with_memory = parameter_count<Gru<64>, Shape{64, 1, 1}>;
inline constexpr long long without_memory = parameter_count<FrameOnly<64>, Shape{64, 1, 1}>;
static_assert(100 * (with_memory - without_memory) < with_memory &&
              100 * (without_memory - with_memory) < with_memory);

/// 3 clips of up to 5 frames: a whole one, one that begins late and misses a frame, and a short one.
inline Sequences with_gaps() {
  constexpr std::array<std::uint8_t, 15> present{1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0};
  return Sequences(3, present);
}
inline Sequences clip_of(const std::vector<std::uint8_t>& present) { return Sequences(1, present); }

// ---- Running them

using Numbers = std::vector<double>;

/// Weights that follow from names, and are the same in every type and on every backend.
template <class Net>
void set_weights(Net& net) {
  for (const Parameter& p : net.parameters()) {
    Random random = Random{Seed{9}}.fork(hash(p.path));
    std::vector<typename Net::real_type> values(static_cast<std::size_t>(p.count));
    const bool positive = p.role == Role::norm_weight || p.role == Role::running_variance;
    for (auto& v : values) v = positive ? random.uniform(0.5F, 1.5F) : random.normal(0, 0.3F);
    net.set(p, values);
  }
}

template <class T>
Numbers numbers_of(const std::vector<T>& values) {
  Numbers numbers;
  for (const T& v : values) numbers.push_back(static_cast<double>(v));
  return numbers;
}

/// A network on any backend that reads and gives numbers of the host.
template <class S, Shape In, class B = Reference, class T = double>
struct Running {
  explicit Running(std::shared_ptr<Context<B>> context = std::make_shared<Context<B>>())
      : net{context}, on{net.context()} {
    set_weights(net);
  }
  Numbers forward(const Tensor<double>& x, const Sequences& sequences, Mode mode = Mode::training) {
    const View<const T> y = net.forward(on.read(x), mode, sequences);
    images = x.view.batch;
    output_images = y.batch;
    return numbers_of(on_host_of(net.context(), y).memory);
  }
  /// The gradient of the input. Those of the parameters are added to.
  Numbers backward(const Tensor<double>& dy) {
    const Tensor<double> unread(images, In);
    const View<T> dx = on.view(unread);
    net.backward(on.read(dy), dx);
    return numbers_of(on_host_of(net.context(), View<const T>(dx)).memory);
  }
  Numbers gradients() const {
    Numbers all;
    for (const Parameter& p : net.parameters())
      if (p.storage == Storage::trainable)
        for (const auto v : net.gradient(p)) all.push_back(static_cast<double>(v));
    return all;
  }
  /// Parameters or running statistics.
  Numbers values(Storage storage) const {
    Numbers all;
    for (const Parameter& p : net.parameters())
      if (p.storage == storage)
        for (const auto v : net.get(p)) all.push_back(static_cast<double>(v));
    return all;
  }

  Network<S, In, B, T> net;
  On<B, T> on;
  int images = 0, output_images = 0;
};

/// All that one step gives.
struct Result {
  Numbers output, input_gradient, gradients, statistics;
  friend bool operator==(const Result&, const Result&) = default;
};

template <class Net>
Result step_of(Net& running, const Tensor<double>& x, const Tensor<double>& dy, const Sequences& sequences,
               Mode mode = Mode::training) {
  Result result;
  running.net.zero_gradients();
  result.output = running.forward(x, sequences, mode);
  result.input_gradient = running.backward(dy);
  result.gradients = running.gradients();
  result.statistics = running.values(Storage::buffer);
  return result;
}

inline void check_close(const Result& found, const Result& expected, double limit, double gradient_limit) {
  REQUIRE(found.output.size() == expected.output.size());
  CHECK(relative_error(found.output, expected.output) < limit);
  CHECK(relative_error(found.input_gradient, expected.input_gradient) < gradient_limit);
  CHECK(relative_error(found.gradients, expected.gradients) < gradient_limit);
  CHECK(relative_error(found.statistics, expected.statistics) < limit);
}

/// Images `first`, ..., `first + count - 1` of a tensor.
inline Tensor<double> part(const Tensor<double>& t, int first, int count) {
  Tensor<double> some(count, t.view.shape());
  const auto size = static_cast<std::ptrdiff_t>(t.view.shape().size());
  std::copy_n(t.memory.begin() + first * size, count * size, some.memory.begin());
  return some;
}
/// The same of numbers that belong to `images` images.
inline Numbers part(const Numbers& all, int images, int first, int count) {
  const std::ptrdiff_t size = std::ssize(all) / images;
  return {all.begin() + first * size, all.begin() + (first + count) * size};
}
inline Numbers joined(Numbers a, const Numbers& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

template <class S, Shape In>
int output_images_of(const Sequences& sequences) {
  Running<S, In> running;
  running.forward(Tensor<double>(sequences.frames(), In), sequences, Mode::inference);
  return running.output_images;
}

/// An input and a gradient of the output.
template <class S, Shape In>
struct Case {
  explicit Case(const Sequences& s)
      : sequences{s},
        x{random_tensor<double>(s.frames(), In, random)},
        dy{random_tensor<double>(output_images_of<S, In>(s), output_shape<S, In>, random)} {}
  Random random{Seed{11}};
  Sequences sequences;
  Tensor<double> x, dy;
};

// ---- Checks of one network

/// As check_layer.hpp has it, over the frames of clips.
template <class S, Shape In>
void check_finite_differences(Case<S, In>& c, Mode mode) {
  Running<S, In> running;
  auto& net = running.net;
  const Numbers input_gradient = step_of(running, c.x, c.dy, c.sequences, mode).input_gradient;
  const auto loss = [&] {
    const View<const double> y = net.forward(c.x.view, mode, c.sequences);
    double sum = 0;
    for (std::ptrdiff_t i = 0; i < y.size(); ++i) sum += y.data[i] * c.dy.memory[static_cast<std::size_t>(i)];
    return sum;
  };
  const double h = 1e-6;
  const auto difference = [&](double& value) {
    const double before = value;
    value = before + h;
    const double above = loss();
    value = before - h;
    const double below = loss();
    value = before;
    return (above - below) / (2 * h);
  };
  Numbers expected, found;
  for (int k = 0; k < 12; ++k) {
    const std::size_t i = c.random.below(static_cast<std::uint32_t>(c.x.memory.size()));
    expected.push_back(difference(c.x.memory[i]));
    found.push_back(input_gradient[i]);
  }
  for (const Parameter& p : net.parameters()) {
    if (p.storage != Storage::trainable) continue;
    const auto gradient = net.gradient(p);
    for (int k = 0; k < 3; ++k) {
      const std::size_t i = c.random.below(static_cast<std::uint32_t>(p.count));
      expected.push_back(difference(net.values()[static_cast<std::size_t>(p.offset) + i]));
      found.push_back(gradient[i]);
    }
  }
  double size = 0;
  Numbers errors;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    size += expected[i] * expected[i] / static_cast<double>(expected.size());
    errors.push_back(std::abs(found[i] - expected[i]));
  }
  std::ranges::sort(errors);
  CHECK(errors[errors.size() * 19 / 20] < 1e-6 * std::sqrt(size));
}

template <class S, Shape In, class B, class T>
Result result_on(const Case<S, In>& c, Mode mode,
                 std::shared_ptr<Context<B>> context = std::make_shared<Context<B>>()) {
  Running<S, In, B, T> running(context);
  return step_of(running, c.x, c.dy, c.sequences, mode);
}

template <class S, Shape In>
void check_through_time(const char* name, const Sequences& sequences) {
  INFO(name);
  Case<S, In> c(sequences);
  for (const Mode mode : {Mode::training, Mode::inference}) {
    INFO((mode == Mode::training ? "training" : "inference"));
    check_finite_differences<S, In>(c, mode);
    const Result expected = result_on<S, In, Reference, double>(c, mode);
    const Result here = result_on<S, In, Here, float>(c, mode);
    check_close(here, expected, 1e-5, 1e-3);
    check_close(result_on<S, In, Gpu, double>(c, mode), expected, 1e-9, 1e-8);
#if !defined(__CUDACC__)
    CHECK((result_on<S, In, Cpu, float>(c, mode, std::make_shared<Context<Cpu>>(3)) == here));
#endif
  }
}

}  // namespace aurum::test
