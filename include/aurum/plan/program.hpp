#pragma once
// Runs a plan on a backend.
#include <algorithm>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "aurum/heatmap/decode.hpp"
#include "aurum/ops/pointwise/attention.hpp"
#include "aurum/ops/pointwise/passes.hpp"
#include "aurum/plan/kernels.hpp"
#include "aurum/plan/weights.hpp"

namespace aurum {

/// A plan with weights and memory, ready to run on backend B: batch norms folded, filters packed, one arena
/// for all feature maps. After construction it neither allocates nor locks. The weights never change, so
/// programs in several threads share them; each has its own context and arena.
template <class B, class T = float>
class Program {
  using Real = real_t<T>;
  using Kernels = plan::Kernels<B>;
  using Slice = plan::Slice;

 public:
  /// For batches of up to `max_batch` images. Runs at once, so that the first call finds all memory in place.
  Program(std::shared_ptr<Context<B>> context, const plan::Plan& plan,
          const plan::Parameters<Real>& parameters, int max_batch)
      : context_{std::move(context)}, plan_{plan}, max_batch_{max_batch} {
    weights_ = pack(parameters);
    prepare();
  }

  /// The same program for another thread: shares the weights, has a context and memory of its own.
  Program(const Program& other, std::shared_ptr<Context<B>> context)
      : context_{std::move(context)},
        plan_{other.plan_},
        max_batch_{other.max_batch_},
        weights_{other.weights_} {
    prepare();
  }
  Program(Program&&) = default;  // copies would share the arena

  [[nodiscard]] int max_batch() const { return max_batch_; }
  [[nodiscard]] const std::shared_ptr<Context<B>>& context() const { return context_; }

  /// The output for `input`, both contiguous in the host's memory, 1 to max_batch() images of the plan's
  /// shapes; and the peaks of its last maps, as many for each image as
  /// `peaks` has room for, the same number in every call.
  void run(View<const Real> input, View<Real> output, std::span<Peak> peaks = {}) {
    const int maps = static_cast<int>(std::ssize(peaks)) / input.batch;
    const int first = output.channels - maps;
    if constexpr (on_host<B>) {
      walk(input, output);
      if (maps > 0) decode(output.slice(first, maps), peaks);
    } else {
      const View<T> in = make_view(input_.get(), input.batch, input.shape());
      const View<T> out = make_view(output_.get(), output.batch, output.shape());
      Operations<B>::upload(*context_, staged_input_.get(), input.data, input.size());
      replay_(*context_, input.batch, [&] {
        convert(staged_input_.get(), in.data, in.size());
        walk(in, out);
        convert(out.data, staged_output_.get(), out.size());
        if (maps > 0)
          Kernels::find_peaks(*context_, View<const T>(out.slice(first, maps)), staged_peaks_.get());
      });
      if (maps > 0) Operations<B>::download(*context_, peaks.data(), staged_peaks_.get(), std::ssize(peaks));
      Operations<B>::download(*context_, output.data, staged_output_.get(), output.size());
    }
  }

 private:
  /// The weights of all steps, in one block of memory.
  struct Weights {
    std::vector<plan::WeightPlaces> places;
    std::shared_ptr<Real> memory;
    [[nodiscard]] const Real* at(std::ptrdiff_t place) const {
      return place < 0 ? nullptr : memory.get() + place;
    }
  };

  template <class U>
  std::shared_ptr<U> allocate(std::ptrdiff_t count) {
    U* const memory = Operations<B>::template allocate<U>(*context_, count);
    return {memory, [context = context_](U* m) { Operations<B>::release(*context, m); }};
  }
  template <class From, class To>
  void convert(const From* from, To* to, std::ptrdiff_t count) {
    if constexpr (!std::is_same_v<From, To>)
      Operations<B>::for_each_index(*context_, count, pointwise::Copy<From, To>{from, to});
  }
  [[nodiscard]] Shape shape(const Slice& slice) const {
    const Shape& whole = plan_.buffers[static_cast<std::size_t>(slice.buffer)].shape;
    return {slice.channels, whole.height, whole.width};
  }

  std::shared_ptr<const Weights> pack(const plan::Parameters<Real>& parameters) {
    plan::WeightLayout layout(plan_, [&](const plan::Step& step) {
      return Kernels::template packed_size<T>(step.window, shape(step.in.slice), shape(step.out));
    });
    auto weights = std::make_shared<Weights>();
    weights->memory = allocate<Real>(layout.elements);
    const auto upload = [&](std::ptrdiff_t place, const std::vector<Real>& values) {
      if (place >= 0)
        Operations<B>::upload(*context_, weights->memory.get() + place, values.data(), std::ssize(values));
    };
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
      const plan::Step& step = plan_.steps[i];
      const plan::WeightPlaces& places = layout.steps[i];
      const plan::StepWeights<Real> values = plan::weights_of(plan_, step, parameters);
      upload(places.bias, values.bias);
      upload(places.scale, values.scale);
      upload(places.shift, values.shift);
      if (places.filter >= 0)
        Kernels::template pack<T>(*context_, step.window, shape(step.in.slice), shape(step.out),
                                  values.filter.data(), weights->memory.get() + places.filter);
    }
    weights->places = std::move(layout.steps);
    return weights;
  }

  /// One who takes images of a batch alone.
  struct Worker {
    std::shared_ptr<Context<B>> context;
    std::shared_ptr<T> arena;
  };

