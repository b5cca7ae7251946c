#pragma once
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "aurum/data/clip_augment.hpp"
#include "aurum/data/normalise.hpp"
#include "aurum/loss/contrastive.hpp"
#include "aurum/ops/pointwise/heatmap.hpp"
#include "aurum/train/evaluate.hpp"
#include "aurum/train/trainer.hpp"

namespace aurum {

/// Below this spread of features (ContrastiveReport) they are as good as one and the same: ours.
inline constexpr double collapsed_spread = 0.01;

/// Steps of a PredictiveCoding network by the contrastive loss between what it predicts and what comes.
template <class Net, class Rule = Adam>
class ContrastiveTrainer : public Trainer<Net, Rule> {
  using Base = Trainer<Net, Rule>;
  using T = typename Net::value_type;

 public:
  explicit ContrastiveTrainer(Net& net, Rule rule = {}, ContrastiveOptions contrastive = {},
                              const std::vector<LayerRate>& layer_rates = {}, bool own_group = false)
      : Base(net, std::move(rule), {}, {}, Reduction::mean, layer_rates),
        loss_{contrastive},
        own_group_{own_group} {}

  /// As Trainer's; `batch` is clips without gaps. Throws ShapeError for others, ValueError where groups are
  /// needed and the batch has none.
  template <class Kernel>
  StepReport step(const Batch& batch, int, const Kernel&, double learning_rate,
                  double greatest_norm = std::numeric_limits<double>::infinity(),
                  const Batch* next = nullptr) {
    if (own_group_ && batch.groups.empty())
      throw ValueError("future prediction: expected the groups of clips that are told from one another");
    Net& net = this->net();
    const View<const T> output = this->forward(batch);
    const int half = output.batch / 2;
    const View<T> gradient = this->gradient_of(output);
    report_ = loss_(net.context(), net.pool(), output.images(0, half), output.images(half, half),
                    gradient.images(0, half), gradient.images(half, half),
                    own_group_ ? std::span<const int>(batch.groups) : std::span<const int>{});
    this->require_finite(report_.loss, "loss", batch);
    return {.loss = report_.loss,
            .gradient_norm = this->descend(gradient, batch, learning_rate, greatest_norm, next)};
  }

  /// Of the last step.
  [[nodiscard]] const ContrastiveReport& report() const { return report_; }
  /// The same for a progress bar.
  [[nodiscard]] std::string note() const {
    char text[96];
    std::snprintf(text, sizeof text, "top-1 %.1f %%  top-5 %.1f %%  (chance %.2f %%)  spread %.2f",
                  100 * report_.top1, 100 * report_.top5, 100 * report_.chance, report_.spread);
    return text;
  }

 private:
  ContrastiveLoss<typename Net::backend, T> loss_;
  bool own_group_;
  ContrastiveReport report_{};
};

/// Learning from video without labels: a task for `fit` with a PredictiveCoding network and clips without
/// gaps (data/video.hpp), all frames of one varied alike but for the guards against shortcuts. Scored by how
/// often the network tells the true future among all of a batch's (top-1), or those of its group; so scores
/// compare for one size of batch only.
struct FuturePrediction {
  Normalisation normalisation = Normalisation::min_max;
  Augmentation augmentation{};
  ShortcutGuards guards{};
  ContrastiveOptions contrastive{};
  /// Told from clips of the same group alone (FitOptions::groups; of the same video in evaluation).
  bool own_group = false;
  GaussianKernel kernel{};  ///< nothing is rendered

  using Result = AuResult;
  [[nodiscard]] int maps() const { return 0; }
  Landmarks input(const Sample& sample, Random* random, View<float> one, int step) const {
    Landmarks points;
    if (random != nullptr) {
      const Random clip = *random;
      points = augment_in_clip(sample.image, sample.landmarks, augmentation, clip, one);
      points = guard_against_shortcuts(one, guards, clip, step)(points);
    } else {
      points = crop_face(sample.image, sample.landmarks, one);
    }
    normalise(one, normalisation);
    return points;
  }
  void targets(const Sample&, const Landmarks&, const Shape&, const Shape&, std::span<MapTarget>) const {}

  template <class Net, class Rule>
  [[nodiscard]] auto trainer(Net& net, const Rule& rule, const std::vector<LayerRate>& rates) const {
    return ContrastiveTrainer<Net, Rule>(net, rule, contrastive, rates, own_group);
  }

  /// Means over whole batches of clips as they are, without variation. Throws ValueError for fewer clips than
  /// one batch.
  template <class Net, class Data>
  [[nodiscard]] Evaluation evaluate_network(Net& net, const Data& data, int batch) const {
    using T = typename Net::value_type;
    const int batches = data.size() / batch;
    if (batches < 1)
      throw ValueError("future prediction: expected at least " + std::to_string(batch) +
                       " clips to evaluate, found " + std::to_string(data.size()));
    std::vector<int> order(static_cast<std::size_t>(batches * batch));
    std::iota(order.begin(), order.end(), 0);
    std::vector<int> videos;
    if constexpr (ClipData<Data>)
      if (own_group)
        for (int i = 0; i < data.size(); ++i) videos.push_back(data.window(i).video);
    Loader<FuturePrediction, Data> loader(
        *this, data, std::move(order),
        {.input = Net::input_shape, .maps = {0, 1, 1}, .batch = batch, .variation = {}, .groups = videos});
    NetworkInput<Net> images;
    ContrastiveLoss<typename Net::backend, T> loss{contrastive};
    ContrastiveReport sum;
    while (const auto loaded = loader.next()) {
      const View<const T> y = net.forward(images(net, loaded->input), Mode::inference, loaded->sequences);
      const int half = y.batch / 2;
      const ContrastiveReport one =
          loss(net.context(), net.pool(), y.images(0, half), y.images(half, half), {}, {}, loaded->groups);
      sum.loss += one.loss / batches;
      sum.top1 += one.top1 / batches;
      sum.top5 += one.top5 / batches;
      sum.spread += one.spread / batches;
      sum.chance = one.chance;
    }
    Evaluation result{
        sum.top1,
        "top-1",
        {{"top-5", sum.top5}, {"chance", sum.chance}, {"loss", sum.loss}, {"spread", sum.spread}}};
    if (!(sum.spread >= collapsed_spread))
      result.warning = "the features have collapsed: all point the same way (spread " +
                       std::to_string(sum.spread) +
                       "), nothing is learned; try a smaller learning rate or larger batches";
    return result;
  }
};

}  // namespace aurum
