#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/loss/loss.hpp"
#include "aurum/model/network.hpp"
#include "aurum/ops/pointwise/passes.hpp"
#include "aurum/optim/optimiser.hpp"
#include "aurum/train/loader.hpp"
#include "aurum/train/network_input.hpp"

namespace aurum {

/// What one training step did.
struct StepReport {
  double loss = 0;
  double gradient_norm = 0;  ///< before any clipping
};

/// Takes optimiser steps on a network, all on its backend: renders the target maps, evaluates the loss, goes
/// back through the network and updates every trainable value in one pass.
template <class Net, class Rule = Adam, class Loss = SquaredError>
class Trainer {
  using B = typename Net::backend;
  using T = typename Net::value_type;
  using Real = typename Net::real_type;
  using O = Operations<B>;

 public:
  static constexpr std::size_t states = Optimiser<Rule, Real>::states;

  /// `layer_rates`: where the learning rate is not that of the step. Throws ValueError (rate_parts).
  explicit Trainer(Net& net, Rule rule = {}, Loss loss = {}, CentreWeight weight = {},
                   Reduction reduction = Reduction::mean, const std::vector<LayerRate>& layer_rates = {})
      : net_{net},
        optimiser_{std::move(rule)},
        loss_{loss},
        weight_{weight},
        reduction_{reduction},
        rates_{rate_parts(net.parameters(), net.values().size(), layer_rates)} {
    for (Buffer<B, Real>& state : state_) {
      state.resize(net.pool(), count());
      O::fill(net.context(), state.data(), count(), Real{0});
    }
  }

  /// One step on a batch. If the loss or the gradient is not finite, throws DivergenceError naming the
  /// batch's indices, and neither parameters nor running statistics have moved. `greatest_norm`: gradients
  /// longer than this are shortened to it. `next`: the batch of the next step, if it is there already; its
  /// images may be brought to the backend meanwhile and must not change until then.
  template <class Kernel>
  StepReport step(const Batch& batch, int maps, const Kernel& kernel, double learning_rate,
                  double greatest_norm = std::numeric_limits<double>::infinity(),
                  const Batch* next = nullptr) {
    Context<B>& context = net_.context();
    const int images = static_cast<int>(batch.indices.size());
    const View<const T> prediction = forward(batch);
    const View<const Real> target = render(batch, images, maps, kernel);

    const pointwise::LossTerms<T, Loss> terms{prediction.data,     target.data, weights_.data(),
                                              prediction.channels, maps,        loss_};
    const double labelled = O::sum_over(context, prediction.size(), pointwise::LabelledCount<T, Loss>{terms});
    const double scale = gradient_scale(reduction_, static_cast<std::int64_t>(labelled));
    StepReport report;
    report.loss = scale * O::sum_over(context, prediction.size(), pointwise::LossSum<T, Loss>{terms});
    require_finite(report.loss, "loss", batch);

    const View<T> gradient = gradient_of(prediction);
    O::for_each_index(context, prediction.size(),
                      pointwise::LossGradient<T, Loss>{terms, static_cast<Real>(scale), gradient.data});
    report.gradient_norm = descend(gradient, batch, learning_rate, greatest_norm, next);
    return report;
  }

  /// One optimiser step with the gradients that the network holds.
  void update(double learning_rate) {
    std::array<Real*, states> state{};
    for (std::size_t i = 0; i < states; ++i) state[i] = state_[i].data();
    optimiser_.step(learning_rate, rates_, net_.values().data(), net_.gradients().data(), state,
                    [&](const auto& functor, std::size_t n, Real* values, const Real* gradients, auto*... s) {
                      using Functor = std::remove_cvref_t<decltype(functor)>;
                      O::for_each_index(net_.context(), static_cast<std::ptrdiff_t>(n),
                                        pointwise::Update<Functor, Real>{functor, values, gradients, s...});
                    });
  }

