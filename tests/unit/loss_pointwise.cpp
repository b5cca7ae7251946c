#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "aurum/core/random.hpp"
#include "aurum/loss/loss.hpp"
#include "support/catch.hpp"

using namespace aurum;

namespace {
constexpr float none = std::numeric_limits<float>::quiet_NaN();

template <class Loss>
void check_derivative(const Loss& loss) {
  Random random(Seed{3});
  for (int i = 0; i < 200; ++i) {
    const double target = random.uniform(-3, 3);
    const double prediction = random.uniform(-3, 3);
    const double step = 1e-6;
    const double slope =
        (loss(prediction + step, target).value - loss(prediction - step, target).value) / (2 * step);
    CHECK(loss(prediction, target).gradient == Approx(slope).margin(1e-6));
  }
}
}  // namespace

TEST_CASE("Losses have PyTorch's values and their own derivatives", "[loss]") {
  CHECK(SquaredError{}(5.0, 2.0).value == 9);
  CHECK(AbsoluteError{}(-1.0, 2.0).value == 3);
  CHECK(AbsoluteError{}(2.0, 2.0).gradient == 0);
  CHECK(SmoothAbsoluteError{.beta = 2}(1.0, 0.0).value == 0.25);
  CHECK(SmoothAbsoluteError{.beta = 2}(-5.0, 0.0).value == 4);
  check_derivative(SquaredError{});
  check_derivative(AbsoluteError{});
  check_derivative(SmoothAbsoluteError{.beta = 0.7});
}

TEST_CASE("What is not labelled costs nothing; a prediction that is not a number is not hidden", "[loss]") {
  const auto check = [](auto loss) {
    CHECK_FALSE(loss(1.0F, none).labelled);
    CHECK(loss(1.0F, none).value == 0);
    CHECK(loss(none, none).gradient == 0);
    CHECK(loss(1.0F, 1.0F).labelled);
    CHECK(std::isnan(loss(none, 1.0F).value));
    CHECK(std::isnan(loss(none, 1.0F).gradient));
  };
  check(SquaredError{});
  check(AbsoluteError{});
  check(SmoothAbsoluteError{});
}

TEST_CASE("The mean is taken over labelled elements, the sum is Eq. (2)", "[loss]") {
  const Shape shape{3, 1, 2};
  const std::array<float, 6> prediction{1, 2, 3, 4, 5, 6}, target{0, none, 1, none, 5, 3};
  std::array<float, 6> gradient{};
  const auto view = [&](auto& values) { return make_view(values.data(), 1, shape); };
  const LossValue mean = evaluate_loss(view(prediction), view(target), view(gradient));
  CHECK(mean.labelled == 4);
  CHECK(mean.value == Approx(14.0 / 4));
  CHECK(gradient == std::array{0.5F, 0.0F, 1.0F, 0.0F, 0.0F, 1.5F});
  const LossValue sum = evaluate_loss(view(prediction), view(target), view(gradient), Reduction::sum);
  CHECK(sum.value == Approx(14));
  CHECK(gradient == std::array{2.0F, 0.0F, 4.0F, 0.0F, 0.0F, 6.0F});
  CHECK(evaluate_loss(view(prediction), view(target)).value == mean.value);
}

TEST_CASE("A batch without labels has no loss and no gradient", "[loss]") {
  std::array<float, 2> prediction{1, 2}, target{none, none}, gradient{7, 7};
  const Shape shape{2, 1, 1};
  const LossValue loss =
      evaluate_loss<float>(make_view(prediction.data(), 1, shape), make_view(target.data(), 1, shape),
                           make_view(gradient.data(), 1, shape));
  CHECK(loss.value == 0);
  CHECK(loss.labelled == 0);
  CHECK(gradient == std::array{0.0F, 0.0F});
}

TEST_CASE("Slices of channels are read and written alone, and other shapes refused", "[loss]") {
  std::array<float, 4> prediction{1, 9, 2, 9}, target{0, 0, 0, 0}, gradient{7, 7, 7, 7};
  const auto slice = [](auto& values) { return make_view(values.data(), 1, {2, 1, 2}).slice(0, 1); };
  CHECK(evaluate_loss<float>(slice(prediction), slice(target), slice(gradient), Reduction::sum).value == 5);
  CHECK(gradient == std::array{2.0F, 7.0F, 4.0F, 7.0F});
  CHECK_THROWS_AS(evaluate_loss<float>(slice(prediction), make_view(target.data(), 1, {2, 1, 2})),
                  ShapeError);
}
