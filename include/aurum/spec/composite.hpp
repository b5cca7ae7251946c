#pragma once
// Composites: sequential, sum, concat, cascade, and the small pieces they are built with.
#include <array>

#include "aurum/spec/spec.hpp"

namespace aurum {

/// Passes its input on.
struct Identity {
  using spec = Identity;
  static constexpr Diagnosis infer(const Shape& in, Supports, Names = {}) { return Diagnosis::fine(in); }
  static constexpr Cost cost(const Shape&) { return {}; }
};

/// Layers one after another.
template <Spec... Layers>
struct Sequential {
  static_assert(sizeof...(Layers) > 0, "a Sequential has at least one layer");
  using spec = Sequential;
  static constexpr Diagnosis infer(const Shape& in, Supports supports, Names names = {}) {
    Diagnosis d = Diagnosis::fine(in);
    int index = 0;
    const auto step = [&]<class Layer>() {
      d = with_child_name(names, index++,
                          [&](auto name) { return Layer::infer(d.out, supports).inside(name); });
      return d.ok();
    };
    (void)(step.template operator()<Layers>() && ...);
    return d;
  }
  static constexpr Cost cost(Shape in) {
    Cost total;
    ((total = total + Layers::cost(in), in = output_shape_of<Layers>(in)), ...);
    return total;
  }
};

namespace detail {
/// Infers branches that all read the same input; `join` checks and merges each output into the result.
template <class... Branches, class Join>
constexpr Diagnosis infer_branches(const Shape& in, Supports supports, Names names, Join join) {
  Diagnosis result;
  int index = 0;
  const auto step = [&]<class Branch>() {
    const Diagnosis d = with_child_name(names, index, [&](auto name) {
      const Diagnosis branch = Branch::infer(in, supports);
      return (branch.ok() && index > 0 ? join(result.out, branch.out) : branch).inside(name);
    });
    ++index;
    result = d;
    return d.ok();
  };
  (void)(step.template operator()<Branches>() && ...);
  return result;
}
}  // namespace detail

/// The sum of branches that read the same input and give the same shape.
template <Spec... Branches>
struct Sum {
  static_assert(sizeof...(Branches) > 0, "a Sum has at least one branch");
  using spec = Sum;
  static constexpr Diagnosis infer(const Shape& in, Supports supports, Names names = {}) {
    return detail::infer_branches<Branches...>(in, supports, names, [](Shape first, Shape next) {
      if (next.channels != first.channels)
        return Diagnosis::wrong(Fault::channels_must_match_the_branches_of_a_sum, first, next);
      if (next != first) return Diagnosis::wrong(Fault::size_must_match_the_branches_of_a_sum, first, next);
      return Diagnosis::fine(first);
    });
  }
  static constexpr Cost cost(const Shape& in) { return (Branches::cost(in) + ...); }
};

/// The outputs of branches that read the same input, side by side along the channels.
template <Spec... Branches>
struct Concat {
  static_assert(sizeof...(Branches) > 0, "a Concat has at least one branch");
  using spec = Concat;
  static constexpr Diagnosis infer(const Shape& in, Supports supports, Names names = {}) {
    return detail::infer_branches<Branches...>(in, supports, names, [](Shape sofar, Shape next) {
      if (next.height != sofar.height || next.width != sofar.width)
        return Diagnosis::wrong(Fault::size_must_match_the_branches_of_a_concat,
                                {next.channels, sofar.height, sofar.width}, next);
      return Diagnosis::fine({sofar.channels + next.channels, sofar.height, sofar.width});
    });
  }
  static constexpr Cost cost(const Shape& in) { return (Branches::cost(in) + ...); }
};

/// Stages one after another whose outputs are all kept, side by side along the channels: stage 1 reads the
/// input, stage 2 the output of stage 1, and so on (the three convolutions of a ConvBlock).
template <Spec... Stages>
struct Cascade {
  static_assert(sizeof...(Stages) > 0, "a Cascade has at least one stage");
  using spec = Cascade;
  static constexpr Diagnosis infer(const Shape& in, Supports supports, Names names = {}) {
    Diagnosis result;
    Shape previous = in;
    int index = 0;
    const auto step = [&]<class Stage>() {
      Diagnosis d = with_child_name(names, index, [&](auto name) {
        Diagnosis stage = Stage::infer(previous, supports);
        if (stage.ok() && index > 0 &&
            (stage.out.height != previous.height || stage.out.width != previous.width))
          stage = Diagnosis::wrong(Fault::size_must_match_the_branches_of_a_concat,
                                   {stage.out.channels, previous.height, previous.width}, stage.out);
        return stage.inside(name);
      });
      previous = d.out;
      d.out.channels += result.out.channels;
      result = d;
      ++index;
      return d.ok();
    };
    (void)(step.template operator()<Stages>() && ...);
    return result;
  }
  static constexpr Cost cost(Shape in) {
    Cost total;
    ((total = total + Stages::cost(in), in = output_shape_of<Stages>(in)), ...);
    return total;
  }
};

/// The shortcut of a residual block: nothing when the channels already agree, `Projection` when they do not.
template <int Channels, Spec Projection>
struct Shortcut {
  using spec = Shortcut;
  static constexpr int channels = Channels;
  static constexpr Diagnosis infer(const Shape& in, Supports supports, Names = {}) {
    return in.channels == Channels ? Diagnosis::fine(in) : Projection::infer(in, supports);
  }
  static constexpr Cost cost(const Shape& in) {
    return in.channels == Channels ? Cost{} : Projection::cost(in);
  }
};

/// Passes its input on after checking that height and width are multiples of 2^Levels: what an hourglass of
/// that depth halves and doubles must fit together again.
template <int Levels>
struct RequireHalvings {
  using spec = RequireHalvings;
  static constexpr Diagnosis infer(const Shape& in, Supports, Names = {}) {
    constexpr int unit = 1 << Levels;
    const auto up = [](int size) { return (size + unit - 1) / unit * unit; };
    if (in.height % unit != 0 || in.width % unit != 0)
      return Diagnosis::wrong(Fault::hourglass_size_must_be_a_multiple_of_2_to_the_depth,
                              {in.channels, up(in.height), up(in.width)}, in);
    return Diagnosis::fine(in);
  }
  static constexpr Cost cost(const Shape&) { return {}; }
};

/// What a block becomes whose `Channels` do not divide into `Parts` for its branches: a fault in any network.
template <int Channels, int Parts>
struct CannotSplit {
  using spec = CannotSplit;
  static constexpr Diagnosis infer(const Shape& in, Supports, Names = {}) {
    return Diagnosis::wrong(Fault::block_cannot_split_its_channels_evenly,
                            {(Channels / Parts + 1) * Parts, in.height, in.width},
                            {Channels, in.height, in.width});
  }
  static constexpr Cost cost(const Shape&) { return {}; }
};

/// Gives the children of the composite `S` the names `List::names` (an array of std::string_view, one per
/// child). An empty name is transparent: that child's own children appear at this level. Parameter paths are
/// made of these names, so a preset's weights load under the names they were released with.
template <class List, Spec S>
struct Named {
  using spec = Named;
  static constexpr Diagnosis infer(const Shape& in, Supports supports, Names = {}) {
    return resolve_t<S>::infer(in, supports, List::names);
  }
  static constexpr Cost cost(const Shape& in) { return S::cost(in); }
};

}  // namespace aurum
