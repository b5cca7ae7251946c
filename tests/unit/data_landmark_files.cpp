// Landmarks in the files of others: MATLAB (DISFA), Torch7 (LS3D-W), OpenFace's CSV; and folders of pictures
// with landmarks, and labels, beside them as data sets.
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "aurum/data/landmark_file.hpp"
#include "aurum/data/landmark_folder.hpp"
#include "aurum/data/mat5.hpp"
#include "aurum/data/openface_csv.hpp"
#include "aurum/data/sets/folders.hpp"
#include "aurum/data/sets/inspect.hpp"
#include "aurum/data/sets/summary.hpp"
#include "support/catch.hpp"
#include "support/faces.hpp"
#include "support/message.hpp"
#include "support/sets.hpp"

using namespace aurum;
using test::contains, test::message;

namespace {

const std::filesystem::path folder = std::filesystem::path(AURUM_TEST_DATA) / "landmarks";

template <class Number>
void put(std::string& bytes, Number number) {
  char memory[sizeof number];
  std::memcpy(memory, &number, sizeof number);
  bytes.append(memory, sizeof number);
}
void put_text(std::string& bytes, const std::string& text) {
  put(bytes, static_cast<std::int32_t>(text.size()));
  bytes += text;
}

/// A matrix as Torch7 writes it (its File.lua and Tensor.c). `numbers` lie row by row.
template <class Number>
std::string torch_file(std::int64_t rows, std::int64_t columns, const std::vector<Number>& numbers) {
  const std::string kind = sizeof(Number) == sizeof(double) ? "Double" : "Float";
  std::string bytes;
  put(bytes, std::int32_t{4});
  put(bytes, std::int32_t{1});
  put_text(bytes, "V 1");
  put_text(bytes, "torch." + kind + "Tensor");
  put(bytes, std::int32_t{2});
  for (const std::int64_t n : {rows, columns, columns, std::int64_t{1}, std::int64_t{1}}) put(bytes, n);
  put(bytes, std::int32_t{4});
  put(bytes, std::int32_t{2});
  put_text(bytes, "V 1");
  put_text(bytes, "torch." + kind + "Storage");
  put(bytes, static_cast<std::int64_t>(numbers.size()));
  for (const Number number : numbers) put(bytes, number);
  return bytes;
}

template <class Number>
std::vector<Number> line_of_points(int columns) {
  std::vector<Number> numbers;
  for (int i = 0; i < 68; ++i)
    for (int c = 0; c < columns; ++c) numbers.push_back(static_cast<Number>(c == 0 ? 11 + i : 21 - i));
  return numbers;
}

/// All problems of a set, a line each.
std::string problems_of(const AnnotatedSet& set) {
  std::string text;
  for (const Problem& p : set.problems) text += p.where + ": " + p.what + "\n";
  return text;
}

}  // namespace

TEST_CASE("MATLAB files give a matrix, whatever type its numbers were stored as", "[data]") {
  for (const char* name : {"plain.mat", "packed.mat", "single.mat", "whole.mat"}) {
    INFO(name);
    const MatlabMatrix points = parse_mat5(read_file(folder / name), "pts", name);
    REQUIRE(points.rows == 66);
    REQUIRE(points.columns == 2);
    CHECK(points.at(10, 0) == 110);
    CHECK(points.at(10, 1) == 195);
    const Landmarks landmarks = read_disfa_landmarks(folder / name);
    REQUIRE(landmarks.size() == 68);
    CHECK(landmarks[59] == Point{159, name == std::string("whole.mat") ? 170.F : 170.5F});
    CHECK(landmarks[61].x == 160);  // the 66 points lack 60 and 64
    CHECK(landmarks[67].x == 165);
  }
}

