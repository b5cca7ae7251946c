#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/core/sequences.hpp"
#include "aurum/module/initialise.hpp"
#include "aurum/module/modules.hpp"

namespace aurum {

/// All memory of a network's parameters: one arena each for what is trained, its gradient, what is frozen,
/// and the buffers. An optimiser step is one pass, a checkpoint a walk over the table.
template <class B, class T>
class ParameterArena {
 public:
  using Layout = ParameterLayout<T>;

  ParameterArena(Context<B>& context, const Layout& sizes) : context_{&context} {
    const auto make = [&](Storage s) {
      const std::ptrdiff_t count = sizes.size(s);
      T* const memory = Operations<B>::template allocate<T>(context, count);
      Operations<B>::fill(context, memory, count, T{0});
      return memory;
    };
    counts_ = {sizes.size(Storage::trainable), sizes.size(Storage::frozen), sizes.size(Storage::buffer)};
    memory_ = {make(Storage::trainable), make(Storage::trainable), make(Storage::frozen),
               make(Storage::buffer)};
  }
  ParameterArena(const ParameterArena&) = delete;
  ParameterArena& operator=(const ParameterArena&) = delete;
  ~ParameterArena() {
    Operations<B>::release(*context_, memory_.trainable);
    Operations<B>::release(*context_, memory_.gradient);
    Operations<B>::release(*context_, memory_.frozen);
    Operations<B>::release(*context_, memory_.buffer);
  }

  [[nodiscard]] const typename Layout::Memory& memory() const { return memory_; }
  [[nodiscard]] std::ptrdiff_t count(Storage s) const { return counts_[static_cast<std::size_t>(s)]; }
  [[nodiscard]] T* base(Storage s) const {
    return s == Storage::trainable ? memory_.trainable
           : s == Storage::frozen  ? memory_.frozen
                                   : memory_.buffer;
  }

 private:
  Context<B>* context_;
  std::array<std::ptrdiff_t, 3> counts_{};
  typename Layout::Memory memory_;
};

/// A network that trains: the spec `S` on images of shape `In`, on backend `B`, with feature maps of `T`
/// (float; double or BFloat16 where the backend has them; with the latter parameters are float). What
/// differs at run time is only the batch and the weights. Neither copyable nor movable: its context may be
/// shared, its memory is not. One thread uses it at a time.
template <Spec S, Shape In, Backend B, class T = float>
class Network {
  using Source = detail::DiagnosisOf<S, In, B>;
  static_assert(Verdict<Source>::checked);
  static_assert(!std::is_same_v<T, BFloat16> || has_bfloat16<B>,
                "aurum: this backend has no feature maps of BFloat16");
  // A network that cannot be built stops here: its modules would only add errors to the one that explains.
  using Buildable = std::conditional_t<Source::value.ok(), S, Identity>;

 public:
  using spec = S;
  using backend = B;
  using value_type = T;
  using real_type = real_t<T>;  ///< of parameters, gradients and running statistics
  static constexpr Shape input_shape = In;
  static constexpr Shape output_shape = aurum::output_shape<S, In>;

  /// Fresh weights from `seed`, on a context of its own.
  explicit Network(Seed seed = {}, Initialiser initialiser = Initialiser::kaiming)
      : Network(std::make_shared<Context<B>>(), seed, initialiser) {}
  /// Fresh weights on a shared context (worker threads, or a stream).
  explicit Network(std::shared_ptr<Context<B>> context, Seed seed = {},
                   Initialiser initialiser = Initialiser::kaiming)
      : context_{std::move(context)},
        pool_{*context_},
        arena_{*context_, sizes()},
        layout_{arena_.memory()},
        module_{layout_},
        parameters_{layout_.take_parameters()} {
    for (const Parameter& p : parameters_) set(p, initial_values<real_type>(p, seed, initialiser));
  }
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// Runs the network on `input` (batch x In, memory of the backend). The output lives until the next call.
  /// `input` itself must live until the backward that follows. In training, batch norms use and follow the
  /// batch's statistics. `sequences`: which frames of which clips the images are, for recurrent layers;
  /// without them each is a clip of its own. Throws ShapeError for another shape, an empty batch and
  /// sequences of another number of frames.
  View<const T> forward(View<const T> input, Mode mode, const Sequences& sequences = {}) {
    check(input, In, "input");
    if (!sequences.empty() && sequences.frames() != input.batch)
      throw ShapeError("input", std::to_string(sequences.frames()) + " frames of the sequences",
                       std::to_string(input.batch));
    input_ = {input};
    can_go_back_ = false;
    // Twice what convolutions write: room for other maps and for gradients, never all there at once. Only
    // where memory that nobody touches costs nothing.
    constexpr auto maps =
        static_cast<std::ptrdiff_t>(S::cost(In).feature_maps) * static_cast<std::ptrdiff_t>(sizeof(T));
    if constexpr (on_host<B>) pool_.expect(2 * input.batch * maps);
    frames_ = table_of(sequences);
    Step<B, T> step{*context_, pool_, mode, frames_};
    return located([&] {
      const View<T> out = output_view_ = output_.shaped(pool_, output_images(input.batch), output_shape);
      module_.forward(step, input_, Target<T>{out});
      can_go_back_ = true;
      return out;
    });
  }

