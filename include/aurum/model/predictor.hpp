#pragma once
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/data/crop.hpp"
#include "aurum/data/image.hpp"
#include "aurum/data/normalise.hpp"
#include "aurum/data/warp.hpp"
#include "aurum/heatmap/decode.hpp"
#include "aurum/model/network.hpp"
#include "aurum/ops/pointwise/passes.hpp"

namespace aurum {

/// What a network says of one face. Valid until the predictor's next call.
struct Prediction {
  std::span<const Peak> peaks;  ///< one per map, in pixels of the map
  View<const float> heatmaps;   ///< 1 x maps
  View<const float> input;      ///< the crop as the network saw it
  Affine picture_to_input;      ///< from the picture's pixels to the crop's

  /// AU intensities, 0 to 5, in the order of the maps.
  [[nodiscard]] std::vector<float> intensities() const {
    std::vector<float> values;
    for (const Peak& p : peaks) values.push_back(intensity(p));
    return values;
  }
  /// Where the peaks lie in the picture: landmarks of a landmark network, places of the strongest AU signs.
  [[nodiscard]] Landmarks points() const {
    Landmarks in_crop;
    for (const Peak& p : peaks) in_crop.push_back(to_input(p, heatmaps.width, input.width));
    return inverse(picture_to_input)(in_crop);
  }
};

/// A trained network for use: inference mode, one face at a time, on its own copy of the weights.
template <class Net>
class Predictor {
  using B = typename Net::backend;

 public:
  /// Copies the weights of `net`; shares its context. `maps`: the last maps of the output that count (stacked
  /// networks give those of every stack); 0: all. Throws ValueError if there are not as many.
  explicit Predictor(const Net& net, Normalisation normalisation = Normalisation::min_max, int maps = 0)
      : net_{std::make_unique<Net>(net.shared_context())},
        normalisation_{normalisation},
        maps_{counted(maps)},
        input_(static_cast<std::size_t>(Net::input_shape.size())),
        heatmaps_(static_cast<std::size_t>(Net::output_shape.size())),
        peaks_(static_cast<std::size_t>(maps_)) {
    for (const Parameter& p : net.parameters()) net_->set(p, net.get(p));
  }

  /// The network's answer for the face in `square` (see face_square) of a picture.
  const Prediction& operator()(const Image& picture, const Square& square) {
    const View<float> crop = make_view(input_.data(), 1, Net::input_shape);
    prediction_.picture_to_input = crop_transform(square, crop.width);
    warp(picture, prediction_.picture_to_input, crop);
    normalise(crop, normalisation_);
    return run();
  }

  /// The same for an input that is ready: 1 x input shape, contiguous, normalised.
  const Prediction& operator()(View<const float> input) {
    if (input.batch != 1 || input.shape() != Net::input_shape || !input.contiguous())
      throw ShapeError("input", "one contiguous " + to_string(Net::input_shape),
                       std::to_string(input.batch) + " of " + to_string(input.shape()));
    std::copy(input.data, input.data + input.size(), input_.data());
    prediction_.picture_to_input = Affine{};
    return run();
  }

 private:
  static int counted(int maps) {
    constexpr int all = Net::output_shape.channels;
    if (maps < 0 || maps > all)
      throw ValueError("predictor: expected 0 to " + std::to_string(all) + " maps, found " +
                       std::to_string(maps));
    return maps == 0 ? all : maps;
  }

  const Prediction& run() {
    Context<B>& context = net_->context();
    float* const uploaded = memory_.resize(net_->pool(), static_cast<std::ptrdiff_t>(input_.size()));
    Operations<B>::upload(context, uploaded, input_.data(), static_cast<std::ptrdiff_t>(input_.size()));
    const View<const float> out =
        net_->forward(make_view<const float>(uploaded, 1, Net::input_shape), Mode::inference);
    Operations<B>::download(context, heatmaps_.data(), out.data, out.size());
    prediction_.heatmaps = make_view<const float>(heatmaps_.data(), 1, Net::output_shape)
                               .slice(Net::output_shape.channels - maps_, maps_);
    prediction_.input = make_view<const float>(input_.data(), 1, Net::input_shape);
    decode(prediction_.heatmaps, std::span<Peak>(peaks_));
    prediction_.peaks = peaks_;
    return prediction_;
  }

  std::unique_ptr<Net> net_;
  Normalisation normalisation_;
  int maps_;
  std::vector<float> input_, heatmaps_;
  std::vector<Peak> peaks_;
  Buffer<B, float> memory_;
  Prediction prediction_;
};

}  // namespace aurum
