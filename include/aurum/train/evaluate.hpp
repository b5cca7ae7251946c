#pragma once
#include <numeric>
#include <span>
#include <vector>

#include "aurum/model/network.hpp"
#include "aurum/ops/pointwise/passes.hpp"
#include "aurum/train/loader.hpp"

namespace aurum {

/// Runs a network over a data set in inference mode and returns the task's result for every sample, in order.
/// Stacked networks answer with their last stack.
template <class Net, class Task, class Data>
std::vector<typename Task::Result> predict_all(Net& net, const Task& task, const Data& data, int batch = 16) {
  using B = typename Net::backend;
  static_assert(std::is_same_v<typename Net::value_type, float>, "evaluation runs in float");
  std::vector<int> order(static_cast<std::size_t>(data.size()));
  std::iota(order.begin(), order.end(), 0);
  const Shape maps{task.maps(), Net::output_shape.height, Net::output_shape.width};
  Loader<Task, Data> loader(
      task, data, std::move(order),
      {.input = Net::input_shape, .maps = maps, .batch = batch, .variation = {}, .keep_samples = true});
  std::vector<typename Task::Result> results;
  Buffer<B, float> memory;
  while (const auto loaded = loader.next()) {
    const auto images = static_cast<int>(loaded->indices.size());
    float* const input = memory.resize(net.pool(), static_cast<std::ptrdiff_t>(loaded->input.size()));
    Operations<B>::upload(net.context(), input, loaded->input.data(),
                          static_cast<std::ptrdiff_t>(loaded->input.size()));
    const View<const float> out =
        net.forward(make_view<const float>(input, images, Net::input_shape), Mode::inference);
    const auto peaks = find_peaks<B>(net.context(), out.slice(out.channels - maps.channels, maps.channels));
    for (int n = 0; n < images; ++n) {
      const auto i = static_cast<std::size_t>(n), m = static_cast<std::size_t>(maps.channels);
      results.push_back(task.result(loaded->samples[i], loaded->landmarks[i], Net::input_shape, maps,
                                    std::span{peaks}.subspan(i * m, m)));
    }
  }
  return results;
}

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

}  // namespace aurum
