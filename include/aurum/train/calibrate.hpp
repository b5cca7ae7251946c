#pragma once
// A network that is trained by squared error answers what is most likely on average: where it cannot tell, it
// stays near the mean, and its answers spread less than the labels do. ICC counts that as disagreement. Here
// the answers are spread out again by a line for each AU, found on people that were not trained on, and put
// into the network's last layer, so that a file of weights is all that its users need. Ours, not the papers'.
#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/metrics/pairs.hpp"
#include "aurum/spec/hourglass.hpp"
#include "aurum/train/evaluate.hpp"
#include "aurum/train/task.hpp"

namespace aurum {

/// A line for the answers of one AU: scale * answer + offset.
struct IntensityScale {
  double scale = 1;
  double offset = 0;
};

/// The answer on that line, held to 0..5. NaN stays NaN.
[[nodiscard]] inline float rescaled(float answer, const IntensityScale& line) {
  const auto value = static_cast<float>(line.scale * static_cast<double>(answer) + line.offset);
  return intensity(Peak{.value = value});
}

/// The widest that answers are spread. An AU that a network hardly knows would be noise, magnified.
inline constexpr double greatest_intensity_scale = 3;

/// The line that gives `prediction` the mean and the standard deviation of `label`, as far as
/// `greatest_intensity_scale` allows, over the frames that have both. Where they are fewer than two, or
/// either side is constant: no change. Throws ValueError where the two are not of the same length.
template <NumberRange Prediction, NumberRange Label>
[[nodiscard]] IntensityScale match_spread(const Prediction& prediction, const Label& label,
                                          Missing missing = {}) {
  detail::check_same_size("match_spread", std::ranges::size(prediction), std::ranges::size(label));
  double sum_p = 0, sum_l = 0, squares_p = 0, squares_l = 0;
  const PairCounts counts =
      detail::for_each_pair(prediction, label, missing, [&](double p, double l) { sum_p += p, sum_l += l; });
  const auto n = static_cast<double>(counts.used);
  detail::for_each_pair(prediction, label, missing, [&](double p, double l) {
    squares_p += (p - sum_p / n) * (p - sum_p / n);
    squares_l += (l - sum_l / n) * (l - sum_l / n);
  });
  if (counts.used < 2 || !(squares_p > 0) || !(squares_l > 0)) return {};
  const double scale = std::min(std::sqrt(squares_l / squares_p), greatest_intensity_scale);
  return {scale, (sum_l - scale * sum_p) / n};
}

namespace detail {
/// Whether a network's last layer is a convolution with bias, which nothing follows.
template <class S>
struct EndsWithBias : std::false_type {};
template <class S>
inline constexpr bool ends_with_bias = EndsWithBias<resolve_t<S>>::value;
template <int Channels, int K, class... Options>
struct EndsWithBias<Conv<Channels, K, Options...>> : std::bool_constant<Conv<Channels, K, Options...>::bias> {
};
template <class List, class S>
struct EndsWithBias<Named<List, S>> : EndsWithBias<resolve_t<S>> {};
template <class First, class... Layers>
struct EndsWithBias<Sequential<First, Layers...>>
    : EndsWithBias<resolve_t<std::tuple_element_t<sizeof...(Layers), std::tuple<First, Layers...>>>> {};
template <int Stacks, class Body, class Head, class FromBody, class FromMaps, class StackNames>
struct EndsWithBias<Stacked<Stacks, Body, Head, FromBody, FromMaps, StackNames>>
    : EndsWithBias<resolve_t<Head>> {};
}  // namespace detail

/// Changes the network's last layer, which must be a convolution with bias, so that map i becomes scale * map
/// + offset, and with it the peak; of stacked hourglasses the last. Throws ValueError where there is not one
/// line for each map.
template <class Net>
void rescale_maps(Net& net, std::span<const IntensityScale> scales) {
  using T = typename Net::real_type;
  static_assert(detail::ends_with_bias<typename Net::spec>,
                "aurum: only a network that ends with a convolution with bias can be rescaled");
  const auto& parameters = net.parameters();
  if (parameters.back().shape[0] != static_cast<int>(scales.size()))
    throw ValueError("rescale_maps: the last layer makes " + std::to_string(parameters.back().shape[0]) +
                     " maps, found " + std::to_string(scales.size()) + " lines");
  const Parameter& bias = parameters.back();
  const Parameter& filter = parameters[parameters.size() - 2];
  std::vector<T> filters = net.get(filter), biases = net.get(bias);
  const std::size_t taps = filters.size() / scales.size();
  for (std::size_t i = 0; i < scales.size(); ++i) {
    for (std::size_t k = 0; k < taps; ++k)
      filters[i * taps + k] = static_cast<T>(scales[i].scale * static_cast<double>(filters[i * taps + k]));
    biases[i] = static_cast<T>(scales[i].scale * static_cast<double>(biases[i]) + scales[i].offset);
  }
  net.set(filter, filters);
  net.set(bias, biases);
}

namespace detail {
/// A line for each map, made by `line(predictions, labels)` of the same faces.
template <class Line>
[[nodiscard]] std::vector<IntensityScale> lines_of(std::span<const AuResult> results, int maps, Line line) {
  std::vector<IntensityScale> lines;
  const AuRows rows(results);
  for_each_unit(
      "calibrate", rows.predictions, rows.labels, static_cast<std::size_t>(maps),
      [&](const auto& predictions, const auto& labels) { lines.push_back(line(predictions, labels)); });
  return lines;
}
}  // namespace detail

/// The line of each map, from answers and labels of the same faces.
[[nodiscard]] inline std::vector<IntensityScale> intensity_scales(std::span<const AuResult> results,
                                                                  int maps) {
  return detail::lines_of(results, maps, [](const auto& p, const auto& l) { return match_spread(p, l); });
}

/// The same where labels are occurrences: answers are moved so that `presence_threshold` is where F1 is
/// greatest on these faces. An AU that never occurs keeps its answers.
[[nodiscard]] inline std::vector<IntensityScale> presence_offsets(std::span<const AuResult> results,
                                                                  int maps) {
  return detail::lines_of(results, maps, [](const auto& p, const auto& l) {
    const auto threshold = best_threshold(p, l);
    return IntensityScale{.offset = threshold ? static_cast<double>(presence_threshold) - *threshold : 0.0};
  });
}

/// Gives the network's answers the spread that the labels of `data` have, AU by AU, or, where the task's
/// labels are occurrences, the threshold at which F1 is greatest. `data` should be people that it was not
/// trained on, the validation set for instance, and not those of the final test. Changes the last layer
/// (rescale_maps) and returns the lines. They are found on answers cut off at 0 and 5 and act on the maps, so
/// that mean and deviation agree as far as few are cut off. An AU's peak stays where it is, but the map
/// around it may lie above or below 0. `mirrored`: for answers that are means over the face and its mirror
/// image, which spread less. Throws ValueError where there are no data.
template <class Net, class Task, class Data>
std::vector<IntensityScale> calibrate(Net& net, const Task& task, const Data& data, bool mirrored = false) {
  if (data.size() == 0) throw ValueError("calibrate: there are no faces");
  const auto results = predict_all(net, task, data, 16, mirrored);
  const std::vector<IntensityScale> scales = labels_of(task) == LabelKind::occurrence
                                                 ? presence_offsets(results, task.maps())
                                                 : intensity_scales(results, task.maps());
  rescale_maps(net, scales);
  return scales;
}

}  // namespace aurum
