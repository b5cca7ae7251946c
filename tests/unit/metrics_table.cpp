#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "aurum/metrics/paper_table.hpp"
#include "aurum/metrics/table.hpp"
#include "support/catch.hpp"

using namespace aurum;

namespace {

constexpr float none = std::numeric_limits<float>::quiet_NaN();
constexpr std::array<int, 3> numbers = {1, 12, 5};

// AU1: twice the label (ICC 0.8). AU12: perfect, one label missing and one prediction. AU5 never occurs.
AuTable example() {
  const std::vector<float> label = {0, 0, 0, 1, 1, 0, 2, 2, 0, 3, 9, 0, 4, 4, 0, 5, 5, 0};
  const std::vector<float> prediction = {0, 0, 0, 2, 1, 0, 4, 2, 0, 6, 3, 0, 8, 4, 0, 10, none, 0};
  return evaluate(prediction, label, numbers, {.code = 9});
}

}  // namespace

TEST_CASE("A table holds each AU's own measures", "[metrics][table]") {
  const AuTable table = example();
  CHECK(table.column()[0] == Approx(0.8));
  CHECK(table.column()[1] == 1);
  CHECK(std::isnan(table.column()[2]));
  CHECK(table.column("MSE")[0] == Approx(55.0 / 6));
  CHECK(table.column("RMSE")[0] == Approx(std::sqrt(55.0 / 6)));
  CHECK(table.column("MAE")[0] == Approx(2.5));
  CHECK(table.column("Pearson")[0] == Approx(1));
  CHECK(table.counts()[0].used == 6);
  CHECK(table.counts()[1].used == 4);
  CHECK(table.counts()[1].missing_labels == 1);
  CHECK(table.counts()[1].missing_predictions == 1);
}

TEST_CASE("A mean over AUs names the AUs that it leaves out", "[metrics][table]") {
  const AuTable table = example();
  CHECK(table.mean().value == Approx(0.9));
  CHECK(table.mean().undefined == std::vector<int>{5});
  CHECK(table.mean("MSE").value == Approx(55.0 / 18));
  CHECK(table.mean("MSE").undefined.empty());
  const AuTable nothing = evaluate(std::vector{0.F, 0.F}, std::vector{0.F, 0.F}, std::array{7});
  CHECK(std::isnan(nothing.mean().value));
  CHECK(nothing.mean().undefined == std::vector<int>{7});
}

TEST_CASE("A table prints as aligned text", "[metrics][table]") {
  AuTable table = example();
  table.add_column("landmarks", {0.25, -0.125, none});
  CHECK(to_text(table) ==
        "AU    ICC(3,1)    MSE   RMSE    MAE  Pearson  landmarks  n  no label  no prediction\n"
        "AU01     0.800  9.167  3.028  2.500    1.000      0.250  6         0              0\n"
        "AU12     1.000  0.000  0.000  0.000    1.000     -0.125  4         1              1\n"
        "AU05       nan  0.000  0.000  0.000      nan        nan  6         0              0\n"
        "mean     0.900  3.056  1.009  0.833    1.000      0.062                            \n"
        "ICC(3,1) is undefined for AU05; its mean is over the other 2.\n"
        "Pearson is undefined for AU05; its mean is over the other 2.\n"
        "landmarks is undefined for AU05; its mean is over the other 2.\n");
}

TEST_CASE("A table prints as the papers lay theirs out, intervals below what has some", "[metrics][table]") {
  const AuTable table = example();
  const std::vector<std::string> measures = {"ICC(3,1)", "MSE"};
  const MeasureIntervals icc{.units = {{0.7, 0.875}, {1, 1}, {}}, .mean = {0.8, 0.95}};
  CHECK(to_paper_text(table, measures, {{"ICC(3,1)", icc}}) ==
        "           AU01   AU12   AU05   mean\n"
        "ICC(3,1)  0.800  1.000    nan  0.900\n"
        "  from    0.700  1.000    nan  0.800\n"
        "  to      0.875  1.000    nan  0.950\n"
        "MSE       9.167  0.000  0.000  3.056\n"
        "ICC(3,1) is undefined for AU05; its mean is over the other 2.\n");
  CHECK_THROWS_AS(to_paper_text(table, std::vector<std::string>{"F1"}), ValueError);
  CHECK_THROWS_WITH(to_paper_text(table, measures, {{"MSE", {}}}),
                    "to_paper_text: 0 intervals of MSE for 3 AUs");
}

TEST_CASE("A table prints as Markdown", "[metrics][table]") {
  AuTable table({4, 25}, {{.used = 100}, {.used = 90, .missing_labels = 10}});
  table.add_column("a|b", {0.5, 0.75});
  CHECK(to_markdown(table) ==
        "| AU   |  a\\|b |   n | no label | no prediction |\n"
        "| ---- | ----: | --: | -------: | ------------: |\n"
        "| AU04 | 0.500 | 100 |        0 |             0 |\n"
        "| AU25 | 0.750 |  90 |       10 |             0 |\n"
        "| mean | 0.625 |     |          |               |\n");
  table.add_column("ICC", {none, none});
  CHECK_THAT(
      to_markdown(table),
      Catch::Matchers::EndsWith("|\n\nICC is undefined for AU04, AU25; its mean is over the other 0.\n"));
}

TEST_CASE("A table prints as CSV", "[metrics][table]") {
  AuTable table({4, 25}, {{.used = 100}, {.used = 90, .missing_labels = 10}});
  table.add_column("ICC, \"rival\"", {1.0 / 3, none});
  table.add_column("size", {1e300, 123456.75});
  CHECK(to_csv(table) ==
        "AU,\"ICC, \"\"rival\"\"\",size,n,no label,no prediction\n"
        "AU04,0.333333,1e+300,100,0,0\n"
        "AU25,nan,123457,90,10,0\n"
        "mean,0.333333,5e+299,,,\n");
}

TEST_CASE("Tables refuse sizes and names that do not fit", "[metrics][table]") {
  const std::vector<float> six(6);
  CHECK_THROWS_WITH(evaluate(six, std::vector<float>(9), numbers), "evaluate: 6 predictions but 9 labels");
  CHECK_THROWS_AS(evaluate(six, six, std::array{1, 2, 4, 5}), ValueError);
  CHECK_THROWS_AS(evaluate(six, six, std::span<const int>{}), ValueError);
  AuTable table = example();
  CHECK_THROWS_AS(table.add_column("new", {1, 2}), ValueError);
  CHECK_THROWS_AS(table.add_column("MSE", {1, 2, 3}), ValueError);
  CHECK_THROWS_WITH(table.column("ICC"),
                    "AuTable: no column 'ICC'; there are 'ICC(3,1)', 'MSE', 'RMSE', 'MAE', 'Pearson'");
  CHECK_THROWS_AS(AuTable({1, 2}, {}), ValueError);
}