  /// Allocates, and touches all memory by runs on zeros.
  void prepare() {
    const int images = Kernels::image_by_image ? 1 : max_batch_;
    const auto zeros = [&](std::ptrdiff_t elements) {
      std::shared_ptr<T> memory = allocate<T>(elements * images);
      Operations<B>::fill(*context_, memory.get(), elements * images, T{0});
      return memory;
    };
    const Shape in = plan_.buffers[plan::input_buffer].shape, out = plan_.buffers[plan::output_buffer].shape;
    arena_ = zeros(plan_.arena_elements);
    if constexpr (Kernels::needs_spare) {
      long long largest = 0;
      for (const plan::Step& step : plan_.steps) largest = std::max(largest, shape(step.out).size());
      spare_ = zeros(largest);
    }
    std::shared_ptr<T> input = zeros(in.size()), output = zeros(out.size());
    const View<const T> from = make_view<const T>(input.get(), images, in);
    const View<T> to = make_view(output.get(), images, out);
    walk(*context_, arena_.get(), from, to);
    Kernels::settle(*context_);
    if constexpr (Kernels::image_by_image)
      for (auto& context : Kernels::solos(*context_, max_batch_)) {
        workers_.push_back({std::move(context), workers_.empty() ? arena_ : zeros(plan_.arena_elements)});
        walk(*workers_.back().context, workers_.back().arena.get(), from, to);
      }
    if constexpr (!on_host<B>) {
      stage(input_ = std::move(input), staged_input_, in.size() * images);
      stage(output_ = std::move(output), staged_output_, out.size() * images);
      staged_peaks_ = allocate<Peak>(std::ptrdiff_t{1} * out.channels * images);
    }
  }

  void stage(const std::shared_ptr<T>& memory, std::shared_ptr<Real>& staged, std::ptrdiff_t elements) {
    if constexpr (std::is_same_v<T, Real>)
      staged = memory;
    else
      staged = allocate<Real>(elements);
  }

  void walk(const View<const T>& input, const View<T>& output) {
    if constexpr (Kernels::image_by_image) {
      const auto one = [&](Context<B>& context, T* arena, int image) {
        walk(context, arena, input.images(image, 1), output.images(image, 1));
      };
      // As many as give every worker the same number; the rest all work on together.
      const int workers = static_cast<int>(workers_.size());
      const int shared_out = workers == 0 ? 0 : input.batch / workers * workers;
      if (shared_out > 0)
        Kernels::share_out(*context_, shared_out, [&](int image, int worker) {
          const Worker& w = workers_[static_cast<std::size_t>(worker)];
          one(*w.context, w.arena.get(), image);
        });
      for (int image = shared_out; image < input.batch; ++image) one(*context_, arena_.get(), image);
    } else {
      walk(*context_, arena_.get(), input, output);
    }
  }

  void walk(Context<B>& context, T* arena, const View<const T>& input, const View<T>& output) {
    for (std::size_t i = 0; i < plan_.steps.size(); ++i)
      execute(context, arena, plan_.steps[i], weights_->places[i], input, output);
  }

  void execute(Context<B>& context, T* arena, const plan::Step& step, const plan::WeightPlaces& places,
               const View<const T>& input, const View<T>& output) {
    using O = Operations<B>;
    const auto written = [&](const Slice& slice) {
      if (!slice) return View<T>{};
      const plan::Buffer& buffer = plan_.buffers[static_cast<std::size_t>(slice.buffer)];
      const View<T> whole = slice.buffer == plan::output_buffer
                                ? output
                                : make_view(arena + buffer.offset * input.batch, input.batch, buffer.shape);
      return whole.slice(slice.first, slice.channels);
    };
    const auto read = [&](const Slice& slice) -> View<const T> {
      return slice.buffer == plan::input_buffer ? input.slice(slice.first, slice.channels) : written(slice);
    };
    const Signal<T> x{read(step.in.slice), weights_->at(places.scale), weights_->at(places.shift),
                      step.in.activation};
    const Target<T> y{written(step.out), read(step.residual)};
    switch (step.kind) {
      case plan::Kind::convolution:
        return Kernels::convolve(
            context,
            plan::Convolution<T>{step.window, x, weights_->at(places.filter), weights_->at(places.bias),
                                 step.activation, y.base, written(step.copy), y.view},
            spare_.get());
      case plan::Kind::max_pool:
        return O::max_pool(context, step.window, x, y, {});
      case plan::Kind::average_pool:
        return O::average_pool(context, step.window, x, y);
      case plan::Kind::upsample:
        return O::upsample(context, step.window.kernel, step.interpolation, x, y);
      case plan::Kind::attention:
        return O::for_each_index(context, std::ptrdiff_t{1} * y.view.batch * y.view.channels,
                                 pointwise::DrawAttention<T>{x.data, y.view, *step.table});
      case plan::Kind::pointwise:
        return O::materialise(context, x, y);
    }
  }

  std::shared_ptr<Context<B>> context_;
  plan::Plan plan_;
  int max_batch_;
  std::shared_ptr<const Weights> weights_;
  std::shared_ptr<T> arena_, spare_, input_, output_;
  std::shared_ptr<Peak> staged_peaks_;
  std::shared_ptr<Real> staged_input_, staged_output_;  // as the host has them; the same where T is Real
  typename Kernels::Replay replay_;
  std::vector<Worker> workers_;  ///< none: all images are worked on together
};

}  // namespace aurum
