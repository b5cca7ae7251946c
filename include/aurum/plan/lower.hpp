#pragma once
// From specs to steps. `Lowering<S>::lower(builder, x, to)` appends the steps that compute layer S of value
// `x`, and returns the result's value, perhaps with work pending; with a destination it also puts the result
// there. Layers are lowered in the order of the parameter layout, which is how a step knows its parameters.
#include "aurum/plan/builder.hpp"
#include "aurum/spec/attention.hpp"
#include "aurum/spec/frozen.hpp"
#include "aurum/spec/hourglass.hpp"
#include "aurum/spec/reparametrised.hpp"
#include "aurum/spec/time_distributed.hpp"

namespace aurum::plan {

/// Deliberately without a definition: a spec that cannot be lowered is a compile error that names it.
template <class S>
struct Lowering;

template <class S>
constexpr Value lower(Builder& builder, const Value& x, const Destination& to = {}) {
  return Lowering<resolve_t<S>>::lower(builder, x, to);
}

/// `lower` for a result that others read after it was put where it belongs.
template <class S>
constexpr Value lower_and_keep(Builder& builder, const Value& x, const Destination& to) {
  const Value v = to.residual ? builder.deliver(lower<S>(builder, x), to, Builder::After::read)
                              : lower<S>(builder, x, to);
  builder.seal();
  return v;
}

/// Whether layer S merely passes on its input of so many channels, so that a sum can take it from where it
/// is.
template <class S>
constexpr bool passes_on(int channels) {
  if constexpr (requires { Lowering<resolve_t<S>>::passes_on(channels); })
    return Lowering<resolve_t<S>>::passes_on(channels);
  else
    return false;
}

template <>
struct Lowering<Identity> {
  static constexpr bool passes_on(int) { return true; }
  static constexpr Value lower(Builder& builder, const Value& x, const Destination& to) {
    return builder.deliver(x, to);
  }
};
template <int Levels>
struct Lowering<RequireHalvings<Levels>> : Lowering<Identity> {};
template <class List, class S>
struct Lowering<Named<List, S>> : Lowering<resolve_t<S>> {};

template <class S>
struct Lowering<Frozen<S>> : Lowering<resolve_t<S>> {};
template <class Net, class... Options>
struct Lowering<TimeDistributed<Net, Options...>> : Lowering<resolve_t<Net>> {};

/// Convolution S, its filter multiplied by a matrix first or as it is.
template <class S>
constexpr Value lower_convolution(Builder& builder, const Value& x, const Destination& to, bool projected) {
  const Step step{.kind = Kind::convolution,
                  .in = x,
                  .window = {S::kernel, S::stride, S::padding},
                  .filter = builder.take_tensors(1),
                  .bias = S::bias ? builder.take_tensors(1) : -1,
                  .projection = projected ? builder.take_tensors(1) : -1};
  return builder.deliver(builder.write(step, output_shape_of<S>(builder.shape(x.slice))), to);
}
template <int Channels, int K, class... Options>
struct Lowering<Conv<Channels, K, Options...>> {
  static constexpr Value lower(Builder& builder, const Value& x, const Destination& to) {
    return lower_convolution<Conv<Channels, K, Options...>>(builder, x, to, false);
  }
};
template <class Convolution>
struct Lowering<Reparametrised<Convolution>> {
  static constexpr Value lower(Builder& builder, const Value& x, const Destination& to) {
    return lower_convolution<Convolution>(builder, x, to, true);
  }
};
template <class Norm>
struct Lowering<FrozenAffine<Norm>> : Lowering<Norm> {};
template <class Policy>
struct Lowering<BasicBatchNorm<Policy>> {
  static constexpr Value lower(Builder& builder, const Value& x, const Destination& to) {
    return builder.deliver(builder.normalise(x, Policy::epsilon), to);
  }
};
template <Activation A>
struct Lowering<Activate<A>> {
  static constexpr Value lower(Builder& builder, const Value& x, const Destination& to) {
    return builder.deliver(builder.activate(x, A), to);
  }
};

template <class S>
constexpr Value lower_pool(Kind kind, Builder& builder, const Value& x, const Destination& to) {
  const Step step{.kind = kind, .in = x, .window = {S::window, S::stride, S::padding}};
  return builder.deliver(builder.write(step, output_shape_of<S>(builder.shape(x.slice))), to);
}
template <int Window, class... Options>
struct Lowering<MaxPool<Window, Options...>> {
  static constexpr Value lower(Builder& builder, const Value& x, const Destination& to) {
    return lower_pool<MaxPool<Window, Options...>>(Kind::max_pool, builder, x, to);
  }
};
template <int Window, class... Options>
struct Lowering<AveragePool<Window, Options...>> {
  static constexpr Value lower(Builder& builder, const Value& x, const Destination& to) {
    return lower_pool<AveragePool<Window, Options...>>(Kind::average_pool, builder, x, to);
  }
};
template <>
struct Lowering<GlobalAveragePool> {
  static constexpr Value lower(Builder& builder, const Value& x, const Destination& to) {
    const Shape in = builder.shape(x.slice);
    const Step step{.kind = Kind::average_pool, .in = x, .window = {in.height, in.height, 0}};
    return builder.deliver(builder.write(step, {in.channels, 1, 1}), to);
  }
};
template <int Factor, Interpolation Mode>
struct Lowering<Upsample<Factor, Mode>> {
  static constexpr Value lower(Builder& builder, const Value& x, const Destination& to) {
    const Step step{.kind = Kind::upsample, .in = x, .window = {.kernel = Factor}, .interpolation = Mode};
    const Shape in = builder.shape(x.slice);
    return builder.deliver(builder.write(step, {in.channels, in.height * Factor, in.width * Factor}), to);
  }
};

/// The maps are drawn apart from what they are added to, since drawing only writes.
template <class Rows>
struct Lowering<AttentionMaps<Rows>> {
  static constexpr Value lower(Builder& builder, const Value& x, const Destination& to) {
    const Value plain = builder.plain(x);
    const Shape in = builder.shape(plain.slice);
    const Step step{.kind = Kind::attention,
                    .in = {plain.slice.part(in.channels - attention_landmarks, attention_landmarks)},
                    .table = &AttentionMaps<Rows>::table};
    const int rows = AttentionMaps<Rows>::table.rows;
    const Value maps = builder.write(step, {rows, in.height, in.width});
    if (to.residual) builder.seal();
    return builder.deliver(maps, to);
  }
};

template <int Channels, class Projection>
struct Lowering<Shortcut<Channels, Projection>> {
  static constexpr bool passes_on(int channels) { return channels == Channels; }
  static constexpr Value lower(Builder& builder, const Value& x, const Destination& to) {
    return x.slice.channels == Channels ? builder.deliver(x, to) : plan::lower<Projection>(builder, x, to);
  }
};

template <class... Layers>
struct Lowering<Sequential<Layers...>> {
  static constexpr Value lower(Builder& builder, const Value& x, const Destination& to) {
    Value v = x;
    std::size_t left = sizeof...(Layers);
    ((v = plan::lower<Layers>(builder, v, --left == 0 ? to : Destination{})), ...);
    return v;
  }
};

/// A branch that passes its input on becomes the residual of the first that computes; each of the others adds
/// to what is there.
template <class... Branches>
struct Lowering<Sum<Branches...>> {
  static constexpr Value lower(Builder& builder, const Value& input, const Destination& to) {
    const int channels = input.slice.channels;
    const Value x = (passes_on<Branches>(channels) || ...) ? builder.plain(input) : input;
    builder.seal();
    const Slice out =
        to ? to.out : builder.allocate(output_shape_of<Sum<Branches...>>(builder.shape(x.slice)));
    Slice sum = to.residual;
    const auto add = [&]<class Branch>(bool passing) {
      if (passes_on<Branch>(channels) != passing) return;
      if (passing && !sum) {
        sum = x.slice;
      } else {
        plan::lower<Branch>(builder, x, {out, sum});
        sum = out;
      }
    };
    (add.template operator()<Branches>(true), ...);
    (add.template operator()<Branches>(false), ...);
    if (sum != out) builder.deliver({sum}, {out});  // nothing but one input passed on
    return {out};
  }
};

template <class... Branches>
struct Lowering<Concat<Branches...>> {
  static constexpr Value lower(Builder& builder, const Value& x, const Destination& to) {
    const Shape in = builder.shape(x.slice);
    const Slice out = to ? to.out : builder.allocate(output_shape_of<Concat<Branches...>>(in));
    int first = 0;
    const auto append = [&]<class Branch>() {
      builder.seal();
      const int channels = output_shape_of<Branch>(in).channels;
      plan::lower<Branch>(builder, x, {out.part(first, channels), to.residual.part(first, channels)});
      first += channels;
    };
    (append.template operator()<Branches>(), ...);
    return {out};
  }
};

/// Each stage reads what the one before wrote into its part of the output; where that part holds a sum, a
/// copy.
template <class... Stages>
struct Lowering<Cascade<Stages...>> {
  static constexpr Value lower(Builder& builder, const Value& x, const Destination& to) {
    const Slice out =
        to ? to.out : builder.allocate(output_shape_of<Cascade<Stages...>>(builder.shape(x.slice)));
    Value v = x;
    int first = 0;
    std::size_t left = sizeof...(Stages);
    const auto append = [&]<class Stage>() {
      const int channels = output_shape_of<Stage>(builder.shape(v.slice)).channels;
      const Destination part{out.part(first, channels), to.residual.part(first, channels)};
      first += channels;
      v = --left == 0 ? plan::lower<Stage>(builder, v, part) : lower_and_keep<Stage>(builder, v, part);
    };
    (append.template operator()<Stages>(), ...);
    return {out};
  }
};

template <int Stacks, class Body, class Head, class FromBody, class FromMaps, class StackNames>
struct Lowering<Stacked<Stacks, Body, Head, FromBody, FromMaps, StackNames>> {
  using S = Stacked<Stacks, Body, Head, FromBody, FromMaps, StackNames>;
  static constexpr Value lower(Builder& builder, const Value& x, const Destination& to) {
    const Slice out = to ? to.out : builder.allocate(output_shape_of<S>(builder.shape(x.slice)));
    const int channels = out.channels / Stacks;
    Value in = x;
    for (int i = 0; i < Stacks; ++i) {
      const bool last = i + 1 == Stacks;
      if (!last) {
        in = builder.plain(in);
        builder.seal();
      }
      const Value features = plan::lower<Body>(builder, in);
      const Destination part{out.part(i * channels, channels), to.residual.part(i * channels, channels)};
      if (last) {
        plan::lower<Head>(builder, features, part);
        break;
      }
      builder.seal();
      const Value maps = lower_and_keep<Head>(builder, features, part);
      const Slice next = builder.allocate(builder.shape(in.slice));
      plan::lower<FromBody>(builder, features, {next, in.slice});
      plan::lower<FromMaps>(builder, maps, {next, next});
      in = {next};
    }
    return {out};
  }
};

}  // namespace aurum::plan
