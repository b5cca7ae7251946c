// The CPU backend's convolution algorithms, each on every shape, against the reference in double.
// test: optimised
#include <algorithm>
#include <limits>
#include <string>

#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/backend/reference/reference.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"

namespace aurum {
namespace {

using cpu::Algorithm;
using test::cast;
using test::random_tensor;
using test::relative_error;
using test::Tensor;

constexpr Window three{3, 1, 1};

/// Relative RMS error that an algorithm is documented to stay under, forward and for the gradients.
double bound(Algorithm a) { return a == Algorithm::f4 ? 4e-6 : 6e-7; }

/// Memory as the kernels want it: aligned and of any size.
template <class T>
std::vector<T> packed_filter(cpu::Team& team, Algorithm a, Window w, int in, int out,
                             const Tensor<T>& filter) {
  std::vector<T> packed(static_cast<std::size_t>(cpu::packed_size<T>(a, w, in, out)));
  cpu::pack_filter(team, a, w, in, out, filter.memory.data(), packed.data());
  return packed;
}

TEST_CASE("the policy takes Winograd tiles where they pay and are allowed", "[cpu]") {
  constexpr Shape maps{64, 32, 32};
  STATIC_REQUIRE(cpu::choose(three, maps, maps, Winograd::f4) == Algorithm::f4);
  STATIC_REQUIRE(cpu::choose(three, maps, maps, Winograd::f2) == Algorithm::f2);
  STATIC_REQUIRE(cpu::choose(three, maps, maps, Winograd::off) == Algorithm::direct);
  STATIC_REQUIRE(cpu::choose(three, {64, 4, 4}, {64, 4, 4}, Winograd::f4) == Algorithm::f2);
  STATIC_REQUIRE(cpu::choose(three, {64, 1, 1}, {64, 1, 1}, Winograd::f4) == Algorithm::direct);
  STATIC_REQUIRE(cpu::choose(three, {3, 32, 32}, maps, Winograd::f4) == Algorithm::direct);
  STATIC_REQUIRE(cpu::choose({3, 2, 1}, maps, {64, 16, 16}, Winograd::f4) == Algorithm::direct);
  STATIC_REQUIRE(cpu::choose({5, 1, 2}, maps, maps, Winograd::f4) == Algorithm::direct);
}

TEST_CASE("every algorithm convolves any shape, with any epilogue, for any number of threads", "[cpu]") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Random random{Seed{seed}};
    const auto below = [&](int n) { return static_cast<int>(random.below(static_cast<std::uint32_t>(n))); };
    const Window w{3, 1, below(3)};
    const int batch = seed % 10 == 0 ? 64 : 1 + below(3), in = 1 + below(70), out = 1 + below(70);
    const int least = 3 - 2 * std::min(w.padding, 1);
    const Shape shape{in, least + below(19), least + below(19)};
    const Shape maps{out, windows(shape.height, 3, 1, w.padding), windows(shape.width, 3, 1, w.padding)};
    INFO("seed " << seed << ": " << batch << " x " << to_string(shape) << " to " << to_string(maps));
    const auto gap = [&] { return random.chance(0.5F) ? below(5) : 0; };
    const auto x = random_tensor<double>(batch, shape, random, gap());
    const auto filter = random_tensor<double>(out, {in, 3, 3}, random);
    const auto bias = random_tensor<double>(1, {out, 1, 1}, random);
    const auto residual = random_tensor<double>(batch, maps, random, gap());
    const auto activation = static_cast<Activation>(random.below(3));
    const bool pending = random.chance(0.5F), add = random.chance(0.5F), copied = random.chance(0.5F);
    std::vector<float> scale(static_cast<std::size_t>(in), 0.75F), shift(scale.size(), -0.25F);
    const std::vector<double> scale64(scale.begin(), scale.end()), shift64(shift.begin(), shift.end());

    Context<Reference> reference;
    Tensor<double> value(batch, maps), expected(batch, maps);
    const Signal<double> signal{x.view, pending ? scale64.data() : nullptr,
                                pending ? shift64.data() : nullptr,
                                pending ? Activation::relu : Activation::none};
    Operations<Reference>::convolution_forward(reference, w, signal, filter.memory.data(), bias.memory.data(),
                                               Target<double>{value.view});
    Operations<Reference>::materialise(
        reference, Signal<double>{value.view, nullptr, nullptr, activation},
        Target<double>{expected.view, add ? residual.view : View<const double>{}});

