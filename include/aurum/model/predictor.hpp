#pragma once
#include <algorithm>
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
#include "aurum/heatmap/mirror.hpp"
#include "aurum/model/network.hpp"
#include "aurum/ops/host_memory.hpp"
#include "aurum/plan/plan.hpp"
#include "aurum/plan/program.hpp"

namespace aurum {

/// What a network says of one face. Valid until the predictor's next call.
struct Prediction {
  std::span<const Peak> peaks;  ///< one per map, in pixels of the map
  View<const float> heatmaps;   ///< 1 x maps
  View<const float> input;      ///< the crop as the network saw it; an input that was ready, where it lies
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

/// How a predictor is used.
struct PredictorOptions {
  Normalisation normalisation = Normalisation::min_max;  ///< of the crops, as in training
  int maps = 0;  ///< the last maps of the output that count (stacked networks give every stack's); 0: all
  int max_batch = 1;  ///< the most faces of one call; memory grows with it
  /// Other than none: the answers are means over the face and its mirror image. Twice the time.
  Mirror mirror = Mirror::none;
};

/// A trained network for use. Its plan is made by the compiler, its weights are folded and packed when it is
/// constructed; its calls neither allocate nor lock. One thread uses it at a time; for another thread make a
/// predictor from it, which shares its weights. A face's answer does not depend on the others of its batch.
template <class Net>
class Predictor {
  using B = typename Net::backend;
  using T = typename Net::value_type;

 public:
  /// Copies the weights of `net` and is independent of it afterwards; shares its context. Throws ValueError
  /// for options out of range: more maps than there are, no face, landmarks that are not 68.
  explicit Predictor(const Net& net, const PredictorOptions& options = {})
      : Predictor(Program<B, T>(
                      net.shared_context(), plan::plan_of<typename Net::spec, Net::input_shape>,
                      [&](int i) { return net.get(net.parameters()[static_cast<std::size_t>(i)]); },
                      views(options) * counted("faces in a batch", options.max_batch, 1, 1 << 16)),
                  options) {}

  Predictor(Predictor&&) = default;

  /// A predictor with the weights of `other`, which both share, for the thread that uses `context`.
  Predictor(const Predictor& other, std::shared_ptr<Context<B>> context)
      : Predictor(Program<B, T>(other.program_, std::move(context)), other.options_) {}

  /// The network's answer for the face in `square` (see face_square) of a picture.
  const Prediction& operator()(const ImageView& picture, const Square& square) {
    return batch(picture, {&square, 1}).front();
  }

  /// The same for an input that is ready: 1 x input shape, contiguous, normalised.
  const Prediction& operator()(View<const float> input) {
    check(input, 1);
    return batch(input).front();
  }

  /// The answers for several faces of a picture, in their order. Throws ValueError for more than max_batch().
  std::span<const Prediction> batch(const ImageView& picture, std::span<const Square> squares) {
    const int count = counted("faces", static_cast<int>(squares.size()), 0, max_batch());
    for (int n = 0; n < count; ++n) {
      const View<float> crop = crops().images(n, 1);
      Prediction& p = predictions_[static_cast<std::size_t>(n)];
      p.picture_to_input = crop_transform(squares[static_cast<std::size_t>(n)], crop.width);
      p.input = crop;
      warp(picture, p.picture_to_input, crop, warp_memory_);
      normalise(crop, options_.normalisation);
    }
    return run(crops().images(0, count));
  }

  /// The answers for inputs that are ready: 1 to max_batch() x input shape, contiguous, normalised.
  std::span<const Prediction> batch(View<const float> inputs) {
    check(inputs, max_batch());
    if (options_.mirror != Mirror::none && inputs.data != crops_.data())  // mirror images lie beside them
      std::copy_n(inputs.data, inputs.size(), crops_.data());
    for (int n = 0; n < inputs.batch; ++n) {
      predictions_[static_cast<std::size_t>(n)].picture_to_input = Affine{};
      predictions_[static_cast<std::size_t>(n)].input = inputs.images(n, 1);
    }
    return run(inputs);
  }

