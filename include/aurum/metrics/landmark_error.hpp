#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <ranges>
#include <span>
#include <string>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/geometry.hpp"
#include "aurum/data/landmarks68.hpp"
#include "aurum/metrics/pairs.hpp"

namespace aurum {

/// Mean distance in pixels between predicted and true points, of any mark-up. NaN when a predicted point is.
/// Throws ValueError when the numbers of points differ or are zero.
[[nodiscard]] inline double point_to_point_error(std::span<const Point> predicted,
                                                 std::span<const Point> truth) {
  if (predicted.size() != truth.size() || truth.empty())
    throw ValueError("point_to_point_error: " + std::to_string(predicted.size()) + " predicted points, " +
                     std::to_string(truth.size()) + " true ones");
  double sum = 0;
  for (std::size_t k = 0; k < truth.size(); ++k)
    sum += std::hypot(double{predicted[k].x} - truth[k].x, double{predicted[k].y} - truth[k].y);
  return sum / static_cast<double>(truth.size());
}

/// What a face's error is divided by; both are taken from the true landmarks.
enum class FaceSize {
  outer_eyes,  ///< distance between the outer eye corners, points 36 and 45 (the 300-W challenge)
  box          ///< sqrt(width x height) of the smallest box around the points (large poses: LS3D-W)
};

/// Size in pixels of a face with these 68 landmarks. Throws ValueError unless there are 68 finite points, and
/// when the size is zero: such an annotation is faulty.
[[nodiscard]] inline double face_size(std::span<const Point> truth, FaceSize by) {
  check_landmarks(truth);
  double size = 0;
  if (by == FaceSize::outer_eyes) {
    size = std::hypot(double{truth[45].x} - truth[36].x, double{truth[45].y} - truth[36].y);
  } else {
    const auto [left, right] = std::ranges::minmax(truth, {}, &Point::x);
    const auto [top, bottom] = std::ranges::minmax(truth, {}, &Point::y);
    size = std::sqrt((double{right.x} - left.x) * (double{bottom.y} - top.y));
  }
  if (!(size > 0)) throw ValueError("face_size: the true landmarks have no extent");
  return size;
}

/// Normalised mean error of one face, a fraction (0.04 is the "4 %" of the papers).
[[nodiscard]] inline double normalised_mean_error(std::span<const Point> predicted,
                                                  std::span<const Point> truth, FaceSize by) {
  return point_to_point_error(predicted, truth) / face_size(truth, by);
}

/// The cumulative distribution of the errors of many faces. A face that was not found has error NaN or
/// infinity; it counts as worse than any threshold, since leaving it out would flatter the method.
class CumulativeErrors {
 public:
  /// `errors`: one per face, not negative (else ValueError); at least one.
  template <NumberRange Errors>
  explicit CumulativeErrors(const Errors& errors) {
    for (const auto error : errors) {
      const auto value = static_cast<double>(error);
      if (value < 0) throw ValueError("CumulativeErrors: an error is " + std::to_string(value));
      sorted_.push_back(std::isnan(value) ? std::numeric_limits<double>::infinity() : value);
    }
    if (sorted_.empty()) throw ValueError("CumulativeErrors: no errors given");
    std::ranges::sort(sorted_);
  }

  /// Fraction of faces, 0 to 1, with an error of at most `threshold`.
  [[nodiscard]] double fraction(double threshold) const {
    const auto within = std::ranges::upper_bound(sorted_, threshold) - sorted_.begin();
    return static_cast<double>(within) / static_cast<double>(sorted_.size());
  }

  /// Fraction of faces with an error above `threshold`.
  [[nodiscard]] double failure_rate(double threshold) const { return 1 - fraction(threshold); }

  /// Area under the curve from 0 to `threshold` (> 0, else ValueError), divided by `threshold`: 0 to 1. The
  /// curve is a staircase; its area is summed exactly, without bins.
  [[nodiscard]] double area_under_curve(double threshold) const {
    if (!(threshold > 0) || std::isinf(threshold))
      throw ValueError("area_under_curve: the threshold is " + std::to_string(threshold));
    double area = 0;
    for (const double error : sorted_) area += std::max(0.0, 1 - error / threshold);
    return area / static_cast<double>(sorted_.size());
  }

  /// The errors in rising order, infinity for faces that were not found: step i of the curve is at
  /// `sorted()[i]` and reaches (i + 1) / size.
  [[nodiscard]] std::span<const double> sorted() const { return sorted_; }

 private:
  std::vector<double> sorted_;
};

}  // namespace aurum
