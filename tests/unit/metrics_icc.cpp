#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "aurum/core/random.hpp"
#include "aurum/metrics/icc.hpp"
#include "aurum/metrics/icc_inference.hpp"
#include "support/catch.hpp"

using namespace aurum;

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// The example of Shrout and Fleiss (1979): 6 targets x 4 judges.
const std::vector<double> shrout = {9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7};

}  // namespace

TEST_CASE("The mean squares are those of Shrout and Fleiss's example", "[metrics][icc]") {
  const MeanSquares squares = mean_squares(shrout, 4);
  CHECK(squares.targets == 6);
  CHECK(squares.raters == 4);
  CHECK(squares.missing == 0);
  CHECK(squares.between_targets == Approx(11.241667).epsilon(0).margin(5e-7));
  CHECK(squares.within_targets == Approx(6.263889).epsilon(0).margin(5e-7));
  CHECK(squares.between_raters == Approx(32.486111).epsilon(0).margin(5e-7));
  CHECK(squares.residual == Approx(1.019444).epsilon(0).margin(5e-7));
}

TEST_CASE("The six forms, tests and intervals are those of Shrout and Fleiss's example", "[metrics][icc]") {
  struct Row {
    const char* name;
    double value, f, df2, p, lower, upper;
  };
  // p of the one-way forms: .16477 is the integral of F(5, 18) beyond 1.794678 (tables print .16472).
  const std::array<Row, 6> rows = {{{"ICC(1,1)", .165742, 1.794678, 18, .16477, -.13, .72},
                                    {"ICC(2,1)", .289764, 11.027248, 15, .00013, .02, .76},
                                    {"ICC(3,1)", .714841, 11.027248, 15, .00013, .34, .95},
                                    {"ICC(1,k)", .442797, 1.794678, 18, .16477, -.88, .91},
                                    {"ICC(2,k)", .620051, 11.027248, 15, .00013, .07, .93},
                                    {"ICC(3,k)", .909316, 11.027248, 15, .00013, .68, .99}}};
  const auto table = icc_inference(mean_squares(shrout, 4));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    INFO(rows[i].name);
    CHECK(to_string(table[i].form) == rows[i].name);
    CHECK(table[i].value == Approx(rows[i].value).epsilon(0).margin(5e-7));
    CHECK(table[i].f == Approx(rows[i].f).epsilon(0).margin(5e-7));
    CHECK(table[i].df1 == 5);
    CHECK(table[i].df2 == rows[i].df2);
    CHECK(table[i].p == Approx(rows[i].p).epsilon(0).margin(5e-6));
    CHECK(table[i].lower == Approx(rows[i].lower).epsilon(0).margin(5e-3));
    CHECK(table[i].upper == Approx(rows[i].upper).epsilon(0).margin(5e-3));
  }
}

TEST_CASE("Random tables with missing values agree with pingouin", "[metrics][icc]") {
  std::ifstream file(std::string(AURUM_GOLDEN) + "/icc_pingouin.json");
  REQUIRE(file);
  const auto golden = nlohmann::json::parse(file);
  REQUIRE(golden["tables"].size() >= 10);
  std::size_t missing = 0;
  for (const auto& table : golden["tables"]) {
    std::vector<double> ratings;
    for (const auto& r : table["ratings"]) ratings.push_back(r.is_null() ? none : r.get<double>());
    const auto raters = table["raters"].get<std::size_t>();
    const MeanSquares squares = mean_squares(ratings, raters);
    REQUIRE(squares.missing == table["missing_targets"].get<std::size_t>());
    missing += squares.missing;
    const auto ours = icc_inference(squares);
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const auto& theirs = table["forms"][i];
      INFO(theirs.dump());
      const auto near = [&](const char* key) {
        return Approx(theirs[key].get<double>()).epsilon(1e-9).margin(1e-9);
      };
      REQUIRE(to_string(ours[i].form) == theirs["form"].get<std::string>());
      CHECK(ours[i].value == near("value"));
      CHECK(ours[i].f == near("f"));
      CHECK(ours[i].df1 == near("df1"));
      CHECK(ours[i].df2 == near("df2"));
      CHECK(ours[i].p == near("p"));
      CHECK(ours[i].lower == near("lower"));
      CHECK(ours[i].upper == near("upper"));
    }
  }
  CHECK(missing > 20);
}