TEST_CASE("MATLAB files that are damaged or hold something else are refused", "[data]") {
  const std::string packed = read_file(folder / "packed.mat"), plain = read_file(folder / "plain.mat");
  const auto problem = [](const std::string& bytes, const std::string& wanted = "pts") {
    return message<FileError>([&] { (void)parse_mat5(bytes, wanted, "x.mat"); });
  };
  CHECK(contains(problem(plain, "points"), "x.mat: has no matrix 'points'"));
  CHECK(contains(problem(plain, "note"), "'note' is not a matrix of real numbers"));
  CHECK(contains(problem(packed.substr(0, packed.size() - 9)), "ends early"));
  std::string broken = packed;
  broken[packed.size() - 40] = static_cast<char>(~broken[packed.size() - 40]);
  CHECK(contains(problem(broken), "compressed matrix is damaged"));
  CHECK(contains(problem(""), "ends early: expected 116 more bytes, found 0"));
  CHECK(contains(problem(std::string(200, 'x')), "is not a MATLAB file of version 5 to 7"));
  CHECK(contains(problem("MATLAB 7.3 MAT-file" + std::string(200, ' ')), "MATLAB 7.3 file (HDF5)"));
  std::string swapped = plain;
  swapped[126] = 'M', swapped[127] = 'I';
  CHECK(contains(problem(swapped), "big-endian"));
  for (std::size_t size = 0; size < plain.size(); size += 7)  // any end throws an error of ours
    CHECK(problem(plain.substr(0, size)) != "nothing was thrown");
}

TEST_CASE("Torch7 files give 68 points, counted from 0", "[data]") {
  const Landmarks points = parse_t7(torch_file(68, 2, line_of_points<double>(2)));
  REQUIRE(points.size() == 68);
  CHECK(points[0] == Point{10, 20});
  CHECK(points[67] == Point{77, -47});
  CHECK(parse_t7(torch_file(68, 3, line_of_points<float>(3))) == points);

  const auto problem = [](const std::string& bytes) {
    return message<FileError>([&] { (void)parse_t7(bytes, "x.t7"); });
  };
  const std::string good = torch_file(68, 2, line_of_points<float>(2));
  CHECK(contains(problem(torch_file(2, 68, line_of_points<float>(2))),
                 "expected 68 x 2 numbers, found 2 x 68"));
  CHECK(contains(problem(torch_file(68, 2, std::vector<float>(100))), "reaches beyond its numbers"));
  CHECK(contains(problem(good.substr(0, good.size() - 4)), "expected 136 numbers, found 135"));
  CHECK(contains(problem(std::string(16, '\0')), "expected a Torch object (type 4), found type 0"));
  auto nowhere = line_of_points<double>(2);
  nowhere[6] = std::numeric_limits<double>::quiet_NaN();
  CHECK(contains(problem(torch_file(68, 2, nowhere)), "point 3 is nowhere"));
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK(problem(good.substr(0, size)) != "nothing was thrown");
}

TEST_CASE("a folder of pictures takes .pts before .t7", "[data]") {
  const test::TemporaryDirectory set;
  for (const char* name : {"a.png", "b.PNG", "c.png"}) write_png(set / name, Image(100, 100));
  write_file(set / "a.t7", torch_file(68, 2, line_of_points<float>(2)));
  write_file(set / "b.t7", torch_file(68, 2, line_of_points<float>(2)));
  write_pts(set / "b.pts", test::uneven_face());
  const LandmarkFolder faces(set.path());
  REQUIRE(faces.size() == 2);
  CHECK(faces.sample(0).landmarks[0] == Point{10, 20});
  CHECK(faces.sample(1).landmarks[0].x == Approx(test::uneven_face()[0].x).margin(1e-3));
  CHECK(contains(message<FileError>([&] { (void)read_landmarks(set / "a.png"); }), "expected a .pts or .t7"));
}

