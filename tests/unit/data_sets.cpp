// The published data sets, as small trees of exactly their layouts, wrong ones included.
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "aurum/data/sets/folders.hpp"
#include "aurum/data/sets/inspect.hpp"
#include "aurum/data/sets/splits.hpp"
#include "aurum/data/sets/summary.hpp"
#include "support/catch.hpp"
#include "support/faces.hpp"
#include "support/message.hpp"
#include "support/sets.hpp"

using namespace aurum;
using test::contains, test::message, test::Tree;
namespace fs = std::filesystem;

namespace {

/// All problems of a set, a line each.
std::string problems_of(const AnnotatedSet& set) {
  std::string text;
  for (const Problem& p : set.problems)
    text += (p.kind == Problem::Kind::wrong ? "wrong " : "missing ") + p.where + ": " + p.what + "\n";
  return text;
}

/// A person of DISFA with four frames, whose intensity is the AU's place plus the frame, at most 5.
void put_disfa(const Tree& tree, const std::string& subject, const std::string& video = "LeftVideo") {
  for (int i = 0; const int au : disfa_aus) {
    std::string text;
    for (int frame = 1; frame <= 4; ++frame)
      text += std::to_string(frame) + "," + std::to_string(std::min(5, i + frame)) + "\n";
    tree.put("ActionUnit_Labels/" + subject + "/" + subject + "_au" + std::to_string(au) + ".txt", text);
    ++i;
  }
  tree.put("Videos_LeftCamera/" + video + subject + "_comp.avi", "frames");
  for (int frame = 0; frame < 4; ++frame)
    tree.copy(fs::path(AURUM_TEST_DATA) / "landmarks" / "packed.mat",
              "Landmark_Points/" + subject + "/tmp_frame_lm/" + subject + "_000" + std::to_string(frame) +
                  "_lm.mat");
}

}  // namespace

TEST_CASE("names are matched in either case, with digits and words as wild cards", "[data]") {
  CHECK(match_name("SN001_au12.txt", "SN#_au#.txt") == std::vector<std::string>{"001", "12"});
  CHECK(match_name("sn2_AU1.TXT", "SN#_au#.txt") == std::vector<std::string>{"2", "1"});
  CHECK(match_name("FERA17_VA_rF001_T1_6.mp4", "FERA17_*_*_T#_#.mp4") ==
        std::vector<std::string>{"VA", "rF001", "1", "6"});
  CHECK_FALSE(match_name("SN001_au.txt", "SN#_au#.txt"));
  CHECK_FALSE(match_name("SN001_au1.txt~", "SN#_au#.txt"));
  CHECK_FALSE(match_name("F001_T1_AU06.csv", "*_T#.csv"));
}

TEST_CASE("DISFA: labels by the number of their AU, frames of the video from 1, landmarks from 0", "[data]") {
  const Tree tree;
  put_disfa(tree, "SN001");
  put_disfa(tree, "SN002", "leftvideo");
  fs::rename(tree.folder / "Videos_LeftCamera/leftvideoSN002_comp.avi",
             tree.folder / "Videos_LeftCamera/leftvideoSN002_Comp.AVI");
  const AnnotatedSet set = open_disfa(tree.path());
  CHECK(problems_of(set).empty());
  CHECK_NOTHROW(require_sound(set));
  REQUIRE(set.videos.size() == 2);
  CHECK(set.subjects() == std::vector<std::string>{"SN001", "SN002"});
  const AnnotatedVideo& video = set.videos[0];
  CHECK(video.video.filename() == "LeftVideoSN001_comp.avi");
  CHECK(video.first_number == 1);
  REQUIRE(video.frames.size() == 4);
  CHECK(video.frames[0].number == 1);
  CHECK(video.frames[0].landmarks.filename() == "SN001_0000_lm.mat");
  // 10 and 12 come before 2 in a folder's order: AU26 is the last all the same.
  CHECK(video.labels_of(0, 12)[0] == 1);
  CHECK(video.labels_of(3, 12)[1] == 5);
  CHECK(video.labels_of(0, 12)[11] == 5);
  CHECK(inspect(video.frames[0]).empty());

  const std::string text = describe(set);
  CHECK(contains(text, "DISFA: 2 people, 2 videos, 8 labelled frames, intensities of 12 AUs"));
  CHECK(contains(text, "  AU01        0        2        2        2        2        0          0\n"));
  CHECK_FALSE(contains(text, "in which an AU has no label"));
  CHECK(contains(histogram_csv(set), "SN002,,1,4,1\nSN002,,1,5,0\nSN002,,1,,0\n"));

  const AnnotatedSet later = open_disfa(tree.path(), {.frame_offset = 1});
  CHECK(later.videos[0].first_number == 0);
  CHECK(later.videos[0].frames[0].landmarks.filename() == "SN001_0001_lm.mat");
  CHECK(contains(problems_of(later), "missing SN001: labels count frames from 1 to 4"));
  const AnnotatedSet right = open_disfa(tree.path(), {.right_camera = true});
  CHECK(contains(problems_of(right), "missing SN001: has no video RightVideoSN#_comp.avi"));
}

