#pragma once
#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "aurum/model/predictor.hpp"
#include "aurum/model/temporal.hpp"
#include "aurum/plan/gru.hpp"
#include "aurum/spec/frozen.hpp"
#include "aurum/spec/gru.hpp"

namespace aurum {

namespace detail {

/// S without Frozen around it, which changes nothing in a network that is not trained.
template <class S>
struct Unfrozen {
  using type = S;
};
template <class S>
struct Unfrozen<Frozen<S>> : Unfrozen<resolve_t<S>> {};
template <class S>
using unfrozen_t = typename Unfrozen<resolve_t<S>>::type;

template <class S>
inline constexpr bool is_gru = false;
template <int Hidden, int K, class... Options>
inline constexpr bool is_gru<ConvGru<Hidden, K, Options...>> = true;

template <class S>
struct TemporalParts {
  static_assert(sizeof(S) == 0,
                "aurum: a TemporalPredictor needs a network that is a Temporal<Extractor, Recurrent, "
                "Regressor>; for one that looks at every picture alone there is Predictor");
};
template <class S>
struct TemporalParts<Named<names::Temporal, S>> : TemporalParts<Named<names::Temporal, resolve_t<S>>> {};
template <class First, class Second, class Third>
struct TemporalParts<Named<names::Temporal, Sequential<First, Second, Third>>> {
  using Extractor = First;
  using Recurrent = unfrozen_t<Second>;
  using Regressor = Third;
  static_assert(is_gru<Recurrent>,
                "aurum: the recurrent part of a TemporalPredictor's network is a ConvGru, a Gru or one of "
                "them that is Frozen; without memory (FrameOnly) there is Predictor");
};

}  // namespace detail

/// How a predictor of video is used.
struct TemporalPredictorOptions {
  Normalisation normalisation = Normalisation::min_max;  ///< of the crops, as in training
  int max_batch = 1;  ///< frames whose features sequence() finds together; memory grows with it
};

/// A trained Temporal network (model/temporal.hpp) that follows faces through video, frame by frame. What it
/// remembers of a face is in that face's Track; tracks know nothing of one another, and a predictor serves
/// any number of them in any order. A frame in which the face was not found is not stepped: the state stays
/// as it was, which is what missing frames do in training (core/sequences.hpp).
///   TemporalPredictor predict{weights};
///   auto left = predict.new_track(), right = predict.new_track();
///   for (each frame) use(predict.step(left, picture, left_face).intensities()), ...
/// Its weights are folded and packed when it is constructed; steps neither allocate nor lock. One thread uses
/// it at a time; for another thread make a predictor from it, which shares its weights. A frame with values
/// that are not finite leaves such a state behind, until the track's reset().
/// Cost: where the backend's memory is not the host's, features and states pass through the host's.
template <class Net>
class TemporalPredictor {
  using B = typename Net::backend;
  using T = typename Net::value_type;
  using Parts = detail::TemporalParts<detail::unfrozen_t<typename Net::spec>>;
  using Gru = typename Parts::Recurrent;
  static_assert(std::is_same_v<real_t<T>, float>, "aurum: predictors are for networks of float or BFloat16");

  static constexpr Shape features_shape = output_shape<typename Parts::Extractor, Net::input_shape>;
  static constexpr plan::GruForm form{Gru::hidden, Gru::kernel, Gru::layers, features_shape};
  static constexpr int maps = Net::output_shape.channels;

 public:
  /// What is remembered of one face: the states of all recurrent layers. Made by new_track(); may go from a
  /// predictor to those that share its weights, in any thread, but not while it is stepped.
  class Track {
   public:
    Track(Track&&) noexcept = default;
    Track& operator=(Track&&) noexcept = default;

    /// Forgets all: the next frame is the first.
    void reset() { fresh_ = true; }

   private:
    friend TemporalPredictor;
    explicit Track(typename GruProgram<B, T>::State state) : state_{std::move(state)} {}
    typename GruProgram<B, T>::State state_;  // only one owns it; shared for how it is released
    bool fresh_ = false;                      // to be cleared by who steps it next, in that one's context
  };

