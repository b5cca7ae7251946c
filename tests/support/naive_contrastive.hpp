#pragma once
// The contrastive loss in double, written down from its definition (loss/contrastive.hpp).
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "aurum/loss/contrastive.hpp"
#include "support/compare.hpp"

namespace aurum::test {

/// What the contrastive loss gives.
struct ContrastiveResult {
  ContrastiveReport report;
  std::vector<double> prediction_gradient, target_gradient;  // pixel by pixel, without gaps
};

/// As the papers write it, sums in the order of the formulae; for scores whose exponentials are finite.
inline ContrastiveResult naive(const Tensor<double>& prediction, const Tensor<double>& target,
                               double temperature) {
  const View<double>&p = prediction.view, t = target.view;
  const std::ptrdiff_t rows = p.pixels();
  const auto count = static_cast<double>(rows);
  ContrastiveResult result;
  result.prediction_gradient.resize(static_cast<std::size_t>(p.size()));
  result.target_gradient.resize(static_cast<std::size_t>(p.size()));
  std::vector<double> scores(static_cast<std::size_t>(rows));
  for (std::ptrdiff_t i = 0; i < rows; ++i) {
    double sum = 0;
    for (std::ptrdiff_t j = 0; j < rows; ++j) {
      double score = 0;
      for (int c = 0; c < p.channels; ++c) score += p.pixel(i)[c] * t.pixel(j)[c];
      scores[static_cast<std::size_t>(j)] = score / temperature;
      sum += std::exp(score / temperature);
    }
    const double truth = scores[static_cast<std::size_t>(i)];
    result.report.loss -= std::log(std::exp(truth) / sum) / count;
    const auto higher = std::ranges::count_if(scores, [&](double s) { return s > truth; });
    result.report.top1 += (higher < 1 ? 1 : 0) / count;
    result.report.top5 += (higher < 5 ? 1 : 0) / count;
    for (std::ptrdiff_t j = 0; j < rows; ++j) {
      const double gradient =
          (std::exp(scores[static_cast<std::size_t>(j)]) / sum - (i == j ? 1 : 0)) / count / temperature;
      for (int c = 0; c < p.channels; ++c) {
        result.prediction_gradient[static_cast<std::size_t>(i * p.channels + c)] += gradient * t.pixel(j)[c];
        result.target_gradient[static_cast<std::size_t>(j * p.channels + c)] += gradient * p.pixel(i)[c];
      }
    }
  }
  std::vector<double> mean(static_cast<std::size_t>(p.channels));
  for (std::ptrdiff_t i = 0; i < rows; ++i) {
    double squares = 0;
    for (int c = 0; c < p.channels; ++c) squares += t.pixel(i)[c] * t.pixel(i)[c];
    for (int c = 0; c < p.channels; ++c)
      mean[static_cast<std::size_t>(c)] += t.pixel(i)[c] / std::sqrt(squares) / count;
  }
  result.report.spread = 1;
  for (const double m : mean) result.report.spread -= m * m;
  return result;
}

}  // namespace aurum::test