TEST_CASE("An interval of level 1 - 2p touches zero", "[metrics][icc]") {
  const MeanSquares squares = mean_squares(shrout, 4);
  for (const IccForm form : {IccForm::icc11, IccForm::icc31, IccForm::icc1k, IccForm::icc3k}) {
    const double p = icc_inference(squares, form).p;
    CHECK(icc_inference(squares, form, 1 - 2 * p).lower == Approx(0).margin(1e-9));
  }
  const IccInference wide = icc_inference(squares, IccForm::icc21, 0.99);
  const IccInference narrow = icc_inference(squares, IccForm::icc21, 0.5);
  CHECK(wide.lower < narrow.lower);
  CHECK(narrow.lower < narrow.value);
  CHECK(narrow.value < narrow.upper);
  CHECK(narrow.upper < wide.upper);
}

TEST_CASE("ICC(3,1) of a prediction ignores an offset, ICC(2,1) does not", "[metrics][icc]") {
  const std::vector<float> label = {0, 1, 2, 3, 4, 5};
  const std::vector<float> prediction = {1, 2, 3, 4, 5, 6};
  CHECK(icc31(prediction, label) == 1);
  CHECK(icc(mean_squares(prediction, label), IccForm::icc21) == Approx(0.875));  // 3.5 / (3.5 + 0.5)
  // Twice the label: BMS = 15.75, EMS = 1.75.
  const std::vector<double> doubled = {0, 2, 4, 6, 8, 10};
  CHECK(icc31(doubled, label) == Approx(0.8));
}

TEST_CASE("A pair and a table of two raters give the same mean squares", "[metrics][icc]") {
  const std::vector<float> prediction = {0.5F, 2, 1, 4};
  const std::vector<int> label = {0, 3, 1, 5};
  const std::vector<double> both = {0.5, 0, 2, 3, 1, 1, 4, 5};
  CHECK(icc31(prediction, label) == icc(mean_squares(both, 2), IccForm::icc31));
}

TEST_CASE("Missing labels are left out and counted", "[metrics][icc]") {
  const std::vector<double> label = {0, 9, 2, none, 4, 1};
  const std::vector<double> prediction = {0.5, 5, 1, 3, 4, none};
  const MeanSquares squares = mean_squares(prediction, label, {.code = 9});
  CHECK(squares.targets == 3);
  CHECK(squares.missing == 3);
  CHECK(icc(squares, IccForm::icc31) == icc31(std::vector{0.5, 1.0, 4.0}, std::vector{0.0, 2.0, 4.0}));
  CHECK(mean_squares(prediction, label).targets == 4);  // 9 is a label unless the caller says otherwise
  // The code judges labels: a prediction of exactly 9 stays.
  CHECK(mean_squares(std::vector{9.0, 1.0, 2.0}, std::vector{0.0, 1.0, 2.0}, {.code = 9}).targets == 3);
  // In a table of raters it judges every rating, and one missing rating takes the whole target out.
  CHECK(mean_squares(std::vector{1.0, 9.0, 2.0, 2.0, 3.0, 4.0}, 2, {.code = 9}).missing == 1);
}

TEST_CASE("The ICC is exact far from zero", "[metrics][icc]") {
  Random random(Seed{3});
  std::vector<double> near, far;
  for (int i = 0; i < 300; ++i) {
    // Multiples of 1/1024, so that the shift loses nothing.
    const double value = std::round(random.normal() * 1024) / 1024;
    near.push_back(value);
    far.push_back(value + 1e9);
  }
  for (const IccForm form : icc_forms)
    CHECK(icc(mean_squares(far, 3), form) ==
          Approx(icc(mean_squares(near, 3), form)).epsilon(1e-6).margin(1e-12));
}

TEST_CASE("Constant ratings have a defined answer", "[metrics][icc]") {
  const std::vector<float> constant(7, 0.1F);
  const std::vector<float> other(7, 0.7F);
  const std::vector<float> varied = {0, 1, 5, 2, 0, 3, 1};
  CHECK(std::isnan(icc31(constant, constant)));
  CHECK(std::isnan(icc31(constant, other)));
  CHECK(icc31(constant, varied) == Approx(0).margin(1e-15));
  CHECK(icc31(varied, varied) == 1);

  const MeanSquares disagreeing = mean_squares(constant, other);
  CHECK(icc(disagreeing, IccForm::icc11) == -1);
  CHECK(icc(disagreeing, IccForm::icc21) == 0);
  CHECK(icc(disagreeing, IccForm::icc1k) == -infinity);
  for (const IccForm form : icc_forms) CHECK(std::isnan(icc(mean_squares(constant, constant), form)));
}

