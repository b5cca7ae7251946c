#pragma once
// Every operation of a backend against the reference backend in double, over random shapes, with strided
// views (channel slices), work pending on the input, and results that are added. A new operation gets a
// function here; a new backend a line where these are called (unit/ops_parity.cpp, cuda/ops_parity.cu), and,
// where it has threads, its `contexts`.
#include <cmath>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "aurum/backend/reference/reference.hpp"
#include "aurum/heatmap/decode.hpp"
#include "aurum/plan/kernels.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/on_backend.hpp"

namespace aurum::test {

/// The nearest numbers that BFloat16 has, so that every type reads the same input.
inline void round_all(std::vector<double>& values) {
  for (double& v : values) v = static_cast<double>(static_cast<float>(BFloat16{v}));
}
inline Tensor<double> random_input(int batch, const Shape& shape, Random& random, int gap = 0) {
  auto tensor = random_tensor<double>(batch, shape, random, gap);
  round_all(tensor.memory);
  return tensor;
}

/// What a random case of an operation is made of, in double.
struct Case {
  Random random;
  int batch;
  Shape shape;
  bool add;
  Tensor<double> x;
  std::vector<double> scale, shift;
  Activation activation;
  bool affine;

  explicit Case(std::uint64_t seed, int smallest = 1)
      : random{Seed{seed}},
        batch{1 + static_cast<int>(random.below(3))},
        shape{1 + static_cast<int>(random.below(19)), smallest + static_cast<int>(random.below(11)),
              smallest + static_cast<int>(random.below(11))},
        add{random.chance(0.5F)},
        x{random_tensor<double>(batch, shape, random, gap())},
        activation{static_cast<Activation>(random.below(3))},
        affine{random.chance(0.5F)} {
    if (random.chance(0.4F)) {  // what is worked on several channels at a time
      shape.channels = 8 * (1 + static_cast<int>(random.below(3)));
      x = random_tensor<double>(batch, shape, random, random.chance(0.5F) ? 8 : 0);
    }
    for (double& v : x.memory) v *= 3;  // so that relu6 cuts on both sides
    round_all(x.memory);
    for (int c = 0; c < shape.channels; ++c) {
      scale.push_back(static_cast<double>(random.normal()));
      shift.push_back(static_cast<double>(random.normal()));
    }
  }
  int gap() {
    const int few = shape.channels % 8 == 0 ? 8 : static_cast<int>(random.below(5));
    return random.chance(0.5F) ? few : 0;
  }
};

template <class B, class T>
Signal<T> signal_of(On<B, T>& on, const Case& c) {
  const auto* const scale = c.affine ? on.values(c.scale) : nullptr;
  return {on.read(c.x), scale, c.affine ? on.values(c.shift) : nullptr, c.activation};
}

/// The contexts that must give the same bits.
template <class B>
struct Contexts {
  static std::vector<std::shared_ptr<Context<B>>> all() { return {std::make_shared<Context<B>>()}; }
};

template <class T>
double parity_bound() {
  return std::is_same_v<T, BFloat16> ? 4e-3 : std::is_same_v<T, float> ? 3e-6 : 1e-13;
}

/// Runs `f(On&, view)` on the reference in double and on B in each type that it has, and compares what the
/// view of Element<T> then holds.
template <class B, template <class> class Element, class F>
void compare_written(const Tensor<double>& start, const F& f) {
  const auto run = [&]<class A, class T>(Context<A>& context, T) {
    using E = Element<T>;
    On<A, T> on(context);
    View<E> view{on.memory(std::vector<E>(start.memory.begin(), start.memory.end())),
                 start.view.batch,
                 start.view.height,
                 start.view.width,
                 start.view.channels,
                 start.view.pixel_stride};
    f(on, view);
    std::vector<E> got(start.memory.size());
    Operations<A>::download(context, got.data(), view.data, std::ssize(got));
    return std::vector<double>(got.begin(), got.end());
  };
  Context<Reference> reference;
  const std::vector<double> expected = run(reference, double{});
  const auto check = [&]<class T>(T type) {
    std::vector<double> first;
    for (const auto& context : Contexts<B>::all()) {
      const std::vector<double> got = run(*context, type);
      CHECK(relative_error(got, expected) < parity_bound<T>());
      if (first.empty()) first = got;
      CHECK(got == first);
    }
  };
  check(double{});
  check(float{});
  if constexpr (has_bfloat16<B>) check(BFloat16{});
}

template <class T>
using itself = T;

/// The same for an operation that writes feature maps: f(On&, target).
template <class B, class F>
void compare_targets(const Tensor<double>& start, bool add, const F& f) {
  compare_written<B, itself>(start, [&]<class A, class T>(On<A, T>& on, View<T> view) {
    f(on, add ? Target<T>::adding(view) : Target<T>{view});
  });
}
/// The same for one that writes or adds to a network's parameters or their gradients: f(On&, pointer).
template <class B, class F>
void compare_parameters(const Tensor<double>& start, const F& f) {
  compare_written<B, real_t>(start,
                             [&]<class A, class T>(On<A, T>& on, View<real_t<T>> view) { f(on, view.data); });
}

inline constexpr int parity_cases = 25;

inline Window random_window(Random& random, int most) {
  const int kernel = 1 + static_cast<int>(random.below(static_cast<std::uint32_t>(most)));
  return {kernel, 1 + static_cast<int>(random.below(3)),
          static_cast<int>(random.below(static_cast<std::uint32_t>(kernel / 2 + 1)))};
}

inline Shape windows_of(const Shape& s, Window w, int channels) {
  return {channels, windows(s.height, w.kernel, w.stride, w.padding),
          windows(s.width, w.kernel, w.stride, w.padding)};
}

template <class B>
void convolution_parity() {
  for (std::uint64_t seed = 0; seed < 2 * parity_cases; ++seed) {
    Case c(seed, 7);
    const Window w = random_window(c.random, 7);
    const int out_channels = 1 + static_cast<int>(c.random.below(20));
    const auto y = random_input(c.batch, windows_of(c.shape, w, out_channels), c.random, c.gap());
    const auto filter = random_input(out_channels, {c.shape.channels, w.kernel, w.kernel}, c.random);
    const auto bias = random_tensor<double>(1, {out_channels, 1, 1}, c.random);
    const bool biased = c.random.chance(0.5F);
    INFO("seed " << seed << " kernel " << w.kernel << " stride " << w.stride << " padding " << w.padding);
    compare_targets<B>(y, c.add, [&]<class A, class T>(On<A, T>& on, Target<T> out) {
      Operations<A>::convolution_forward(on.context, w, signal_of(on, c), on.values(filter.memory),
                                         biased ? on.values(bias.memory) : nullptr, out);
    });
    compare_targets<B>(c.x, c.add, [&]<class A, class T>(On<A, T>& on, Target<T> dx) {
      Operations<A>::convolution_backward_data(on.context, w, on.read(y), on.values(filter.memory), dx);
    });
    // Filter and bias gradients add to what is there: both in one target.
    const Tensor<double> gradient =
        random_tensor<double>(1, {static_cast<int>(filter.memory.size()) + out_channels, 1, 1}, c.random);
    compare_parameters<B>(gradient, [&]<class A, class T>(On<A, T>& on, real_t<T>* g) {
      Operations<A>::convolution_backward_filter(on.context, w, signal_of(on, c), on.read(y), g,
                                                 biased ? g + filter.memory.size() : nullptr);
    });
  }
}

template <class B>
void batch_norm_parity() {
  for (std::uint64_t seed = 100; seed < 100 + parity_cases; ++seed) {
    Case c(seed, 2);
    c.activation = Activation::none;  // batch norm reads plain signals
    c.affine = false;
    for (double& v : c.x.memory) v += 50;  // a mean far from zero must not cost digits
    round_all(c.x.memory);
    const int channels = c.shape.channels;
    const auto statistics = random_tensor<double>(2, {channels, 1, 1}, c.random);
    compare_parameters<B>(statistics, [&]<class A, class T>(On<A, T>& on, real_t<T>* out) {
      Operations<A>::batch_norm_statistics(on.context, signal_of(on, c), out, out + channels);
    });
    const auto dy = random_input(c.batch, c.shape, c.random, c.gap());
    const bool training = c.random.chance(0.5F);
    const auto activation = static_cast<Activation>(c.random.below(3));
    const std::vector<double> mean(static_cast<std::size_t>(channels), 50.0),
        inverse(static_cast<std::size_t>(channels), 0.4), unused(2 * mean.size());
    std::vector<double> scale, shift;
    for (const double v : c.scale) {
      scale.push_back(v * 0.4);
      shift.push_back(1 - 50 * scale.back());
    }
    const auto backward = [&]<class A, class T>(On<A, T>& on, real_t<T>* dweight, Target<T> dx) {
      const BatchNormForward<T> forward{on.values(mean),  on.values(inverse), on.values(c.scale),
                                        on.values(scale), on.values(shift),   activation,
                                        training};
      Operations<A>::batch_norm_backward(on.context, signal_of(on, c), forward, on.read(dy), dweight,
                                         dweight + channels, dx);
    };
    compare_targets<B>(c.x, c.add, [&]<class A, class T>(On<A, T>& on, Target<T> dx) {
      backward(on, on.values(unused), dx);
    });
    compare_parameters<B>(statistics, [&]<class A, class T>(On<A, T>& on, real_t<T>* dweight) {
      backward(on, dweight, Target<T>{});
    });
  }
}

template <class B>
void activation_parity() {
  for (std::uint64_t seed = 200; seed < 200 + parity_cases; ++seed) {
    Case c(seed);
    const auto y = random_input(c.batch, c.shape, c.random, c.gap());
    compare_targets<B>(y, c.add, [&]<class A, class T>(On<A, T>& on, Target<T> out) {
      Operations<A>::materialise(on.context, signal_of(on, c), out);
    });
    // A term of two parts side by side, which have other work pending, and one of a single part.
    const auto other = random_input(c.batch, c.shape, c.random, c.gap());
    const int left = c.shape.channels / 2;
    compare_targets<B>(y, c.add, [&]<class A, class T>(On<A, T>& on, Target<T> out) {
      const View<const T> apart = on.read(other);
      std::vector<Part<T>> parts;
      const Part<T> first{Signal<T>{apart.slice(0, left), nullptr, nullptr, Activation::relu}};
      if (left > 0) parts.push_back(first);
      parts.push_back(Part<T>{Signal<T>{apart.slice(left, c.shape.channels - left)}, left});
      const auto at = seed % 2 == 0 ? parts.begin() : parts.end();
      parts.insert(at, Part<T>{signal_of(on, c)});
      materialise_sum<A, T>(on.context, parts, out);
    });
    c.activation = Activation::none;
    for (const Activation a : {Activation::relu, Activation::relu6})
      compare_targets<B>(c.x, c.add, [&]<class A, class T>(On<A, T>& on, Target<T> dx) {
        Operations<A>::activation_backward(on.context, signal_of(on, c), a, on.read(y), dx);
      });
  }
}

template <class B>
void pool_parity() {
  for (std::uint64_t seed = 300; seed < 300 + parity_cases; ++seed) {
    Case c(seed, 4);
    Window w = random_window(c.random, 4);
    if (seed % 2 == 0) w = {2, 2, 0};
    const auto y = random_input(c.batch, windows_of(c.shape, w, c.shape.channels), c.random, c.gap());
    compare_targets<B>(y, c.add, [&]<class A, class T>(On<A, T>& on, Target<T> out) {
      Operations<A>::max_pool(on.context, w, signal_of(on, c), out);
    });
    compare_targets<B>(y, c.add, [&]<class A, class T>(On<A, T>& on, Target<T> out) {
      Operations<A>::average_pool(on.context, w, signal_of(on, c), out);
    });
    compare_targets<B>(c.x, c.add, [&]<class A, class T>(On<A, T>& on, Target<T> dx) {
      const View<T> maxima = on.view(y);
      const std::vector<WindowPlace> none(static_cast<std::size_t>(maxima.size()));
      const View<WindowPlace> places = make_view(on.memory(none), c.batch, maxima.shape());
      Operations<A>::max_pool(on.context, w, signal_of(on, c), Target<T>{maxima}, places);
      Operations<A>::max_pool_backward(on.context, w, View<const WindowPlace>(places), on.read(y), dx);
    });
    compare_targets<B>(c.x, c.add, [&]<class A, class T>(On<A, T>& on, Target<T> dx) {
      Operations<A>::average_pool_backward(on.context, w, on.read(y), dx);
    });
  }
}

template <class B>
void upsample_parity() {
  for (std::uint64_t seed = 400; seed < 400 + parity_cases; ++seed) {
    Case c(seed);
    const int factor = 1 + static_cast<int>(c.random.below(4));
    const auto y = random_input(c.batch, {c.shape.channels, c.shape.height * factor, c.shape.width * factor},
                                c.random, c.gap());
    for (const Interpolation mode : {Interpolation::nearest, Interpolation::bilinear}) {
      compare_targets<B>(y, c.add, [&]<class A, class T>(On<A, T>& on, Target<T> out) {
        Operations<A>::upsample(on.context, factor, mode, signal_of(on, c), out);
      });
      compare_targets<B>(c.x, c.add, [&]<class A, class T>(On<A, T>& on, Target<T> dx) {
        Operations<A>::upsample_backward(on.context, factor, mode, on.read(y), dx);
      });
    }
  }
}

struct SquareOf {
  const float* x;
  AURUM_HD double operator()(std::ptrdiff_t i) const {
    return static_cast<double>(x[i]) * static_cast<double>(x[i]);
  }
};
struct TwiceOf {
  float* x;
  AURUM_HD void operator()(std::ptrdiff_t i) const { x[i] *= 2; }
};

/// Passes over indices, sums and fills cover every element, and a sum has the same bits in every context.
template <class B>
void pass_parity() {
  using O = Operations<B>;
  Random random{Seed{5}};
  for (const int count : {1, 31, 32768, 100'001}) {
    const auto start = random_tensor<float>(1, {count, 1, 1}, random);
    Context<Reference> plain;
    const double expected = 4 * Operations<Reference>::sum_over(plain, count, SquareOf{start.view.data});
    std::vector<double> sums;
    for (const auto& context : Contexts<B>::all()) {
      On<B, float> on(*context);
      float* const x = on.memory(start.memory);
      O::for_each_index(*context, count, TwiceOf{x});
      sums.push_back(O::sum_over(*context, count, SquareOf{x}));
      CHECK(sums.back() == Approx(expected));
      CHECK(sums.back() == sums.front());
      O::fill(*context, x, count, 7.0F);
      std::vector<float> got(start.memory.size());
      O::download(*context, got.data(), x, count);
      CHECK(got == std::vector<float>(got.size(), 7.0F));
    }
  }
}

/// The peaks that a program finds are those of find_peak, NaN and equal maxima among them.
template <class B>
void peak_parity() {
  Random random{Seed{500}};
  Context<B> context;
  On<B, float> on(context);
  auto maps = random_tensor<float>(3, {21, 9, 11}, random, 2);
  for (float& v : maps.memory) v = std::round(4 * v);  // so that many are equal
  maps.view.at(1, 3, 4, 7) = std::numeric_limits<float>::quiet_NaN();
  maps.view.at(2, 0, 0, 20) = std::numeric_limits<float>::quiet_NaN();
  const std::vector<Peak> none(3 * 21);
  Peak* const place = on.memory(none);
  plan::Kernels<B>::find_peaks(context, on.read(maps), place);
  std::vector<Peak> got = none, together = none;
  Operations<B>::download(context, got.data(), place, std::ssize(got));
  decode(maps.view, std::span(together));
  const auto same = [](float a, float b) { return a == Approx(b) || (a != a && b != b); };
  for (int n = 0; n < 3; ++n)
    for (int c = 0; c < 21; ++c) {
      const Peak expected = find_peak(&maps.view.at(n, 0, 0, c), maps.view.pixel_stride, 11, 9);
      for (const Peak& p :
           {got[static_cast<std::size_t>(n * 21 + c)], together[static_cast<std::size_t>(n * 21 + c)]}) {
        CHECK(same(p.value, expected.value));
        CHECK(same(p.x, expected.x));
        CHECK(same(p.y, expected.y));
        CHECK(same(p.apex, expected.apex));
      }
    }
}

template <class B>
void has_every_operation() {
  for (const Op op :
       {Op::convolution, Op::batch_norm, Op::activation, Op::max_pool, Op::average_pool, Op::upsample})
    CHECK(supports<B>(op));
  STATIC_REQUIRE(Backend<B>);
}

}  // namespace aurum::test
