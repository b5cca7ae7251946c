#pragma once
#include "aurum/module/composite.hpp"
#include "aurum/spec/hourglass.hpp"

namespace aurum {

template <int Stacks, class Body, class Head, class FromBody, class FromMaps, class StackNames, int In,
          class B, class T>
class Module<Stacked<Stacks, Body, Head, FromBody, FromMaps, StackNames>, In, B, T> : public OwnOutput<B, T> {
  using BodyModule = module_t<Body, In, B, T>;
  using HeadModule = module_t<Head, BodyModule::channels, B, T>;

  /// One stack; the last has no injections.
  struct Stack {
    BodyModule body;
    HeadModule head;
    Signal<T> features, maps;
  };
  struct Injection {
    module_t<FromBody, BodyModule::channels, B, T> from_body;
    module_t<FromMaps, HeadModule::channels, B, T> from_maps;
    Buffer<B, T> sum;
    Signal<T> out;
  };

 public:
  static constexpr int channels = Stacks * HeadModule::channels;
  static constexpr bool in_place_backward = false;

  explicit Module(ParameterLayout<real_t<T>>& layout) {
    stacks_.reserve(Stacks);
    detail::for_each_child<Stacks>([&](auto i) {
      using Part = typename StackNames::template Part<i>;
      layout.take_names();
      layout.set_names(StackNames::template Body<i>::names);
      BodyModule body(layout);
      const auto part = [&]<class M>(std::type_identity<M>, int index) {
        return layout.inside(Part::names, index, [&] { return M(layout); });
      };
      stacks_.push_back(Stack{std::move(body), part(std::type_identity<HeadModule>{}, 0), {}, {}});
      if constexpr (i + 1 < Stacks) {
        auto from_body = part(std::type_identity<decltype(Injection::from_body)>{}, 1);
        auto from_maps = part(std::type_identity<decltype(Injection::from_maps)>{}, 2);
        injections_.push_back(Injection{std::move(from_body), std::move(from_maps), {}, {}});
      }
    });
  }

  Signal<T> forward(Step<B, T>& step, const Signal<T>& x, Target<T> y) {
    Signal<T> in = x;
    for (std::size_t i = 0; i < Stacks; ++i) {
      Stack& s = stacks_[i];
      s.features = s.body.forward(step, in, {});
      s.maps = s.head.forward(step, s.features, {});
      if (!y) y = this->place(step, y, x.data.batch, {channels, s.maps.data.height, s.maps.data.width});
      Operations<B>::materialise(step.context, s.maps,
                                 y.slice(static_cast<int>(i) * HeadModule::channels, HeadModule::channels));
      if (i + 1 == Stacks) break;
      Injection& inject = injections_[i];
      const View<T> next = inject.sum.shaped(step.pool, x.data.batch, x.data.shape());
      Operations<B>::materialise(step.context, in, Target<T>{next});
      inject.from_body.forward(step, s.features, Target<T>::adding(next));
      inject.from_maps.forward(step, s.maps, Target<T>::adding(next));
      in = inject.out = Signal<T>{next};
    }
    return {y.view};
  }

  void backward(Step<B, T>& step, const Signal<T>& x, View<const T> dy, Target<T> dx) {
    Buffer<B, T> held;
    View<T> gradient{};  // with respect to the input of the stack after this one
    for (std::size_t i = Stacks; i-- > 0;) {
      Stack& s = stacks_[i];
      Buffer<B, T> dmaps_memory, dfeatures_memory, din_memory;
      const View<T> dmaps = dmaps_memory.shaped(step.pool, s.maps.data.batch, s.maps.data.shape());
      const View<T> dfeatures =
          dfeatures_memory.shaped(step.pool, s.features.data.batch, s.features.data.shape());
      Operations<B>::materialise(step.context, Signal<T>{slice(dy, i)}, Target<T>{dmaps});
      const bool last = i + 1 == Stacks;
      if (!last) {
        injections_[i].from_maps.backward(step, s.maps, gradient, Target<T>::adding(dmaps));
        injections_[i].from_body.backward(step, s.features, gradient, Target<T>{dfeatures});
      }
      detail::release(s.head);
      s.head.backward(step, s.features, dmaps, last ? Target<T>{dfeatures} : Target<T>::adding(dfeatures));
      const Signal<T>& in = i == 0 ? x : injections_[i - 1].out;
      Target<T> din = dx;
      if (i > 0) din = {din_memory.shaped(step.pool, in.data.batch, in.data.shape())};
      // The input reaches the next stack directly too.
      if (!last && din) {
        Operations<B>::materialise(step.context, Signal<T>{gradient}, din);
        din.base = din.view;
      }
      detail::release(s.body);
      s.body.backward(step, in, dfeatures, din);
      if (i > 0) injections_[i - 1].sum.clear();
      held = std::move(din_memory);
      gradient = din.view;
    }
  }

 private:
  template <class E>
  static View<E> slice(const View<E>& maps, std::size_t stack) {
    return maps.slice(static_cast<int>(stack) * HeadModule::channels, HeadModule::channels);
  }

  std::vector<Stack> stacks_;
  std::vector<Injection> injections_;
};

}  // namespace aurum
