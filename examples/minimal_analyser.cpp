// AU intensities of everybody before a camera, frame by frame, by the weights that examples/minimal saved.
// needs: io
// needs: dlib
// needs: opencv
#include <aurum/analyse/analyser.hpp>
#include <aurum/aurum.hpp>
#include <aurum/interop/dlib.hpp>
#include <aurum/interop/opencv.hpp>
#include <cstdio>
#include <opencv2/videoio.hpp>
using namespace aurum;

struct AuNet : Sequential<Conv<16, 7, Stride<2>, Bias>, BatchNorm, Relu, ConvBlock<16>, MaxPool<2>,
                          ConvBlock<32>, Hourglass<32, Depth<2>>, ConvBlock<32>, Conv<3, 1, Bias>> {};

int main(int count, char** arguments) {
  NetworkWeights<AuNet, Shape{3, 64, 64}, Cpu> net;
  load(net, SafetensorsFile::read(count > 1 ? arguments[1] : "au.safetensors"));

  Analyser analyse{Predictor{net}, DlibFaces(0.2F)};
  cv::VideoCapture camera(0);
  const double start = static_cast<double>(cv::getTickCount());
  for (cv::Mat frame; camera.read(frame);) {
    const double seconds = (static_cast<double>(cv::getTickCount()) - start) / cv::getTickFrequency();
    analyse(view_of(frame), seconds, [&](const Face& face, const Prediction& prediction) {
      std::printf("%.2f s, face %d: AU12 %.1f\n", seconds, face.identity,
                  static_cast<double>(intensity(prediction.peaks[1])));
    });
  }
}
