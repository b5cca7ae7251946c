#pragma once
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/random.hpp"
#include "aurum/model/network.hpp"
#include "aurum/train/loader.hpp"
#include "aurum/train/network_input.hpp"

namespace aurum {

/// Runs a network over `batches` batches of a data set in training mode without training it, so that the
/// running statistics of its batch norms become those of its feature maps there. A network of random weights
/// that is to be frozen needs this: its norms would divide by the variance 1 they start with, and its
/// features die out or explode from layer to layer. Statistics follow a batch by a tenth, so that 100 batches
/// leave 3e-5 of what they were before. Throws ValueError where the data do not fill one batch.
template <class Net, class Task, class Data>
void settle_statistics(Net& net, const Task& task, const Data& data, Seed seed, int batches = 100,
                       int batch = 16) {
  if (batch < 1 || data.size() < batch)
    throw ValueError("settle_statistics: expected at least one batch of " + std::to_string(batch) +
                     " samples, found " + std::to_string(data.size()));
  const Random stream{seed};
  std::vector<int> all(static_cast<std::size_t>(data.size()));
  std::iota(all.begin(), all.end(), 0);
  const int in_a_pass = data.size() / batch;
  NetworkInput<Net> input;
  for (std::uint64_t pass = 0; batches > 0; ++pass) {
    Random shuffling = stream.fork(2 * pass);
    std::vector<int> order = all;
    shuffle(order, shuffling);
    order.resize(static_cast<std::size_t>(std::min(batches, in_a_pass)) * static_cast<std::size_t>(batch));
    batches -= in_a_pass;
    Loader<Task, Data> loader(task, data, std::move(order),
                              {.input = Net::input_shape,
                               .maps = {task.maps(), Net::output_shape.height, Net::output_shape.width},
                               .batch = batch,
                               .variation = stream.fork(2 * pass + 1)});
    while (const auto next = loader.next()) net.forward(input(net, next->input), Mode::training);
  }
}

}  // namespace aurum
