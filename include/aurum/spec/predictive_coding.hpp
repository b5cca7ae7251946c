#pragma once
#include "aurum/spec/gru.hpp"
#include "aurum/spec/time_distributed.hpp"

namespace aurum {

template <int N>
struct Predictions {};
template <int N>
struct FramesPerBlock {};

/// Learning from video without labels, after Dense Predictive Coding (Han et al. 2019; of Sanchez et al. 2020
/// only the abstract was available, which names no such detail): the frames of a clip make blocks, a block's
/// features are the mean of its frames', `Recurrent` reads those of all blocks but the last, and `Head`
/// predicts from its state the features of the next block, which `Recurrent` reads in place of the true ones,
/// and so on. Options: `Predictions<n>` (3), `FramesPerBlock<n>` (5; both as DPC has them).
///
/// A batch is clips without gaps (core/sequences.hpp) of as many blocks as you like, more than are predicted.
/// The output is two images of features for each prediction of each clip: first all predictions, in order of
/// time, then what they should be (loss/contrastive.hpp compares them). Gradients pass into both.
template <Spec Extractor, Spec Recurrent, Spec Head, class... Options>
struct PredictiveCoding {
  using spec = PredictiveCoding;
  static constexpr int predictions = detail::option_or<Predictions, Options...>(3);
  static constexpr int block = detail::option_or<FramesPerBlock, Options...>(5);
  static_assert(predictions > 0 && block > 0);

  /// Names that Temporal (model/temporal.hpp) has too, so that weights pass from here to there.
  struct Parts {
    static constexpr std::array<std::string_view, 3> names{"features", "temporal", "predict"};
  };

  static constexpr Diagnosis infer(const Shape& in, Supports supports, Names = {}) {
    const Diagnosis features = Extractor::infer(in, supports).inside(Parts::names[0]);
    if (!features.ok()) return features;
    const Diagnosis context = Recurrent::infer(features.out, supports).inside(Parts::names[1]);
    if (!context.ok()) return context;
    const Diagnosis prediction = Head::infer(context.out, supports).inside(Parts::names[2]);
    if (prediction.ok() && prediction.out != features.out)
      return Diagnosis::wrong(Fault::predictions_must_have_the_shape_of_features, features.out,
                              prediction.out)
          .inside(Parts::names[2]);
    return prediction;
  }
  static constexpr Cost cost(const Shape& in) {
    const Shape features = output_shape_of<Extractor>(in);
    return Extractor::cost(in) + Recurrent::cost(features) + Head::cost(output_shape_of<Recurrent>(features));
  }
};

}  // namespace aurum