TEST_CASE("A rater and its mirror image reach the lowest values", "[metrics][icc]") {
  const MeanSquares squares = mean_squares(std::vector{1.0, -2.0, 1.0}, std::vector{-1.0, 2.0, -1.0});
  CHECK(icc(squares, IccForm::icc11) == -1);
  CHECK(icc(squares, IccForm::icc31) == -1);
  for (const IccForm form : {IccForm::icc1k, IccForm::icc2k, IccForm::icc3k})
    CHECK(icc(squares, form) == -infinity);
  const IccInference inference = icc_inference(squares, IccForm::icc31);
  CHECK(inference.p == 1);
  CHECK(inference.lower == -1);
  CHECK(inference.upper == -1);
}

TEST_CASE("Too few targets and infinite ratings are undefined", "[metrics][icc]") {
  CHECK(std::isnan(icc31(std::vector<double>{}, std::vector<double>{})));
  CHECK(std::isnan(icc31(std::vector{1.0}, std::vector{1.0})));
  CHECK(std::isnan(icc31(std::vector{1.0, 2.0, none}, std::vector{1.0, none, 3.0})));
  CHECK(std::isnan(icc31(std::vector{1.0, infinity, 2.0}, std::vector{1.0, 2.0, 3.0})));
  for (const auto& result : icc_inference(mean_squares(std::vector{1.0, 2.0}, 2))) {
    CHECK(std::isnan(result.value));
    CHECK(std::isnan(result.p));
    CHECK(std::isnan(result.lower));
    CHECK(std::isnan(result.upper));
  }
}

TEST_CASE("Equal raters are certain of 1", "[metrics][icc]") {
  const std::vector<double> ratings = {0.1, 0.1, 0.1, 0.7, 0.7, 0.7, 0.3, 0.3, 0.3};
  for (const auto& result : icc_inference(mean_squares(ratings, 3))) {
    INFO(to_string(result.form));
    CHECK(result.value == 1);
    CHECK(result.f == infinity);
    CHECK(result.p == 0);
    CHECK(result.lower == 1);
    CHECK(result.upper == 1);
  }
}

TEST_CASE("Every table of small grades has an answer in range", "[metrics][icc]") {
  Random random(Seed{17});
  for (int trial = 0; trial < 3000; ++trial) {
    const std::size_t targets = 2 + random.below(4);
    const std::size_t raters = 2 + random.below(3);
    std::vector<int> ratings(targets * raters);
    for (int& r : ratings) r = static_cast<int>(random.below(3));
    const double level = random.chance(0.5F) ? 0.95 : 1 - 1e-9;
    const double lowest = -1 / (static_cast<double>(raters) - 1) - 1e-12;
    for (const IccInference& result : icc_inference(mean_squares(ratings, raters), level)) {
      CAPTURE(ratings, raters, level, to_string(result.form));
      CHECK_FALSE(result.value > 1);
      CHECK_FALSE(result.lower > result.upper);
      CHECK_FALSE((result.p < 0 || result.p > 1));
      if (result.form == IccForm::icc21 || result.form == IccForm::icc2k) continue;
      CHECK(std::isnan(result.value) == std::isnan(result.lower));
      CHECK_FALSE(result.lower > result.value + 1e-12);
      CHECK_FALSE(result.upper < result.value - 1e-12);
      if (result.form == IccForm::icc11 || result.form == IccForm::icc31) CHECK_FALSE(result.lower < lowest);
    }
  }
}

TEST_CASE("An interval holds the estimate with many frames too", "[metrics][icc]") {
  Random random(Seed{11});
  std::vector<float> prediction, label;
  for (int i = 0; i < 130'000; ++i) {  // DISFA has about 130,000 frames
    label.push_back(static_cast<float>(random.below(6)));
    prediction.push_back(label.back() + random.normal(0, 2));
  }
  const IccInference result = icc_inference(mean_squares(prediction, label), IccForm::icc31);
  CHECK(result.lower < result.value);
  CHECK(result.value < result.upper);
  CHECK(result.upper - result.lower < 0.02);
  CHECK(result.p < 1e-6);
}

TEST_CASE("Rating tables of a wrong size are refused", "[metrics][icc]") {
  CHECK_THROWS_AS(mean_squares(shrout, 1), ValueError);
  CHECK_THROWS_AS(mean_squares(shrout, 0), ValueError);
  CHECK_THROWS_WITH(mean_squares(shrout, 5),
                    "mean_squares: 24 ratings do not make rows of 5 raters (at least 2)");
  CHECK_THROWS_WITH(icc31(std::vector{1.0, 2.0}, std::vector{1.0}),
                    "mean_squares: 2 predictions but 1 labels");
  CHECK_THROWS_AS(icc_inference(mean_squares(shrout, 4), 1.0), ValueError);
  CHECK_THROWS_AS(icc_inference(mean_squares(shrout, 4), none), ValueError);
}
