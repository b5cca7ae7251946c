#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "aurum/core/parameter.hpp"
#include "aurum/optim/options.hpp"

namespace aurum {

/// The learning rate of one layer and all within it, as a multiple of the others' ("m0", "fan.conv1"; ""
/// means every layer): a network that was trained before moves little while its new last layer learns
/// (fine-tuning, Ntinou et al. 2020, section 4.2, which states no rates).
struct LayerRate {
  std::string layer;
  double factor = 1;
};

/// A stretch of the arena of trainable values whose learning rate is `factor` times the optimiser's.
struct RatePart {
  std::size_t first = 0;
  std::size_t count = 0;
  double factor = 1;
};

/// The arena of `count` trainable values cut into stretches of one rate each. Of several entries that name a
/// parameter's layer the last one counts. Throws ValueError for a factor that is negative or not finite, and
/// for a layer that has no trainable parameter.
[[nodiscard]] inline std::vector<RatePart> rate_parts(const std::vector<Parameter>& parameters,
                                                      std::size_t count,
                                                      const std::vector<LayerRate>& rates) {
  std::vector<bool> found(rates.size(), false);
  for (const LayerRate& rate : rates)
    detail::require_not_negative("learning rate", "of layer '" + rate.layer + "'", rate.factor);
  std::vector<RatePart> parts{{0, count, 1}};
  for (const Parameter& p : parameters) {  // in the order of their offsets
    if (p.storage != Storage::trainable) continue;
    double factor = 1;
    for (std::size_t i = 0; i < rates.size(); ++i) {
      if (!belongs_to(p, rates[i].layer)) continue;
      factor = rates[i].factor;
      found[i] = true;
    }
    const auto first = static_cast<std::size_t>(p.offset);
    if (first == 0) {
      parts.back().factor = factor;
    } else if (factor != parts.back().factor) {
      parts.back().count = first - parts.back().first;
      parts.push_back({first, count - first, factor});
    }
  }
  for (std::size_t i = 0; i < rates.size(); ++i)
    if (!found[i])
      throw ValueError("learning rate of layer '" + rates[i].layer +
                       "': the network has no trainable parameter there");
  return parts;
}

}  // namespace aurum