    for (const Algorithm a : {Algorithm::direct, Algorithm::f2, Algorithm::f4}) {
      const auto x32 = cast<float>(x), filter32 = cast<float>(filter), bias32 = cast<float>(bias),
                 residual32 = cast<float>(residual);
      const auto run = [&](int threads) {
        cpu::Team team(threads);
        const auto packed = packed_filter(team, a, w, in, out, filter32);
        Tensor<float> y(batch, maps, 3), copy(batch, maps);
        cpu::convolve<Winograd::f4, float>(
            team, a, w,
            {x32.view, pending ? scale.data() : nullptr, pending ? shift.data() : nullptr,
             pending ? Activation::relu : Activation::none},
            packed.data(),
            {.bias = bias32.memory.data(),
             .activation = activation,
             .residual = add ? residual32.view : View<const float>{},
             .copy = copied ? copy.view : View<float>{}},
            y.view);
        if (copied) {
          Tensor<double> activated(batch, maps);
          Operations<Reference>::materialise(reference,
                                             Signal<double>{value.view, nullptr, nullptr, activation},
                                             Target<double>{activated.view});
          CHECK(relative_error(copy.memory, activated.memory) < bound(a));
        }
        return y;
      };
      const Tensor<float> y = run(1);
      const Tensor<float> dense = [&] {
        Tensor<float> copy(batch, maps);
        Operations<Reference>::materialise(reference, Signal<float>{y.view}, Target<float>{copy.view});
        return copy;
      }();
      INFO("algorithm " << static_cast<int>(a));
      CHECK(relative_error(dense.memory, expected.memory) < bound(a));
      CHECK(y.memory == run(3).memory);
    }
  }
}

TEST_CASE("an image's maps do not depend on the batch around it", "[cpu]") {
  Random random{Seed{5}};
  const auto x = random_tensor<float>(7, {24, 11, 13}, random);
  const auto filter = random_tensor<float>(20, {24, 3, 3}, random);
  for (const Algorithm a : {Algorithm::direct, Algorithm::f2, Algorithm::f4}) {
    cpu::Team team(2);
    const auto packed = packed_filter(team, a, three, 24, 20, filter);
    Tensor<float> all(7, {20, 11, 13}), one(1, {20, 11, 13});
    cpu::convolve<Winograd::f4, float>(team, a, three, {x.view}, packed.data(), {}, all.view);
    for (int n = 0; n < 7; ++n) {
      cpu::convolve<Winograd::f4, float>(team, a, three, {View<const float>(x.view).images(n, 1)},
                                         packed.data(), {}, one.view);
      CHECK(std::equal(one.memory.begin(), one.memory.end(), &all.view.at(n, 0, 0, 0)));
    }
  }
}

TEST_CASE("numbers too small for full precision count as zero, while the backend works", "[cpu]") {
  const float tiny = std::numeric_limits<float>::min() / 8;
  Tensor<float> x(1, {16, 8, 8}), y(1, {16, 8, 8});
  std::fill(x.memory.begin(), x.memory.end(), tiny);
  std::vector<float> filter(16 * 16 * 9, 1.0F);
  for (const int threads : {1, 3}) {
    Context<Cpu> context(threads);
    std::fill(y.memory.begin(), y.memory.end(), 1.0F);
    Operations<Cpu>::convolution_forward(context, three, Signal<float>{x.view}, filter.data(),
                                         static_cast<const float*>(nullptr), Target<float>{y.view});
    CHECK(y.memory == std::vector<float>(y.memory.size(), 0.0F));
  }
  const volatile float caller = tiny;
  CHECK(caller * 0.5F > 0);  // the caller's arithmetic is as it was
}

/// A convolution whose gradients are checked.
struct Layer {
  Window w;
  int batch;
  Shape in;
  int out_channels;
};

