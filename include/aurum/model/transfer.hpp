#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/parameter.hpp"
#include "aurum/plan/weights.hpp"

namespace aurum {

struct TransferOptions {
  std::string into{};                ///< stands before the paths in the target: "fan."
  std::vector<std::string> fresh{};  ///< layers of the target that keep their own values: "l0"
};

/// Copies the parameters and running statistics of network `from` to those of the same paths in network `to`,
/// which may be frozen or reparametrised there, or stand under a prefix. What was reparametrised and is a
/// plain convolution in `to` arrives with its projection multiplied in; a projection that `from` lacks keeps
/// its own value. All else of `to` within the prefix must find its value but what is to stay `fresh`. Throws
/// ValueError that names every parameter that finds none or one of another shape; then nothing has changed.
template <class From, class To>
void transfer(const From& from, To& to, const TransferOptions& options = {}) {
  const auto stays = [&](const Parameter& p) {
    return std::any_of(options.fresh.begin(), options.fresh.end(),
                       [&](const std::string& layer) { return belongs_to(p, options.into + layer); });
  };
  const auto shape_text = [](const Parameter& p) {
    std::string text;
    for (const int extent : p.shape) text += (text.empty() ? "{" : ", ") + std::to_string(extent);
    return text + "}";
  };
  const auto find = [](const auto& net, const std::string& path) -> const Parameter* {
    const auto found = std::find_if(net.parameters().begin(), net.parameters().end(),
                                    [&](const Parameter& p) { return p.path == path; });
    return found == net.parameters().end() ? nullptr : &*found;
  };
  struct Pair {
    const Parameter* source;
    const Parameter* target;
    const Parameter* projection;  // to be multiplied in; null: none
  };
  std::vector<Pair> pairs;
  std::string faults;
  for (const Parameter& target : to.parameters()) {
    if (!target.path.starts_with(options.into) || stays(target)) continue;
    const std::string path = target.path.substr(options.into.size());
    const Parameter* const source = find(from, path);
    if (source == nullptr && target.role == Role::projection) continue;
    if (source == nullptr) {
      faults += "\n  '" + path + "' is missing";
    } else if (source->shape != target.shape) {
      faults += "\n  '" + path + "': expected shape " + shape_text(target) + ", found " + shape_text(*source);
    } else {
      const auto projection_of = [](const std::string& filter) {
        return filter.substr(0, filter.rfind('.') + 1) + "projection";
      };
      const bool stays_apart = target.role != Role::filter || find(to, projection_of(target.path)) != nullptr;
      pairs.push_back({source, &target, stays_apart ? nullptr : find(from, projection_of(path))});
    }
  }
  if (pairs.empty() && faults.empty())
    faults = "\n  the target has no parameter under '" + options.into + "' that would take a value";
  if (!faults.empty()) throw ValueError("transfer: the networks do not fit; nothing was copied:" + faults);
  for (const auto& [source, target, projection] : pairs)
    to.set(*target, projection == nullptr ? from.get(*source)
                                          : plan::projected(from.get(*source), from.get(*projection),
                                                            static_cast<std::size_t>(source->shape[0])));
}

}  // namespace aurum