  [[nodiscard]] Optimiser<Rule, Real>& optimiser() { return optimiser_; }
  /// The optimiser's state `i`, copied to the host, one element per position of the arena.
  [[nodiscard]] std::vector<Real> state(std::size_t i) const {
    std::vector<Real> values(static_cast<std::size_t>(count()));
    O::download(net_.context(), values.data(), state_[i].data(), count());
    return values;
  }
  void set_state(std::size_t i, std::span<const Real> values) {
    if (static_cast<std::ptrdiff_t>(values.size()) != count())
      throw ValueError("optimiser state: expected " + std::to_string(count()) + " values, found " +
                       std::to_string(values.size()));
    O::upload(net_.context(), state_[i].data(), values.data(), count());
  }

 protected:
  // What a trainer of another loss needs.
  [[nodiscard]] Net& net() { return net_; }
  /// The network's output, in training; remembers the running statistics, should the step have to be undone.
  View<const T> forward(const Batch& batch) {
    const std::span<Real> statistics = net_.statistics();
    copy(statistics.data(), statistics_.resize(net_.pool(), std::ssize(statistics)));
    return net_.forward(input_(net_, batch.input, batch.serial), Mode::training, batch.sequences);
  }
  /// Memory for the gradient of an output.
  View<T> gradient_of(const View<const T>& output) {
    return gradient_.shaped(net_.pool(), output.batch, output.shape());
  }
  /// Goes back from the output's gradient and takes the step. Returns the norm of the parameters' gradient
  /// before any clipping; throws where it is not finite (see `step`).
  double descend(View<const T> gradient, const Batch& batch, double learning_rate, double greatest_norm,
                 const Batch* next) {
    Context<B>& context = net_.context();
    net_.zero_gradients();
    net_.backward(gradient);
    if (next != nullptr) input_.stage(net_, next->input, next->serial);
    Real* const gradients = net_.gradients().data();
    const double norm = std::sqrt(O::sum_over(context, count(), pointwise::SquaredElement<Real>{gradients}));
    require_finite(norm, "gradient norm", batch);
    if (norm > greatest_norm)
      O::for_each_index(context, count(),
                        pointwise::Multiply<Real>{gradients, static_cast<Real>(greatest_norm / norm)});
    update(learning_rate);
    return norm;
  }
  /// Throws DivergenceError, the running statistics put back, for a value that is not finite.
  void require_finite(double value, const char* what, const Batch& batch) {
    if (std::isfinite(value)) return;
    copy(statistics_.data(), net_.statistics().data());  // the forward has moved them
    std::string message =
        std::string("the ") + what + " is " + std::to_string(value) + "; samples of the batch:";
    for (const int index : batch.indices) message += " " + std::to_string(index);
    throw DivergenceError(message);
  }

 private:
  [[nodiscard]] std::ptrdiff_t count() const { return static_cast<std::ptrdiff_t>(net_.values().size()); }

  template <class Kernel>
  View<const Real> render(const Batch& batch, int images, int maps, const Kernel& kernel) {
    const Shape shape{maps, Net::output_shape.height, Net::output_shape.width};
    const View<Real> target = target_.shaped(net_.pool(), images, shape);
    const auto n = static_cast<std::ptrdiff_t>(batch.targets.size());
    MapTarget* const list = O::template allocate<MapTarget>(net_.context(), n);
    O::upload(net_.context(), list, batch.targets.data(), n);
    if (weight_.gain != 0) weights_.resize(net_.pool(), target.size());
    O::for_each_index(net_.context(), target.size(),
                      pointwise::RenderMaps<Real, Kernel>{list, kernel, weight_, target, weights_.data()});
    O::release(net_.context(), list);
    return target;
  }

  void copy(const Real* from, Real* to) {
    O::for_each_index(net_.context(), std::ssize(net_.statistics()), pointwise::Copy<Real>{from, to});
  }

  Net& net_;
  Optimiser<Rule, Real> optimiser_;
  Loss loss_;
  CentreWeight weight_;
  Reduction reduction_;
  std::vector<RatePart> rates_;
  std::array<Buffer<B, Real>, states> state_;
  NetworkInput<Net> input_;
  Buffer<B, T> gradient_;
  Buffer<B, Real> target_, weights_;
  Buffer<B, Real> statistics_;  // as they were before the step
};

}  // namespace aurum
