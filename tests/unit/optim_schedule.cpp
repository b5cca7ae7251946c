// needs: io
#include <string>

#include "aurum/optim/recipe.hpp"
#include "aurum/optim/schedule.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/message.hpp"

using namespace aurum;

namespace {
constexpr double base = 0.1;

/// The greatest deviation from PyTorch in units of the base rate.
double deviation(const std::string& name, const Schedule& schedule, const std::string& times = {}) {
  const test::Golden golden("schedules");
  const std::vector<double> expected = golden.doubles(name);
  const std::vector<double> when = times.empty() ? std::vector<double>{} : golden.doubles(times);
  REQUIRE(expected.size() >= 40);
  double greatest = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double rate = schedule(base, when.empty() ? static_cast<double>(i) : when[i]);
    greatest = std::max(greatest, std::abs(rate - expected[i]) / base);
  }
  return greatest;
}
}  // namespace

TEST_CASE("Every schedule follows PyTorch's for 40 epochs", "[optim]") {
  const CosineWarmRestarts restarts{.period = 5};
  const CosineWarmRestarts longer{.period = 3, .multiplier = 2, .minimum = 0.01};
  CHECK(deviation("cosine", CosineAnnealing{.period = 5, .minimum = 0.001}) < 1e-12);
  CHECK(deviation("cosine_long", CosineAnnealing{.period = 40}) < 1e-12);
  CHECK(deviation("restarts", restarts) < 1e-12);
  CHECK(deviation("restarts_longer", longer) < 1e-12);
  CHECK(deviation("step", StepDecay{.period = 7, .decay = 0.3}) < 1e-12);
  CHECK(deviation("multi_step", MultiStepDecay{.milestones = {4, 9, 30}, .decay = 0.5}) < 1e-12);
  CHECK(deviation("warmup_step", {StepDecay{.period = 10, .decay = 0.5}, {.length = 6, .start = 0.1}}) <
        1e-12);
  CHECK(deviation("warmup_cosine", {CosineAnnealing{.period = 36}, {.length = 4, .start = 0.25}}) < 1e-12);

  CHECK(deviation("fractional_restarts", restarts, "fractional_times") < 1e-12);
  CHECK(deviation("fractional_restarts_longer", longer, "fractional_times") < 1e-12);
  CHECK(deviation("restarts", CosineAnnealing{.period = 5}) > 0.5);  // and the comparison can fail
}

TEST_CASE("A schedule's description names its kind and options", "[optim]") {
  CHECK(Schedule{}.describe() == "constant");
  CHECK(Schedule{}(0.25, 1000) == 0.25);
  const Schedule warm{StepDecay{.period = 30}, LinearWarmup{.length = 5, .start = 0.1}};
  CHECK(warm.describe() == "linear_warmup(length=5, start=0.1), step_decay(period=30, decay=0.1)");
  const Schedule copy = warm;
  CHECK(copy(1, 2.5) == warm(1, 2.5));
  CHECK(Schedule{MultiStepDecay{.milestones = {2, 4.5}}}.describe() ==
        "multi_step_decay(milestones=2 4.5, decay=0.1)");
  CHECK(Schedule{CosineWarmRestarts{.period = 5}}.describe() ==
        "cosine_warm_restarts(period=5, multiplier=1, minimum=0)");
}

TEST_CASE("Schedules with impossible options are refused", "[optim]") {
  CHECK_THROWS_AS(Schedule(CosineAnnealing{.period = 0}), ValueError);
  CHECK_THROWS_AS(Schedule(CosineWarmRestarts{.period = 5, .multiplier = 0.5}), ValueError);
  CHECK_THROWS_AS(Schedule(MultiStepDecay{.milestones = {5, 3}}), ValueError);
  CHECK_THROWS_AS(Schedule(StepDecay{.period = -1}), ValueError);
  CHECK_THROWS_AS(Schedule(Constant{}, {.length = 5, .start = 2}), ValueError);
}

TEST_CASE("The recipe of Ntinou 2020 holds what the paper states", "[optim]") {
  const recipe::ntinou2020 recipe{.learning_rate = 5e-4, .epochs = 30};
  const Adam adam = recipe.optimiser();
  CHECK(adam.learning_rate == 5e-4);
  CHECK(adam.beta1 == 0.9);
  CHECK(adam.weight_decay == 1e-6);
  CHECK(recipe.batch == 48);
  CHECK(recipe.schedule(1, 5) == 1);
  CHECK(recipe.schedule(1, 2.5) == Approx(0.5));
}
