#pragma once
// Models of train_au_video for use, their types hidden: what aurum-analyse --temporal opens.
#include <filesystem>
#include <memory>

#include "aurum/io/model_info.hpp"
#include "aurum/model/predictor.hpp"
#include "networks.hpp"

namespace examples {

/// AU intensities of faces in the frames of a video. A network with memory reads every step-th frame of a
/// face, as it did in training: each person has `step` tracks, which take turns, so that every frame is
/// answered. One without memory sees each frame by itself.
class VideoPredictor {
 public:
  virtual ~VideoPredictor() = default;
  [[nodiscard]] virtual const aurum::ModelInfo& info() const = 0;
  /// Whether an answer depends on what was seen of the same person before.
  [[nodiscard]] virtual bool remembers() const = 0;
  /// The answer for the face in `square` of a frame, one number per AU; valid until the next call. Frames
  /// come in their order; those in which somebody was not found are left out for them. `frame`: its number in
  /// the video; `seconds`: when it was. Who was not seen for ten seconds is forgotten. Throws ValueError for
  /// a square without size.
  virtual const aurum::Prediction& operator()(const aurum::ImageView& picture, const aurum::Square& square,
                                              int identity, long long frame, double seconds) = 0;
  /// Forgets everybody: another video begins.
  virtual void forget() = 0;
};

/// For how long somebody who is not seen is remembered. (The tracker of aurum-analyse gives who was away for
/// longer than a second another number; so what this keeps is a matter of memory alone.)
inline constexpr double remembered_seconds = 10;

/// Opens best.safetensors of train_au_video, with memory or --frames-only, the network chosen by what the
/// file says it is. Throws FileError for a file that does not say what it is, holds a network of another
/// kind, or one that was not compiled; ValueError for a backend other than the CPU.
[[nodiscard]] std::unique_ptr<VideoPredictor> open_temporal_weights(const std::filesystem::path& weights,
                                                                    const Machine& machine = {});

}  // namespace examples
