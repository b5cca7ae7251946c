#pragma once
// All that a program needs which makes an AU network by a method of Ntinou et al. 2020: takes over a
// network of landmarks, trains, evaluates, saves and predicts.
#include <aurum/aurum.hpp>
#include <cstdio>

template <class Spec, class Task>
int train_by_method(const Task& task) {
  using namespace aurum;
  constexpr Shape input{3, 256, 256};
  Network<Spec, input, Cpu> net{Seed{1}};
  if constexpr (requires { Pretrained<Spec>::transfer(); }) {
    NetworkWeights<typename Pretrained<Spec>::backbone, input, Cpu> fan;
    load(fan, SafetensorsFile::read("fan.safetensors"));
    transfer(fan, net, Pretrained<Spec>::transfer());
  }
  const SyntheticFaces faces{task.action_units, {.images = 2'000, .size = 256}};
  const SyntheticFaces unseen{task.action_units, {.images = 1'000, .first_identity = 100, .size = 256}};
  const recipe::ntinou2020 recipe;
  const FitReport report = fit(net, task, faces, unseen,
                               FitOptions<>{.epochs = recipe.epochs,
                                            .batch = recipe.batch,
                                            .rule = recipe.optimiser(),
                                            .schedule = recipe.schedule});
  save(net, "au.safetensors", {.layout = layout_name<Spec>(), .maps = task.maps()});
  std::printf("%s", to_text(au_table(predict_all(net, task, unseen), task.action_units)).c_str());
  Predictor predict{net};
  const Sample sample = unseen.sample(0);
  for (const float intensity : predict(sample.image, face_square(sample.landmarks)).intensities())
    std::printf("%.2f ", static_cast<double>(intensity));
  return report.stopped ? 1 : 0;
}