TEST_CASE("a folder of landmarks is a set: pictures and landmarks that lie alone are named", "[data]") {
  const test::TemporaryDirectory set_folder;
  write_png(set_folder / "a.png", Image(400, 400));
  write_pts(set_folder / "a.pts", test::uneven_face());
  write_file(set_folder / "a.t7", torch_file(68, 2, line_of_points<float>(2)));
  CHECK(std::string(recognise_layout(set_folder.path()).name) == "landmarks");
  CHECK(open_landmark_folder(set_folder.path()).problems.empty());
  std::filesystem::create_directories(set_folder / "more");
  write_png(set_folder / "more/alone.png", Image(5, 5));
  write_file(set_folder / "more/lost.t7", "");
  const AnnotatedSet set = open_landmark_folder(set_folder.path());
  CHECK(describe(set) == "folder of landmarks: 1 pictures with landmarks\n");
  CHECK(problems_of(set) == (set_folder / "more/alone.png").string() +
                                ": has no landmarks beside it (.pts, .t7)\n" +
                                (set_folder / "more/lost.t7").string() + ": has no picture beside it\n");
  CHECK(inspect(set.videos[0].frames[0]).empty());
  std::filesystem::remove(set_folder / "a.png");
  CHECK(contains(message<FileError>([&] { (void)open_landmark_folder(set_folder.path()); }),
                 "holds no picture"));
}

TEST_CASE("a labelled folder is a set: wrong rows are named, the others counted", "[data]") {
  const test::Tree tree;
  for (const char* name : {"a", "b c", "d"}) {
    write_png(tree.folder / (name + std::string(".png")), Image(60, 60));
    write_pts(tree.folder / (name + std::string(".pts")), test::uneven_face());
  }
  tree.put("labels.csv",
           "file,AU4,subject,AU12\na.png,2.6,\"Li, Mo\",9\nb c.png,0,Ann,5\nd.png,6,Bob,1\n"
           "e.png,1,Ann,1\n\"d.png,1,Bob,1\nd.png,1\na.png,1,Ann,1\n");
  CHECK(std::string(recognise_layout(tree.path()).name) == "folder");
  const AnnotatedSet set = open_labelled_folder(tree.path());
  const std::string where = (tree.folder / "labels.csv").string() + ": line ";
  CHECK(problems_of(set) == where + "4: AU04: intensity 6.000000 is outside 0 to 5\n" + where +
                                "5: there is no file " + (tree.folder / "e.png").string() + "\n" + where +
                                "6: a quote is not closed\n" + where + "7: expected 4 cells, found 2\n" +
                                where + "8: a.png is listed twice\n");
  const std::string text = describe(set);
  CHECK(contains(text, "labelled folder: 2 people, 2 labelled pictures, intensities of 2 AUs\n"));
  CHECK(contains(text, "  AU04        1        0        0        1        0        0          0\n"));
  CHECK(contains(text, "  Li, Mo  -                   1          1      1      0\n"));
  CHECK(contains(text, "pictures by person in which an AU has no label\n  person   AU04   AU12\n  Li, Mo"));
  CHECK(contains(histogram_csv(set), "\"Li, Mo\",,4,3,1\n"));
  CHECK(contains(inspect(set.videos[0].frames[0]).at(0).what, "points lie outside the picture of 60 x 60"));

  tree.put("labels.csv", "file,AU4\na.png,1\n");  // nobody is named
  CHECK(open_labelled_folder(tree.path()).subjects() == std::vector<std::string>{"unknown"});
  tree.put("labels.csv", "file,smile\na.png,1\n");
  CHECK(
      contains(problems_of(open_labelled_folder(tree.path())), where + "1: column 'smile' is neither an AU"));
  std::filesystem::remove(tree.folder / "labels.csv");
  CHECK(contains(message<FileError>([&] { (void)open_labelled_folder(tree.path()); }), "has no labels.csv"));
}

