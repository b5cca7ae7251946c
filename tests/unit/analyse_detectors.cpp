// needs: dlib
// needs: opencv
// Detectors find the faces of photographs where their landmarks are.
#include <filesystem>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "aurum/data/image_file.hpp"
#include "aurum/data/pts.hpp"
#include "aurum/interop/dlib.hpp"
#include "aurum/interop/opencv.hpp"
#include "aurum/interop/opencv_faces.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/temporary_directory.hpp"

using namespace aurum;
using test::contains, test::message;

namespace {

const std::filesystem::path faces_folder = AURUM_TEST_DATA "/faces";
const std::filesystem::path cascade = "/usr/share/opencv4/haarcascades/haarcascade_frontalface_alt2.xml";

void check_detector(const FaceDetector& detect) {
  const Image picture = read_image(faces_folder / "loc_1.jpg");
  std::vector<FoundFace> faces(1);
  detect(picture, faces);
  REQUIRE(faces.size() == 2);  // appended to what was there
  const FoundFace& face = faces[1];
  CHECK(overlap(face.square, face_square(read_pts(faces_folder / "loc_1.pts"))) > 0.75F);
  CHECK(face.confidence > 0.5F);
  CHECK(face.confidence <= 1);
  CHECK(face.landmarks.empty());

  // The same pixels in OpenCV's order, rows apart.
  Image copy = picture;
  cv::Mat wide(picture.height, picture.width + 5, CV_8UC3, cv::Scalar(0, 255, 0));
  cv::Mat bgr = wide.colRange(0, picture.width);
  cv::cvtColor(as_mat(copy), bgr, cv::COLOR_RGB2BGR);
  std::vector<FoundFace> again;
  detect(view_of(bgr), again);
  REQUIRE(again.size() == 1);
  CHECK(again[0].square.centre.x == face.square.centre.x);
  CHECK(again[0].square.side == face.square.side);

  again.clear();
  detect(Image(1, 1), again);
  detect(Image(300, 200), again);
  CHECK(again.empty());
  CHECK_THROWS_AS(detect(Image(), again), ValueError);
}

}  // namespace

TEST_CASE("dlib's detector finds a face", "[analyse]") {
  check_detector(DlibFaces(0.15F));
  CHECK_THROWS_AS(DlibFaces(0), ValueError);
}

TEST_CASE("OpenCV's cascades find a face", "[analyse]") {
  if (std::filesystem::exists(cascade))
    check_detector(CascadeFaces(cascade, 0.15F));
  else
    WARN("no cascade at " << cascade << ": install opencv-data");
  CHECK(contains(message<FileError>([] { CascadeFaces{"/no/cascade.xml"}; }), "no such file"));
  const test::TemporaryDirectory folder;
  write_file(folder / "text.xml", "<a/>");
  CHECK(contains(message<FileError>([&] { CascadeFaces{folder / "text.xml"}; }),
                 "expected a cascade of OpenCV"));
  CHECK_THROWS_AS(CascadeFaces(cascade, 1.5F), ValueError);
}