/// The gradients of one layer on a backend whose largest tile is `Largest`, for any number of threads.
template <Winograd Largest>
void check_layer(const Layer& layer, Random& random, double allowed) {
  const auto below = [&](int n) { return static_cast<int>(random.below(static_cast<std::uint32_t>(n))); };
  const Window w = layer.w;
  const int batch = layer.batch, in = layer.in.channels, out = layer.out_channels;
  const Shape maps{out, windows(layer.in.height, w.kernel, w.stride, w.padding),
                   windows(layer.in.width, w.kernel, w.stride, w.padding)};
  INFO(batch << " x " << to_string(layer.in) << " to " << to_string(maps));
  const auto x = random_tensor<double>(batch, layer.in, random, below(4));
  const auto filter = random_tensor<double>(out, {in, w.kernel, w.kernel}, random);
  const auto dy = random_tensor<double>(batch, maps, random, below(4));
  const auto start = random_tensor<double>(batch, layer.in, random);
  const bool add = random.chance(0.5F), pending = random.chance(0.5F);
  const std::vector<double> scale(static_cast<std::size_t>(in), 0.75), shift(scale.size(), -0.25);

  const auto gradients = [&]<class B, class T>(Context<B>& context, Operations<B>, T) {
    Tensor<T> dfilter = cast<T>(filter), dx = cast<T>(start);
    std::vector<T> dbias(static_cast<std::size_t>(out), T{1});
    const auto x_ = cast<T>(x), dy_ = cast<T>(dy), filter_ = cast<T>(filter);
    const std::vector<T> scale_(scale.begin(), scale.end()), shift_(shift.begin(), shift.end());
    const Signal<T> read =
        pending ? Signal<T>{x_.view, scale_.data(), shift_.data(), Activation::relu} : Signal<T>{x_.view};
    Operations<B>::convolution_backward_filter(context, w, read, View<const T>(dy_.view),
                                               dfilter.memory.data(), dbias.data());
    Operations<B>::convolution_backward_data(context, w, View<const T>(dy_.view), filter_.memory.data(),
                                             add ? Target<T>::adding(dx.view) : Target<T>{dx.view});
    std::vector<T> all = dfilter.memory;
    all.insert(all.end(), dbias.begin(), dbias.end());
    return std::pair{all, dx.memory};
  };
  Context<Reference> reference;
  const auto expected = gradients(reference, Operations<Reference>{}, double{});
  using B = BasicCpu<Largest>;
  Context<B> one(1), three_threads(3);
  const auto found = gradients(one, Operations<B>{}, float{});
  CHECK(relative_error(found.first, expected.first) < allowed);
  CHECK(relative_error(found.second, expected.second) < allowed);
  CHECK(gradients(three_threads, Operations<B>{}, float{}) == found);
  const auto found64 = gradients(one, Operations<B>{}, double{});
  CHECK(relative_error(found64.first, expected.first) < 1e-13);
  CHECK(relative_error(found64.second, expected.second) < 1e-13);
}

/// The whole contract of a backend whose largest tile is `Largest`, over channels of all kinds.
template <Winograd Largest>
void check_gradients(double allowed) {
  for (std::uint64_t seed = 100; seed < 125; ++seed) {
    Random random{Seed{seed}};
    const auto below = [&](int n) { return static_cast<int>(random.below(static_cast<std::uint32_t>(n))); };
    const Window w{3, 1, below(3)};
    const int batch = seed == 100 ? 64 : 1 + below(5), in = 1 + below(70), out = 1 + below(70);
    // Some with maps of one pixel, which a window without padding leaves of 3 x 3.
    const bool smallest = seed % 8 == 1;
    const Shape shape{in, smallest ? 3 - 2 * std::min(w.padding, 1) : 3 + below(19),
                      smallest ? 3 - 2 * std::min(w.padding, 1) : 3 + below(19)};
    INFO("seed " << seed);
    check_layer<Largest>({w, batch, shape, out}, random, allowed);
  }
}

TEST_CASE("gradients equal the reference for every choice of tiles", "[cpu]") {
  check_gradients<Winograd::off>(6e-7);
  check_gradients<Winograd::f2>(6e-7);
  check_gradients<Winograd::f4>(4e-6);
}

TEST_CASE("the filter gradient of few pixels and many channels is one product", "[cpu]") {
  Random random{Seed{7}};
  for (const Layer& layer : {Layer{three, 3, {192, 5, 4}, 160}, Layer{{3, 2, 1}, 2, {256, 9, 7}, 130},
                             Layer{{3, 1, 0}, 1, {320, 3, 3}, 96}, Layer{{5, 1, 2}, 2, {64, 4, 6}, 165}}) {
    const int pixels = layer.batch * layer.in.height * layer.in.width;
    REQUIRE(cpu::suits_columns<float>(layer.w, layer.in.channels, layer.out_channels, pixels));
    REQUIRE(cpu::suits_columns<double>(layer.w, layer.in.channels, layer.out_channels, pixels));
    check_layer<Winograd::f4>(layer, random, 4e-6);
  }
  // Maps large enough to be worth tiles, channels that fill no vectors, filters that stay in the cache.
  STATIC_REQUIRE_FALSE(cpu::suits_columns<float>(three, 256, 256, 4096));
  STATIC_REQUIRE_FALSE(cpu::suits_columns<float>(three, 250, 256, 64));
  STATIC_REQUIRE_FALSE(cpu::suits_columns<float>(three, 64, 64, 64));
}

}  // namespace
}  // namespace aurum