  /// Adds to the gradients of all trainable parameters, given the gradient of a loss with respect to the
  /// output of the last forward, in its mode; once for each forward, since it gives the feature maps' memory
  /// back as it goes. `input_gradient`, if given, is overwritten. Throws ShapeError for a gradient of another
  /// shape or batch, Error where no forward is left to go back from.
  void backward(View<const T> output_gradient, View<T> input_gradient = {}) {
    check(output_gradient, output_shape, "output gradient", output_view_.batch);
    if (input_gradient.data != nullptr) check(input_gradient, In, "input gradient", input_.data.batch);
    if (!std::exchange(can_go_back_, false))
      throw Error("backward: expected a forward before it, one for each backward");
    Step<B, T> step{*context_, pool_, Mode::training, frames_};
    located([&] { module_.backward(step, input_, output_gradient, Target<T>{input_gradient}); });
  }

  void zero_gradients() {
    Operations<B>::fill(*context_, arena_.memory().gradient, arena_.count(Storage::trainable), real_type{0});
  }

  [[nodiscard]] Context<B>& context() { return *context_; }
  [[nodiscard]] const std::shared_ptr<Context<B>>& shared_context() const { return context_; }
  [[nodiscard]] Pool<B>& pool() { return pool_; }
  /// All parameters and buffers, in the order of the layout.
  [[nodiscard]] const std::vector<Parameter>& parameters() const { return parameters_; }
  /// All trainable values and their gradients: backend memory, one element per position of the arena.
  [[nodiscard]] std::span<real_type> values() {
    return {arena_.memory().trainable, size(Storage::trainable)};
  }
  [[nodiscard]] std::span<real_type> gradients() {
    return {arena_.memory().gradient, size(Storage::trainable)};
  }
  /// All buffers: the running statistics of batch norms. Backend memory.
  [[nodiscard]] std::span<real_type> statistics() { return {arena_.memory().buffer, size(Storage::buffer)}; }

  /// A parameter's values in memory order, copied to the host.
  [[nodiscard]] std::vector<real_type> get(const Parameter& p) const {
    return copy(p, arena_.base(p.storage));
  }
  /// A trainable parameter's gradient in memory order, copied to the host.
  [[nodiscard]] std::vector<real_type> gradient(const Parameter& p) const {
    return copy(p, arena_.memory().gradient);
  }
  void set(const Parameter& p, std::span<const real_type> values) {
    if (static_cast<std::ptrdiff_t>(values.size()) != p.count)
      throw ShapeError(p.path, std::to_string(p.count) + " values", std::to_string(values.size()));
    Operations<B>::upload(*context_, arena_.base(p.storage) + p.offset, values.data(), p.count);
  }
  /// The parameter called `path`; throws ValueError if there is none.
  [[nodiscard]] const Parameter& parameter(std::string_view path) const {
    for (const Parameter& p : parameters_)
      if (p.path == path) return p;
    throw ValueError("the network has no parameter called '" + std::string{path} + "'");
  }

 private:
  /// Runs `f`; where its backend fails, the message names the layer.
  template <class F>
  auto located(const F& f) {
    try {
      return f();
    } catch (BackendError& e) {
      const real_type* const gradients = arena_.memory().gradient;
      for (const Parameter& p : parameters_)
        if (e.parameter() == arena_.base(p.storage) + p.offset ||
            (p.storage == Storage::trainable && e.parameter() == gradients + p.offset))
          e.set_layer(p.path.substr(0, p.path.rfind('.')));
      throw;
    }
  }

  using Root = module_t<Buildable, In.channels, B, T>;

  /// The tables of `sequences`, in the backend's memory.
  FrameTable table_of(const Sequences& sequences) {
    FrameTable table{.clips = sequences.clips(),
                     .steps = sequences.steps(),
                     .images = sequences.frames(),
                     .truncation = sequences.truncation,
                     .continued = sequences.continued};
    const auto upload = [&](Buffer<B, int>& to, std::span<const int> from) -> const int* {
      if (from.empty()) return nullptr;
      Operations<B>::upload(*context_, to.resize(pool_, std::ssize(from)), from.data(), std::ssize(from));
      return to.data();
    };
    table.row = upload(rows_, sequences.rows());
    table.place = upload(places_, sequences.places());
    return table;
  }
  /// Images of the output: one for each of the input, unless the network has it otherwise.
  [[nodiscard]] int output_images(int images) const {
    if constexpr (requires { Root::output_images(frames_); })
      return Root::output_images(frames_.steps > 0 ? frames_ : FrameTable{images, 1, images});
    else
      return images;
  }

  static ParameterLayout<real_type> sizes() {
    ParameterLayout<real_type> layout;
    Root{layout};
    return layout;
  }
  [[nodiscard]] std::size_t size(Storage s) const { return static_cast<std::size_t>(arena_.count(s)); }
  std::vector<real_type> copy(const Parameter& p, const real_type* base) const {
    std::vector<real_type> values(static_cast<std::size_t>(p.count));
    Operations<B>::download(*context_, values.data(), base + p.offset, p.count);
    return values;
  }
  /// `batch` 0: any.
  static void check(const View<const T>& v, const Shape& wanted, const char* what, int batch = 0) {
    if (v.batch < 1 || (batch != 0 && v.batch != batch) || v.shape() != wanted)
      throw ShapeError(
          what, (batch == 0 ? "a batch of at least 1" : std::to_string(batch)) + " of " + to_string(wanted),
          std::to_string(v.batch) + " of " + to_string(v.shape()));
  }

  std::shared_ptr<Context<B>> context_;
  Pool<B> pool_;
  ParameterArena<B, real_type> arena_;
  ParameterLayout<real_type> layout_;
  Root module_;
  std::vector<Parameter> parameters_;
  Signal<T> input_;
  bool can_go_back_ = false;  // the last forward's maps are there
  Buffer<B, T> output_;
  View<T> output_view_{};
  Buffer<B, int> rows_, places_;
  FrameTable frames_{};  // of the last forward
};

}  // namespace aurum
