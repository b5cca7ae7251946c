#pragma once
// Who tells the AU intensities of a face.
#include <memory>
#include <optional>
#include <utility>

#include "aurum/analyse/face.hpp"
#include "aurum/model/any_predictor.hpp"
#include "temporal/video_predictor.hpp"

namespace examples {

/// A network that looks at every face by itself, or one that follows people through a video.
class AuNetwork {
 public:
  explicit AuNetwork(aurum::AnyPredictor network) : single_{std::move(network)} {}
  /// Never null.
  explicit AuNetwork(std::unique_ptr<VideoPredictor> network) : following_{std::move(network)} {}

  [[nodiscard]] const aurum::ModelInfo& info() const {
    return single_ ? single_->info() : following_->info();
  }
  /// Whether answers depend on the frames before.
  [[nodiscard]] bool remembers() const { return following_ && following_->remembers(); }
  /// Whether it draws a heatmap for each AU. One for videos gives a number.
  [[nodiscard]] bool has_maps() const { return single_.has_value(); }

  /// Another source begins, or a picture of its own.
  void forget() {
    if (following_) following_->forget();
  }
  /// The answer for a face of a frame, frames coming in their order; valid until the next call.
  const aurum::Prediction& operator()(const aurum::ImageView& picture, const aurum::Face& face,
                                      long long frame, double seconds) {
    return single_ ? (*single_)(picture, face.square)
                   : (*following_)(picture, face.square, face.identity, frame, seconds);
  }
  /// The heatmaps of a face, of any frame; nothing where it has none.
  std::optional<aurum::View<const float>> maps(const aurum::ImageView& picture, const aurum::Square& square) {
    if (!single_) return std::nullopt;
    return (*single_)(picture, square).heatmaps;
  }

 private:
  std::optional<aurum::AnyPredictor> single_{};
  std::unique_ptr<VideoPredictor> following_{};
};

}  // namespace examples