TEST_CASE("DISFA: every wrong line is named, and nobody trains on it", "[data]") {
  const Tree tree;
  put_disfa(tree, "SN003");
  const std::string au4 = "ActionUnit_Labels/SN003/SN003_au4.txt";
  tree.put(au4,
           "\xEF\xBB\xBF"
           "1,10\r\n2,-1\r\nthree,0\r\n3,much\r\n4;1\r\n4,2.5");
  tree.put("ActionUnit_Labels/SN003/SN003_au6.txt", "1,0\n2,5\n2,1\n");
  tree.put("ActionUnit_Labels/SN003/SN003_au9.txt", "");
  tree.put("ActionUnit_Labels/SN003/SN003_au7.txt", "1,0\n");
  tree.put("copy/SN003_au1.txt", "1,0\n");
  fs::remove(tree.folder / "ActionUnit_Labels/SN003/SN003_au12.txt");
  fs::remove(tree.folder / "Landmark_Points/SN003/tmp_frame_lm/SN003_0002_lm.mat");
  const AnnotatedSet set = open_disfa(tree.path());
  const std::string problems = problems_of(set);
  INFO(problems);
  CHECK(contains(problems, "au4.txt: line 1: expected an intensity from 0 to 5, found 10\n"));
  CHECK(contains(problems, "au4.txt: line 2: expected an intensity from 0 to 5, found -1\n"));
  CHECK(contains(problems, "au4.txt: line 3: 'three' is not the number of a frame\n"));
  CHECK(contains(problems, "au4.txt: line 4: 'much' is not a label\n"));
  CHECK(contains(problems, "au4.txt: line 5: expected 'frame,label', found '4;1'\n"));
  CHECK(contains(problems, "au4.txt: line 6: expected an intensity from 0 to 5, found 2.5\n"));
  CHECK(contains(problems, "au6.txt: line 3: frame 2 is labelled twice\n"));
  CHECK(contains(problems, "missing SN003: AU06 has no label for 2 of 4 frames, the first of them 3\n"));
  CHECK(contains(problems, "au9.txt: holds no label\n"));
  CHECK(contains(problems, "au7.txt: DISFA has no AU07"));
  CHECK(contains(problems, "copy/SN003_au1.txt: there is a second one: "));
  CHECK(contains(problems, "missing SN003: AU12 has no label file\n"));
  CHECK(contains(problems,
                 "missing SN003: 1 of 4 labelled frames have no landmark files, the first of them 3\n"));
  CHECK(std::isnan(set.videos[0].labels_of(0, 12)[2]));
  CHECK(set.videos[0].labels_of(1, 12)[4] == 5);  // the first of two labels
  CHECK(
      contains(message<FileError>([&] { require_sound(set); }), "more problems of DISFA; aurum-data check"));
}

TEST_CASE("DISFA: landmark files without the person's name lie in a folder that has it", "[data]") {
  const Tree tree;
  put_disfa(tree, "SN004");
  const fs::path folder = tree.folder / "Landmark_Points/SN004";
  fs::rename(folder / "tmp_frame_lm", folder / "frame_lm");
  for (int i = 0; i < 4; ++i)
    fs::rename(folder / "frame_lm" / ("SN004_000" + std::to_string(i) + "_lm.mat"),
               folder / "frame_lm" / ("l0000" + std::to_string(i) + "_lm.mat"));
  const AnnotatedSet set = open_disfa(tree.path());
  CHECK(problems_of(set).empty());
  CHECK(set.videos[0].frames[2].landmarks.filename() == "l00002_lm.mat");
}

