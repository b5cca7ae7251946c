#pragma once
// The passes of the contrastive loss (loss/contrastive.hpp) beside its matrix products. Features are {rows,
// channels} and scores {rows, rows} without gaps: scores[i * rows + j] is that of prediction i with target j,
// and the true pair of row i is column i.
#include <cmath>
#include <cstddef>

#include "aurum/core/bfloat16.hpp"
#include "aurum/core/tensor.hpp"

namespace aurum::pointwise {

/// to = factor * the elements of a view, in its order without gaps; index runs over the elements.
template <class T>
struct GatherFeatures {
  View<const T> from;
  real_t<T> factor;
  real_t<T>* to;
  AURUM_HD void operator()(std::ptrdiff_t i) const {
    const std::ptrdiff_t at =
        from.contiguous() ? i : i / from.channels * from.pixel_stride + i % from.channels;
    to[i] = factor * static_cast<real_t<T>>(from.data[at]);
  }
};

/// The way back: the elements of a view = factor * from; index runs over the elements.
template <class T>
struct ScatterFeatures {
  const real_t<T>* from;
  real_t<T> factor;
  View<T> to;
  AURUM_HD void operator()(std::ptrdiff_t i) const {
    const std::ptrdiff_t at = to.contiguous() ? i : i / to.channels * to.pixel_stride + i % to.channels;
    to.data[at] = static_cast<T>(factor * from[i]);
  }
};

/// What the loss needs to know of a row of scores.
template <class Real>
struct ContrastiveRow {
  Real maximum;  ///< of the scores
  Real truth;    ///< the score of the true pair
  Real inverse;  ///< 1 / the sum of exp(score - maximum)
  Real others;   ///< the false pairs' share of it: 1 - softmax of the true pair, without cancellation
  double sum;    ///< that sum, in [1, rows]; NaN if a score is not finite, but for some of -infinity
  std::ptrdiff_t rivals;  ///< false pairs whose score is not below that of the true one
};

/// Finds maximum, truth and rivals; index runs over the rows. A NaN is a rival, and becomes the sum.
template <class Real>
struct ScanScores {
  const Real* scores;
  std::ptrdiff_t count;  ///< of rows, and of scores in each
  ContrastiveRow<Real>* rows;
  AURUM_HD void operator()(std::ptrdiff_t i) const {
    const Real* const row = scores + i * count;
    const Real truth = row[i];
    Real maximum = truth;
    std::ptrdiff_t lower = 0;
    for (std::ptrdiff_t j = 0; j < count; ++j) {
      maximum = row[j] > maximum ? row[j] : maximum;
      lower += row[j] < truth ? 1 : 0;
    }
    rows[i].maximum = maximum;
    rows[i].truth = truth;
    rows[i].rivals = count - 1 - lower;
  }
};

/// Passes over the scores work on pieces of a row: one division for several of them, and on a GPU
/// neighbouring threads still read neighbouring memory.
inline constexpr std::ptrdiff_t scores_of_piece = 8;
[[nodiscard]] AURUM_HD constexpr std::ptrdiff_t pieces_of_row(std::ptrdiff_t count) {
  return (count + scores_of_piece - 1) / scores_of_piece;
}
/// Scores [first, last) of a row: piece i of all rows.
struct ScorePiece {
  std::ptrdiff_t row, first, last;
  AURUM_HD ScorePiece(std::ptrdiff_t i, std::ptrdiff_t count)
      : row{i / pieces_of_row(count)}, first{i % pieces_of_row(count) * scores_of_piece} {
    last = first + scores_of_piece < count ? first + scores_of_piece : count;
  }
};

/// Leaves out, as -infinity, the scores of images of other groups; index runs over the pieces of all rows.
/// Image n is of clip n % clips.
template <class Real>
struct LeaveOutOtherGroups {
  Real* scores;
  std::ptrdiff_t count, pixels;  ///< of rows; of an image
  const int* groups;             ///< of each clip
  int clips;
  AURUM_HD void operator()(std::ptrdiff_t i) const {
    const ScorePiece piece(i, count);
    const int own = group(piece.row);
    for (std::ptrdiff_t j = piece.first; j < piece.last; ++j)
      if (group(j) != own) scores[piece.row * count + j] = static_cast<Real>(-INFINITY);
  }
  [[nodiscard]] AURUM_HD int group(std::ptrdiff_t row) const { return groups[row / pixels % clips]; }
};

/// score = exp(score - the row's maximum), in [0, 1]; index runs over the pieces of all rows.
template <class Real>
struct ExponentiateScores {
  Real* scores;
  std::ptrdiff_t count;
  const ContrastiveRow<Real>* rows;
  AURUM_HD void operator()(std::ptrdiff_t i) const {
    const ScorePiece piece(i, count);
    const Real maximum = rows[piece.row].maximum;
    Real* const row = scores + piece.row * count;
    for (std::ptrdiff_t j = piece.first; j < piece.last; ++j) {
      const Real below = row[j] - maximum;
      row[j] = below < Real{-80} ? Real{0} : std::exp(below);  // subnormal numbers are slow and mean nothing
    }
  }
};

/// Adds up the exponentials; index runs over the rows.
template <class Real>
struct SumExponentials {
  const Real* exponentials;
  std::ptrdiff_t count;
  ContrastiveRow<Real>* rows;
  AURUM_HD void operator()(std::ptrdiff_t i) const {
    const Real* const row = exponentials + i * count;
    constexpr int strands = 4;  // sums that do not wait for one another
    double sum[strands] = {};
    std::ptrdiff_t j = 0;
    for (; j + strands <= count; j += strands)
      for (int s = 0; s < strands; ++s) sum[s] += static_cast<double>(row[j + s]);
    for (; j < count; ++j) sum[0] += static_cast<double>(row[j]);
    const double total = sum[0] + sum[1] + (sum[2] + sum[3]);
    rows[i].sum = total;
    rows[i].inverse = static_cast<Real>(1 / total);
    rows[i].others = static_cast<Real>((total - static_cast<double>(row[i])) / total);
  }
};

/// -log softmax(scores of row i)[i], >= 0.
template <class Real>
struct ContrastiveTerm {
  const ContrastiveRow<Real>* rows;
  AURUM_HD double operator()(std::ptrdiff_t i) const {
    return std::log(rows[i].sum) +
           (static_cast<double>(rows[i].maximum) - static_cast<double>(rows[i].truth));
  }
};

/// 1 where the true pair is among the `places` highest scores of its row.
template <class Real>
struct TruePairFound {
  const ContrastiveRow<Real>* rows;
  std::ptrdiff_t places;
  AURUM_HD double operator()(std::ptrdiff_t i) const { return rows[i].rivals < places ? 1 : 0; }
};

/// The gradient by the scores, scale * (softmax - 1 for the true pair, - 0 for others), in place of their
/// exponentials; index runs over the pieces of all rows.
template <class Real>
struct ScoreGradient {
  Real* scores;
  std::ptrdiff_t count;
  const ContrastiveRow<Real>* rows;
  Real scale;
  AURUM_HD void operator()(std::ptrdiff_t i) const {
    const ScorePiece piece(i, count);
    const Real factor = scale * rows[piece.row].inverse;
    Real* const row = scores + piece.row * count;
    for (std::ptrdiff_t j = piece.first; j < piece.last; ++j) row[j] *= factor;
    if (piece.first <= piece.row && piece.row < piece.last) row[piece.row] = -scale * rows[piece.row].others;
  }
};

/// 1 / the length of each row of features, 0 for a row of zeros; index runs over the rows. In double, whose
/// range has the square of every float.
template <class Real>
struct InverseLengths {
  const Real* features;
  int channels;
  double* inverse;
  AURUM_HD void operator()(std::ptrdiff_t i) const {
    const Real* const row = features + i * channels;
    double squares = 0;
    for (int c = 0; c < channels; ++c) squares += static_cast<double>(row[c]) * static_cast<double>(row[c]);
    inverse[i] = squares == 0 ? 0 : 1 / std::sqrt(squares);
  }
};

/// The square of channel c of the sum of all rows of features, each scaled to length 1.
template <class Real>
struct SquaredDirectionSum {
  const Real* features;
  const double* inverse;
  std::ptrdiff_t count;  ///< of rows
  int channels;
  AURUM_HD double operator()(std::ptrdiff_t c) const {
    double sum = 0;
    for (std::ptrdiff_t i = 0; i < count; ++i)
      sum += inverse[i] * static_cast<double>(features[i * channels + c]);
    return sum * sum;
  }
};

/// 1 for a row of zeros.
struct HasNoDirection {
  const double* inverse;
  AURUM_HD double operator()(std::ptrdiff_t i) const { return inverse[i] == 0 ? 1 : 0; }
};

}  // namespace aurum::pointwise
