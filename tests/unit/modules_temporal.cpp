// Recurrent layers and what stands around them: gradients through time by finite differences, every backend
// against the reference, clips with gaps, cut and continued ones, features made twice, frozen parts.
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
#include "support/message.hpp"
#include "support/on_backend.hpp"

namespace aurum {
namespace {

using test::contains;
using test::Gpu;
using test::Here;
using test::message;
using test::random_tensor;
using test::relative_error;
using test::Tensor;

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

constexpr Shape number{3, 1, 1}, map{3, 3, 4}, face{3, 6, 6};

static_assert(parameter_count<Gru<5>, number> == 3 * 5 * (3 + 5) + 6 * 5);
static_assert(parameter_count<Gru<5, Layers<2>>, number> == 3 * 5 * (3 + 5 + 5 + 5) + 12 * 5);
static_assert(parameter_count<ConvGru<5, 3>, map> == 9 * 3 * 5 * (3 + 5) + 6 * 5);
constexpr long long with_memory = parameter_count<Gru<64>, Shape{64, 1, 1}>;
constexpr long long without_memory = parameter_count<FrameOnly<64>, Shape{64, 1, 1}>;
static_assert(100 * (with_memory - without_memory) < with_memory &&
              100 * (without_memory - with_memory) < with_memory);

/// 3 clips of up to 5 frames: a whole one, one that begins late and misses a frame, and a short one.
Sequences with_gaps() {
  constexpr std::array<std::uint8_t, 15> present{1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0};
  return Sequences(3, present);
}
Sequences clip_of(const std::vector<std::uint8_t>& present) { return Sequences(1, present); }

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
    return numbers_of(test::on_host_of(net.context(), y).memory);
  }
  /// The gradient of the input. Those of the parameters are added to.
  Numbers backward(const Tensor<double>& dy) {
    const Tensor<double> unread(images, In);
    const View<T> dx = on.view(unread);
    net.backward(on.read(dy), dx);
    return numbers_of(test::on_host_of(net.context(), View<const T>(dx)).memory);
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
  test::On<B, T> on;
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

void check_close(const Result& found, const Result& expected, double limit, double gradient_limit) {
  REQUIRE(found.output.size() == expected.output.size());
  CHECK(relative_error(found.output, expected.output) < limit);
  CHECK(relative_error(found.input_gradient, expected.input_gradient) < gradient_limit);
  CHECK(relative_error(found.gradients, expected.gradients) < gradient_limit);
  CHECK(relative_error(found.statistics, expected.statistics) < limit);
}

/// Images `first`, ..., `first + count - 1` of a tensor.
Tensor<double> part(const Tensor<double>& t, int first, int count) {
  Tensor<double> some(count, t.view.shape());
  const auto size = static_cast<std::ptrdiff_t>(t.view.shape().size());
  std::copy_n(t.memory.begin() + first * size, count * size, some.memory.begin());
  return some;
}
/// The same of numbers that belong to `images` images.
Numbers part(const Numbers& all, int images, int first, int count) {
  const std::ptrdiff_t size = std::ssize(all) / images;
  return {all.begin() + first * size, all.begin() + (first + count) * size};
}
Numbers joined(Numbers a, const Numbers& b) {
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

TEST_CASE("gradients pass through time, on every backend the same", "[temporal]") {
  check_through_time<Gru<4>, number>("GRU", Sequences::complete(2, 4));
  check_through_time<Gru<4>, number>("GRU with gaps", with_gaps());
  check_through_time<TwoLayers, map>("ConvGRU of two layers", Sequences::complete(2, 4));
  check_through_time<TwoLayers, map>("ConvGRU of two layers with gaps", with_gaps());
}

TEST_CASE("recurrent layers read and write where composites have it", "[temporal]") {
  check_through_time<Beside, map>("beside others", Sequences::complete(2, 3));
  check_through_time<Beside, map>("beside others with gaps", with_gaps());
  check_through_time<Follower, face>("features, memory, regressor", Sequences::complete(2, 3));
  check_through_time<Follower, face>("features, memory, regressor with gaps", with_gaps());
}

TEST_CASE("predictive coding has the right gradients, on every backend the same", "[temporal]") {
  check_through_time<Coding, face>("two predictions of blocks of two frames", Sequences::complete(2, 8));
  check_through_time<FrameCoding, face>("three predictions of frames", Sequences::complete(1, 5));
}

TEST_CASE("what is read and made in BFloat16 stays near the reference through time", "[temporal]") {
  const auto check = [](const auto& c, const Result& found, const Result& expected) {
    REQUIRE(c.x.memory.size() == expected.input_gradient.size());
    check_close(found, expected, 2e-2, 1e-1);
  };
  const Case<TwoLayers, map> layers(with_gaps());
  check(layers, result_on<TwoLayers, map, Gpu, BFloat16>(layers, Mode::training),
        result_on<TwoLayers, map, Reference, double>(layers, Mode::training));
  const Case<Coding, face> coding(Sequences::complete(2, 8));
  check(coding, result_on<Coding, face, Gpu, BFloat16>(coding, Mode::inference),
        result_on<Coding, face, Reference, double>(coding, Mode::inference));
}

// ---- Clips: gaps, cuts, continuations

template <class B, class T>
void check_missing_frames() {
  Running<TwoLayers, map, B, T> running;
  Random random{Seed{3}};
  const auto x = random_tensor<double>(4, map, random), dy = random_tensor<double>(4, {4, 3, 4}, random);
  const Result whole = step_of(running, x, dy, Sequences::complete(1, 4));
  const auto same = [&](const Sequences& sequences) {
    const Result found = step_of(running, x, dy, sequences);
    CHECK((found.output == whole.output));
    CHECK((found.input_gradient == whole.input_gradient));
    CHECK(relative_error(found.gradients, whole.gradients) < (std::is_same_v<T, float> ? 1e-6 : 1e-14));
  };
  same(clip_of({1, 1, 0, 1, 1}));
  same(clip_of({1, 0, 0, 1, 1, 0, 1}));
  same(clip_of({0, 0, 1, 1, 1, 1}));  // begins later
  same(clip_of({1, 1, 1, 1, 0}));
  same(clip_of({1, 1, 1, 1}));
}

TEST_CASE("a missing frame is a step that the clip does not have", "[temporal]") {
  check_missing_frames<Reference, double>();
#if !defined(__CUDACC__)
  check_missing_frames<Cpu, float>();
#endif
}

TEST_CASE("clips of a batch know nothing of each other", "[temporal]") {
  const Sequences sequences = with_gaps();
  const Case<TwoLayers, map> c(sequences);
  Running<TwoLayers, map> running;
  const Result all = step_of(running, c.x, c.dy, sequences);
  Numbers sum(all.gradients.size());
  for (int clip = 0; clip < sequences.clips(); ++clip) {
    std::vector<int> rows;
    for (int step = 0; step < sequences.steps(); ++step)
      if (const int row = sequences.row(step, clip); row >= 0) rows.push_back(row);
    const auto count = static_cast<int>(rows.size());
    Tensor<double> x(0, map), dy(0, {4, 3, 4});
    Numbers output, input_gradient;
    for (const int row : rows) {
      x.memory = joined(x.memory, part(c.x, row, 1).memory);
      dy.memory = joined(dy.memory, part(c.dy, row, 1).memory);
      output = joined(output, part(all.output, sequences.frames(), row, 1));
      input_gradient = joined(input_gradient, part(all.input_gradient, sequences.frames(), row, 1));
    }
    x.view = make_view(x.memory.data(), count, map);
    dy.view = make_view(dy.memory.data(), count, Shape{4, 3, 4});
    const Result alone = step_of(running, x, dy, Sequences::complete(1, count));
    CHECK((alone.output == output));
    CHECK((alone.input_gradient == input_gradient));
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += alone.gradients[i];
  }
  CHECK(relative_error(sum, all.gradients) < 1e-13);
}

TEST_CASE("without sequences every image is a clip of one frame", "[temporal]") {
  const Case<TwoLayers, map> c(Sequences::complete(4, 1));
  Running<TwoLayers, map> running;
  const Result expected = step_of(running, c.x, c.dy, c.sequences);
  CHECK(step_of(running, c.x, c.dy, Sequences{}) == expected);
  for (int i = 0; i < 4; ++i) CHECK((running.forward(part(c.x, i, 1), {}) == part(expected.output, 4, i, 1)));
  // Frame by frame, too, clips can be followed.
  const Numbers whole = running.forward(c.x, Sequences::complete(1, 4));
  Sequences next;
  for (int i = 0; i < 4; ++i) {
    CHECK((running.forward(part(c.x, i, 1), next, Mode::inference) == part(whole, 4, i, 1)));
    next.continued = true;
  }
}

template <class B, class T>
void check_continued() {
  const Case<TwoLayers, map> c(Sequences::complete(2, 6));
  Running<TwoLayers, map, B, T> running;
  const Numbers whole = running.forward(c.x, c.sequences);
  Sequences rest = Sequences::complete(2, 4);
  rest.continued = true;
  const Numbers first = running.forward(part(c.x, 0, 4), Sequences::complete(2, 2));
  CHECK((joined(first, running.forward(part(c.x, 4, 8), rest)) == whole));

  // With gaps on both sides of the cut.
  constexpr std::array<std::uint8_t, 8> present{1, 1, 1, 0, 0, 1, 1, 1};
  const Tensor<double> x = part(c.x, 0, 6);
  const Numbers gaps = running.forward(x, Sequences(2, present));
  Sequences second(2, std::span{present}.subspan(4));
  second.continued = true;
  const Numbers before = running.forward(part(x, 0, 3), Sequences(2, std::span{present}.first(4)));
  CHECK((joined(before, running.forward(part(x, 3, 3), second)) == gaps));
}

TEST_CASE("a clip in two parts is the clip, to the bit, if the second continues the first", "[temporal]") {
  check_continued<Reference, double>();
#if !defined(__CUDACC__)
  check_continued<Cpu, float>();
  check_continued<Gpu, double>();
#endif
}

TEST_CASE("only the clips of the forward before can be continued", "[temporal]") {
  Running<Follower, face> running;
  const auto continuing = [&](int clips) {
    Sequences sequences = Sequences::complete(clips, 2);
    sequences.continued = true;
    return message<ShapeError>([&] { running.forward(Tensor<double>(2 * clips, face), sequences); });
  };
  const std::string never = continuing(2);
  INFO(never);
  CHECK(contains(never, "temporal"));
  CHECK(contains(never, "the same 2 clips to continue"));
  CHECK(contains(never, "none before"));
  running.forward(Tensor<double>(6, face), Sequences::complete(3, 2));
  const std::string other = continuing(2);
  INFO(other);
  CHECK(contains(other, "the same 2 clips to continue"));
  CHECK(contains(other, "3 clips"));
  CHECK(continuing(3) == "nothing was thrown");
}

template <class S, Shape In>
void check_truncation(const Sequences& whole, int cut) {
  Sequences truncated = whole;
  truncated.truncation = cut;
  const Case<S, In> c(truncated);
  int before = 0;  // images
  while (truncated.step(before) < cut) ++before;
  const int after = truncated.frames() - before;
  Running<S, In> running;

  Tensor<double> late = c.dy;
  std::fill_n(late.memory.begin(), before * output_shape<S, In>.size(), 0.0);
  const Result from_late = step_of(running, c.x, late, truncated);
  const Numbers early_inputs = part(from_late.input_gradient, truncated.frames(), 0, before);
  CHECK(std::ranges::all_of(early_inputs, [](double v) { return v == 0; }));
  CHECK(relative_error(part(from_late.input_gradient, truncated.frames(), before, after),
                       Numbers(static_cast<std::size_t>(after * In.size()))) > 0);
  const Numbers uncut = step_of(running, c.x, late, whole).input_gradient;
  CHECK(relative_error(part(uncut, truncated.frames(), 0, before),
                       Numbers(static_cast<std::size_t>(before * In.size()))) > 0);

  // The windows one by one.
  const Result all = step_of(running, c.x, c.dy, truncated);
  std::vector<std::uint8_t> present;
  for (int step = 0; step < whole.steps(); ++step)
    for (int clip = 0; clip < whole.clips(); ++clip) present.push_back(whole.row(step, clip) >= 0 ? 1 : 0);
  const std::span<const std::uint8_t> table{present};
  const auto border = static_cast<std::size_t>(cut * whole.clips());
  const Sequences first(whole.clips(), table.first(border));
  Sequences second(whole.clips(), table.subspan(border));
  second.continued = true;
  running.net.zero_gradients();
  Numbers output = running.forward(part(c.x, 0, before), first);
  Numbers gradient = running.backward(part(c.dy, 0, before));
  output = joined(output, running.forward(part(c.x, before, after), second));
  gradient = joined(gradient, running.backward(part(c.dy, before, after)));
  CHECK((output == all.output));
  CHECK(relative_error(gradient, all.input_gradient) < 1e-14);
  CHECK(relative_error(running.gradients(), all.gradients) < 1e-13);
}

TEST_CASE("no gradient passes a cut, and what is between cuts learns as if it were alone", "[temporal]") {
  check_truncation<TwoLayers, map>(Sequences::complete(2, 6), 3);
  constexpr std::array<std::uint8_t, 12> present{1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 0};
  check_truncation<TwoLayers, map>(Sequences(2, present), 3);
}

// ---- Features made twice

struct PlainFeatures : Sequential<Conv<4, 3, Bias>, Relu, Conv<3, 1, Bias>> {};
struct NormFeatures : Sequential<Conv<4, 3, Stride<2>>, BatchNorm, Relu, Conv<3, 1, Bias>> {};

/// Both to the bit where sums have an order.
template <class B>
void check_same(const Result& found, const Result& expected) {
  REQUIRE(found.output.size() == expected.output.size());
  check_close(found, expected, 1e-6, 1e-5);
  if constexpr (on_host<B>) {
    CHECK((found.output == expected.output));
    CHECK((found.input_gradient == expected.input_gradient));
    CHECK((found.statistics == expected.statistics));
  }
}

template <class B, class T>
void check_recomputation() {
  constexpr int images = 6;
  {
    const Case<PlainFeatures, face> c(Sequences::complete(2, 3));
    Running<PlainFeatures, face, B, T> plain;
    Running<TimeDistributed<PlainFeatures, Recompute<4>>, face, B, T> twice;  // 4 images and 2
    check_same<B>(step_of(twice, c.x, c.dy, c.sequences), step_of(plain, c.x, c.dy, c.sequences));
  }
  const Case<NormFeatures, face> c(Sequences::complete(2, 3));
  Running<NormFeatures, face, B, T> plain;
  {
    INFO("inference");
    Running<TimeDistributed<NormFeatures, Recompute<2>>, face, B, T> twice;
    check_same<B>(step_of(twice, c.x, c.dy, c.sequences, Mode::inference),
                  step_of(plain, c.x, c.dy, c.sequences, Mode::inference));
  }
  {
    INFO("all at once");
    Running<NormFeatures, face, B, T> other;
    Running<TimeDistributed<NormFeatures>, face, B, T> once;
    check_same<B>(step_of(once, c.x, c.dy, c.sequences), step_of(other, c.x, c.dy, c.sequences));
  }
  Result parts;
  plain.net.zero_gradients();
  for (int first = 0; first < images; first += 2) {
    parts.output = joined(parts.output, plain.forward(part(c.x, first, 2), {}));
    parts.input_gradient = joined(parts.input_gradient, plain.backward(part(c.dy, first, 2)));
  }
  parts.gradients = plain.gradients();
  parts.statistics = plain.values(Storage::buffer);
  Running<TimeDistributed<NormFeatures, Recompute<2>>, face, B, T> twice;
  check_same<B>(step_of(twice, c.x, c.dy, c.sequences), parts);
}

TEST_CASE("features that are made twice are those of each part alone", "[temporal]") {
  check_recomputation<Reference, double>();
  check_recomputation<Here, float>();
}

TEST_CASE("frozen features may be made twice, statistics and all", "[temporal]") {
  using Tail = Conv<2, 1, Bias>;
  const Case<Sequential<Conv<3, 1>, NormFeatures, Tail>, face> c(Sequences::complete(2, 3));
  Running<Sequential<Conv<3, 1>, Frozen<NormFeatures>, Tail>, face> once;
  Running<Sequential<Conv<3, 1>, Frozen<TimeDistributed<NormFeatures, Recompute<4>>>, Tail>, face> twice;
  check_same<Reference>(step_of(twice, c.x, c.dy, c.sequences), step_of(once, c.x, c.dy, c.sequences));
}

constexpr Shape large{3, 12, 12};
struct LargeFeatures
    : Sequential<Conv<8, 3>, BatchNorm, Relu, Conv<8, 3>, BatchNorm, Relu, GlobalAveragePool> {};
template <class Features>
std::ptrdiff_t bytes_of_a_step() {
  Running<Temporal<Features, Gru<4>, IntensityRegressor<2>>, large, Reference> running;
  Random random{Seed{1}};
  running.forward(random_tensor<double>(32, large, random), Sequences::complete(4, 8));
  running.backward(random_tensor<double>(32, {2, 1, 1}, random));
  return running.net.pool().bytes();
}

TEST_CASE("features that are made twice hold less memory", "[temporal]") {
  const std::ptrdiff_t kept = bytes_of_a_step<LargeFeatures>();
  const std::ptrdiff_t made_again = bytes_of_a_step<TimeDistributed<LargeFeatures, Recompute<4>>>();
  INFO(kept << " and " << made_again);
  CHECK(3 * made_again < kept);
}

TEST_CASE("a recurrent layer within a network for every frame sees one frame", "[temporal]") {
  const Case<TwoLayers, map> c(Sequences::complete(2, 3));
  Running<TwoLayers, map> plain;
  Running<TimeDistributed<TwoLayers>, map> once;
  Running<TimeDistributed<TwoLayers, Recompute<4>>, map> twice;
  const Result expected = step_of(plain, c.x, c.dy, Sequences{});
  check_same<Reference>(step_of(once, c.x, c.dy, c.sequences), expected);
  check_same<Reference>(step_of(twice, c.x, c.dy, c.sequences), expected);
}

// ---- Frozen parts

/// A few steps of Adam over clips: no bit of what `stays` takes moves, and all else does.
template <class S, Shape In, class Stays>
void check_only_others_move(Stays stays) {
  const Sequences clips = with_gaps();
  Case<S, In> c(clips);
  Running<S, In> running;
  auto& net = running.net;
  std::vector<std::vector<double>> before;
  for (const Parameter& p : net.parameters()) before.push_back(net.get(p));
  Trainer trainer(net, Adam{});
  for (int i = 0; i < 3; ++i) {
    step_of(running, c.x, c.dy, clips);
    trainer.update(0.01);
  }
  int still = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const Parameter& p = net.parameters()[i];
    INFO(p.path);
    CHECK((net.get(p) == before[i]) == stays(p));
    still += stays(p) ? 1 : 0;
    if (stays(p)) CHECK(p.storage != Storage::trainable);
  }
  CHECK(still > 0);
}

struct FeaturesPath {
  static constexpr std::array<std::string_view, 1> paths{"features"};
};
struct OtherPaths {
  static constexpr std::array<std::string_view, 2> paths{"temporal", "regressor.fc"};
};
struct InnerPath {
  static constexpr std::array<std::string_view, 2> paths{"features.conv1", "features.bn1"};
};
using Twice = Temporal<TimeDistributed<Extractor, Recompute<4>>, Gru<4>, IntensityRegressor<2>>;

TEST_CASE("frozen recurrent layers pass gradients on and stay as they are", "[temporal]") {
  using Middle = Sequential<Conv<4, 1, Bias>, Frozen<TwoLayers>, Conv<2, 1, Bias>>;
  check_through_time<Middle, map>("frozen ConvGRU", with_gaps());
  check_only_others_move<Middle, map>([](const Parameter& p) { return p.path.starts_with("1."); });
}

TEST_CASE("paths freeze parts of a network that follows clips", "[temporal]") {
  static_assert(std::is_same_v<
                freeze_t<Follower, FeaturesPath>,
                Named<names::Temporal, Sequential<Frozen<Extractor>, ConvGru<4, 3>, IntensityRegressor<2>>>>);
  check_only_others_move<freeze_t<Follower, FeaturesPath>, face>(
      [](const Parameter& p) { return p.path.starts_with("features."); });
  check_only_others_move<freeze_t<Follower, OtherPaths>, face>(
      [](const Parameter& p) { return !p.path.starts_with("features."); });
  check_only_others_move<freeze_t<Twice, InnerPath>, face>(
      [](const Parameter& p) { return p.path.starts_with("features."); });
  static_assert(
      std::is_same_v<unfreeze_t<freeze_t<Twice, InnerPath>>, rewrite_t<detail::UnfreezeRule, Twice>>);
}

TEST_CASE("a frozen network that follows clips learns nothing", "[temporal]") {
  const Case<Follower, face> c(with_gaps());
  Running<freeze_t<Follower>, face> running;
  Running<Follower, face> plain;
  const Numbers before = running.values(Storage::frozen), statistics = running.values(Storage::buffer);
  const Result found = step_of(running, c.x, c.dy, c.sequences);
  CHECK(found.gradients.empty());
  CHECK((found.statistics == statistics));
  CHECK((running.values(Storage::frozen) == before));
  const Result expected = step_of(plain, c.x, c.dy, c.sequences, Mode::inference);
  CHECK((found.output == expected.output));
  CHECK((found.input_gradient == expected.input_gradient));
}

// ---- Weights, errors

template <class S>
void check_table() {
  const Network<S, face, Reference> net;
  const NetworkWeights<S, face, Reference> weights;
  REQUIRE(weights.parameters().size() == net.parameters().size());
  for (std::size_t i = 0; i < net.parameters().size(); ++i) {
    const Parameter &a = net.parameters()[i], &b = weights.parameters()[i];
    INFO(a.path << " " << b.path);
    CHECK((a.path == b.path && a.shape == b.shape && a.role == b.role && a.storage == b.storage &&
           a.offset == b.offset && a.count == b.count));
  }
}

TEST_CASE("weights without a network that follows clips have its parameters", "[temporal]") {
  check_table<Follower>();
  check_table<Temporal<TimeDistributed<Extractor, Recompute<2>>, Gru<5, Layers<2>>, IntensityRegressor<3>>>();
  check_table<freeze_t<Twice, InnerPath>>();
  const NetworkWeights<Follower, face, Reference> weights;
  std::vector<std::string> paths;
  for (const Parameter& p : weights.parameters()) paths.push_back(p.path);
  CHECK(paths == std::vector<std::string>{"features.conv1.weight", "features.bn1.weight", "features.bn1.bias",
                                          "features.bn1.running_mean", "features.bn1.running_var",
                                          "temporal.weight_ih_l0", "temporal.weight_hh_l0",
                                          "temporal.bias_ih_l0", "temporal.bias_hh_l0", "regressor.fc.weight",
                                          "regressor.fc.bias"});
}

TEST_CASE("what is expected of clips is said with what was found", "[temporal]") {
  Running<Follower, face> follower;
  const std::string images =
      message<ShapeError>([&] { follower.forward(Tensor<double>(5, face), Sequences::complete(2, 3)); });
  INFO(images);
  CHECK(contains(images, "6 frames of the sequences"));
  CHECK(contains(images, "5"));

  Running<Coding, face> coding;
  const auto refused = [&](const Sequences& sequences) {
    return message<ShapeError>(
        [&] { coding.forward(Tensor<double>(std::max(sequences.frames(), 1), face), sequences); });
  };
  const std::string gaps = refused(clip_of({1, 1, 1, 0, 1, 1, 1, 1}));
  const std::string uneven = refused(Sequences::complete(2, 7));
  const std::string few = refused(Sequences::complete(2, 4));
  const std::string none = refused(Sequences{});
  INFO(gaps << "\n" << uneven << "\n" << few << "\n" << none);
  for (const std::string& text : {gaps, uneven, few, none})
    CHECK(contains(text, "frames without gaps, blocks of 2, more than 2 of them"));
  CHECK(contains(gaps, "8 frames, some of them missing"));
  CHECK(contains(uneven, "7 frames"));
  CHECK(contains(few, "4 frames"));
  CHECK(contains(none, "1 frames"));
  CHECK(refused(Sequences::complete(2, 6)) == "nothing was thrown");
}

}  // namespace
}  // namespace aurum
