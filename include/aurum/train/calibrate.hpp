#pragma once
// A network that is trained by squared error answers what is most likely on average: where it cannot tell, it
// stays near the mean, and its answers spread less than the labels do. ICC counts that as disagreement. Here
// the answers are spread out again by a line for each AU, found on people that were not trained on, and put
// into the network's last layer, so that a file of weights is all that its users need. Ours, not the papers'.
#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/metrics/pairs.hpp"
#include "aurum/train/evaluate.hpp"
#include "aurum/train/task.hpp"

namespace aurum {

/// A line for the answers of one AU: scale * answer + offset.
struct IntensityScale {
  double scale = 1;
  double offset = 0;
};

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

/// Changes the network's last layer so that map i becomes scale * map + offset, and with it the peak. Throws
/// ValueError unless the last layer is a convolution with bias that makes as many maps as there are scales.
template <class Net>
void rescale_maps(Net& net, std::span<const IntensityScale> scales) {
  using T = typename Net::value_type;
  const auto& parameters = net.parameters();
  const auto makes_maps = [&](const Parameter& p, Role role) {
    return p.role == role && p.shape[0] == static_cast<int>(scales.size());
  };
  if (scales.empty() || parameters.size() < 2 || !makes_maps(parameters.back(), Role::bias) ||
      !makes_maps(parameters[parameters.size() - 2], Role::filter))
    throw ValueError("rescale_maps: the network does not end with a convolution with bias to " +
                     std::to_string(scales.size()) + " maps");
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

/// Gives the network's answers the spread that the labels of `data` have, AU by AU; `data` should be people
/// that it was not trained on, the validation set for instance, and not those of the final test. Changes
/// the last layer (rescale_maps) and returns the lines. The order of faces by an AU's intensity stays as it
/// was, but for answers that are cut off at 0 and 5. Throws ValueError where the last layer does not allow
/// it or there are no data.
template <class Net, class Task, class Data>
std::vector<IntensityScale> calibrate(Net& net, const Task& task, const Data& data) {
  if (data.size() == 0) throw ValueError("calibrate: there are no faces");
  const std::vector<AuResult> results = predict_all(net, task, data);
  std::vector<IntensityScale> scales;
  for (std::size_t i = 0; i < static_cast<std::size_t>(task.maps()); ++i) {
    std::vector<float> predictions, labels;
    for (const AuResult& r : results) {
      predictions.push_back(r.prediction[i]);
      labels.push_back(r.label[i]);
    }
    scales.push_back(match_spread(predictions, labels));
  }
  rescale_maps(net, scales);
  return scales;
}

}  // namespace aurum