TEST_CASE("OpenFace's CSV is read by the names of its columns", "[data]") {
  std::string header = "frame, face_id, timestamp, confidence, success, gaze_0_x";
  std::string row = "1, 0, 0.033, 0.98, 1, 0.1", lost = "2, 0, 0.067, 0.00, 0, 0.0";
  for (const char* axis : {"x_", "y_"})
    for (int k = 0; k < 68; ++k) {
      header += std::string(", ") + axis + std::to_string(k);
      row += ", " + std::to_string(100 + k) + ".5";
      lost += ", 0.0";
    }
  header += ", AU01_r, AU45_r, AU01_c\n";
  const std::string text = header + row + ", 1.25, 0.00, 1\n" + lost + ", 0.00, 0.00, 0\n";
  const OpenFaceTable table = parse_openface_csv(text);
  CHECK(table.action_units == std::vector<int>{1, 45});
  REQUIRE(table.rows.size() == 2);
  CHECK(table.rows[0].frame == 1);
  CHECK(table.rows[0].timestamp == Approx(0.033));
  CHECK(table.rows[0].success);
  CHECK(table.rows[0].landmarks[5] == Point{105.5F, 105.5F});
  CHECK(table.rows[0].intensities == std::vector<float>{1.25F, 0});
  CHECK_FALSE(table.rows[1].success);

  const OpenFaceTable picture = parse_openface_csv("face, confidence, AU04_r\n0, 0.9, 2\n1, 0.8, 3\n");
  REQUIRE(picture.rows.size() == 2);
  CHECK(picture.rows[1].face_id == 1);
  CHECK(picture.rows[1].landmarks.empty());

  const auto problem = [](const std::string& csv) {
    return message<FileError>([&] { (void)parse_openface_csv(csv, "x.csv"); });
  };
  CHECK(contains(problem(""), "x.csv: is empty"));
  CHECK(contains(problem("a,b\n"), "line 1: expected a column 'frame'"));
  CHECK(contains(problem("frame,x_0,y_0\n"), "expected columns x_0 to x_67 and y_0 to y_67, found 1 and 1"));
  CHECK(contains(problem("frame,frame\n"), "column 'frame' stands twice"));
  CHECK(contains(problem("frame,success\n1\n"), "line 2: expected 2 cells, found 1"));
  CHECK(contains(problem("frame,success\n1,yes\n"), "line 2: success: 'yes' is not a number"));
  CHECK(contains(problem("frame\n1e9\n"), "line 2: frame: '1e9' is not a whole number"));
}

TEST_CASE("what is written as OpenFace does is read back", "[data]") {
  const OpenFaceColumns columns{.landmarks = true, .action_units = {12, 1, 45}};
  std::string expected = "frame, face_id, timestamp, confidence, success";
  for (const char* axis : {"x_", "y_"})
    for (int k = 0; k < 68; ++k) expected += std::string(", ") + axis + std::to_string(k);
  CHECK(columns.header() == expected + ", AU01_r, AU12_r, AU45_r\n");
  OpenFaceRow face{.frame = 7,
                   .face_id = 2,
                   .timestamp = 0.24,
                   .confidence = 0.987,
                   .success = true,
                   .landmarks = test::uneven_face(),
                   .intensities = {1.256F, 0, 5}};
  const OpenFaceRow lost{.frame = 8, .timestamp = 0.28, .confidence = 0, .success = false};
  const std::string row = columns.row(face);
  CHECK(row.starts_with("7, 2, 0.240, 0.99, 1, 57.5, 61.5, "));
  CHECK(row.ends_with(", 0.00, 1.26, 5.00\n"));
  CHECK(columns.row(lost).starts_with("8, 0, 0.280, 0.00, 0, 0.0, "));
  const OpenFaceTable table = parse_openface_csv(columns.header() + row + columns.row(lost));
  CHECK(table.action_units == std::vector<int>{1, 12, 45});
  REQUIRE(table.rows.size() == 2);
  CHECK(table.rows[0].intensities == std::vector<float>{0, 1.26F, 5});
  CHECK(table.rows[0].landmarks == test::uneven_face());
  CHECK(table.rows[0].face_id == 2);
  CHECK_FALSE(table.rows[1].success);

  const OpenFaceColumns picture{.video = false, .action_units = {4}};
  CHECK(picture.header() == "face, confidence, AU04_r\n");
  face.intensities = {2};
  CHECK(picture.row(face) == "2, 0.99, 2.00\n");
  CHECK_THROWS_AS(columns.row(face), ValueError);
  face.landmarks.clear();
  face.intensities = {1, 2, 3};
  CHECK_THROWS_AS(columns.row(face), ValueError);
}
