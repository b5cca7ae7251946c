#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/parameter.hpp"

namespace aurum {

struct TransferOptions {
  std::string into{};                ///< stands before the paths in the target: "fan."
  std::vector<std::string> fresh{};  ///< layers of the target that keep their own values: "l0"
};

/// Copies the parameters and running statistics of network `from` to those of the same paths in network `to`,
/// which may be frozen or reparametrised there (projections keep their own values), or stand under a prefix.
/// All of `to` within the prefix must find its value but what is to stay `fresh`. Throws ValueError that
/// names every parameter that finds none or one of another shape; then nothing has changed.
template <class From, class To>
void transfer(const From& from, To& to, const TransferOptions& options = {}) {
  const auto stays = [&](std::string_view path) {
    return std::any_of(options.fresh.begin(), options.fresh.end(), [&](const std::string& layer) {
      return path.starts_with(layer) && (path.size() == layer.size() || path[layer.size()] == '.');
    });
  };
  const auto shape_text = [](const Parameter& p) {
    std::string text;
    for (const int extent : p.shape) text += (text.empty() ? "{" : ", ") + std::to_string(extent);
    return text + "}";
  };
  std::vector<std::pair<const Parameter*, const Parameter*>> pairs;
  std::string faults;
  for (const Parameter& target : to.parameters()) {
    if (!target.path.starts_with(options.into) || target.role == Role::projection) continue;
    const std::string path = target.path.substr(options.into.size());
    if (stays(path)) continue;
    const auto found = std::find_if(from.parameters().begin(), from.parameters().end(),
                                    [&](const Parameter& p) { return p.path == path; });
    if (found == from.parameters().end())
      faults += "\n  '" + path + "' is missing";
    else if (found->shape != target.shape)
      faults += "\n  '" + path + "': expected shape " + shape_text(target) + ", found " + shape_text(*found);
    else
      pairs.emplace_back(&*found, &target);
  }
  if (pairs.empty() && faults.empty())
    faults = "\n  the target has no parameter under '" + options.into + "' that would take a value";
  if (!faults.empty()) throw ValueError("transfer: the networks do not fit; nothing was copied:" + faults);
  for (const auto& [source, target] : pairs) to.set(*target, from.get(*source));
}

}  // namespace aurum
