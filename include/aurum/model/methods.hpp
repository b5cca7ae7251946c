#pragma once
// The AU networks that Ntinou et al. 2020 make from a face alignment network, by the AUs that they estimate
// and the options of that network. Fine-tuning needs none of its own: it is a Fan<Maps> that starts from the
// weights of a Fan<68>.
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "aurum/model/adaptation.hpp"
#include "aurum/model/layout.hpp"
#include "aurum/model/resnet18.hpp"
#include "aurum/model/transfer.hpp"
#include "aurum/rewrite/freeze.hpp"
#include "aurum/rewrite/reparametrise.hpp"

namespace aurum {

namespace detail {
/// The branch of the public code, as wide and deep as the network that it stands on.
template <class... Options>
using branch_of = PublicBranch<option_or<Features, Options...>(128), option_or<Depth, Options...>(4)>;

/// What the attention maps are made from. No gradient reaches it.
struct LandmarkLayers {
  static constexpr std::array<std::string_view, 5> paths{"fan.m0", "fan.top_m_0", "fan.conv_last0",
                                                         "fan.bn_end0", "fan.l0"};
};
}  // namespace detail

/// Section 4.5: every convolution of Fan<Maps, Options...> multiplied by a learnable matrix; `Choice` is what
/// becomes of its batch norms. All three choices have the same weights files.
template <int Maps, Norms Choice, class... Options>
struct ReparametrisedFanWith : reparametrise_t<Fan<Maps, Options...>, Choice> {};
template <int Maps, class... Options>
using ReparametrisedFan = ReparametrisedFanWith<Maps, Norms::trained, Options...>;

/// Section 4.3: a frozen Fan<68, Options...> and adaptation layers.
template <int Maps, class... Options>
struct AdaptedFan : AdaptationLayers<Fan<68, Options...>, Maps, detail::branch_of<Options...>> {};

/// Section 4.4: the same with attention maps of the AUs in `Rows` (heatmap/attention.hpp).
template <int Maps, class Rows, class... Options>
struct AttentionFan : AttentionNetwork<Fan<68, Options...>, Rows, detail::branch_of<Options...>> {
  static_assert(AttentionMaps<Rows>::table.rows == Maps,
                "aurum: AttentionFan<Maps, Rows>: Rows must list as many AUs as there are maps");
};

/// Section 6.5: both to be fine-tuned as a whole. Their weights are those of the networks above. What finds
/// the landmarks stays frozen where only attention maps come of it: weight decay alone would move it.
template <int Maps, class... Options>
struct WholeAdaptedFan : unfreeze_t<AdaptedFan<Maps, Options...>> {};
template <int Maps, class Rows, class... Options>
struct WholeAttentionFan
    : freeze_t<unfreeze_t<AttentionFan<Maps, Rows, Options...>>, detail::LandmarkLayers> {};

/// Which network of landmarks `Net` takes its first weights from, and where it puts them; by default none.
template <class Net>
struct Pretrained {
  using backbone = void;
};
template <int Maps, class... Options>
struct Pretrained<Fan<Maps, Options...>> {
  using backbone = Fan<68, Options...>;
  static TransferOptions transfer() { return {.into = "", .fresh = {"l0"}}; }
};
template <int Maps, Norms Choice, class... Options>
struct Pretrained<ReparametrisedFanWith<Maps, Choice, Options...>> : Pretrained<Fan<Maps, Options...>> {};
template <int Maps, class... Options>
struct Pretrained<AdaptedFan<Maps, Options...>> {
  using backbone = Fan<68, Options...>;
  static TransferOptions transfer() { return {.into = "fan.", .fresh = {}}; }
};
template <int Maps, class Rows, class... Options>
struct Pretrained<AttentionFan<Maps, Rows, Options...>> : Pretrained<AdaptedFan<Maps, Options...>> {};

template <int Maps, Norms Choice, class... Options>
struct LayoutName<ReparametrisedFanWith<Maps, Choice, Options...>> {
  static std::string text() { return layout_name<Fan<Maps, Options...>>() + ".reparametrised"; }
};
template <int Maps, class... Options>
struct LayoutName<AdaptedFan<Maps, Options...>> {
  static std::string text() { return layout_name<Fan<68, Options...>>() + ".adaptation"; }
};
template <int Maps, class Rows, class... Options>
struct LayoutName<AttentionFan<Maps, Rows, Options...>> {
  static std::string text() { return layout_name<Fan<68, Options...>>() + ".attention"; }
};
template <int Maps, class... Options>
struct LayoutName<WholeAdaptedFan<Maps, Options...>> : LayoutName<AdaptedFan<Maps, Options...>> {};
template <int Maps, class Rows, class... Options>
struct LayoutName<WholeAttentionFan<Maps, Rows, Options...>>
    : LayoutName<AttentionFan<Maps, Rows, Options...>> {};
template <int Maps>
struct LayoutName<ResNet18<Maps>> {
  static std::string text() { return "resnet18"; }
};

}  // namespace aurum
