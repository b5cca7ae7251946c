#pragma once
// The two kinds of VideoPredictor, for network_of.hpp.
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "aurum/model/predictor.hpp"
#include "aurum/model/temporal_predictor.hpp"
#include "temporal/video_predictor.hpp"

namespace examples {

/// With memory: every person's frames go to `step` tracks in turns.
template <class Net>
class FollowingPredictor final : public VideoPredictor {
 public:
  FollowingPredictor(const Net& weights, aurum::ModelInfo info, int step)
      : info_{std::move(info)},
        predict_{weights, {.normalisation = aurum::parse_normalisation(info_.normalisation)}},
        step_{step} {}

  [[nodiscard]] const aurum::ModelInfo& info() const override { return info_; }
  [[nodiscard]] bool remembers() const override { return true; }

  const aurum::Prediction& operator()(const aurum::ImageView& picture, const aurum::Square& square,
                                      int identity, long long frame, double seconds) override {
    std::erase_if(people_,
                  [&](const auto& person) { return person.second.seen < seconds - remembered_seconds; });
    Person& person = people_[identity];
    person.seen = seconds;
    person.tracks.resize(static_cast<std::size_t>(step_));
    std::optional<Track>& track = person.tracks[static_cast<std::size_t>(frame % step_)];
    if (!track) track = predict_.new_track();
    return predict_.step(*track, picture, square);
  }
  void forget() override { people_.clear(); }

 private:
  using Track = typename aurum::TemporalPredictor<Net>::Track;
  struct Person {
    std::vector<std::optional<Track>> tracks{};  ///< of the frames n with the same n % step
    double seen = 0;
  };
  aurum::ModelInfo info_;
  aurum::TemporalPredictor<Net> predict_;
  int step_;
  std::map<int, Person> people_;
};

/// Without memory: every frame by itself.
template <class Net>
class FramePredictor final : public VideoPredictor {
 public:
  FramePredictor(const Net& weights, aurum::ModelInfo info)
      : info_{std::move(info)},
        predict_{weights, {.normalisation = aurum::parse_normalisation(info_.normalisation)}} {}

  [[nodiscard]] const aurum::ModelInfo& info() const override { return info_; }
  [[nodiscard]] bool remembers() const override { return false; }
  const aurum::Prediction& operator()(const aurum::ImageView& picture, const aurum::Square& square,
                                      int /*identity*/, long long /*frame*/, double /*seconds*/) override {
    return predict_(picture, square);
  }
  void forget() override {}

 private:
  aurum::ModelInfo info_;
  aurum::Predictor<Net> predict_;
};

}  // namespace examples
