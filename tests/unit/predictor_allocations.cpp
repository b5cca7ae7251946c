// test: optimised
// After construction a predictor never allocates, nor does an analyser after its first frames: this program
// counts every allocation it makes.
#include "aurum/analyse/analyser.hpp"
#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/heatmap/sides.hpp"
#include "aurum/model/fan.hpp"
#include "aurum/model/predictor.hpp"
#include "support/catch.hpp"
#include "support/count_allocations.hpp"
#include "support/faces.hpp"

namespace aurum {
namespace {

using test::allocations_of;

template <class S, int Size>
void check(int threads) {
  constexpr Shape shape{3, Size, Size};
  Network<S, shape, Cpu> net(std::make_shared<Context<Cpu>>(threads), Seed{1});
  Image picture(900, 700);
  Random random{Seed{3}};
  for (auto& value : picture.pixels) value = static_cast<std::uint8_t>(random.below(256));
  // A face larger than the crop, so that blocks are averaged; one smaller; one across the picture's border.
  const std::vector<Square> squares{{{450, 350}, 3.6F * Size}, {{200, 200}, 20}, {{890, 10}, 500}};
  const std::vector<float> input(static_cast<std::size_t>(3 * shape.size()), 0.5F);
  CHECK(allocations_of([] { ::operator delete(::operator new(64)); }) == 1);  // the counter works

  float sum = 0;
  for (const Mirror mirror : {Mirror::none, Mirror::same_map}) {
    Predictor predict(net, {.max_batch = 3, .mirror = mirror});
    for (int round = 0; round < 3; ++round) {
      CHECK(allocations_of([&] { sum += predict.batch(picture, squares)[2].peaks[0].value; }) == 0);
      for (const Square& square : squares)
        CHECK(allocations_of([&] { sum += predict(picture, square).peaks[0].value; }) == 0);
      for (int n = 1; n <= 3; ++n) {
        const View<const float> inputs = make_view(input.data(), n, shape);
        CHECK(allocations_of([&] { sum += predict.batch(inputs)[0].peaks[0].value; }) == 0);
      }
      CHECK(allocations_of([&] { sum += predict(make_view(input.data(), 1, shape)).peaks[0].value; }) == 0);
    }
  }
  CHECK(sum == sum);
}

TEST_CASE("A predictor allocates nothing after its construction", "[predictor]") {
  for (const int threads : {1, 3}) check<Fan<3, Features<32>, Depth<3>>, 64>(threads);
}

TEST_CASE("Nor does one of the FAN layout", "[predictor]") { check<Fan<12>, 128>(2); }

TEST_CASE("Nor one whose norms and pools are applied on reading, on sizes that fit no tile", "[predictor]") {
  struct Net
      : Sequential<Conv<12, 5, Stride<2>>, ConvBlock<20, PreActivation>, BatchNorm, Relu, AveragePool<2>,
                   UpsampleBilinear<2>, ConvBlock<20, PreActivation>, Concat<Conv<3, 1>, Conv<9, 3>>, Relu> {
  };
  for (const int threads : {1, 2}) check<Net, 52>(threads);
}

TEST_CASE("Nor does reading the sides of its maps", "[sides]") {
  const std::vector<float> values(14 * 64 * 64, 0.5F);
  const Landmarks face = test::uneven_face();
  float sum = 0;
  CHECK(allocations_of([&] {
          for (int c = 0; c < 14; ++c)
            for (const DividingLine& line :
                 {dividing_line(action_units[static_cast<std::size_t>(c)], face, 400, 64),
                  dividing_line(action_units[static_cast<std::size_t>(c)], 64)})
              sum += intensity(find_side_peaks(make_view(values.data(), 1, {14, 64, 64}), c, line)).left;
        }) == 0);
  CHECK(sum == 14);
}

TEST_CASE("Nor does an analyser, but where somebody new appears", "[analyse]") {
  Network<Fan<3, Features<32>, Depth<3>>, Shape{3, 64, 64}, Cpu> net(std::make_shared<Context<Cpu>>(1),
                                                                     Seed{1});
  const Image picture(640, 360);
  float x = 100, sum = 0;
  int people = 2;
  Analyser analyse{Predictor{net}, [&](const ImageView&, std::vector<FoundFace>& faces) {
                     for (int i = 0; i < people; ++i)
                       faces.push_back({{{x + 150 * static_cast<float>(i), 180}, 100}, 0.9F, {}});
                   }};
  const auto next = [&](double seconds) {
    analyse(picture, seconds, [&](const Face&, const Prediction& p) { sum += p.peaks[0].value; });
  };
  next(0);
  next(0.04);
  for (int frame = 2; frame < 10; ++frame) {
    x += 5;
    people = frame == 5 ? 1 : 2;  // somebody is missed and found again
    CHECK(allocations_of([&] { next(frame * 0.04); }) == 0);
  }
  CHECK(analyse.people() == 2);
  CHECK(sum == sum);
}

}  // namespace
}  // namespace aurum
