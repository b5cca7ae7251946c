// Every operation of the CPU backend against the reference backend in double, over random shapes, with
// strided views (channel slices), work pending on the input, and results that are added. A new operation gets
// a TEST_CASE here; a new backend, a line in the list of backends.
// test: optimised
#include <string>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/backend/reference/reference.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"

namespace aurum {
namespace {

using test::cast;
using test::random_tensor;
using test::relative_error;
using test::Tensor;

/// What a random case of an operation is made of, in double; `With<T>` gives the same in T.
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
    for (double& v : x.memory) v *= 3;  // so that relu6 cuts on both sides
    for (int c = 0; c < shape.channels; ++c) {
      scale.push_back(static_cast<double>(random.normal()));
      shift.push_back(static_cast<double>(random.normal()));
    }
  }
  int gap() { return random.chance(0.5F) ? static_cast<int>(random.below(5)) : 0; }
};

template <class T>
struct With {
  Tensor<T> x;
  std::vector<T> scale, shift;
  Signal<T> signal;
  explicit With(const Case& c)
      : x{cast<T>(c.x)},
        scale(c.scale.begin(), c.scale.end()),
        shift(c.shift.begin(), c.shift.end()),
        signal{x.view, c.affine ? scale.data() : nullptr, c.affine ? shift.data() : nullptr, c.activation} {}
  With(const With&) = delete;
};

template <class T>
double bound() {
  return std::is_same_v<T, float> ? 3e-6 : 1e-13;
}

template <class T>
Target<T> target_of(Tensor<T>& tensor, bool add) {
  return add ? Target<T>::adding(tensor.view) : Target<T>{tensor.view};
}

/// Runs `f(context, Operations, T{}, target)` on the reference in double and on Cpu in float and double, with
/// 1 and 3 threads, and compares the targets.
template <class F>
void compare_targets(const Tensor<double>& start, bool add, F f) {
  Tensor<double> expected = start;
  Context<Reference> reference;
  f(reference, Operations<Reference>{}, double{}, target_of(expected, add));
  const auto check = [&]<class T>(T type, int threads) {
    Context<Cpu> context(threads);
    Tensor<T> got = cast<T>(start);
    f(context, Operations<Cpu>{}, type, target_of(got, add));
    CHECK(relative_error(got.memory, expected.memory) < bound<T>());
    return got.memory;
  };
  check(double{}, 2);
  CHECK(check(float{}, 1) == check(float{}, 3));
}

constexpr int cases = 25;

Window random_window(Random& random, int most) {
  const int kernel = 1 + static_cast<int>(random.below(static_cast<std::uint32_t>(most)));
  return {kernel, 1 + static_cast<int>(random.below(3)),
          static_cast<int>(random.below(static_cast<std::uint32_t>(kernel / 2 + 1)))};
}

Shape windows_of(const Shape& s, Window w, int channels) {
  return {channels, windows(s.height, w.kernel, w.stride, w.padding),
          windows(s.width, w.kernel, w.stride, w.padding)};
}

TEST_CASE("a convolution equals the reference forward and backward", "[ops]") {
  for (std::uint64_t seed = 0; seed < 2 * cases; ++seed) {
    Case c(seed, 7);
    const Window w = random_window(c.random, 7);
    const int out_channels = 1 + static_cast<int>(c.random.below(20));
    const auto y = random_tensor<double>(c.batch, windows_of(c.shape, w, out_channels), c.random, c.gap());
    const auto filter = random_tensor<double>(out_channels, {c.shape.channels, w.kernel, w.kernel}, c.random);
    const auto bias = random_tensor<double>(1, {out_channels, 1, 1}, c.random);
    const bool biased = c.random.chance(0.5F);
    INFO("seed " << seed << " kernel " << w.kernel << " stride " << w.stride << " padding " << w.padding);
    compare_targets(y, c.add, [&]<class B, class T>(Context<B>& context, Operations<B>, T, Target<T> out) {
      const With<T> with(c);
      const auto f = cast<T>(filter);
      const auto b = cast<T>(bias);
      Operations<B>::convolution_forward(context, w, with.signal, f.memory.data(),
                                         biased ? b.memory.data() : nullptr, out);
    });
    compare_targets(c.x, c.add, [&]<class B, class T>(Context<B>& context, Operations<B>, T, Target<T> dx) {
      const auto f = cast<T>(filter);
      const auto dy = cast<T>(y);
      Operations<B>::convolution_backward_data(context, w, View<const T>(dy.view), f.memory.data(), dx);
    });
    // Filter and bias gradients add to what is there: both in one target.
    Tensor<double> gradient =
        random_tensor<double>(1, {static_cast<int>(filter.memory.size()) + out_channels, 1, 1}, c.random);
    compare_targets(
        gradient, true, [&]<class B, class T>(Context<B>& context, Operations<B>, T, Target<T> g) {
          const With<T> with(c);
          const auto dy = cast<T>(y);
          Operations<B>::convolution_backward_filter(context, w, with.signal, View<const T>(dy.view),
                                                     g.view.data,
                                                     biased ? g.view.data + filter.memory.size() : nullptr);
        });
  }
}

