#pragma once
// Adaptation layers: a branch that learns AUs from what a frozen face alignment network computes (Ntinou et
// al. 2020, section 4.3).
#include <array>
#include <string_view>

#include "aurum/heatmap/attention.hpp"
#include "aurum/model/fan.hpp"
#include "aurum/rewrite/split.hpp"
#include "aurum/spec/frozen.hpp"

namespace aurum {

namespace names {
// Those of the public code (class FANAU).
struct Adaptation {
  static constexpr std::array<std::string_view, 5> names{"fan", "", "net", "conv_last", "l"};
};
struct AdaptationInputs {
  static constexpr std::array<std::string_view, 2> names{"", "conv2"};
};
struct AdaptationMaps {
  static constexpr std::array<std::string_view, 3> names{"fan", "", "conv1"};
};
}  // namespace names

/// The layer of a Fan whose output the branch reads beside the heatmaps.
struct FanFeatures {
  static constexpr std::string_view name = "conv4";
};

/// The branch of the public code: 1x1 kernels in the hourglass's four skip blocks only, nearest upsampling,
/// ReLU6. `Levels`: the hourglass's depth.
template <int Channels, int Levels = 4>
struct PublicBranch {
  static constexpr int channels = Channels;
  using activation = Relu6;
  using hourglass = Hourglass<Channels, Depth<Levels>, SkipOf<ConvBlock<Channels, Kernel<1>>>>;
};
/// The branch of the paper's text: 1x1 kernels everywhere, bilinear upsampling, ReLU.
template <int Channels, int Levels = 4>
struct PaperBranch {
  static constexpr int channels = Channels;
  using activation = Relu;
  using hourglass =
      Hourglass<Channels, Depth<Levels>, BlockOf<ConvBlock<Channels, Kernel<1>, ActivationOf<Relu>>>,
                UpsampleOf<UpsampleBilinear<2>>>;
};

namespace detail {
template <class Branch>
using adapt = Sequential<Conv<Branch::channels, 1, Bias>, BatchNorm, typename Branch::activation>;

template <class Backbone, class Branch, class Tap, class OfMaps>
using adaptation_inputs =
    Named<names::AdaptationInputs,
          Sum<Named<names::AdaptationMaps, Sequential<Frozen<after_t<Backbone, Tap>>, OfMaps, adapt<Branch>>>,
              adapt<Branch>>>;

template <class Backbone, int Maps, class Branch, class Tap, class OfMaps>
struct Adapted
    : Named<names::Adaptation,
            Sequential<Frozen<up_to_t<Backbone, Tap>>, adaptation_inputs<Backbone, Branch, Tap, OfMaps>,
                       typename Branch::hourglass, adapt<Branch>, Conv<Maps, 1, Bias>>> {};
}  // namespace detail

/// A frozen network `Backbone` of landmarks' heatmaps, and on it the branch that is trained: 1x1 convolutions
/// of its maps and of its features (the output of its layer `Tap`), their sum, an hourglass, and the maps of
/// `Maps` AUs. `Branch` says how wide the branch is and what it is made of.
/// Parameter names are the public code's: fan.conv1.weight, conv1.0.weight, net.b1_4.conv1.weight, l.weight.
template <class Backbone, int Maps, class Branch = PublicBranch<128>, class Tap = FanFeatures>
struct AdaptationLayers : detail::Adapted<Backbone, Maps, Branch, Tap, Identity> {};

/// The same with attention maps in place of the landmarks' heatmaps (section 4.4): the AUs of `Rows`, such as
/// DisfaAus, drawn where the backbone's landmarks put them. The network has a map for each.
template <class Backbone, class Rows, class Branch = PublicBranch<128>, class Tap = FanFeatures>
struct AttentionNetwork
    : detail::Adapted<Backbone, AttentionMaps<Rows>::table.rows, Branch, Tap, AttentionMaps<Rows>> {};

}  // namespace aurum
