#include <string>

#include "aurum/data/box_csv.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"

using namespace aurum;
using test::contains, test::message;

TEST_CASE("boxes come from columns by their names", "[data]") {
  const auto frames =
      parse_box_csv("frame,score,left,top,width,height\r\n1,0.5,10,20.5,30,40\n\n7,1,-3,0,5,6");
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].frame == 1);
  CHECK(frames[0].box.top == 20.5F);
  CHECK(frames[1].frame == 7);
  CHECK(frames[1].box.left == -3);
  const auto files = parse_box_csv("left,top,width,height,file\n1,2,3,4,\"a, b.jpg\"\n");
  CHECK(files.at(0).file == "a, b.jpg");
  CHECK(files[0].frame == 0);
  CHECK(files[0].box.height == 4);
}

TEST_CASE("wrong boxes are refused by line", "[data]") {
  const auto problem = [](const std::string& rows) {
    return message<FileError>(
        [&] { (void)parse_box_csv("frame,left,top,width,height\n" + rows, "boxes.csv"); });
  };
  CHECK(contains(problem("1,2,3,4"), "boxes.csv: line 2: expected 5 cells, found 4"));
  CHECK(contains(problem("1,2,3,4,x"), "line 2: height: 'x' is not a number"));
  CHECK(contains(problem("1,2,nan,4,5"), "top: 'nan' is not a number"));
  CHECK(contains(problem("1,2,3,4,5\n2,2,3,0,5"), "line 3: a face box needs a width and a height"));
  CHECK(contains(problem("0,2,3,4,5"), "frame: expected a number from 1 on, found '0'"));
  CHECK(contains(message<FileError>([] { (void)parse_box_csv("a,b\n", "b.csv"); }),
                 "b.csv: line 1: expected columns left, top, width, height and frame or file"));
  CHECK(contains(message<FileError>([] { (void)parse_box_csv("left,top,width,height\n1,2,3,4\n"); }),
                 "expected columns"));
  CHECK(contains(message<FileError>([] { (void)parse_box_csv("", "b.csv"); }), "is empty"));
}
