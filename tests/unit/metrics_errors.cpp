#include <cmath>
#include <limits>
#include <vector>

#include "aurum/core/random.hpp"
#include "aurum/metrics/classification.hpp"
#include "aurum/metrics/errors.hpp"
#include "support/catch.hpp"

using namespace aurum;

namespace {
constexpr double none = std::numeric_limits<double>::quiet_NaN();
}

TEST_CASE("Errors of a small example are those computed by hand", "[metrics]") {
  const std::vector<float> prediction = {0, 1, 2, 5};
  const std::vector<int> label = {0, 2, 2, 3};
  const ErrorMetrics errors = measure_errors(prediction, label);
  CHECK(errors.counts.used == 4);
  CHECK(errors.mse == Approx(1.25));
  CHECK(errors.rmse == Approx(std::sqrt(1.25)));
  CHECK(errors.mae == Approx(0.75));
  // numpy.corrcoef([0, 1, 2, 5], [0, 2, 2, 3])[0, 1]: 7 / sqrt(14 * 4.75)
  CHECK(errors.pearson == Approx(7 / std::sqrt(14 * 4.75)));
}

TEST_CASE("Frames without a label or a prediction are counted apart", "[metrics]") {
  const std::vector<double> prediction = {1, none, 3, none, 2};
  const std::vector<double> label = {1, 2, 9, 9, none};
  const ErrorMetrics errors = measure_errors(prediction, label, {.code = 9});
  CHECK(errors.counts.used == 1);
  CHECK(errors.counts.missing_labels == 3);
  CHECK(errors.counts.missing_predictions == 1);
  CHECK(errors.mse == 0);
  CHECK(std::isnan(errors.pearson));
  CHECK(measure_errors(prediction, label).counts.missing_labels == 1);
}

TEST_CASE("Pearson's correlation is undefined for constants and exact far from zero", "[metrics]") {
  const std::vector<float> constant(9, 0.1F);
  Random random(Seed{5});
  std::vector<float> varied;
  std::vector<double> far, mirrored;
  for (int i = 0; i < 9; ++i) {
    varied.push_back(random.normal());
    far.push_back(1e8 + varied.back());
    mirrored.push_back(-3 * varied.back());
  }
  CHECK(std::isnan(measure_errors(constant, varied).pearson));
  CHECK(std::isnan(measure_errors(varied, constant).pearson));
  CHECK(measure_errors(far, varied).pearson == Approx(1).epsilon(1e-7));
  CHECK(measure_errors(mirrored, varied).pearson == Approx(-1));
  CHECK(measure_errors(varied, varied).pearson <= 1);
}

TEST_CASE("Without frames every error is undefined", "[metrics]") {
  const ErrorMetrics errors = measure_errors(std::vector{1.0}, std::vector{none});
  CHECK(errors.counts.used == 0);
  for (const double value : {errors.mse, errors.rmse, errors.mae, errors.pearson}) CHECK(std::isnan(value));
  CHECK_THROWS_AS(measure_errors(std::vector{1.0}, std::vector{1.0, 2.0}), ValueError);
}

TEST_CASE("Occurrence is judged with a threshold on the predicted intensity", "[metrics]") {
  const std::vector<float> prediction = {2, 1.9F, 4, 0, 3, 0, 5};
  const std::vector<int> label = {1, 1, 1, 0, 0, 0, 9};
  const ClassificationMetrics result = classify(prediction, label, {}, {.code = 9});
  CHECK(result.true_positives == 2);
  CHECK(result.false_negatives == 1);
  CHECK(result.false_positives == 1);
  CHECK(result.true_negatives == 2);
  CHECK(result.counts.missing_labels == 1);
  CHECK(result.precision == Approx(2.0 / 3));
  CHECK(result.recall == Approx(2.0 / 3));
  CHECK(result.f1 == Approx(2.0 / 3));
  CHECK(result.accuracy == Approx(4.0 / 6));
  CHECK(classify(prediction, label, {.prediction = 1}, {.code = 9}).recall == 1);
}

TEST_CASE("Labels may be intensities with a threshold of their own", "[metrics]") {
  const std::vector<double> prediction = {0, 2.5, 2.5, 1};
  const std::vector<int> label = {0, 1, 2, 5};
  CHECK(classify(prediction, label, {.prediction = 2, .label = 2}).true_positives == 1);
  CHECK(classify(prediction, label, {.prediction = 2, .label = 1}).true_positives == 2);
}

TEST_CASE("Ratios without cases are undefined", "[metrics]") {
  const std::vector<int> never = {0, 0, 0};
  const std::vector<int> once = {0, 3, 0};
  const ClassificationMetrics quiet = classify(never, never);
  CHECK(std::isnan(quiet.precision));
  CHECK(std::isnan(quiet.recall));
  CHECK(std::isnan(quiet.f1));
  CHECK(quiet.accuracy == 1);
  const ClassificationMetrics missed = classify(never, once);
  CHECK(std::isnan(missed.precision));
  CHECK(missed.recall == 0);
  CHECK(missed.f1 == 0);
  CHECK(std::isnan(classify(once, never).recall));
  CHECK(std::isnan(classify(std::vector<int>{}, std::vector<int>{}).accuracy));
  CHECK_THROWS_AS(classify(never, std::vector<int>{}), ValueError);
}