TEST_CASE("batch norm statistics and gradients equal the reference", "[ops]") {
  for (std::uint64_t seed = 100; seed < 100 + cases; ++seed) {
    Case c(seed, 2);
    c.activation = Activation::none;  // batch norm reads plain signals
    c.affine = false;
    for (double& v : c.x.memory) v += 50;  // a mean far from zero must not cost digits
    const int channels = c.shape.channels;
    const auto statistics = random_tensor<double>(2, {channels, 1, 1}, c.random);
    compare_targets(
        statistics, false, [&]<class B, class T>(Context<B>& context, Operations<B>, T, Target<T> out) {
          const With<T> with(c);
          Operations<B>::batch_norm_statistics(context, with.signal, out.view.data, out.view.data + channels);
        });
    const auto dy = random_tensor<double>(c.batch, c.shape, c.random, c.gap());
    const bool training = c.random.chance(0.5F);
    const auto activation = static_cast<Activation>(c.random.below(3));
    for (const bool parameters : {false, true})
      compare_targets(
          parameters ? statistics : c.x, parameters || c.add,
          [&]<class B, class T>(Context<B>& context, Operations<B>, T, Target<T> out) {
            const With<T> with(c);
            const auto g = cast<T>(dy);
            const std::vector<T> mean(static_cast<std::size_t>(channels), T(50)),
                inverse(static_cast<std::size_t>(channels), T(0.4)), weight(with.scale);
            std::vector<T> scale, shift;
            for (const T v : weight) {
              scale.push_back(v * T(0.4));
              shift.push_back(T(1) - T(50) * scale.back());
            }
            const BatchNormForward<T> forward{mean.data(),  inverse.data(), weight.data(), scale.data(),
                                              shift.data(), activation,     training};
            std::vector<T> unused(2 * mean.size());
            T* const dweight = parameters ? out.view.data : unused.data();
            Operations<B>::batch_norm_backward(context, with.signal, forward, View<const T>(g.view), dweight,
                                               dweight + channels, parameters ? Target<T>{} : out);
          });
  }
}

TEST_CASE("pending work and activations equal the reference", "[ops]") {
  for (std::uint64_t seed = 200; seed < 200 + cases; ++seed) {
    Case c(seed);
    const auto y = random_tensor<double>(c.batch, c.shape, c.random, c.gap());
    compare_targets(y, c.add, [&]<class B, class T>(Context<B>& context, Operations<B>, T, Target<T> out) {
      Operations<B>::materialise(context, With<T>(c).signal, out);
    });
    c.activation = Activation::none;
    for (const Activation a : {Activation::relu, Activation::relu6})
      compare_targets(c.x, c.add, [&]<class B, class T>(Context<B>& context, Operations<B>, T, Target<T> dx) {
        const auto dy = cast<T>(y);
        Operations<B>::activation_backward(context, With<T>(c).signal, a, View<const T>(dy.view), dx);
      });
  }
}