  /// Copies the weights of `net` and is independent of it afterwards; shares its context. Throws ValueError
  /// for a batch out of range.
  explicit TemporalPredictor(const Net& net, const TemporalPredictorOptions& options = {})
      : TemporalPredictor(
            Program<B, T>(net.shared_context(), plan::plan_of<typename Parts::Extractor, Net::input_shape>,
                          part(net, 0), counted(options.max_batch)),
            GruProgram<B, T>(net.shared_context(), form, part(net, 1)),
            Program<B, T>(net.shared_context(), plan::plan_of<typename Parts::Regressor, form.state()>,
                          part(net, 2), counted(options.max_batch)),
            options) {}

  TemporalPredictor(TemporalPredictor&&) = default;

  /// A predictor with the weights of `other`, which both share, for the thread that uses `context`. Its own
  /// track is new.
  TemporalPredictor(const TemporalPredictor& other, std::shared_ptr<Context<B>> context)
      : TemporalPredictor(Program<B, T>(other.extractor_, context), GruProgram<B, T>(other.gru_, context),
                          Program<B, T>(other.regressor_, context), other.options_) {}

  /// A face of which nothing has been seen. Allocates its state.
  [[nodiscard]] Track new_track() { return Track{gru_.new_state()}; }

  /// The answer for the next frame of `track`: the face in `square` (see face_square) of a picture. Valid
  /// until the next call. Where the regressor gives one pixel for each AU, its value is the peak's. Throws
  /// ValueError for a square without size and a track that was moved away; then no state has changed.
  const Prediction& step(Track& track, const ImageView& picture, const Square& square) {
    const View<float> crop = make_view(crop_.data(), 1, Net::input_shape);
    const Affine transform = crop_transform(square, crop.width);
    warp(picture, transform, crop, warp_memory_);
    normalise(crop, options_.normalisation);
    return run(track, crop, transform);
  }

  /// The same for an input that is ready: 1 x input shape, contiguous, normalised. Throws ShapeError for
  /// another.
  const Prediction& step(Track& track, View<const float> input) {
    if (input.batch != 1) refuse("one contiguous ", input);
    check(input);
    return run(track, input, Affine{});
  }

  /// The same for the predictor's own track, where there is only one face.
  const Prediction& step(const ImageView& picture, const Square& square) {
    return step(own_, picture, square);
  }
  const Prediction& step(View<const float> input) { return step(own_, input); }
  /// Of the predictor's own track.
  void reset() { own_.reset(); }

  /// The answers for the next frames of `track`, as many as there are: frames x input shape, contiguous,
  /// normalised. The same bits as step() gives frame by frame, but the features of max_batch() frames are
  /// found together, which keeps more threads at work. Valid until the next call of sequence(); allocates
  /// where the frames are more than ever before. Throws ShapeError for inputs of another shape or none.
  std::span<const Prediction> sequence(Track& track, View<const float> inputs) {
    check(inputs);
    begin(track);
    make_room(inputs.batch);
    for (int first = 0; first < inputs.batch; first += max_batch()) {
      const int count = std::min(max_batch(), inputs.batch - first);
      const View<float> features = make_view(features_.data(), count, features_shape);
      const View<float> states = make_view(states_.data(), count, form.state());
      extractor_.run(inputs.images(first, count), features);
      for (int n = 0; n < count; ++n) {
        const View<const float> state = gru_.step(features.images(n, 1), track.state_);
        std::copy_n(state.data, state.size(), states.images(n, 1).data);
      }
      regressor_.run(states, answers(first, count), peaks(first, count));
    }
    for (int n = 0; n < inputs.batch; ++n)
      clip_predictions_[static_cast<std::size_t>(n)].input = inputs.images(n, 1);
    return std::span(clip_predictions_).first(static_cast<std::size_t>(inputs.batch));
  }

  [[nodiscard]] int max_batch() const { return options_.max_batch; }

