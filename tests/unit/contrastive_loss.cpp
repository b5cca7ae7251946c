// The contrastive loss on every backend: against a naive double implementation, finite differences, PyTorch
// (tests/golden/contrastive.safetensors) and numbers worked out by hand.
// test: optimised
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "aurum/backend/reference/reference.hpp"
#include "aurum/loss/contrastive.hpp"
#include "support/backend_here.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/golden.hpp"
#include "support/hash_weights.hpp"
#include "support/naive_contrastive.hpp"
#include "support/on_backend.hpp"

namespace aurum {
namespace {

using test::naive;
using test::Tensor;
using Result = test::ContrastiveResult;

/// The values of a view, pixel by pixel; checks that what lies between the pixels still is `untouched`.
std::vector<double> without_gaps(const Tensor<double>& t, double untouched) {
  std::vector<double> values;
  bool clean = true;
  for (std::ptrdiff_t p = 0; p < t.view.pixels(); ++p)
    for (std::ptrdiff_t c = 0; c < t.view.pixel_stride; ++c) {
      const double value = t.view.pixel(p)[c];
      if (c < t.view.channels)
        values.push_back(value);
      else
        clean = clean && value == untouched;
    }
  CHECK(clean);
  return values;
}

/// The loss and both gradients on backend B, in feature maps of T.
template <class B, class T>
Result evaluate(const Tensor<double>& prediction, const Tensor<double>& target,
                ContrastiveOptions options = {},
                std::shared_ptr<Context<B>> context = std::make_shared<Context<B>>(),
                std::span<const int> groups = {}) {
  test::On<B, T> on(*context);
  Pool<B> pool(*context);
  ContrastiveLoss<B, T> loss(options);
  Tensor<double> start = prediction;
  std::ranges::fill(start.memory, 7);                      // to be overwritten
  const View<T> dp = on.view(start), dt = on.view(start);  // slices where the prediction is one
  const View<const T> p = on.read(prediction), t = on.read(target);
  loss(*context, pool, p, t, dp, dt, groups);  // the second call finds what the first has left behind
  Result result{loss(*context, pool, p, t, dp, dt, groups), {}, {}};
  const auto fetch = [&](const View<T>& view) {
    std::vector<T> values(start.memory.size());
    Operations<B>::download(*context, values.data(), view.data, std::ssize(values));
    std::ranges::copy(std::vector<double>(values.begin(), values.end()), start.memory.begin());
    return without_gaps(start, 7);
  };
  result.prediction_gradient = fetch(dp);
  result.target_gradient = fetch(dt);
  return result;
}

template <class T>
double bound() {
  return std::is_same_v<T, BFloat16> ? 4e-3 : std::is_same_v<T, float> ? 2e-5 : 1e-12;
}

template <class T>
void check_same(const Result& got, const Result& expected) {
  const double of_report = std::is_same_v<T, double> ? 1e-12 : 1e-5;  // (bfloat16 is computed in float)
  CHECK(std::abs(got.report.loss - expected.report.loss) < of_report * (1 + expected.report.loss));
  CHECK(std::abs(got.report.spread - expected.report.spread) < of_report);
  CHECK(got.report.top1 == Approx(expected.report.top1).margin(1e-12));
  CHECK(got.report.top5 == Approx(expected.report.top5).margin(1e-12));
  CHECK(test::relative_error(got.prediction_gradient, expected.prediction_gradient) < bound<T>());
  CHECK(test::relative_error(got.target_gradient, expected.target_gradient) < bound<T>());
}

/// Features that every type has, and predictions of them that are often right.
struct Features {
  Tensor<double> prediction, target;
  Features(int images, const Shape& shape, std::uint64_t seed, int gap = 0, int prediction_gap = 0) {
    Random random{Seed{seed}};
    target = test::random_tensor<double>(images, shape, random, gap);
    prediction = test::random_tensor<double>(images, shape, random, prediction_gap);
    for (std::ptrdiff_t p = 0; p < target.view.pixels(); ++p)
      for (int c = 0; c < shape.channels; ++c) prediction.view.pixel(p)[c] += 0.5 * target.view.pixel(p)[c];
    for (Tensor<double>* t : {&prediction, &target})
      for (double& v : t->memory) v = static_cast<double>(static_cast<float>(BFloat16{v}));
  }
};

/// One channel, a row a value.
Tensor<double> column(const std::vector<double>& values) {
  Tensor<double> t(1, {1, 1, static_cast<int>(values.size())});
  t.memory = values;
  t.view.data = t.memory.data();
  return t;
}

/// Calls f.template operator()<backend, type>() for all of them.
template <class F>
void on_every_backend(const F& f) {
  const auto with = [&]<class B, class T>() {
    INFO("element of " << sizeof(T) << " bytes on "
                       << (std::is_same_v<B, Reference> ? "Reference" : "another"));
    f.template operator()<B, T>();
  };
  with.template operator()<Reference, double>();
  with.template operator()<test::Here, float>();
  with.template operator()<test::Here, double>();
  with.template operator()<test::Gpu, float>();
  with.template operator()<test::Gpu, double>();
  with.template operator()<test::Gpu, BFloat16>();
}

TEST_CASE("the contrastive loss and its gradients are those of a naive implementation", "[loss]") {
  struct Given {
    int images;
    Shape shape;
    int gap, prediction_gap;
    double temperature;
  };
  // Numbers of rows around those of vectors and of blocks, whole images and single pixels, slices of
  // channels.
  for (const Given& g :
       {Given{1, {1, 1, 2}, 0, 0, 1}, Given{3, {7, 3, 3}, 2, 0, 1}, Given{2, {16, 4, 4}, 0, 8, 2},
        Given{5, {8, 1, 1}, 0, 0, 0.5}, Given{4, {33, 2, 4}, 3, 3, 1}, Given{7, {20, 3, 5}, 0, 0, 4},
        Given{8, {64, 4, 4}, 0, 0, 8}}) {
    INFO(g.images << " images of " << to_string(g.shape));
    const Features f(g.images, g.shape, 1, g.gap, g.prediction_gap);
    const Result expected = naive(f.prediction, f.target, g.temperature);
    CHECK(expected.report.top1 > 0);
    on_every_backend([&]<class B, class T>() {
      const Result got = evaluate<B, T>(f.prediction, f.target, {g.temperature});
      check_same<T>(got, expected);
      CHECK(got.report.rows == f.target.view.pixels());
      CHECK(got.report.chance == Approx(1 / static_cast<double>(f.target.view.pixels())));
    });
  }
}

TEST_CASE("the gradients of the contrastive loss are its finite differences", "[loss]") {
  Features f(2, {3, 2, 2}, 2);
  const ContrastiveOptions options{0.7};
  const Result result = evaluate<Reference, double>(f.prediction, f.target, options);
  const auto differences = [&](Tensor<double>& t) {
    std::vector<double> slopes;
    for (double& v : t.memory) {
      const double step = 1e-5, at = v;
      v = at + step;
      const double above = evaluate<Reference, double>(f.prediction, f.target, options).report.loss;
      v = at - step;
      const double below = evaluate<Reference, double>(f.prediction, f.target, options).report.loss;
      v = at;
      slopes.push_back((above - below) / (2 * step));
    }
    return slopes;
  };
  CHECK(test::relative_error(differences(f.prediction), result.prediction_gradient) < 1e-8);
  CHECK(test::relative_error(differences(f.target), result.target_gradient) < 1e-8);
}

TEST_CASE("the contrastive loss equals PyTorch's cross entropy", "[loss]") {
  const test::Golden golden("contrastive");
  for (const std::string& name : golden.lines("cases")) {
    INFO(name);
    const std::vector<std::int64_t> size = golden.shape(name + ".prediction_gradient");
    const auto at = [&](std::size_t i) { return static_cast<int>(size[i]); };
    const Shape shape{at(1), at(2), at(3)};
    const double factor = golden.doubles(name + ".factor")[0];
    Tensor<double> prediction(at(0), shape), target(at(0), shape);
    std::vector<double> t, p;
    for (const float u : test::hashed_values(name + ".target", target.memory.size()))
      t.push_back(factor * static_cast<double>(u));
    for (const float u : test::hashed_values(name + ".prediction", target.memory.size()))
      p.push_back(0.5 * t[p.size()] + factor * static_cast<double>(u));
    test::from_nchw(t, target.view);
    test::from_nchw(p, prediction.view);
    const auto check = [&]<class B, class T>() {
      const Result got = evaluate<B, T>(prediction, target, {golden.doubles(name + ".temperature")[0]});
      const double allowed = std::is_same_v<T, double> ? 1e-12 : 1e-5;
      CHECK(got.report.loss == Approx(golden.doubles(name + ".loss")[0]).epsilon(allowed));
      CHECK(got.report.top1 == Approx(golden.doubles(name + ".top1")[0]));
      CHECK(got.report.top5 == Approx(golden.doubles(name + ".top5")[0]));
      const auto error = [&](std::vector<double> gradient, const char* what) {
        return test::greatest_error(test::to_nchw(make_view(gradient.data(), at(0), shape)),
                                    golden.doubles(name + what));
      };
      CHECK(error(got.prediction_gradient, ".prediction_gradient") < allowed);
      CHECK(error(got.target_gradient, ".target_gradient") < allowed);
    };
    check.operator()<Reference, double>();
    check.operator()<test::Here, double>();
    check.operator()<test::Here, float>();
  }
}

TEST_CASE("two rows of one channel give what is worked out by hand", "[loss]") {
  // Scores ln 3, 0 and 0, 0; softmax 3/4, 1/4 and 1/2, 1/2.
  const double ln3 = std::log(3.0);
  const Result got = evaluate<Reference, double>(column({1, 0}), column({ln3, 0}));
  CHECK(got.report.loss == Approx((std::log(4.0 / 3) + std::log(2.0)) / 2));
  CHECK(got.report.top1 == 0.5);  // the tie of the second row counts against it
  CHECK(got.report.top5 == 1);
  CHECK(got.report.chance == 0.5);
  CHECK(got.report.rows == 2);
  CHECK(test::relative_error(got.prediction_gradient, std::vector{-ln3 / 8, ln3 / 4}) < 1e-15);
  CHECK(test::relative_error(got.target_gradient, std::vector{-0.125, 0.125}) < 1e-15);
}

TEST_CASE("large scores neither overflow nor lose the loss", "[loss]") {
  on_every_backend([&]<class B, class T>() {
    const Result right = evaluate<B, T>(column({100, -100}), column({100, -100}));
    CHECK(right.report.loss == 0);
    CHECK(right.report.top1 == 1);
    CHECK(right.prediction_gradient == std::vector<double>{0, 0});
    const Result wrong = evaluate<B, T>(column({100, -100}), column({-100, 100}));
    CHECK(wrong.report.loss == 2e4);
    CHECK(wrong.report.top1 == 0);
    CHECK(wrong.prediction_gradient == std::vector<double>{100, -100});
    CHECK(wrong.target_gradient == std::vector<double>{-100, 100});
    for (const double sign : {1.0, -1.0}) {
      const Result same =
          evaluate<B, T>(column({100, 100, 100}), column({sign * 100, sign * 100, sign * 100}));
      CHECK(same.report.loss == Approx(std::log(3.0)).epsilon(1e-6));
    }
    const Result cold = evaluate<B, T>(column({1, -1}), column({1, -1}), {1e-4});
    CHECK(cold.report.loss == 0);
  });
}

TEST_CASE("features that are all the same give a loss of log M, no hits and no spread", "[loss]") {
  Features f(3, {12, 3, 3}, 3);
  for (Tensor<double>* t : {&f.prediction, &f.target})
    for (std::ptrdiff_t p = 0; p < t->view.pixels(); ++p) std::copy_n(t->memory.data(), 12, t->view.pixel(p));
  on_every_backend([&]<class B, class T>() {
    const Result got = evaluate<B, T>(f.prediction, f.target);
    CHECK(got.report.loss == Approx(std::log(27.0)).epsilon(1e-6));
    CHECK(got.report.top1 == 0);
    CHECK(got.report.top5 == 0);
    CHECK(std::abs(got.report.spread) < 1e-6);
  });
}

TEST_CASE("predictions that are right give hardly any loss", "[loss]") {
  Features f(3, {24, 3, 3}, 4);
  f.prediction = f.target;
  on_every_backend([&]<class B, class T>() {
    const ContrastiveReport report = evaluate<B, T>(f.prediction, f.target, {0.2}).report;
    CHECK(report.loss < 1e-6);
    CHECK(report.loss >= 0);
    CHECK(report.top1 == 1);
    CHECK(report.top5 == 1);
    CHECK(report.spread > 0.9);
  });
}

TEST_CASE("spread tells how much the directions of the targets differ", "[loss]") {
  const auto spread = [](std::vector<double> targets, int channels) {
    Tensor<double> t(1, {channels, 1, static_cast<int>(targets.size()) / channels});
    std::ranges::copy(targets, t.memory.begin());
    const ContrastiveReport report = evaluate<test::Gpu, double>(t, t).report;
    CHECK(report.spread == Approx(evaluate<test::Here, double>(t, t).report.spread).margin(1e-15));
    return report.spread;
  };
  CHECK(spread({1, 0, 0, 3}, 2) == Approx(0.5));  // lengths do not matter
  CHECK(spread({1, 0, -5, 0}, 2) == Approx(1));
  CHECK(spread({1, 2, 3, 6, 0.1, 0.2}, 2) == Approx(0).margin(1e-12));
  CHECK(spread({0, 0, 0, 0}, 2) == 0);
  CHECK(spread({0, 0, 4, 0}, 2) == Approx(0).margin(1e-12));
  CHECK(spread({1, 0, 0, 1, 0, 0}, 2) == Approx(1 - std::pow((std::sqrt(2.0) + 1) / 3, 2)));
}

TEST_CASE("what is not finite shows in the contrastive loss", "[loss]") {
  on_every_backend([&]<class B, class T>() {
    for (const double bad :
         {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
          -std::numeric_limits<double>::infinity()})
      for (const bool of_target : {false, true}) {
        Features f(2, {4, 2, 3}, 5);
        (of_target ? f.target : f.prediction).view.at(1, 1, 1, 2) = bad;
        CHECK_FALSE(std::isfinite(evaluate<B, T>(f.prediction, f.target).report.loss));
      }
  });
}

TEST_CASE("gradients that nobody wants are left out, and may lie where their features are", "[loss]") {
  using B = test::Gpu;
  const Features f(2, {6, 3, 2}, 6);
  Context<B> context;
  Pool<B> pool(context);
  test::On<B, float> on(context);
  ContrastiveLoss<B, float> loss;
  const Result both = evaluate<B, float>(f.prediction, f.target);
  const View<float> p = on.view(f.prediction), t = on.view(f.target);
  const View<float> dp = on.view(f.prediction), dt = on.view(f.target);
  const auto values = [&](const View<float>& v) {
    const auto got = test::on_host_of<B, float>(context, v).memory;
    return std::vector<double>(got.begin(), got.end());
  };
  CHECK(loss(context, pool, p, t).loss == both.report.loss);
  loss(context, pool, p, t, dp);
  CHECK(values(dp) == both.prediction_gradient);
  loss(context, pool, p, t, {}, dt);
  CHECK(values(dt) == both.target_gradient);
  loss(context, pool, p, t, p, t);
  CHECK(values(p) == both.prediction_gradient);
  CHECK(values(t) == both.target_gradient);
}

/// Calls f(image of them, image of all) for the images of some of `clips` clips, at all steps.
template <class F>
void for_each_image(int clips, int steps, const std::vector<int>& some, const F& f) {
  int n = 0;
  for (int step = 0; step < steps; ++step)
    for (const int clip : some) f(n++, step * clips + clip);
}

TEST_CASE("groups of clips are told from one another as if each were alone", "[loss]") {
  constexpr int clips = 5, steps = 3;
  const std::vector<int> groups{4, 7, 4, -1, 7};
  const Features f(steps * clips, {6, 2, 3}, 11);
  const auto size = f.prediction.view.shape().size();
  // The mean over groups, by their rows; each group by itself.
  double loss = 0, top1 = 0;
  std::vector<double> gradient(f.prediction.memory.size());
  for (const std::vector<int>& group : {std::vector<int>{0, 2}, {1, 4}, {3}}) {
    const auto images = [&](const Tensor<double>& all) {
      Tensor<double> some(steps * static_cast<int>(group.size()), all.view.shape());
      for_each_image(clips, steps, group, [&](int to, int from) {
        std::copy_n(all.view.images(from, 1).data, size, some.view.images(to, 1).data);
      });
      return some;
    };
    const Result alone = naive(images(f.prediction), images(f.target), 0.7);
    const double share = static_cast<double>(group.size()) / clips;
    loss += share * alone.report.loss;
    top1 += share * alone.report.top1;
    for_each_image(clips, steps, group, [&](int of_group, int of_all) {
      for (std::ptrdiff_t i = 0; i < size; ++i)
        gradient[static_cast<std::size_t>(of_all * size + i)] =
            share * alone.prediction_gradient[static_cast<std::size_t>(of_group * size + i)];
    });
  }
  on_every_backend([&]<class B, class T>() {
    const Result got = evaluate<B, T>(f.prediction, f.target, {0.7}, std::make_shared<Context<B>>(), groups);
    const double of_report = std::is_same_v<T, double> ? 1e-12 : 1e-5;
    CHECK(got.report.loss == Approx(loss).epsilon(of_report));
    CHECK(got.report.top1 == Approx(top1).margin(1e-12));
    CHECK(got.report.chance == Approx(3.0 / (steps * clips * 6)));
    CHECK(test::relative_error(got.prediction_gradient, gradient) < bound<T>());
  });
  const std::vector<int> one(clips, 9);
  check_same<double>(
      evaluate<Reference, double>(f.prediction, f.target, {0.7}, std::make_shared<Context<Reference>>(), one),
      naive(f.prediction, f.target, 0.7));
}

TEST_CASE("one loss serves batches of several sizes and pools", "[loss]") {
  using B = test::Here;
  Context<B> context;
  Pool<B> first(context), second(context);
  ContrastiveLoss<B, float> loss;
  for (Pool<B>* pool : {&first, &second})
    for (const int images : {3, 8, 2}) {
      const Features f(images, {5, 2, 2}, 7);
      test::On<B, float> on(context);
      CHECK(loss(context, *pool, on.read(f.prediction), on.read(f.target)).loss ==
            evaluate<B, float>(f.prediction, f.target).report.loss);
    }
}

TEST_CASE("views that do not fit and temperatures that are none are refused", "[loss]") {
  Context<Reference> context;
  Pool<Reference> pool(context);
  ContrastiveLoss<Reference, double> loss;
  Tensor<double> a(2, {3, 2, 2}), other(2, {4, 2, 2}), fewer(1, {3, 2, 2}), single(1, {3, 1, 1});
  CHECK_THROWS_AS(loss(context, pool, a.view, other.view), ShapeError);
  CHECK_THROWS_AS(loss(context, pool, a.view, fewer.view), ShapeError);
  CHECK_THROWS_AS(loss(context, pool, a.view, a.view, other.view), ShapeError);
  CHECK_THROWS_AS(loss(context, pool, a.view, a.view, {}, fewer.view), ShapeError);
  CHECK_THROWS_AS(loss(context, pool, single.view, single.view), ShapeError);
  CHECK_THROWS_AS(loss(context, pool, a.view, a.view, {}, {}, std::vector<int>{0, 0, 1}), ShapeError);
  for (const double temperature :
       {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    CHECK_THROWS_AS((ContrastiveLoss<Reference, double>{{temperature}}), ValueError);
}

#if !defined(__CUDACC__)
TEST_CASE("any number of threads gives the same bits of the contrastive loss", "[loss]") {
  const Features f(65, {24, 2, 4}, 8);  // scores of several chunks
  const auto with = [&](int threads) {
    return evaluate<Cpu, float>(f.prediction, f.target, {4}, std::make_shared<Context<Cpu>>(threads));
  };
  const Result one = with(1);
  check_same<float>(one, naive(f.prediction, f.target, 4));
  for (const int threads : {2, 5}) {
    const Result several = with(threads);
    CHECK(several.report.loss == one.report.loss);
    CHECK(several.report.spread == one.report.spread);
    CHECK(several.prediction_gradient == one.prediction_gradient);
    CHECK(several.target_gradient == one.target_gradient);
  }
}
#endif

}  // namespace
}  // namespace aurum