TEST_CASE("pooling equals the reference forward and backward", "[ops]") {
  for (std::uint64_t seed = 300; seed < 300 + cases; ++seed) {
    Case c(seed, 4);
    Window w = random_window(c.random, 4);
    if (seed % 2 == 0) w = {2, 2, 0};
    const auto y =
        random_tensor<double>(c.batch, windows_of(c.shape, w, c.shape.channels), c.random, c.gap());
    compare_targets(y, c.add, [&]<class B, class T>(Context<B>& context, Operations<B>, T, Target<T> out) {
      Operations<B>::max_pool(context, w, With<T>(c).signal, out);
    });
    compare_targets(y, c.add, [&]<class B, class T>(Context<B>& context, Operations<B>, T, Target<T> out) {
      Operations<B>::average_pool(context, w, With<T>(c).signal, out);
    });
    compare_targets(c.x, c.add, [&]<class B, class T>(Context<B>& context, Operations<B>, T, Target<T> dx) {
      const auto dy = cast<T>(y);
      Tensor<T> maxima(c.batch, dy.view.shape());
      std::vector<WindowPlace> memory(static_cast<std::size_t>(dy.view.size()));
      const View<WindowPlace> places = make_view(memory.data(), c.batch, dy.view.shape());
      Operations<B>::max_pool(context, w, With<T>(c).signal, Target<T>{maxima.view}, places);
      Operations<B>::max_pool_backward(context, w, View<const WindowPlace>(places), View<const T>(dy.view),
                                       dx);
    });
    compare_targets(c.x, c.add, [&]<class B, class T>(Context<B>& context, Operations<B>, T, Target<T> dx) {
      const auto dy = cast<T>(y);
      Operations<B>::average_pool_backward(context, w, View<const T>(dy.view), dx);
    });
  }
}

TEST_CASE("upsampling equals the reference forward and backward", "[ops]") {
  for (std::uint64_t seed = 400; seed < 400 + cases; ++seed) {
    Case c(seed);
    const int factor = 1 + static_cast<int>(c.random.below(4));
    const auto y = random_tensor<double>(
        c.batch, {c.shape.channels, c.shape.height * factor, c.shape.width * factor}, c.random, c.gap());
    for (const Interpolation mode : {Interpolation::nearest, Interpolation::bilinear}) {
      compare_targets(y, c.add, [&]<class B, class T>(Context<B>& context, Operations<B>, T, Target<T> out) {
        Operations<B>::upsample(context, factor, mode, With<T>(c).signal, out);
      });
      compare_targets(c.x, c.add, [&]<class B, class T>(Context<B>& context, Operations<B>, T, Target<T> dx) {
        const auto dy = cast<T>(y);
        Operations<B>::upsample_backward(context, factor, mode, View<const T>(dy.view), dx);
      });
    }
  }
}

struct Square {
  const float* x;
  AURUM_HD double operator()(std::ptrdiff_t i) const {
    return static_cast<double>(x[i]) * static_cast<double>(x[i]);
  }
};
struct Double {
  float* x;
  AURUM_HD void operator()(std::ptrdiff_t i) const { x[i] *= 2; }
};

TEST_CASE("pointwise passes and sums cover every element and do not depend on threads", "[ops]") {
  Random random{Seed{5}};
  for (const int count : {1, 31, 32768, 100'001}) {
    const auto start = random_tensor<float>(1, {count, 1, 1}, random);
    Context<Reference> plain;
    const double expected = 4 * Operations<Reference>::sum_over(plain, count, Square{start.view.data});
    double first = 0;
    for (const int threads : {1, 2, 5}) {
      Context<Cpu> context(threads);
      auto x = start;
      Operations<Cpu>::for_each_index(context, count, Double{x.view.data});
      const double sum = Operations<Cpu>::sum_over(context, count, Square{x.view.data});
      CHECK(sum == Approx(expected));
      if (threads == 1) first = sum;
      CHECK(sum == first);
      Operations<Cpu>::fill(context, x.view.data, count, 7.0F);
      CHECK(std::all_of(x.memory.begin(), x.memory.end(), [](float v) { return v == 7.0F; }));
    }
  }
}

TEST_CASE("an exception in a chunk reaches the caller and the threads go on", "[ops]") {
  Threads threads(3);
  CHECK_THROWS_AS(threads.run(100,
                              [](std::ptrdiff_t i) {
                                if (i == 57) throw std::runtime_error("57");
                              }),
                  std::runtime_error);
  std::atomic<int> done{0};
  threads.run(1000, [&](std::ptrdiff_t) { ++done; });
  CHECK(done == 1000);
}

TEST_CASE("the backends have every operation", "[ops]") {
  for (const Op op :
       {Op::convolution, Op::batch_norm, Op::activation, Op::max_pool, Op::average_pool, Op::upsample}) {
    CHECK(supports<Reference>(op));
    CHECK(supports<Cpu>(op));
  }
  STATIC_REQUIRE(Backend<Reference>);
  STATIC_REQUIRE(Backend<Cpu>);
}

}  // namespace
}  // namespace aurum
