// Predictions have 32 channels, the features that they shall be like have 64.
// expect: predictions_must_have_the_shape_of_features
// layer: predict
// expect: Wanted<64, 32, 32>
// expect: Found<32, 32, 32>
// mend: PredictionHead<32> => PredictionHead<64>
#include <aurum/backend/reference/reference.hpp>
#include <aurum/model/network.hpp>
#include <aurum/model/temporal.hpp>
#include <aurum/spec/blocks.hpp>
using namespace aurum;

struct Features : Sequential<Conv<64, 7, Stride<2>>, BatchNorm, Relu> {};
struct Net : PredictiveCoding<Features, ConvGru<48, 1>, PredictionHead<32>> {};

int main() {
  Network<Net, Shape{3, 64, 64}, Reference> network;
  (void)network.forward({}, Mode::inference);
}
