// Milliseconds per image of inference and of a whole training step (targets, forward, backward, optimiser)
// on the CPU backend.  scripts/bench cpu_step [<seconds per figure>] [<threads>]
#include <algorithm>
#include <aurum/aurum.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

using namespace aurum;

/// Median milliseconds of one call, over as many calls as fit into `seconds`, after a first one that is not
/// counted: it allocates.
template <class F>
double milliseconds(double seconds, F f) {
  using Clock = std::chrono::steady_clock;
  using Milliseconds = std::chrono::duration<double, std::milli>;
  f();
  std::vector<double> times;
  const auto start = Clock::now();
  do {
    const auto before = Clock::now();
    f();
    times.push_back(Milliseconds(Clock::now() - before).count());
  } while (Clock::now() - start < std::chrono::duration<double>(seconds));
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

/// Images of noise with one blob a map.
Batch noise(const Shape& input, int images, int maps) {
  Batch batch;
  Random random{Seed{1}};
  batch.input.resize(static_cast<std::size_t>(input.size() * images));
  for (float& v : batch.input) v = random.uniform();
  batch.targets.assign(static_cast<std::size_t>(images) * static_cast<std::size_t>(maps),
                       MapTarget{.intensity = 3, .centres = 1, .centre = {{10, 10}}});
  for (int i = 0; i < images; ++i) batch.indices.push_back(i);
  return batch;
}

template <class S, int Side>
void measure(const char* name, double seconds, int threads) {
  using Net = Network<S, Shape{3, Side, Side}, Cpu>;
  constexpr int images = 16;
  constexpr int maps = Net::output_shape.channels;
  Net net{std::make_shared<Context<Cpu>>(threads), Seed{1}};
  Trainer trainer{net, Adam{}};
  const Batch batch = noise(Net::input_shape, images, maps);
  const auto infer = [&](int count) {
    return milliseconds(seconds,
                        [&] {
                          (void)net.forward(make_view(batch.input.data(), count, Net::input_shape),
                                            Mode::inference);
                        }) /
           count;
  };
  const double one = infer(1), many = infer(images);
  const double step =
      milliseconds(seconds, [&] { (void)trainer.step(batch, maps, GaussianKernel{}, 1e-4); }) / images;
  std::printf("%-24s %4d %7.2f %10.1f %10.1f %10.1f %8.0f\n", name, Side,
              static_cast<double>(multiply_adds<S, Net::input_shape>) * 1e-9, one, many, step,
              static_cast<double>(net.pool().bytes()) * 1e-6);
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
  const double seconds = count > 1 ? std::atof(arguments[1]) : 5;
  const int threads = count > 2 ? std::atoi(arguments[2]) : 0;
  std::printf("milliseconds per image, %d threads; MB: feature maps and gradients of a step of 16 images\n",
              Threads{threads}.count());
  std::printf("%-24s %4s %7s %10s %10s %10s %8s\n", "network", "side", "G madds", "infer 1", "infer 16",
              "train 16", "MB");
  measure<Fan<12, Features<64>>, 128>("Fan<12, Features<64>>", seconds, threads);
  measure<Fan<12>, 128>("Fan<12>", seconds, threads);
  measure<Fan<12>, 256>("Fan<12>", seconds, threads);
}
