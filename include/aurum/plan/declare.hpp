#pragma once
// The parameters of a network without its modules: `Declaration<S>::declare(list, channels)` adds those of
// layer S on so many input channels, in the order and under the names that its module uses, and returns the
// channels of its output. Only tables and calls are made for each layer, so that they stay small.
#include <array>
#include <span>
#include <string>
#include <vector>

#include "aurum/core/parameter.hpp"
#include "aurum/spec/attention.hpp"
#include "aurum/spec/frozen.hpp"
#include "aurum/spec/gru.hpp"
#include "aurum/spec/hourglass.hpp"
#include "aurum/spec/reparametrised.hpp"
#include "aurum/spec/time_distributed.hpp"

namespace aurum::plan {

class ParameterList {
 public:
  using Declare = int (*)(ParameterList&, int channels);
  enum class Input { same, previous };  ///< of a composite's children: its own, or the one before's output
  enum class Output { last, all };      ///< of a composite: its last child's, or all side by side

  [[nodiscard]] ParameterLayout<float>& layout() { return layout_; }

  int convolution(int channels, int out, int kernel, bool bias) {
    layout_.add("weight", {out, channels, kernel, kernel}, Role::filter, Storage::trainable);
    if (bias) layout_.add("bias", {out}, Role::bias, Storage::trainable);
    return out;
  }
  int reparametrised(int channels, int out, int kernel, bool bias) {
    layout_.freezing([&] { return convolution(channels, out, kernel, bias); });
    layout_.add("projection", {out, out}, Role::projection, Storage::trainable);
    return out;
  }
  int gru(int channels, int hidden, int kernel, int layers) {
    for (int l = 0; l < layers; ++l) {
      const std::string layer = std::to_string(l);
      const int in = l == 0 ? channels : hidden;
      layout_.add("weight_ih_l" + layer, {3 * hidden, in, kernel, kernel}, Role::gates, Storage::trainable);
      layout_.add("weight_hh_l" + layer, {3 * hidden, hidden, kernel, kernel}, Role::gates,
                  Storage::trainable);
      layout_.add("bias_ih_l" + layer, {3 * hidden}, Role::bias, Storage::trainable);
      layout_.add("bias_hh_l" + layer, {3 * hidden}, Role::bias, Storage::trainable);
    }
    return hidden;
  }
  int batch_norm(int channels) {
    layout_.add("weight", {channels}, Role::norm_weight, Storage::trainable);
    layout_.add("bias", {channels}, Role::norm_bias, Storage::trainable);
    layout_.add("running_mean", {channels}, Role::running_mean, Storage::buffer);
    layout_.add("running_var", {channels}, Role::running_variance, Storage::buffer);
    return channels;
  }
  int child(Names names, int index, Declare declare, int channels) {
    return layout_.inside(names, index, [&] { return declare(*this, channels); });
  }
  int children(std::span<const Declare> children, int channels, Input input, Output output) {
    const Names names = layout_.take_names();
    int index = 0, last = 0, all = 0;
    for (const Declare declare : children) {
      last = child(names, index++, declare, channels);
      all += last;
      if (input == Input::previous) channels = last;
    }
    return output == Output::all ? all : last;
  }

