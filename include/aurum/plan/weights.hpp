#pragma once
// The parameters of a network as the steps of its plan use them: batch norms folded into filters and biases,
// or into the scale and shift that are applied on reading.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <vector>

#include "aurum/core/parameter.hpp"
#include "aurum/plan/steps.hpp"

namespace aurum::plan {

/// Gives the values of a parameter, in memory order, by its index in the layout.
template <class T>
using Parameters = std::function<std::vector<T>(int)>;

template <class T>
struct StepWeights {
  std::vector<T> filter;        ///< {C_out, k, k, C_in}
  std::vector<T> bias;          ///< one per output channel, or none
  std::vector<T> scale, shift;  ///< one per input channel, or none
};

namespace detail {
/// value -> scale * value + shift, per channel.
struct ChannelMap {
  std::vector<double> scale, shift;
};

template <class T>
ChannelMap channel_map(const Norm& norm, const Parameters<T>& parameter) {
  const std::vector<T> weight = parameter(norm.tensor), bias = parameter(norm.tensor + 1),
                       mean = parameter(norm.tensor + 2), variance = parameter(norm.tensor + 3);
  ChannelMap map;
  for (std::size_t c = 0; c < weight.size(); ++c) {
    const double scale =
        static_cast<double>(weight[c]) / std::sqrt(static_cast<double>(variance[c]) + norm.epsilon);
    map.scale.push_back(scale);
    map.shift.push_back(static_cast<double>(bias[c]) - static_cast<double>(mean[c]) * scale);
  }
  return map;
}
}  // namespace detail

/// A filter in memory order multiplied by a projection of its output mode (Reparametrised), in double:
/// filter'[o] = sum over c of projection[o, c] * filter[c].
template <class T>
std::vector<T> projected(const std::vector<T>& filter, const std::vector<T>& projection,
                         std::size_t channels) {
  const std::size_t width = filter.size() / channels;
  std::vector<T> result(filter.size());
  std::vector<double> sum(width);
  for (std::size_t o = 0; o < channels; ++o) {
    std::fill(sum.begin(), sum.end(), 0.0);
    for (std::size_t c = 0; c < channels; ++c)
      for (std::size_t k = 0; k < width; ++k)
        sum[k] +=
            static_cast<double>(projection[o * channels + c]) * static_cast<double>(filter[c * width + k]);
    for (std::size_t k = 0; k < width; ++k) result[o * width + k] = static_cast<T>(sum[k]);
  }
  return result;
}

/// The weights of one step, folded in double.
template <class T>
StepWeights<T> weights_of(const Plan& plan, const Step& step, const Parameters<T>& parameter) {
  StepWeights<T> weights;
  const auto norm = [&](int index) {
    return detail::channel_map(plan.norms[static_cast<std::size_t>(index)], parameter);
  };
  if (step.in.norm >= 0) {
    const detail::ChannelMap map = norm(step.in.norm);
    weights.scale.assign(map.scale.begin(), map.scale.end());
    weights.shift.assign(map.shift.begin(), map.shift.end());
  }
  if (step.kind != Kind::convolution) return weights;
  weights.filter = parameter(step.filter);
  if (step.projection >= 0)
    weights.filter =
        projected(weights.filter, parameter(step.projection), static_cast<std::size_t>(step.out.channels));
  if (step.bias >= 0) weights.bias = parameter(step.bias);
  if (step.norm < 0) return weights;
  const detail::ChannelMap map = norm(step.norm);
  const std::size_t size = weights.filter.size() / map.scale.size();
  weights.bias.resize(map.scale.size());
  for (std::size_t o = 0; o < map.scale.size(); ++o) {
    for (std::size_t i = o * size; i < (o + 1) * size; ++i)
      weights.filter[i] = static_cast<T>(static_cast<double>(weights.filter[i]) * map.scale[o]);
    weights.bias[o] = static_cast<T>(static_cast<double>(weights.bias[o]) * map.scale[o] + map.shift[o]);
  }
  return weights;
}

/// Where one step's weights lie in the memory of all, in elements; -1: it has none.
struct WeightPlaces {
  std::ptrdiff_t filter = -1, bias = -1, scale = -1, shift = -1;
};

/// Lays the weights of all steps out, one after another. `filter_size(step)` is what a filter takes in the
/// form that the backend wants.
struct WeightLayout {
  std::vector<WeightPlaces> steps;
  std::ptrdiff_t elements = 0;

  template <class FilterSize>
  WeightLayout(const Plan& plan, const FilterSize& filter_size) {
    const auto take = [&](std::ptrdiff_t count) {
      elements += aligned_count(count);
      return elements - aligned_count(count);
    };
    for (const Step& step : plan.steps) {
      WeightPlaces places;
      if (step.in.norm >= 0) {
        places.scale = take(step.in.slice.channels);
        places.shift = take(step.in.slice.channels);
      }
      if (step.kind == Kind::convolution) {
        places.filter = take(filter_size(step));
        if (step.bias >= 0 || step.norm >= 0) places.bias = take(step.out.channels);
      }
      steps.push_back(places);
    }
  }
};

}  // namespace aurum::plan
