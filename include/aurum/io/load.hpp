#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/io/named_tensor.hpp"
#include "aurum/io/safetensors.hpp"

namespace aurum {

/// A part of a file that fills a part of a network: tensor `in_file + rest` goes to `in_network + rest`.
/// Nothing else in the file is looked at, nothing else in the network is changed.
/// {"", "fan."} puts a file of a whole FAN into the FAN of a larger network, {"fan.", ""} the other way.
struct FilePart {
  std::string in_file;
  std::string in_network;
};

/// The part whose names begin with `prefix` in both: only("fan.").
[[nodiscard]] inline FilePart only(const std::string& prefix) { return {prefix, prefix}; }

struct LoadOptions {
  FilePart part = {};  ///< default: everything
  /// Tensors of the file that are known to be of no use here, by their last name ("bn1.num_batches_tracked").
  std::vector<std::string> ignored = {"num_batches_tracked"};
  bool allow_unexpected = false;  ///< accept other tensors in the file that have no place
  bool allow_non_finite = false;  ///< accept NaN and infinity, after conversion to the network's type
};

namespace detail {

[[nodiscard]] inline std::string_view last_name(std::string_view name) {
  return name.substr(name.rfind('.') + 1);  // npos + 1 == 0: the whole name
}

/// What is wrong with a file, gathered so that one error tells all of it. A file of another network has
/// hundreds of faults of a kind: the first ones are listed, the rest are counted.
class LoadFaults {
 public:
  enum Kind { missing, unexpected, unfit };

  void add(Kind kind, const std::string& fault) {
    if (++counts_[kind] <= listed) text_ += "\n  " + fault;
  }
  void throw_if_any(const std::string& file) const {
    if (text_.empty()) return;
    std::string text = text_;
    for (const Kind kind : {missing, unexpected, unfit})
      if (counts_[kind] > listed)
        text += "\n  and " + std::to_string(counts_[kind] - listed) + " more that " + whats_wrong[kind];
    throw FileError(file, "does not fit; nothing was loaded:" + text);
  }

 private:
  static constexpr int listed = 20;  // of a kind
  static constexpr std::array<const char*, 3> whats_wrong{"were not found", "are unexpected", "do not fit"};
  std::array<int, 3> counts_{};
  std::string text_;
};

/// Whether a tensor of the shape `found` holds the values of `target`: a matrix {Cout, Cin} (of a Linear
/// layer) is a filter {Cout, Cin, 1, 1}.
template <class T>
[[nodiscard]] bool same_shape(std::span<const std::int64_t> found, const NamedTensor<T>& target) {
  const std::vector<std::int64_t>& wanted = target.shape;
  const bool matrix =
      target.channels_last_filter && found.size() == 2 && wanted.size() == 4 && wanted[2] * wanted[3] == 1;
  return std::equal(found.begin(), found.end(), wanted.begin(), matrix ? wanted.begin() + 2 : wanted.end());
}

/// The tensor's values as T in the order of `target.values`; nothing, and a fault, if they do not fit.
template <class T>
[[nodiscard]] std::optional<std::vector<T>> convert(const TensorRecord& record, const NamedTensor<T>& target,
                                                    bool allow_non_finite, LoadFaults& faults) {
  const std::string tensor = "tensor '" + record.name + "': ";
  if (!same_shape(record.shape, target)) {
    faults.add(LoadFaults::unfit,
               tensor + "expected shape " + to_string(target.shape) + ", found " + to_string(record.shape));
    return std::nullopt;
  }
  if (!is_floating(record.dtype)) {
    faults.add(LoadFaults::unfit,
               tensor + "expected a floating-point type, found " + std::string(to_string(record.dtype)));
    return std::nullopt;
  }
  if (record.bytes.size() != target.values.size() * size_of(record.dtype))
    throw ValueError(tensor + "the network has " + std::to_string(target.values.size()) +
                     " values for a shape of " + to_string(target.shape));
  std::vector<T> values(target.values.size());
  decode<T>(record.dtype, record.bytes, values);
  const auto bad = std::find_if(values.begin(), values.end(), [](T value) { return !std::isfinite(value); });
  if (bad != values.end() && !allow_non_finite) {
    faults.add(LoadFaults::unfit, tensor + "value " + std::to_string(bad - values.begin()) +
                                      " is not finite (" + std::to_string(*bad) + ")");
    return std::nullopt;
  }
  if (target.channels_last_filter) {
    std::vector<T> ordered(values.size());
    from_pytorch_order<T>(target.shape, values, ordered);
    values = std::move(ordered);
  }
  return values;
}

}  // namespace detail

/// Fills every target (of the part) from the file. Strict: each must be there with its very shape (filters of
/// 1x1 may be matrices, as PyTorch's Linear has them) and a floating-point type, and the file may hold
/// nothing else. All or nothing: one FileError names every missing, unexpected and unfit tensor (of hundreds
/// the first of each kind), and then no value has changed.
/// Throws ValueError if the targets contradict themselves (a name twice, a part that names none of them).
template <std::floating_point T>
void load_tensors(const SafetensorsFile& file, std::span<const NamedTensor<T>> targets,
                  const LoadOptions& options = {}) {
  const auto& [in_file, in_network] = options.part;
  detail::LoadFaults faults;
  std::set<std::string> expected;
  std::vector<std::pair<std::span<T>, std::vector<T>>> converted;
  for (const NamedTensor<T>& target : targets) {
    if (!target.name.starts_with(in_network)) continue;
    const std::string name = in_file + target.name.substr(in_network.size());
    if (!expected.insert(name).second) throw ValueError("parameter '" + target.name + "' is there twice");
    if (const TensorRecord* record = file.find(name)) {
      if (auto values = detail::convert(*record, target, options.allow_non_finite, faults))
        converted.emplace_back(target.values, std::move(*values));
    } else {
      faults.add(detail::LoadFaults::missing,
                 "tensor '" + name + "': expected shape " + to_string(target.shape) + ", found none");
    }
  }
  if (expected.empty() && !in_network.empty())
    throw ValueError("no parameter has a name that begins with '" + in_network + "'");
  for (const TensorRecord& record : file.tensors()) {
    const bool known = std::ranges::count(options.ignored, detail::last_name(record.name)) != 0;
    if (!known && !options.allow_unexpected && record.name.starts_with(in_file) &&
        !expected.contains(record.name))
      faults.add(detail::LoadFaults::unexpected,
                 "tensor '" + record.name + "': unexpected (shape " + to_string(record.shape) + ")");
  }
  faults.throw_if_any(file.name());
  for (const auto& [to, values] : converted) std::copy(values.begin(), values.end(), to.begin());
}

/// The same for a list of targets in a vector.
template <std::floating_point T>
void load_tensors(const SafetensorsFile& file, const std::vector<NamedTensor<T>>& targets,
                  const LoadOptions& options = {}) {
  load_tensors(file, std::span<const NamedTensor<T>>(targets), options);
}

}  // namespace aurum
