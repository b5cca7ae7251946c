#include <array>
#include <cmath>
#include <filesystem>
#include <string>

#include "aurum/data/csv.hpp"
#include "aurum/data/folder.hpp"
#include "aurum/data/landmark_folder.hpp"
#include "aurum/train/task.hpp"
#include "support/catch.hpp"
#include "support/faces.hpp"
#include "support/message.hpp"

using namespace aurum;
using test::contains, test::message;

namespace {

/// A folder with two faces, gone when the test is.
struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / "aurum_folder_test";
  Folder() {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path / "more");
    write_png(path / "a.png", Image(20, 10));
    write_jpeg(path / "more" / "b, c.jpg", Image(30, 40));
    write_pts(path / "a.pts", test::uneven_face());
    write_pts(path / "more" / "b, c.pts", test::uneven_face());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }

  void label(const std::string& text) const { write_file(path / "labels.csv", text); }
  [[nodiscard]] std::string problem(const std::string& text) const {
    label(text);
    return message<FileError>([&] { FolderFaces{path}; });
  }
};

}  // namespace

TEST_CASE("a folder of pictures, landmarks and labels is a data set", "[data]") {
  const Folder folder;
  folder.label("file, AU12, subject, AU04\r\na.png, 3.5, SN002, 9\r\n\r\n\"more/b, c.jpg\",, SN001, 0\r\n");
  const FolderFaces faces(folder.path);
  REQUIRE(faces.size() == 2);
  CHECK(std::vector<int>(faces.action_units().begin(), faces.action_units().end()) ==
        std::vector<int>{12, 4});
  const Sample first = faces.sample(0);
  CHECK(first.image.width == 20);
  CHECK(first.landmarks.size() == 68);
  CHECK(first.intensities[0] == 3.5F);
  CHECK(std::isnan(first.intensities[1]));
  CHECK(first.name == "a.png");
  const Sample second = faces.sample(1);
  CHECK(second.image.height == 40);
  CHECK(std::isnan(second.intensities[0]));
  CHECK(second.intensities[1] == 0);
  CHECK(second.subject != first.subject);
  CHECK(faces.subjects()[static_cast<std::size_t>(second.subject)] == "SN001");
  CHECK_THROWS_AS(faces.sample(2), ValueError);
  CHECK_THROWS_AS(faces.sample(-1), ValueError);
  CHECK_THROWS_AS(faces.subject_of(2), ValueError);
}

TEST_CASE("labels that cannot be right are refused with file and line", "[data]") {
  const Folder folder;
  const std::string header = "file,AU12\n";
  CHECK(contains(folder.problem(header + "a.png,5.5\n"), "labels.csv: line 2: AU12: intensity 5.5"));
  CHECK(contains(folder.problem(header + "a.png,-1\n"), "line 2: AU12: intensity -1"));
  CHECK(contains(folder.problem(header + "a.png,much\n"), "line 2: AU12: 'much' is not a number"));
  CHECK(contains(folder.problem(header + "a.png,inf\n"), "line 2: AU12: intensity inf"));
  CHECK(contains(folder.problem(header + "a.png,1\na.png,1\n"), "line 3: a.png is listed twice"));
  CHECK(contains(folder.problem(header + "a.png\n"), "line 2: expected 2 cells, found 1"));
  CHECK(contains(folder.problem(header + "z.png,1\n"), "line 2: there is no file"));
  CHECK(contains(folder.problem(header + "\"a.png,1\n"), "line 2: a quote is not closed"));
  CHECK(contains(folder.problem(header), "no pictures are listed"));
  CHECK(contains(folder.problem("file,AU3\na.png,1\n"), "line 1: column 'AU3': AU3 is not in the table"));
  CHECK(contains(folder.problem("file,smile\na.png,1\n"), "line 1: column 'smile'"));
  CHECK(contains(folder.problem("file,AU12,AU12\na.png,1,1\n"), "line 1: AU12 has two columns"));
  CHECK(contains(folder.problem("file,subject\na.png,1\n"), "line 1: no column of an AU"));
  CHECK(contains(folder.problem(""), "no header"));

  std::filesystem::remove(folder.path / "a.pts");
  CHECK(contains(folder.problem(header + "a.png,1\n"), "a.pts"));
  write_file(folder.path / "a.pts", "{\n1 2\n}\n");
  folder.label(header + "a.png,1\n");
  CHECK(contains(message<FileError>([&] { (void)FolderFaces{folder.path}.sample(0); }), "found 1"));
}

