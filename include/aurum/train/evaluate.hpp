#pragma once
#include <numeric>
#include <optional>
#include <span>
#include <vector>

#include "aurum/heatmap/decode.hpp"
#include "aurum/heatmap/mirror.hpp"
#include "aurum/model/network.hpp"
#include "aurum/ops/pointwise/passes.hpp"
#include "aurum/train/loader.hpp"
#include "aurum/train/network_input.hpp"
#include "aurum/train/task.hpp"

namespace aurum {

/// The peaks of all maps, found on the backend: image by image, map by map.
template <class B, class T>
std::vector<Peak> find_peaks(Context<B>& context, View<const T> maps) {
  const std::ptrdiff_t count = static_cast<std::ptrdiff_t>(maps.batch) * maps.channels;
  std::vector<Peak> peaks(static_cast<std::size_t>(count));
  Peak* const memory = Operations<B>::template allocate<Peak>(context, count);
  Operations<B>::for_each_index(context, count, pointwise::FindPeaks<T>{maps, memory});
  Operations<B>::download(context, peaks.data(), memory, count);
  Operations<B>::release(context, memory);
  return peaks;
}

namespace detail {
/// Maps on the backend, copied to the host without gaps.
template <class B, class T>
std::vector<float> host_copy(Context<B>& context, View<const T> maps) {
  const std::ptrdiff_t count = maps.size();
  T* const packed = Operations<B>::template allocate<T>(context, count);
  Operations<B>::materialise(context, Signal<T>{maps},
                             Target<T>{make_view(packed, maps.batch, maps.shape())});
  std::vector<T> values(static_cast<std::size_t>(count));
  Operations<B>::download(context, values.data(), packed, count);
  Operations<B>::release(context, packed);
  return {values.begin(), values.end()};
}
}  // namespace detail

/// Runs a network over a data set in inference mode and returns the task's result for every sample, in order.
/// Stacked networks answer with their last stack. `mirrored`: every face is seen a second time in the mirror
/// and its maps are averaged (heatmap/mirror.hpp). Throws ValueError for a task that does not say what its
/// maps show there. Of a clip data set there is a result for each frame that is there, batch by batch in
/// the order of time. `variation`: a stream by which the task varies every face, as in training;
/// each face the same way whatever the network.
template <class Net, class Task, class Data>
std::vector<typename Task::Result> predict_all(Net& net, const Task& task, const Data& data, int batch = 16,
                                               bool mirrored = false, std::optional<Random> variation = {}) {
  using B = typename Net::backend;
  using T = typename Net::value_type;
  if (mirrored && mirror_of(task) == Mirror::none)
    throw ValueError("predict_all: the task does not say what its maps show in the mirror");
  std::vector<int> order(static_cast<std::size_t>(data.size()));
  std::iota(order.begin(), order.end(), 0);
  const Shape maps{task.maps(), Net::output_shape.height, Net::output_shape.width};
  Loader<Task, Data> loader(task, data, std::move(order),
                            {.input = Net::input_shape,
                             .maps = maps,
                             .batch = batch,
                             .variation = variation,
                             .keep_samples = true});
  std::vector<typename Task::Result> results;
  NetworkInput<Net> input;
  while (const auto loaded = loader.next()) {
    const auto images = static_cast<int>(loaded->indices.size());
    const auto maps_of = [&](const std::vector<float>& inputs) {
      const View<const T> out = net.forward(input(net, inputs), Mode::inference, loaded->sequences);
      return out.slice(out.channels - maps.channels, maps.channels);
    };
    std::vector<float> read;  // the maps, where more than their peaks is wanted
    if (mirrored || reads_maps(task)) read = detail::host_copy<B, T>(net.context(), maps_of(loaded->input));
    const View<float> whole = make_view(read.data(), images, maps);
    if (mirrored) {
      std::vector<float> turned(loaded->input.size());
      mirror_images(make_view(loaded->input.data(), images, Net::input_shape),
                    make_view(turned.data(), images, Net::input_shape));
      const std::vector<float> other = detail::host_copy<B, T>(net.context(), maps_of(turned));
      average_with_mirrored(whole, make_view(other.data(), images, maps), mirror_of(task));
    }
    const std::vector<Peak> peaks =
        read.empty() ? find_peaks<B, T>(net.context(), maps_of(loaded->input)) : decode(whole);
    for (int n = 0; n < images; ++n) {
      const auto i = static_cast<std::size_t>(n), m = static_cast<std::size_t>(maps.channels);
      results.push_back(task.result(loaded->samples[i], loaded->landmarks[i], Net::input_shape, maps,
                                    std::span{peaks}.subspan(i * m, m)));
      if constexpr (requires { task.reads_maps(); })
        if (task.reads_maps())
          task.read_maps(results.back(), loaded->samples[i], loaded->landmarks[i], Net::input_shape,
                         whole.images(n, 1));
    }
  }
  return results;
}

}  // namespace aurum
