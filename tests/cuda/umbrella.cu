// The host's and the device's compiler both read all of aurum that needs no other library: networks as types,
// their diagnosis, and every function that says it runs on both sides. No flag beyond the language's version.
#include <array>
#include <aurum/aurum.hpp>
#include <string_view>

namespace aurum {
namespace {

// --- What only the compiler sees -------------------------------------------------------------------------

constexpr Shape picture{3, 256, 256};
static_assert(parameter_count<Fan<5>, picture> == 1'650'181);
static_assert(parameter_count<Fan<12>, picture> == 1'651'084);
static_assert(parameter_count<StackedFan<68, 4>, picture> == 23'820'176);
static_assert(parameter_count<BottleneckFan<5>, picture> == 3'416'197);
static_assert(output_shape<Fan<12>, picture> == Shape{12, 64, 64});

constexpr Diagnosis wrong = Fan<12>::infer({3, 200, 200}, supports_everything);
static_assert(wrong.fault == Fault::hourglass_size_must_be_a_multiple_of_2_to_the_depth);
static_assert(wrong.path.view() == "m0" && wrong.wanted == Shape{128, 64, 64});

static_assert(Backend<Reference> && supports<Reference>(Op::convolution));
using Net = Network<Fan<12, Features<32>, Depth<2>>, Shape{3, 64, 64}, Reference>;
static_assert(Net::output_shape == Shape{12, 16, 16});

// Derived networks.
struct Stem {
  static constexpr std::array<std::string_view, 2> paths{"conv1", "bn1"};
};
static_assert(frozen_count<freeze_t<Fan<5>, Stem>, picture> == 64 * (3 * 49 + 1) + 2 * 64);
static_assert(parameter_count<reparametrise_t<Fan<12>, Norms::frozen>, picture> == 136'704 + 12 * 129);
static_assert(parameter_count<AdaptationLayers<Fan<68>, 5>, picture> == 1'004'037);
static_assert(parameter_count<ResNet18<1000>, picture> == 11'689'512);
using Derived =
    Network<AttentionNetwork<Fan<68, Features<16>>, Bp4dAus, PublicBranch<16>>, Shape{3, 64, 64}, Reference>;
using Projected = Network<reparametrise_t<Fan<5, Features<16>>>, Shape{3, 64, 64}, Reference>;

// --- What the device runs --------------------------------------------------------------------------------

__device__ std::ptrdiff_t thread() {
  return static_cast<std::ptrdiff_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}

/// What a CUDA backend's for_each_index will be.
template <class F>
__global__ void for_each_index(std::ptrdiff_t count, F f) {
  if (const std::ptrdiff_t i = thread(); i < count) f(i);
}
template <class F>
__global__ void values_of(std::ptrdiff_t count, F f, double* values) {
  if (const std::ptrdiff_t i = thread(); i < count) values[i] = f(i);
}

template <class T>
__global__ void activations(Signal<T> x, Target<T> y) {
  const std::ptrdiff_t i = thread();
  if (!y || !x.pending() || i >= y.view.size()) return;
  const int c = static_cast<int>(i % x.data.channels);
  const T value = apply_pending(x, x.data.pixel(i / x.data.channels)[c], c);
  y.view.data[i] = value * activation_derivative(Activation::relu6, value);
}

template <class T>
__global__ void resample(Signal<T> x, View<const T> dy, Target<T> y) {
  const Window window{3, 2, 1};
  const auto maximum = pointwise::first_maximum(x, window, 0, 1, 1, 0);
  const auto range = pointwise::covering_windows(maximum.place, window, y.view.height);
  T sum = maximum.value + static_cast<T>(range.last - range.first);
  for (const Interpolation mode : {Interpolation::nearest, Interpolation::bilinear})
    sum +=
        pointwise::upsampled(x, 2, mode, 0, 1, 1, 0) + pointwise::upsample_gradient(dy, 2, mode, 0, 1, 1, 0);
  y.view.images(0, 1).slice(0, 1).at(0, 0, 0, 0) = sum + pointwise::bilinear_weight<T>(3, 1, 2, 4);
}

__global__ void random_words(Seed seed, PhiloxBlock* blocks) {
  const std::ptrdiff_t i = thread();
  blocks[i] = philox({{static_cast<std::uint32_t>(i)}}, seed.value);
}

__global__ void landmark(Point p, Point* to) { *to = 2.0F * (rescale(p, 0.25F) + p - p); }

template <class T, class Functor, class... States>
void update(const Functor& functor, States*... states) {
  for_each_index<<<1, 32>>>(1, pointwise::Update<Functor, T>{functor, nullptr, nullptr, states...});
}

/// Instantiates every pointwise functor of ops/pointwise on the device.
template <class T>
void every_functor() {
  T* const p = nullptr;
  View<T> maps{};
  const std::ptrdiff_t n = maps.size();

  for_each_index<<<1, 32>>>(n, pointwise::FoldBatchNorm<T>{p, p, p, p, p, p, p, 1e-5});
  for_each_index<<<1, 32>>>(n, pointwise::MoveRunningStatistics<T>{p, p, p, p, T(0.1), T(1)});

  const auto render = [&](auto kernel) {
    for_each_index<<<1, 32>>>(n,
                              pointwise::RenderMaps<T, decltype(kernel)>{nullptr, kernel, {}, maps, nullptr});
  };
  render(GaussianKernel{});
  render(ExponentialKernel{});
  render(FixedGaussianKernel{});
  render(TruncatedKernel<>{});
  for_each_index<<<1, 32>>>(n, pointwise::FindPeaks<T>{maps, nullptr});
  for_each_index<<<1, 32>>>(n, pointwise::DrawAttention<T>{maps, maps, attention_table(disfa_aus)});
  for_each_index<<<1, 32>>>(n, pointwise::ClearView<T>{maps});
  for_each_index<<<1, 32>>>(n, pointwise::ProjectFilter<T>{p, p, p, 1, 1});
  for_each_index<<<1, 32>>>(n, pointwise::ProjectionGradient<T>{p, p, p, 1, 1});

  const auto loss = [&](auto rule) {
    using Rule = decltype(rule);
    const pointwise::LossTerms<T, Rule> terms{p, p, nullptr, 1, 1, rule};
    values_of<<<1, 32>>>(n, pointwise::LossSum<T, Rule>{terms}, nullptr);
    values_of<<<1, 32>>>(n, pointwise::LabelledCount<T, Rule>{terms}, nullptr);
    for_each_index<<<1, 32>>>(n, pointwise::LossGradient<T, Rule>{terms, T(1), p});
  };
  loss(SquaredError{});
  loss(AbsoluteError{});
  loss(SmoothAbsoluteError{});

  for_each_index<<<1, 32>>>(n, pointwise::GatherFeatures<T>{maps, T(1), p});
  for_each_index<<<1, 32>>>(n, pointwise::ScatterFeatures<T>{p, T(1), maps});
  pointwise::ContrastiveRow<T>* const rows = nullptr;
  for_each_index<<<1, 32>>>(n, pointwise::ScanScores<T>{p, 1, rows});
  for_each_index<<<1, 32>>>(n, pointwise::ExponentiateScores<T>{p, 1, rows});
  for_each_index<<<1, 32>>>(n, pointwise::SumExponentials<T>{p, 1, rows});
  values_of<<<1, 32>>>(n, pointwise::ContrastiveTerm<T>{rows}, nullptr);
  values_of<<<1, 32>>>(n, pointwise::TruePairFound<T>{rows, 5}, nullptr);
  for_each_index<<<1, 32>>>(n, pointwise::ScoreGradient<T>{p, 1, rows, T(1)});
  for_each_index<<<1, 32>>>(n, pointwise::InverseLengths<T>{p, 1, nullptr});
  values_of<<<1, 32>>>(n, pointwise::SquaredDirectionSum<T>{p, nullptr, 1, 1}, nullptr);
  values_of<<<1, 32>>>(n, pointwise::HasNoDirection{nullptr}, nullptr);

  const pointwise::GruStep<T> gates{maps, maps, maps, nullptr, 0};
  for_each_index<<<1, 32>>>(n, pointwise::GruForward<T>{gates, maps});
  for_each_index<<<1, 32>>>(n, pointwise::GruBackward<T>{gates, maps, maps, 0});
  for_each_index<<<1, 32>>>(n, pointwise::GatherImages<T>{maps, nullptr, Target<T>{maps}});
  for_each_index<<<1, 32>>>(n, pointwise::BlockMeans<T>{Signal<T>{maps}, 1, 1, maps});
  for_each_index<<<1, 32>>>(n, pointwise::BlockMeansBackward<T>{maps, 1, 1, maps});

  values_of<<<1, 32>>>(n, pointwise::SquaredElement<T>{p}, nullptr);
  for_each_index<<<1, 32>>>(n, pointwise::Multiply<T>{p, T(1)});
  for_each_index<<<1, 32>>>(n, pointwise::Copy<T>{p, p});
  for_each_index<<<1, 32>>>(
      n, pointwise::MoveAndFold<T>{{p, p, p, p, T(0.1), T(1)}, {p, p, p, p, p, p, p, 1e-5}});
  update<T>(SgdStep<T>{}, p);
  update<T>(RmsPropStep<T>{}, p, p);
  update<T>(CenteredRmsPropStep<T>{}, p, p, p);
  update<T>(AdamStep<T>{}, p, p);

  activations<<<1, 32>>>(Signal<T>{}, Target<T>{});
  resample<<<1, 32>>>(Signal<T>{}, View<const T>{}, Target<T>{});
}

}  // namespace
}  // namespace aurum

int main() {
  aurum::every_functor<float>();
  aurum::every_functor<double>();
  aurum::random_words<<<1, 1>>>(aurum::Seed{1}, nullptr);
  aurum::landmark<<<1, 1>>>({}, nullptr);
  aurum::Net network{aurum::Seed{1}};
  aurum::Derived derived;
  aurum::Projected projected;
  return network.parameters().empty() || derived.parameters().empty() || projected.parameters().empty() ? 1
                                                                                                        : 0;
}
