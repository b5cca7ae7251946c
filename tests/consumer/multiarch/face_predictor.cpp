#include "face_predictor.hpp"

#include <aurum/backend/cpu/cpu.hpp>
#include <aurum/model/network.hpp>

using namespace aurum;
using Net = Network<Sequential<Conv<16, 7, Stride<2>, Bias>, BatchNorm, Relu, ConvBlock<16>, MaxPool<2>,
                               ConvBlock<32>, Conv<3, 1, Bias>>,
                    Shape{3, 64, 64}, Cpu>;

AnyPredictor make_face_predictor(Seed seed) {
  if (seed.value == 0) throw ValueError("make_face_predictor: the seed is 0");
  return {Predictor{Net{seed}}, {.layout = "small", .maps = 3, .input = Net::input_shape}};
}

std::string instructions() {
#if defined(__AVX512F__)
  return "AVX-512";
#elif defined(__AVX2__)
  return "AVX2";
#else
  return "SSE2";
#endif
}
