// Recurrent layers: gradients through time by finite differences, every backend against the reference, clips
// with gaps, cut and continued ones.
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/backend_here.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/temporal_cases.hpp"

namespace aurum {
namespace {

using namespace test;

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

}  // namespace
}  // namespace aurum
