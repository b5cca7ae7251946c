#pragma once
// A network's weights in safetensors files, under the names of its layout.
#include <filesystem>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "aurum/core/parameter.hpp"
#include "aurum/io/load.hpp"
#include "aurum/io/model_info.hpp"
#include "aurum/io/save.hpp"

namespace aurum {

namespace detail {
/// The host's copy of all parameters of a network, and its tensors by name.
template <class T>
struct HostWeights {
  std::vector<std::vector<std::remove_const_t<T>>> values;
  std::vector<NamedTensor<T>> tensors;
};

template <class T, class Net>
HostWeights<T> host_weights(const Net& net) {
  HostWeights<T> host;
  for (const Parameter& p : net.parameters()) host.values.push_back(net.get(p));
  for (std::size_t i = 0; i < host.values.size(); ++i) {
    const Parameter& p = net.parameters()[i];
    host.tensors.push_back({p.path, {p.shape.begin(), p.shape.end()}, host.values[i], is_filter(p.role)});
  }
  return host;
}
}  // namespace detail

/// Writes all parameters and running statistics, whole or not at all (write aside, flush, rename).
template <class Net>
void save(const Net& net, const std::filesystem::path& path, const ModelInfo& info,
          const SaveOptions& options = {}) {
  using T = typename Net::real_type;
  save_tensors(path, detail::host_weights<const T>(net).tensors, to_metadata(info), options);
}

/// Fills all parameters (of the part) from a file that was read before; strict, all or nothing
/// (load_tensors).
template <class Net>
void load(Net& net, const SafetensorsFile& file, const LoadOptions& options = {}) {
  using T = typename Net::real_type;
  const auto host = detail::host_weights<T>(net);
  load_tensors(file, host.tensors, options);
  for (std::size_t i = 0; i < host.values.size(); ++i) net.set(net.parameters()[i], host.values[i]);
}

/// Fills a part of the network, and looks at nothing else of the file: load(net, file, only("fan.")).
template <class Net>
void load(Net& net, const SafetensorsFile& file, const FilePart& part) {
  LoadOptions options;
  options.part = part;
  load(net, file, options);
}

/// Reads a file and fills the network, after comparing what the file says it is with `expected` (a file
/// without such metadata, as PyTorch writes them, is not compared). Throws FileError; then nothing has
/// changed.
template <class Net>
void load(Net& net, const std::filesystem::path& path, const ModelInfo& expected,
          const LoadOptions& options = {}) {
  const SafetensorsFile file = SafetensorsFile::read(path);
  if (has_model_info(file)) require_match(expected, read_model_info(file), file.name());
  load(net, file, options);
}

}  // namespace aurum
