// Compiled for any x86-64; prints the instructions in use and the heatmaps' peaks.
#include <cstdio>
#include <vector>

#include "face_predictor.hpp"

int main() {
  aurum::Image picture(80, 60);
  for (std::size_t i = 0; i < picture.pixels.size(); ++i)
    picture.pixels[i] = static_cast<std::uint8_t>((i * i / 7) % 256);
  aurum::AnyPredictor predict = make_face_predictor(aurum::Seed{1});
  std::printf("%s\n", instructions().c_str());
  for (const float value : predict(picture, {{40, 30}, 50}).intensities())
    std::printf("%.4f\n", double{value});
  std::vector<float> shared(9);  // a template that the predictor uses too
  shared.resize(shared.size() + static_cast<std::size_t>(predict.info().maps));
  try {
    make_face_predictor(aurum::Seed{0});
  } catch (const aurum::ValueError& error) {
    std::printf("%s\n", error.what());
    return 0;
  }
  return 1;
}
