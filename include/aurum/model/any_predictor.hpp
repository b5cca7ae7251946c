#pragma once
#include <functional>
#include <memory>
#include <utility>

#include "aurum/io/model_info.hpp"
#include "aurum/model/predictor.hpp"

namespace aurum {

/// A predictor whose network type is known no more, for programs that open whatever model they are given.
class AnyPredictor {
 public:
  /// `info` says what the network's answers mean.
  template <class Net>
  AnyPredictor(Predictor<Net> predictor, ModelInfo info)
      : info_{std::move(info)},
        predict_{[p = std::make_shared<Predictor<Net>>(std::move(predictor))](
                     const ImageView& picture, const Square& face) -> const Prediction& {
          return (*p)(picture, face);
        }} {}

  [[nodiscard]] const ModelInfo& info() const { return info_; }

  /// The answer for the face in `square` of a picture; valid until the next call.
  const Prediction& operator()(const ImageView& picture, const Square& square) {
    return predict_(picture, square);
  }

 private:
  ModelInfo info_;
  std::function<const Prediction&(const ImageView&, const Square&)> predict_;
};

}  // namespace aurum