TEST_CASE("no folder, an empty folder and one without labels are three errors", "[data]") {
  const Folder folder;
  const auto opening = [&](const std::filesystem::path& path) {
    return message<FileError>([&] { FolderFaces{path}; });
  };
  CHECK(contains(opening(folder.path), "has no labels.csv"));
  CHECK(contains(opening(folder.path / "absent"), "no such folder"));
  std::filesystem::create_directories(folder.path / "empty");
  CHECK(contains(opening(folder.path / "empty"), "is empty"));
}

TEST_CASE("the user's own AU table opens the user's own columns", "[data]") {
  const Folder folder;
  folder.label("file,AU45\na.png,2\n");
  CHECK_THROWS_AS(FolderFaces{folder.path}, FileError);
  const std::array<ActionUnit, 1> own = {
      {{.number = 45, .name = "Blink", .left = {37, 41}, .right = {44, 46}}}};
  const Sample face = FolderFaces(folder.path, own).sample(0);
  CHECK(face.intensities[0] == 2);

  const AuHeatmaps<> task{.action_units = {45}, .table = own};
  std::array<MapTarget, 1> target;
  task.targets(face, face.landmarks, {3, 64, 64}, {1, 64, 64}, target);
  CHECK(target[0].centres == 2);
  CHECK(target[0].centre[0].x == Approx((face.landmarks[37].x + face.landmarks[41].x) / 2));
}

TEST_CASE("comma-separated cells keep commas and quotes when quoted", "[data]") {
  CsvReader rows(" a , \"b, \"\"c\"\"\" ,,d\n\n\"\"\nx,\"y\"z\n", "t.csv");
  CHECK(*rows.next() == std::vector<std::string>{"a", "b, \"c\"", "", "d"});
  CHECK(*rows.next() == std::vector<std::string>{""});
  CHECK(contains(message<FileError>([&] { (void)rows.next(); }),
                 "t.csv: line 4: text follows a closing quote"));
  CHECK(!rows.next());
}

TEST_CASE("pictures with .pts files anywhere below a folder are a data set of landmarks", "[data]") {
  const Folder folder;
  write_png(folder.path / "more" / "without.png", Image(5, 5));
  const LandmarkFolder faces(folder.path);
  REQUIRE(faces.size() == 2);
  CHECK(faces.action_units().empty());
  CHECK(faces.sample(0).name == "a.png");
  CHECK(faces.sample(1).name == "more/b, c.jpg");
  CHECK(faces.sample(1).image.height == 40);
  CHECK(faces.sample(0).landmarks.size() == 68);
  CHECK(faces.sample(0).intensities.empty());
  CHECK(contains(message<ValueError>([&] { (void)faces.sample(2); }), "sample 2 of a set of 2"));

  write_file(folder.path / "a.pts", "version: 1\nn_points: 68\n{\n1 2\n");
  CHECK(contains(message<FileError>([&] { (void)LandmarkFolder(folder.path).sample(0); }), "a.pts"));
  std::filesystem::remove(folder.path / "a.pts");
  std::filesystem::remove(folder.path / "more" / "b, c.pts");
  CHECK(contains(message<FileError>([&] { LandmarkFolder{folder.path}; }), "holds no picture"));
  CHECK(contains(message<FileError>([&] { LandmarkFolder{folder.path / "none"}; }), "no such folder"));
}
