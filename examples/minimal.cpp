// Defines a network, trains it for a moment on synthetic faces, saves it and asks it about a face.
// needs: io
#include <aurum/aurum.hpp>
#include <cstdio>
using namespace aurum;

// A network is a type: shapes, parameters and multiply-adds are known to the compiler.
struct AuNet : Sequential<Conv<16, 7, Stride<2>, Bias>, BatchNorm, Relu, ConvBlock<16>, MaxPool<2>,
                          ConvBlock<32>, Hourglass<32, Depth<2>>, ConvBlock<32>, Conv<3, 1, Bias>> {};
constexpr Shape input{3, 64, 64};
static_assert(parameter_count<AuNet, input> < 60'000);

int main() {
  const std::vector<int> aus{4, 12, 25};  // brow lowerer, lip corner puller, lips part
  const SyntheticFaces people{aus, {.images = 640, .identities = 200, .size = 64}};
  const SyntheticFaces others{aus, {.images = 100, .identities = 50, .first_identity = 200, .size = 64}};

  Network<AuNet, input, Cpu> net{Seed{1}};
  const AuHeatmaps<> task{aus};  // one heatmap per AU, its peak is the intensity
  fit(net, task, people, others, FitOptions<Adam>{.epochs = 4, .rule = {.learning_rate = 3e-3}});
  save(net, "au.safetensors", {.layout = "minimal", .maps = 3, .action_units = aus, .input = input});

  Predictor predict{net};
  const Sample face = others.sample(0);  // or read_image("face.jpg") and a detector's box
  const auto intensities = predict(face.image, face_square(face.landmarks)).intensities();
  for (std::size_t i = 0; i < aus.size(); ++i)
    std::printf("AU%02d  predicted %.1f  true %.1f\n", aus[i], intensities[i], face.intensities[i]);
}