 private:
  TemporalPredictor(Program<B, T> extractor, GruProgram<B, T> gru, Program<B, T> regressor,
                    const TemporalPredictorOptions& options)
      : extractor_{std::move(extractor)},
        gru_{std::move(gru)},
        regressor_{std::move(regressor)},
        options_{options},
        own_{gru_.new_state()},
        crop_(elements(1, Net::input_shape)),
        features_(elements(options.max_batch, features_shape)),
        states_(elements(options.max_batch, form.state())),
        heatmaps_(elements(1, Net::output_shape)),
        peaks_(static_cast<std::size_t>(maps)) {
    warp_memory_.reserve(Net::input_shape.width, Net::input_shape.height);
    prediction_.heatmaps = make_view(heatmaps_.data(), 1, Net::output_shape);
    prediction_.peaks = peaks_;
  }

  /// The parameters of one of the three parts, by their index in it.
  static plan::Parameters<float> part(const Net& net, int index) {
    const std::string_view name = names::Temporal::names[static_cast<std::size_t>(index)];
    const auto first =
        std::ranges::find_if(net.parameters(), [name](const Parameter& p) { return belongs_to(p, name); });
    const std::ptrdiff_t offset = first - net.parameters().begin();
    return [&net, offset](int i) { return net.get(net.parameters()[static_cast<std::size_t>(offset + i)]); };
  }

  static std::size_t elements(int images, const Shape& shape) {
    return static_cast<std::size_t>(images * shape.size());
  }
  static int counted(int max_batch) {
    if (max_batch < 1 || max_batch > 1 << 16)
      throw ValueError("temporal predictor: expected 1 to 65536 frames in a batch, found " +
                       std::to_string(max_batch));
    return max_batch;
  }
  [[noreturn]] static void refuse(const std::string& wanted, const View<const float>& found) {
    throw ShapeError("input", wanted + to_string(Net::input_shape),
                     std::to_string(found.batch) + " of " + to_string(found.shape()));
  }
  static void check(const View<const float>& inputs) {
    if (inputs.batch < 1 || inputs.shape() != Net::input_shape || !inputs.contiguous())
      refuse("at least one contiguous ", inputs);
  }

  void begin(Track& track) {
    if (track.state_ == nullptr) throw ValueError("temporal predictor: this track was moved away");
    if (std::exchange(track.fresh_, false)) gru_.clear(track.state_);
  }
  const Prediction& run(Track& track, const View<const float>& input, const Affine& picture_to_input) {
    begin(track);
    const View<float> features = make_view(features_.data(), 1, features_shape);
    extractor_.run(input, features);
    regressor_.run(gru_.step(features, track.state_), make_view(heatmaps_.data(), 1, Net::output_shape),
                   peaks_);
    prediction_.input = input;
    prediction_.picture_to_input = picture_to_input;
    return prediction_;
  }

  View<float> answers(int first, int count) {
    return make_view(clip_heatmaps_.data(), static_cast<int>(std::ssize(clip_predictions_)),
                     Net::output_shape)
        .images(first, count);
  }
  std::span<Peak> peaks(int first, int count) {
    return std::span(clip_peaks_).subspan(elements(first, {maps, 1, 1}), elements(count, {maps, 1, 1}));
  }
  void make_room(int frames) {
    if (std::ssize(clip_predictions_) >= frames) return;
    clip_heatmaps_.resize(elements(frames, Net::output_shape));
    clip_peaks_.resize(elements(frames, {maps, 1, 1}));
    clip_predictions_.resize(static_cast<std::size_t>(frames));
    for (int n = 0; n < frames; ++n) {
      Prediction& p = clip_predictions_[static_cast<std::size_t>(n)];
      p.heatmaps = answers(n, 1);
      p.peaks = peaks(n, 1);
    }
  }

  Program<B, T> extractor_;
  GruProgram<B, T> gru_;
  Program<B, T> regressor_;
  TemporalPredictorOptions options_;
  Track own_;
  HostMemory<B, float> crop_, features_, states_, heatmaps_;
  std::vector<Peak> peaks_;
  Prediction prediction_;
  WarpMemory warp_memory_;
  std::vector<float> clip_heatmaps_;  // of sequence(), for its longest clip
  std::vector<Peak> clip_peaks_;
  std::vector<Prediction> clip_predictions_;
};

}  // namespace aurum
