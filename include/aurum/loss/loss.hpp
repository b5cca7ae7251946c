#pragma once
#include <cstddef>
#include <cstdint>

#include "aurum/core/error.hpp"
#include "aurum/core/tensor.hpp"
#include "aurum/ops/pointwise/loss.hpp"

namespace aurum {

/// How the losses of a batch's elements become one number.
enum class Reduction {
  mean,  ///< over the labelled elements, so that neither batch nor map size nor missing labels scale the
         ///< gradient
  sum    ///< over all of them: Ntinou et al. 2020, Eq. (2), to the letter
};

struct LossValue {
  double value = 0;           ///< 0 if nothing is labelled
  std::int64_t labelled = 0;  ///< elements that were counted
};

/// What the loss gradient of one element is multiplied with.
[[nodiscard]] constexpr double gradient_scale(Reduction reduction, std::int64_t labelled) {
  return reduction == Reduction::sum ? 1 : labelled > 0 ? 1 / static_cast<double>(labelled) : 0;
}

/// The loss of a batch on the host, and its gradient by the prediction unless `gradient` is empty. Sums in
/// double precision in the order of memory: the reference for every backend's own. `Loss` is a functor of
/// ops/pointwise/loss.hpp. Throws ShapeError if the views differ.
template <class T, class Loss = SquaredError>
LossValue evaluate_loss(View<const T> prediction, View<const T> target, View<T> gradient = {},
                        Reduction reduction = Reduction::mean, const Loss& loss = {}) {
  const auto require_same = [&](const char* what, const Shape& shape, int batch) {
    if (shape != prediction.shape() || batch != prediction.batch)
      throw ShapeError("loss", std::to_string(prediction.batch) + "x" + to_string(prediction.shape()),
                       std::string(what) + " of " + std::to_string(batch) + "x" + to_string(shape));
  };
  require_same("targets", target.shape(), target.batch);
  if (gradient) require_same("a gradient", gradient.shape(), gradient.batch);

  LossValue total;
  for (std::ptrdiff_t pixel = 0; pixel < prediction.pixels(); ++pixel) {
    for (int c = 0; c < prediction.channels; ++c) {
      const LossTerm<T> term = loss(prediction.pixel(pixel)[c], target.pixel(pixel)[c]);
      total.value += static_cast<double>(term.value);
      total.labelled += term.labelled ? 1 : 0;
    }
  }
  const double scale = gradient_scale(reduction, total.labelled);
  total.value *= scale;
  if (!gradient) return total;

  for (std::ptrdiff_t pixel = 0; pixel < prediction.pixels(); ++pixel)
    for (int c = 0; c < prediction.channels; ++c)
      gradient.pixel(pixel)[c] =
          static_cast<T>(scale) * loss(prediction.pixel(pixel)[c], target.pixel(pixel)[c]).gradient;
  return total;
}

}  // namespace aurum
