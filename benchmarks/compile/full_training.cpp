// The network of Ntinou et al. 2020 at its full size with everything that a training program uses, in one
// translation unit: what a user waits for. scripts/bench compile measures it; it is never run.
// at most: 40 seconds, 1500 MB
#include <aurum/aurum.hpp>
#include <cstdio>

using namespace aurum;

int main() {
  using Net = Network<Fan<12>, Shape{3, 256, 256}, Cpu>;
  static_assert(parameter_count<Net::spec, Net::input_shape> == 1'651'084);
  const std::filesystem::path file = "au.safetensors";
  const ModelInfo info{.layout = "ntinou2020",
                       .maps = Net::output_shape.channels,
                       .action_units = {disfa_aus.begin(), disfa_aus.end()},
                       .input = Net::input_shape,
                       .normalisation = "min_max",
                       .training_data = "synthetic faces"};
  const recipe::ntinou2020 recipe;

  Net net{Seed{1}};
  const SyntheticFaces faces{disfa_aus, {.images = 20'000, .size = 256}};
  const SyntheticFaces unseen{disfa_aus, {.images = 1'000, .first_identity = 100, .size = 256}};
  const AuHeatmaps<> task{.action_units = info.action_units};
  const FitReport report = fit(net, task, faces, unseen,
                               FitOptions<>{.epochs = recipe.epochs,
                                            .batch = recipe.batch,
                                            .rule = recipe.optimiser(),
                                            .schedule = recipe.schedule});
  save(net, file, info);
  std::printf("%s", to_text(au_table(predict_all(net, task, unseen), disfa_aus)).c_str());

  Net trained;
  load(trained, file, info);
  Predictor predict{trained};
  const Sample sample = unseen.sample(0);
  const Prediction& prediction = predict(sample.image, face_square(sample.landmarks));
  for (const float intensity : prediction.intensities()) std::printf("%.2f ", static_cast<double>(intensity));
  return report.stopped ? 1 : 0;
}
