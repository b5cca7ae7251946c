#pragma once
// The loss of contrastive predictive coding, InfoNCE (van den Oord et al. 2018, "Representation Learning with
// Contrastive Predictive Coding", Eq. 4), as dense predictive coding has it (Han et al. 2019, "Video
// Representation Learning by Dense Predictive Coding", section 3): which of all features of a batch is the
// one that was predicted?
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>

#include "aurum/core/error.hpp"
#include "aurum/ops/pointwise/contrastive.hpp"
#include "aurum/ops/pool.hpp"

namespace aurum {

struct ContrastiveOptions {
  /// What dot products are divided by, > 0. Han et al.: 1; for features of length 1 usually about 0.1.
  double temperature = 1;
};

/// The loss of a batch, and how well its pairs are told apart. Not finite features make the loss not finite.
struct ContrastiveReport {
  double loss = 0;  ///< in nats, >= 0; log(rows) where all scores are equal
  /// The shares of rows whose true pair has the highest score, and is among the five highest. It must be
  /// above others to be so: ties count against it, and a network that gives everything the same features has
  /// a top1 of 0 (and a top5 of 0 where there are more than five rows).
  double top1 = 0, top5 = 0;
  /// groups / rows: the top1 of who guesses; their top5 is five times that, at most 1.
  double chance = 0;
  /// How much the directions of the target features differ, in [0, 1]: 1 - |mean of the features scaled to
  /// length 1|^2. 0: all point the same way, the network has collapsed; independent and symmetric about 0: 1
  /// - 1 / rows; independent and cut by a rectifier, hence all on one side: about 0.68. Zeros have no
  /// direction and count as if they pointed the same way as the mean of the others.
  double spread = 0;
  std::int64_t rows = 0;  ///< M = batch * height * width
};

/// Evaluates the contrastive loss on backend B, for feature maps of T, and goes back through it. Every pixel
/// of every image is a row, M = batch * height * width of them; images are the (clip, step) pairs, so that
/// the negatives of a row are all other clips, steps and positions:
///
///   score[i][j] = <prediction_i, target_j> / temperature        loss = mean_i(-log softmax(score[i])[i])
///
/// Computed in real_t<T> and stable for scores of any size; the matrix products are 1x1 convolutions whose
/// filter is the target features. Keeps its memory, M * M scores and 3 M * C features, from call to call: the
/// pool must outlive it, and another pool may be handed in at any time.
template <class B, class T>
class ContrastiveLoss {
  using Real = real_t<T>;
  using O = Operations<B>;
  using Row = pointwise::ContrastiveRow<Real>;

 public:
  /// Throws ValueError unless the temperature is finite and above 0.
  explicit ContrastiveLoss(ContrastiveOptions options = {}) : options_{options} {
    if (!(options.temperature > 0) || !std::isfinite(options.temperature))
      throw ValueError("contrastive loss: expected a temperature above 0, found " +
                       std::to_string(options.temperature));
  }