  /// Where inputs can be written that batch() then takes without another copy.
  [[nodiscard]] View<float> inputs(int count) {
    return crops().images(0, counted("inputs", count, 1, max_batch()));
  }

  [[nodiscard]] int max_batch() const { return options_.max_batch; }

 private:
  Predictor(Program<B, T> program, const PredictorOptions& options)
      : program_{std::move(program)},
        options_{options},
        maps_{counted("maps", options.maps, 0, Net::output_shape.channels)},
        crops_(for_all(views(options) * Net::input_shape.size())),
        heatmaps_(for_all(views(options) * Net::output_shape.size())) {
    if (maps_ == 0) maps_ = Net::output_shape.channels;
    if (options.mirror == Mirror::landmarks && maps_ != landmark_count)
      throw ValueError("predictor: expected 68 maps of landmarks to mirror, found " + std::to_string(maps_));
    peaks_.resize(for_all(maps_));
    predictions_.resize(for_all(1));
    warp_memory_.reserve(Net::input_shape.width, Net::input_shape.height);
    for (int n = 0; n < max_batch(); ++n) {
      Prediction& p = predictions_[static_cast<std::size_t>(n)];
      p.heatmaps = answers(max_batch()).images(n, 1);
      p.peaks =
          std::span(peaks_).subspan(static_cast<std::size_t>(n * maps_), static_cast<std::size_t>(maps_));
    }
  }

  /// How often a face is looked at.
  static int views(const PredictorOptions& options) { return options.mirror == Mirror::none ? 1 : 2; }
  static int counted(const char* what, int count, int least, int most) {
    if (count < least || count > most)
      throw ValueError("predictor: expected " + std::to_string(least) + " to " + std::to_string(most) + " " +
                       what + ", found " + std::to_string(count));
    return count;
  }
  static void check(const View<const float>& input, int most) {
    if (input.batch < 1 || input.batch > most || input.shape() != Net::input_shape || !input.contiguous())
      throw ShapeError(
          "input",
          (most == 1 ? "one" : "1 to " + std::to_string(most)) + " contiguous " + to_string(Net::input_shape),
          std::to_string(input.batch) + " of " + to_string(input.shape()));
  }
  [[nodiscard]] std::size_t for_all(long long per_image) const {
    return static_cast<std::size_t>(max_batch() * per_image);
  }
  View<float> crops() { return make_view(crops_.data(), views(options_) * max_batch(), Net::input_shape); }
  /// The maps that count of the first images.
  View<float> answers(int count) {
    return make_view(heatmaps_.data(), count, Net::output_shape)
        .slice(Net::output_shape.channels - maps_, maps_);
  }

  std::span<const Prediction> run(const View<const float>& inputs) {
    const int count = inputs.batch;
    if (count > 0) {
      const auto peaks = std::span(peaks_).first(static_cast<std::size_t>(count * maps_));
      if (options_.mirror == Mirror::none) {
        program_.run(inputs, make_view(heatmaps_.data(), count, Net::output_shape), peaks);
      } else {
        mirror_images(crops().images(0, count), crops().images(count, count));
        program_.run(crops().images(0, 2 * count), make_view(heatmaps_.data(), 2 * count, Net::output_shape),
                     {});
        average_with_mirrored(answers(count), answers(2 * count).images(count, count), options_.mirror);
        decode(answers(count), peaks);
      }
    }
    return std::span(predictions_).first(static_cast<std::size_t>(count));
  }

  Program<B, T> program_;
  PredictorOptions options_;
  int maps_;
  HostMemory<B, float> crops_, heatmaps_;
  std::vector<Peak> peaks_;
  std::vector<Prediction> predictions_;
  WarpMemory warp_memory_;
};

}  // namespace aurum