 private:
  ParameterLayout<float> layout_;
};

/// Deliberately without a definition: a spec without a declaration is a compile error that names it.
template <class S>
struct Declaration;

template <class S>
int declare(ParameterList& list, int channels) {
  return Declaration<resolve_t<S>>::declare(list, channels);
}

struct NoParameters {
  static int declare(ParameterList&, int channels) { return channels; }
};
template <>
struct Declaration<Identity> : NoParameters {};
template <int Levels>
struct Declaration<RequireHalvings<Levels>> : NoParameters {};
template <Activation A>
struct Declaration<Activate<A>> : NoParameters {};
template <int Window, class... Options>
struct Declaration<MaxPool<Window, Options...>> : NoParameters {};
template <int Window, class... Options>
struct Declaration<AveragePool<Window, Options...>> : NoParameters {};
template <>
struct Declaration<GlobalAveragePool> : NoParameters {};
template <int Factor, Interpolation Mode>
struct Declaration<Upsample<Factor, Mode>> : NoParameters {};

template <class S>
struct Declaration<Frozen<S>> {
  static int declare(ParameterList& list, int channels) {
    return list.layout().freezing([&] { return plan::declare<S>(list, channels); });
  }
};
template <class Rows>
struct Declaration<AttentionMaps<Rows>> {
  static int declare(ParameterList&, int) { return AttentionMaps<Rows>::table.rows; }
};

template <int Channels, int K, class... Options>
struct Declaration<Conv<Channels, K, Options...>> {
  static int declare(ParameterList& list, int channels) {
    return list.convolution(channels, Channels, K, Conv<Channels, K, Options...>::bias);
  }
};
template <int Channels, int K, class... Options>
struct Declaration<Reparametrised<Conv<Channels, K, Options...>>> {
  static int declare(ParameterList& list, int channels) {
    return list.reparametrised(channels, Channels, K, Conv<Channels, K, Options...>::bias);
  }
};
template <int Hidden, int K, class... Options>
struct Declaration<ConvGru<Hidden, K, Options...>> {
  static int declare(ParameterList& list, int channels) {
    return list.gru(channels, Hidden, K, ConvGru<Hidden, K, Options...>::layers);
  }
};
template <class Net, class... Options>
struct Declaration<TimeDistributed<Net, Options...>> {
  static int declare(ParameterList& list, int channels) { return plan::declare<Net>(list, channels); }
};
template <class Norm>
struct Declaration<FrozenAffine<Norm>> : Declaration<Frozen<Norm>> {};
template <class Policy>
struct Declaration<BasicBatchNorm<Policy>> {
  static int declare(ParameterList& list, int channels) { return list.batch_norm(channels); }
};
template <class List, class S>
struct Declaration<Named<List, S>> {
  static int declare(ParameterList& list, int channels) {
    list.layout().set_names(List::names);
    return plan::declare<S>(list, channels);
  }
};
template <int Channels, class Projection>
struct Declaration<Shortcut<Channels, Projection>> {
  static int declare(ParameterList& list, int channels) {
    return channels == Channels ? channels : plan::declare<Projection>(list, channels);
  }
};

template <ParameterList::Input Input, ParameterList::Output Output, class... Children>
struct DeclareChildren {
  static constexpr std::array<ParameterList::Declare, sizeof...(Children)> children{
      &plan::declare<Children>...};
  static int declare(ParameterList& list, int channels) {
    return list.children(children, channels, Input, Output);
  }
};
template <class... Layers>
struct Declaration<Sequential<Layers...>>
    : DeclareChildren<ParameterList::Input::previous, ParameterList::Output::last, Layers...> {};
template <class... Branches>
struct Declaration<Sum<Branches...>>
    : DeclareChildren<ParameterList::Input::same, ParameterList::Output::last, Branches...> {};
template <class... Branches>
struct Declaration<Concat<Branches...>>
    : DeclareChildren<ParameterList::Input::same, ParameterList::Output::all, Branches...> {};
template <class... Stages>
struct Declaration<Cascade<Stages...>>
    : DeclareChildren<ParameterList::Input::previous, ParameterList::Output::all, Stages...> {};

template <int Stacks, class Body, class Head, class FromBody, class FromMaps, class StackNames>
struct Declaration<Stacked<Stacks, Body, Head, FromBody, FromMaps, StackNames>> {
  static int declare(ParameterList& list, int channels) {
    int maps = 0;
    const auto stack = [&]<std::size_t I>() {
      const Names names = StackNames::template Part<I>::names;
      list.layout().set_names(StackNames::template Body<I>::names);
      const int features = plan::declare<Body>(list, channels);
      maps = list.child(names, 0, &plan::declare<Head>, features);
      if (I + 1 == Stacks) return;
      list.child(names, 1, &plan::declare<FromBody>, features);
      list.child(names, 2, &plan::declare<FromMaps>, maps);
    };
    [&]<std::size_t... I>(std::index_sequence<I...>) { (stack.template operator()<I>(), ...); }
    (std::make_index_sequence<static_cast<std::size_t>(Stacks)>{});
    return Stacks * maps;
  }
};

}  // namespace aurum::plan
