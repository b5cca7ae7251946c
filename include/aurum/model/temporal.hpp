#pragma once
// Networks that follow a face through time (after Sanchez et al. 2020, of which only the abstract was
// available: "a spatio-temporal model combining a feature extractor and a temporal module", and "a regressor
// on top"; what these are made of is ours).
#include <array>
#include <string_view>

#include "aurum/rewrite/split.hpp"
#include "aurum/spec/activation.hpp"
#include "aurum/spec/conv.hpp"
#include "aurum/spec/pool.hpp"
#include "aurum/spec/predictive_coding.hpp"

namespace aurum {

namespace names {
struct Temporal {
  static constexpr std::array<std::string_view, 3> names{"features", "temporal", "regressor"};
};
struct Regressor {
  static constexpr std::array<std::string_view, 2> names{"", "fc"};
};
}  // namespace names

/// Features of every frame, what is remembered of a clip's frames up to it, and an answer from that. Train it
/// on clips (data/video.hpp); PredictiveCoding with the same first two parts pre-trains it. Any network of
/// images serves as `Extractor`, whole or up to one of its layers (`up_to_t`).
///   struct Layer3 { static constexpr std::string_view name = "layer3"; };
///   using Net = Temporal<up_to_t<ResNet18<1>, Layer3>, ConvGru<256, 1>, IntensityRegressor<12>>;
template <Spec Extractor, Spec Recurrent, Spec Regressor>
struct Temporal : Named<names::Temporal, Sequential<Extractor, Recurrent, Regressor>> {};

/// One intensity per AU from maps that are square: their means and a matrix. Train it with AuIntensities.
template <int Outputs>
struct IntensityRegressor : Named<names::Regressor, Sequential<GlobalAveragePool, Conv<Outputs, 1, Bias>>> {};

/// In the place of a Gru, what sees one frame alone and has as many weights: to tell what memory is worth.
template <int Hidden>
struct FrameOnly : Sequential<Conv<3 * Hidden, 1, Bias>, Relu, Conv<Hidden, 1, Bias>, Relu> {};

/// Predicts the features of the next block from a state: DPC's two convolutions of 1x1.
template <int Channels>
struct PredictionHead : Sequential<Conv<Channels, 1, Bias>, Relu, Conv<Channels, 1, Bias>> {};

}  // namespace aurum