  /// The loss of `prediction` against `target`, both {C, h, w} for the same number of images, and, unless
  /// they are null, the gradients with respect to both, which are written, not added. All views may be slices
  /// of channels, and a gradient may lie in the memory of what it belongs to.
  ///
  /// `groups`: image n is of clip n % groups.size(), and a prediction has to be told only from features of
  /// clips of its own clip's group. Empty: from those of all images, Han et al.'s choice. Groups of one
  /// video's clips are ours: who it is tells nothing among them.
  ///
  /// Throws ShapeError if shapes differ, there are fewer than two rows, or the images are not as many of each
  /// of the groups' clips.
  ContrastiveReport operator()(Context<B>& context, Pool<B>& pool, View<const T> prediction,
                               View<const T> target, View<T> prediction_gradient = {},
                               View<T> target_gradient = {}, std::span<const int> groups = {}) {
    require_clips(prediction.batch, groups);
    require_shapes(prediction, target, prediction_gradient, target_gradient);
    const std::ptrdiff_t rows = prediction.pixels();
    const int channels = prediction.channels;
    // The pixels of all images as one row of pixels. The temperature is in the predictions, hence in the
    // scores and in the gradient of the targets.
    const Shape feature_shape{channels, 1, static_cast<int>(rows)};
    const View<Real> predictions = prediction_.shaped(pool, 1, feature_shape);
    const Real inverse_temperature = static_cast<Real>(1 / options_.temperature);
    O::for_each_index(context, prediction.size(),
                      pointwise::GatherFeatures<T>{prediction, inverse_temperature, predictions.data});
    Real* const targets = target_.resize(pool, target.size());
    O::for_each_index(context, target.size(), pointwise::GatherFeatures<T>{target, Real{1}, targets});

    const View<Real> scores = score_.shaped(pool, 1, {static_cast<int>(rows), 1, static_cast<int>(rows)});
    const Signal<Real> signal{predictions};
    O::convolution_forward(context, Window{}, signal, static_cast<const Real*>(targets),
                           static_cast<const Real*>(nullptr), Target<Real>{scores});
    const std::ptrdiff_t pieces = rows * pointwise::pieces_of_row(rows);
    const std::set<int> distinct(groups.begin(), groups.end());
    if (distinct.size() > 1) {
      int* const group = group_.resize(pool, std::ssize(groups));
      O::upload(context, group, groups.data(), std::ssize(groups));
      O::for_each_index(context, pieces,
                        pointwise::LeaveOutOtherGroups<Real>{scores.data, rows, rows / prediction.batch,
                                                             group, static_cast<int>(groups.size())});
    }
    Row* const row = row_.resize(pool, rows);
    O::for_each_index(context, rows, pointwise::ScanScores<Real>{scores.data, rows, row});
    O::for_each_index(context, pieces, pointwise::ExponentiateScores<Real>{scores.data, rows, row});
    O::for_each_index(context, rows, pointwise::SumExponentials<Real>{scores.data, rows, row});

    const double share = 1 / static_cast<double>(rows);
    ContrastiveReport report;
    report.loss = share * O::sum_over(context, rows, pointwise::ContrastiveTerm<Real>{row});
    report.top1 = share * O::sum_over(context, rows, pointwise::TruePairFound<Real>{row, 1});
    report.top5 = share * O::sum_over(context, rows, pointwise::TruePairFound<Real>{row, 5});
    report.chance = share * static_cast<double>(std::max<std::size_t>(distinct.size(), 1));
    report.spread = spread(context, pool, targets, rows, channels);
    report.rows = rows;
    if (!prediction_gradient && !target_gradient) return report;

    O::for_each_index(context, pieces,
                      pointwise::ScoreGradient<Real>{scores.data, rows, row, static_cast<Real>(share)});
    const View<Real> gradient = gradient_.shaped(pool, 1, feature_shape);
    if (prediction_gradient) {
      O::convolution_backward_data(context, Window{}, View<const Real>(scores),
                                   static_cast<const Real*>(targets), Target<Real>{gradient});
      O::for_each_index(
          context, gradient.size(),
          pointwise::ScatterFeatures<T>{gradient.data, inverse_temperature, prediction_gradient});
    }
    if (target_gradient) {
      O::fill(context, gradient.data, gradient.size(), Real{0});
      O::convolution_backward_filter(context, Window{}, signal, View<const Real>(scores), gradient.data,
                                     static_cast<Real*>(nullptr));
      O::for_each_index(context, gradient.size(),
                        pointwise::ScatterFeatures<T>{gradient.data, Real{1}, target_gradient});
    }
    return report;
  }

  [[nodiscard]] const ContrastiveOptions& options() const { return options_; }

 private:
  static void require_clips(int images, std::span<const int> groups) {
    if (!groups.empty() && images % std::ssize(groups) != 0)
      throw ShapeError("contrastive loss", "as many images of each clip",
                       std::to_string(images) + " images of " + std::to_string(groups.size()) + " clips");
  }
  static void require_shapes(const View<const T>& prediction, const View<const T>& target,
                             const View<T>& prediction_gradient, const View<T>& target_gradient) {
    const auto text = [](int batch, const Shape& shape) {
      return std::to_string(batch) + "x" + to_string(shape);
    };
    const std::string wanted = text(prediction.batch, prediction.shape());
    const auto require_same = [&](const char* what, int batch, const Shape& shape) {
      if (batch != prediction.batch || shape != prediction.shape())
        throw ShapeError("contrastive loss", wanted, what + (" of " + text(batch, shape)));
    };
    require_same("targets", target.batch, target.shape());
    if (prediction_gradient)
      require_same("a gradient of the predictions", prediction_gradient.batch, prediction_gradient.shape());
    if (target_gradient)
      require_same("a gradient of the targets", target_gradient.batch, target_gradient.shape());
    if (prediction.pixels() < 2)
      throw ShapeError("contrastive loss", "at least two pixels in all images together", wanted);
  }

  /// ContrastiveReport::spread of features {rows, channels}.
  double spread(Context<B>& context, Pool<B>& pool, const Real* features, std::ptrdiff_t rows, int channels) {
    double* const inverse = inverse_length_.resize(pool, rows);
    O::for_each_index(context, rows, pointwise::InverseLengths<Real>{features, channels, inverse});
    const double squares = O::sum_over(
        context, channels, pointwise::SquaredDirectionSum<Real>{features, inverse, rows, channels});
    const double without = O::sum_over(context, rows, pointwise::HasNoDirection{inverse});
    const double length = (std::sqrt(squares) + without) / static_cast<double>(rows);
    return length > 1 ? 0 : 1 - length * length;  // (rounding may make it more than 1; NaN stays)
  }

  ContrastiveOptions options_;
  Buffer<B, Real> prediction_, target_, score_, gradient_;  // {M, C}, but scores {M, M}
  Buffer<B, Row> row_;
  Buffer<B, int> group_;  // of each clip
  Buffer<B, double> inverse_length_;
};

}  // namespace aurum
