#include <filesystem>
#include <string>

#include "aurum/data/pts.hpp"
#include "support/catch.hpp"
#include "support/faces.hpp"
#include "support/message.hpp"

using namespace aurum;
using test::contains, test::message;

namespace {

std::string points(int count) {
  std::string text;
  for (int k = 0; k < count; ++k) text += std::to_string(k + 1) + ".5 " + std::to_string(2 * k + 1) + "\n";
  return text;
}

std::string file(int announced, int count) {
  return "version: 1\nn_points: " + std::to_string(announced) + "\n{\n" + points(count) + "}\n";
}

std::string problem(const std::string& text) {
  return message<FileError>([&] { (void)parse_pts(text, "a.pts"); });
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  return text.replace(text.find(what), what.size(), with);
}

}  // namespace

TEST_CASE("a .pts file counts pixels from one, memory from zero", "[data]") {
  const Landmarks landmarks = parse_pts(file(68, 68));
  REQUIRE(landmarks.size() == 68);
  CHECK(landmarks[0] == Point{0.5F, 0});
  CHECK(landmarks[67] == Point{67.5F, 134});
}

TEST_CASE("landmarks survive writing and reading", "[data]") {
  const auto path = std::filesystem::temp_directory_path() / "aurum_face.pts";
  const Landmarks face = test::uneven_face();
  write_pts(path, face);
  const Landmarks back = read_pts(path);
  for (std::size_t k = 0; k < face.size(); ++k) {
    CHECK(back[k].x == Approx(face[k].x).margin(1e-3));
    CHECK(back[k].y == Approx(face[k].y).margin(1e-3));
  }
  CHECK_THROWS_AS(write_pts(path, Landmarks(67)), ValueError);
  std::filesystem::remove(path);
}

TEST_CASE("a .pts file with CRLF, a byte order mark, tabs, blank lines or no header is read", "[data]") {
  std::string text = file(68, 68);
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
    text.replace(at, 1, "\r\n");
  CHECK(parse_pts("\xEF\xBB\xBF" + text) == parse_pts(file(68, 68)));
  CHECK(parse_pts("{\n" + points(68) + "}") == parse_pts(file(68, 68)));
  CHECK(parse_pts(replaced(file(68, 68), "1.5 1\n", "  1.5\t 1 \n\n")) == parse_pts(file(68, 68)));
}

TEST_CASE("a .pts file that is not 68 finite points says where and why", "[data]") {
  CHECK(contains(problem(file(67, 67)), "a.pts: expected 68 points, found 67"));
  CHECK(contains(problem(file(68, 67)), "n_points is 68, but 67 points follow"));
  CHECK(contains(problem(file(68, 69)), "n_points is 68, but 69 points follow"));
  CHECK(contains(problem(replaced(file(68, 68), "2.5 3", "nan 3")), "line 5: the point is not finite"));
  CHECK(contains(problem(replaced(file(68, 68), "2.5 3", "2.5 inf")), "line 5: the point is not finite"));
  CHECK(contains(problem(replaced(file(68, 68), "2.5 3", "2.5")), "line 5: expected 'x y', found '2.5'"));
  CHECK(contains(problem(replaced(file(68, 68), "2.5 3", "2.5 3 4")), "line 5: expected 'x y'"));
  CHECK(contains(problem(replaced(file(68, 68), "2.5 3", "2,5 3")), "line 5: expected 'x y'"));
  CHECK(contains(problem(replaced(file(68, 68), "{", "")), "line 4: expected 'version:'"));
  CHECK(contains(problem(replaced(file(68, 68), "}", "")), "no '}'"));
  CHECK(contains(problem(replaced(file(68, 68), "n_points: 68", "n_points: many")), "line 2: n_points"));
  CHECK(contains(problem(file(68, 68) + "rest"), "line 73: nothing may follow '}', found 'rest'"));
  CHECK(contains(problem(""), "no '{'"));
}