TEST_CASE("DISFA: a count that is shifted is told from a file that was lost", "[data]") {
  const Tree tree;
  put_disfa(tree, "SN005");
  const std::string landmarks = "Landmark_Points/SN005/tmp_frame_lm/SN005_000";
  const auto problems = [&] { return problems_of(open_disfa(tree.path())); };
  // As many landmarks as labels, one lost in the middle, one past the labels.
  fs::rename(tree.folder / (landmarks + "2_lm.mat"), tree.folder / (landmarks + "4_lm.mat"));
  CHECK(contains(problems(), "1 of 4 labelled frames have no landmark files, the first of them 3\n"));
  CHECK_FALSE(contains(problems(), "shifted"));
  // Labels that count from 0, and one landmark file more than labels: not as many, and shifted.
  fs::copy(tree.folder / (landmarks + "3_lm.mat"), tree.folder / (landmarks + "2_lm.mat"));
  for (const int au : disfa_aus)
    tree.put("ActionUnit_Labels/SN005/SN005_au" + std::to_string(au) + ".txt", "0,0\n1,0\n2,0\n3,0\n");
  CHECK(contains(problems(),
                 "SN005: labels count frames from 0 to 3, landmark files from 0 to 4: one of them"));
  CHECK(problems_of(open_disfa(tree.path(), {.frame_offset = 1})) ==
        "missing SN005: 1 of 5 landmark files are of frames without a label\n");
  CHECK_THROWS_AS(open_disfa(tree.path(), {.frame_offset = 20'000}), ValueError);
}

TEST_CASE("DISFA: however a person's number is written, and whose labels are lost", "[data]") {
  const Tree tree;
  put_disfa(tree, "SN006");
  fs::rename(tree.folder / "Videos_LeftCamera/LeftVideoSN006_comp.avi",
             tree.folder / "Videos_LeftCamera/LeftVideosn6_comp.avi");
  CHECK(problems_of(open_disfa(tree.path())).empty());
  put_disfa(tree, "SN007");
  fs::remove_all(tree.folder / "ActionUnit_Labels/SN007");
  CHECK(problems_of(open_disfa(tree.path())) ==
        "missing SN007: has a video but no label files\nmissing SN007: has landmark files but no label "
        "files\n");
}

TEST_CASE("DISFA's folds share nobody and leave nobody out", "[data]") {
  std::set<int> people;
  for (const auto& fold : disfa_folds) people.insert(fold.begin(), fold.end());
  CHECK(people.size() == 27);
  CHECK(disfa_fold("SN032") == 0);
  CHECK(disfa_fold("SN006") == 1);
  CHECK(disfa_fold("SN029") == 2);
  CHECK_FALSE(disfa_fold("SN014"));
  CHECK_FALSE(disfa_fold("somebody"));
  CHECK(subject_number("rF012") == 12);
}

TEST_CASE("DISFA+: labels by picture, trial by trial", "[data]") {
  const Tree tree;
  for (const int au : disfa_aus)
    tree.put("Labels/SN001/A1_AU1_TrailNo_1/AU" + std::to_string(au) + ".txt",
             "# Intensities\n#\n000.jpg   0\n001.jpg\t3\r\n");
  for (const char* picture : {"000.jpg", "001.JPG"})
    tree.put(std::string("Images/SN001/A1_AU1_TrailNo_1/") + picture, "picture");
  const AnnotatedSet set = open_disfa_plus(tree.path());
  CHECK(problems_of(set).empty());
  REQUIRE(set.videos.size() == 1);
  CHECK(set.videos[0].name == "SN001/A1_AU1_TrailNo_1");
  CHECK(set.videos[0].frames[1].picture.filename() == "001.JPG");
  CHECK(set.videos[0].labels_of(1, 12)[0] == 3);
  CHECK(std::string(recognise_set(tree.path()).name) == "disfa+");

  // A file that ends early, a picture that nobody labelled.
  tree.put("Labels/SN001/A1_AU1_TrailNo_1/AU4.txt", "000.jpg 1\n");
  tree.put("Images/SN001/A1_AU1_TrailNo_1/002.jpg", "picture");
  CHECK(problems_of(open_disfa_plus(tree.path())) ==
        "missing SN001/A1_AU1_TrailNo_1: AU04 has no label for 1 of 2 frames, the first of them 1\n"
        "missing SN001/A1_AU1_TrailNo_1: 1 of 3 pictures are of frames without a label\n");

  fs::remove(tree.folder / "Images/SN001/A1_AU1_TrailNo_1/000.jpg");
  tree.put("Labels/SN001/A1_AU1_TrailNo_1/AU2.txt", "000.jpg\nnone.jpg 1\n");
  const std::string problems = problems_of(open_disfa_plus(tree.path()));
  INFO(problems);
  CHECK(contains(problems, "AU2.txt: line 1: expected 'picture label', found '000.jpg'\n"));
  CHECK(contains(problems, "AU2.txt: none.jpg is not a numbered picture\n"));
  CHECK(contains(problems, "1 of 2 labelled frames have no pictures, the first of them 0\n"));
}

TEST_CASE("BP4D: 9 is no label, odd people train", "[data]") {
  const Tree tree;
  for (const char* person : {"F001", "M002"})
    for (const int au : bp4d_aus) {
      const std::string number = (au < 10 ? "0" : "") + std::to_string(au);
      tree.put("AUCoding/AU_INT/AU" + number + "/" + person + "_T1_AU" + number + ".csv",
               au == 6 ? "2440,0\n2441,9\n" : "2440,3\n2441,5\n");
    }
  for (const char* person : {"F001", "M002"})
    for (const char* frame : {"2440", "2441"})
      tree.put(std::string("Sequences/") + person + "/T1/" + frame + ".jpg", "picture");
  tree.put("AUCoding/AU_OCC/F001_T1.csv", "0,1,2,4\n2440,1,0,9\n2441,0,0,1\n");
  tree.put("AUCoding/AU_OCC/M002_T1.csv", "0,1,2,4\r\n2440,1,2,9\r\n2441,0,0");
  const AnnotatedSet set = open_bp4d(tree.path());
  CHECK(problems_of(set).empty());
  REQUIRE(set.videos.size() == 2);
  CHECK(set.videos[0].name == "F001/T1");
  CHECK(set.videos[0].part == "train");
  CHECK(set.videos[1].part == "development");
  CHECK(set.videos[0].frames[1].picture.filename() == "2441.jpg");
  CHECK(std::isnan(set.videos[0].labels_of(1, 5)[0]));
  CHECK(set.videos[0].labels_of(1, 5)[4] == 5);
  CHECK(contains(describe(set),
                 "no label\n  person   AU06   AU10   AU12   AU14   AU17\n"
                 "  F001        1      0      0      0      0\n  M002        1"));

  const AnnotatedSet occurrences = open_bp4d(tree.path(), LabelKind::occurrence);
  CHECK(occurrences.action_units == std::vector<int>{1, 2, 4});
  CHECK(std::isnan(occurrences.videos[0].labels_of(0, 3)[2]));
  CHECK(occurrences.videos[0].labels_of(1, 3)[2] == 1);
  const std::string problems = problems_of(occurrences);
  INFO(problems);
  CHECK(contains(problems, "M002_T1.csv: line 2: expected 0 or 1, or 9 for no label, found 2\n"));
  CHECK(contains(problems, "M002_T1.csv: line 3: expected 4 cells, found 3\n"));
  CHECK(contains(describe(occurrences), "occurrences of 3 AUs"));
  tree.put("AUCoding/AU_OCC/M002_T1.csv", "0,4,1,2\n2440,1,0,0\n2441,9,0,1\n");  // columns go by their names
  const AnnotatedSet turned = open_bp4d(tree.path(), LabelKind::occurrence);
  CHECK(problems_of(turned).empty());
  CHECK(turned.videos[1].labels_of(0, 3)[2] == 1);
  CHECK(turned.videos[1].labels_of(1, 3)[1] == 1);
  tree.put("AUCoding/AU_OCC/M002_T1.csv", "0,4,1\n2440,1,0\n");
  CHECK(contains(problems_of(open_bp4d(tree.path(), LabelKind::occurrence)),
                 "expected the AUs of the tables before it (1, 2, 4), found 4, 1"));

  // Segments are labelled: pictures beyond them are no fault, labels without a picture are.
  for (const char* frame : {"2439", "2442"})
    tree.put(std::string("Sequences/F001/T1/") + frame + ".jpg", "picture");
  fs::remove(tree.folder / "Sequences/F001/T1/2441.jpg");
  CHECK(problems_of(open_bp4d(tree.path())) ==
        "missing F001/T1: 1 of 2 labelled frames have no pictures, the first of them 2441\n");
}

TEST_CASE("BP4D: people are the same in either case", "[data]") {
  const Tree tree;
  for (const int au : bp4d_aus)
    tree.put(std::string(au % 4 == 0 ? "f003" : "F003") + "_t1_au" + std::to_string(au) + ".csv", "7,1\n");
  tree.put("F003/T1/0007.jpg", "picture");
  tree.put("F004/T1/0001.jpg", "picture");
  const AnnotatedSet set = open_bp4d(tree.path());
  REQUIRE(set.videos.size() == 1);
  CHECK(set.videos[0].frames[0].picture.filename() == "0007.jpg");
  CHECK(problems_of(set) == "missing F004/T1: has pictures but no label files\n");
}

TEST_CASE("FERA 2017: one video for each view, all with the labels of their task", "[data]") {
  const Tree tree;
  for (const int au : fera2017_aus) {
    const std::string number = (au < 10 ? "0" : "") + std::to_string(au);
    for (const char* task : {"TR_F001_T1", "VA_rF002_T3"})
      tree.put(std::string("int/FERA17_") + task + "_AU" + number + "_Int.csv", "1,2\n2,9\n");
  }
  for (const char* video : {"TR_F001_T1_1", "TR_F001_T1_6", "VA_rF002_T3_6"})
    tree.put(std::string("videos/FERA17_") + video + ".mp4", "frames");
  const AnnotatedSet set = open_fera2017(tree.path());
  CHECK(problems_of(set).empty());
  REQUIRE(set.videos.size() == 3);
  CHECK(set.videos[0].name == "F001/T1/view 1");
  CHECK(set.videos[0].part == "train");
  CHECK(set.videos[2].subject == "rF002");
  CHECK(set.videos[2].part == "validation");
  CHECK(set.videos[1].labels_of(0, 7)[6] == 2);
  CHECK(set.videos[0].first_number == 1);
  CHECK(open_fera2017(tree.path(), {.first_number = 0}).videos[0].first_number == 0);
  CHECK_THROWS_AS(open_fera2017(tree.path(), {.first_number = -1}), ValueError);
  CHECK(open_fera2017(tree.path(), {.views = {6}}).videos.size() == 2);
  CHECK(contains(problems_of(open_fera2017(tree.path(), {.views = {1}})),
                 "missing rF002/T3: has no video of the views asked for\n"));
  CHECK(std::string(recognise_set(tree.path()).name) == "fera2017");
  tree.put("occ/FERA17_TR_F001_T1.csv", "frame,1,4\n1,0,1\n");
  tree.put("occ/FERA17_VA_rF002_T3.csv", "frame,1,x\n1,0,1\n");
  const AnnotatedSet occurrences = find_set_layout("fera2017-occurrence").open(tree.path(), {});
  CHECK(occurrences.videos[0].labels_of(0, 2)[1] == 1);
  CHECK(contains(problems_of(occurrences), "line 1: expected the numbers of AUs, each once, found 'x'\n"));
}

TEST_CASE("Aff-Wild2: a line for each frame, -1 is no label", "[data]") {
  const Tree tree;
  const std::string header = "AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26\n";
  tree.put("AU_Set/Train_Set/12-24_left.txt", header + "1,0,0,0,0,0,0,0,0,0,0,-1\n0,0,0,0,0,0,0,0,0,0,0,1\n");
  tree.put("AU_Set/Validation_Set/video3.txt", header + "0,0,0,0,0,0,0,0,0,0,0,0\n0,0,2\n");
  for (const char* picture : {"12-24_left/00001", "12-24_left/00002", "video3/00002"})
    tree.put(std::string("cropped/") + picture + ".jpg", "picture");
  const AnnotatedSet set = open_aff_wild2(tree.path());
  REQUIRE(set.videos.size() == 2);
  CHECK(set.videos[0].subject == "12-24");
  CHECK(set.videos[0].part == "train");
  CHECK(set.videos[0].frames[1].number == 2);
  CHECK(set.videos[0].frames[1].picture.filename() == "00002.jpg");
  CHECK(std::isnan(set.videos[0].labels_of(0, 12)[11]));
  CHECK(set.videos[1].frames.size() == 2);  // the wrong line still is a frame
  CHECK(problems_of(set) ==
        "wrong " + (tree.folder / "AU_Set/Validation_Set/video3.txt").string() +
            ": line 3: expected 12 labels, found 3\n"
            "missing video3: 1 of 2 labelled frames have no pictures, the first of them 1\n");
  CHECK(std::string(recognise_set(tree.path()).name) == "aff-wild2");
  // A blank line is a frame, unless it ends the file; a file without its header is not read by halves.
  const std::string zeros = "0,0,0,0,0,0,0,0,0,0,0,0\n", ones = "1,1,1,1,1,1,1,1,1,1,1,1\n";
  tree.put("AU_Set/Validation_Set/video3.txt", header + zeros + "\n" + ones + "\n\n");
  const AnnotatedSet blank = open_aff_wild2(tree.path());
  REQUIRE(blank.videos[1].frames.size() == 3);
  CHECK(blank.videos[1].labels_of(2, 12)[0] == 1);
  CHECK(contains(problems_of(blank),
                 "video3.txt: line 3: is blank, where the labels of a frame were expected\n"));
  tree.put("AU_Set/Validation_Set/video3.txt", zeros + ones);
  CHECK(contains(problems_of(open_aff_wild2(tree.path())),
                 "video3.txt: line 1: expected a header of 12 AUs\n"));
}

TEST_CASE("pictures and landmarks are looked into", "[data]") {
  const Tree tree;
  const fs::path picture = tree.folder / "a.png", points = tree.folder / "a.pts";
  write_png(picture, Image(60, 60));
  write_pts(points, test::uneven_face());
  const auto problems = [&](const fs::path& p, const fs::path& l) {
    std::string text;
    for (const Problem& problem : inspect({.number = 1, .picture = p, .landmarks = l}))
      text += problem.where + ": " + problem.what + "\n";
    return text;
  };
  CHECK(contains(problems(picture, points), "of 68 points lie outside the picture of 60 x 60"));
  write_png(picture, Image(600, 600));
  CHECK(problems(picture, points).empty());
  tree.put("b.png", "no picture");
  tree.put("b.pts", "no points");
  const std::string both = problems(tree.folder / "b.png", tree.folder / "b.pts");
  CHECK(contains(both, "b.pts: line 1"));
  CHECK(contains(both, "b.png: neither a JPEG nor a PNG"));
}

TEST_CASE("folders that are no data set say what was looked for", "[data]") {
  const Tree tree;
  tree.put("notes.txt", "nothing");
  CHECK(contains(message<FileError>([&] { (void)open_disfa(tree.path()); }),
                 "no labels of DISFA: expected files named SN001_au1.txt"));
  CHECK(
      contains(message<FileError>([&] { (void)recognise_set(tree.path()); }), "no label file of a data set"));
  CHECK(contains(message<FileError>([&] { (void)recognise_layout(tree.path()); }),
                 "no labels.csv and no landmarks (.pts, .t7)"));
  CHECK(contains(set_layout_names(all_layouts), "aff-wild2, folder, landmarks"));
  CHECK(contains(message<FileError>([&] { (void)open_bp4d(tree.folder / "none"); }), "no such folder"));
  CHECK(contains(message<ValueError>([] { (void)find_set_layout("ck+"); }),
                 "no data set 'ck+', expected one of disfa, disfa+, fera2017"));
}
