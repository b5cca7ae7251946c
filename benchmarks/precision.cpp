// What the CPU's convolution algorithms cost in precision, with trained weights: heatmaps, gradients and ICC
// of direct sums, F(2x2, 3x3) and F(4x4, 3x3) in float against direct sums in double.
//   scripts/bench precision <best.safetensors of scripts/demo> [<images> [<first unseen person>]]
#include <algorithm>
#include <aurum/aurum.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <numeric>
#include <utility>
#include <vector>

namespace {

using namespace aurum;

// The network of scripts/demo.
using Layout = Fan<14, Features<64>, Depth<3>>;
constexpr Shape input{3, 128, 128};
template <Winograd Largest, class T = float>
using Net = Network<Layout, input, BasicCpu<Largest>, T>;
using Exact = Net<Winograd::off, double>;

/// Root mean square of the differences over that of the exact values; 0 where there is nothing but zeros.
template <class A>
double relative_rms(const A& values, const std::vector<double>& exact) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const double d = static_cast<double>(values[i]) - exact[i];
    difference += d * d;
    size += exact[i] * exact[i];
  }
  return difference == 0 ? 0 : std::sqrt(difference / size);
}

/// The maps of a batch in inference, and the gradients of all parameters of one training step.
struct Answers {
  std::vector<double> maps;
  std::vector<std::vector<double>> gradients;
};

template <class N>
Answers answers_of(N& net, const AuHeatmaps<>& task, const Batch& batch) {
  using T = typename N::value_type;
  const std::vector<T> pixels(batch.input.begin(), batch.input.end());
  const auto images = static_cast<int>(batch.indices.size());
  const View<const T> maps = net.forward(make_view<const T>(pixels.data(), images, input), Mode::inference);
  Answers answers{{maps.data, maps.data + maps.size()}, {}};
  Trainer trainer{net, Adam{}, task.loss, CentreWeight{10}};
  (void)trainer.step(batch, task.maps(), task.kernel, 0.0);
  for (const Parameter& p : net.parameters())
    if (p.storage == Storage::trainable) {
      const std::vector<T> gradient = net.gradient(p);
      answers.gradients.emplace_back(gradient.begin(), gradient.end());
    }
  return answers;
}

struct Setting {
  SafetensorsFile weights;
  AuHeatmaps<> task;
  SyntheticFaces people;
};

Batch batch_of(const Setting& setting, int images) {
  std::vector<int> order(static_cast<std::size_t>(images));
  std::iota(order.begin(), order.end(), 0);
  Loader loader(setting.task, setting.people, std::move(order),
                {.input = input, .maps = Exact::output_shape, .batch = images, .variation = {}});
  return *loader.next();
}

template <Winograd Largest>
std::vector<double> measure(const char* name, const Setting& setting, const Batch& batch,
                            const Answers& exact) {
  Net<Largest> net;
  load(net, setting.weights);
  const AuTable table = au_table(predict_all(net, setting.task, setting.people), setting.task.action_units);
  const Answers answers = answers_of(net, setting.task, batch);
  std::vector<double> errors;
  for (std::size_t i = 0; i < exact.gradients.size(); ++i)
    errors.push_back(relative_rms(answers.gradients[i], exact.gradients[i]));
  // Not the greatest: a bias before a batch norm has no gradient but rounding errors.
  const auto middle = errors.begin() + static_cast<std::ptrdiff_t>(errors.size() / 2);
  std::nth_element(errors.begin(), middle, errors.end());
  std::printf("%-4s  heatmaps %.1e   gradients, median of the parameters %.1e   mean ICC(3,1) %.6f\n", name,
              relative_rms(answers.maps, exact.maps), *middle, table.mean().value);
  const auto column = table.column("ICC(3,1)");
  return {column.begin(), column.end()};
}

int run(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "usage: precision <weights> [<images> [<first unseen person>]]\n");
    return 2;
  }
  const int images = count > 2 ? std::atoi(arguments[2]) : 1000;
  const int first = count > 3 ? std::atoi(arguments[3]) : 100'000;
  if (images < 1 || first < 0) {
    std::fprintf(stderr, "precision: expected at least 1 image and a person from 0 on, found %s%s%s\n",
                 arguments[2], count > 3 ? " and " : "", count > 3 ? arguments[3] : "");
    return 2;
  }
  SafetensorsFile weights = SafetensorsFile::read(arguments[1]);
  const AuHeatmaps<> task{read_model_info(weights).action_units};
  const Setting setting{std::move(weights), task,
                        SyntheticFaces(task.action_units, {.images = images,
                                                           .identities = (images + 4) / 5,
                                                           .first_identity = first,
                                                           .size = input.width * 5 / 4})};
  const Batch batch = batch_of(setting, std::min(images, 8));
  Exact exact_net;
  load(exact_net, setting.weights);
  const Answers exact = answers_of(exact_net, task, batch);
  std::printf("%d faces; heatmaps and gradients: relative RMS error over the first %zu\n", images,
              batch.indices.size());
  const auto off = measure<Winograd::off>("off", setting, batch, exact);
  const auto f2 = measure<Winograd::f2>("f2", setting, batch, exact);
  const auto f4 = measure<Winograd::f4>("f4", setting, batch, exact);
  double greatest = 0;
  for (std::size_t i = 0; i < off.size(); ++i)
    greatest = std::max({greatest, std::abs(f2[i] - off[i]), std::abs(f4[i] - off[i])});
  std::printf("greatest difference of an AU's ICC from that of direct sums: %.1e\n", greatest);
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run(count, arguments);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
