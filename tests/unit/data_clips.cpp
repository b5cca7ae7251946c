// Clips of videos, and which frames keep their labels.
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "aurum/data/sparse_labels.hpp"
#include "aurum/data/video.hpp"
#include "support/catch.hpp"
#include "support/message.hpp"
#include "support/temporary_directory.hpp"

using namespace aurum;
using test::contains, test::message;

namespace {

constexpr float none = std::numeric_limits<float>::quiet_NaN();

/// Videos that only tell who, where and what: AU12 of frame i is i % 6, frames that divide by `gap` are
/// missing, those that divide by `unlabelled` have no label.
struct PlainVideos {
  std::vector<int> lengths;
  int gap = 1000;
  int unlabelled = 1000;
  mutable int made = 0;  ///< frames

  [[nodiscard]] int size() const { return static_cast<int>(lengths.size()); }
  [[nodiscard]] int frames(int video) const { return lengths.at(static_cast<std::size_t>(video)); }
  [[nodiscard]] std::span<const int> action_units() const {
    static constexpr int units[] = {12};
    return units;
  }
  [[nodiscard]] int subject_of(int video) const { return 10 + video; }
  [[nodiscard]] std::optional<Sample> frame(int video, int index) const {
    REQUIRE(index >= 0);
    REQUIRE(index < frames(video));
    ++made;
    if (index % gap == gap - 1) return std::nullopt;
    const float label = index % unlabelled == unlabelled - 1 ? none : static_cast<float>(index % 6);
    return Sample{.image = {},
                  .landmarks = {},
                  .intensities = {label},
                  .sides = {{label, label}},
                  .subject = subject_of(video),
                  .name = std::to_string(video) + "/" + std::to_string(index)};
  }
};
static_assert(VideoData<PlainVideos>);
static_assert(VideoData<SparselyLabelled<PlainVideos>>);
static_assert(!detail::TellsPresent<SparselyLabelled<PlainVideos>>, "it would not be cheap");

/// The same, which answer without making a frame.
struct QuickVideos : PlainVideos {
  [[nodiscard]] bool present(int, int index) const { return index % gap != gap - 1; }
  [[nodiscard]] std::vector<float> labels(int video, int index) const {
    if (!present(video, index)) return {};
    return {index % unlabelled == unlabelled - 1 ? none : static_cast<float>(index % 6)};
  }
  [[nodiscard]] std::string name_of(int video) const { return "tape " + std::to_string(video); }
};
static_assert(VideoData<QuickVideos>);
static_assert(detail::TellsPresent<QuickVideos> && detail::TellsLabels<QuickVideos>);
static_assert(detail::TellsPresent<SparselyLabelled<QuickVideos>>);
static_assert(VideoData<SparselyLabelled<QuickVideos>>);

QuickVideos quick(std::vector<int> lengths, int gap = 1000, int unlabelled = 1000) {
  QuickVideos videos;
  videos.lengths = std::move(lengths);
  videos.gap = gap;
  videos.unlabelled = unlabelled;
  return videos;
}

}  // namespace

TEST_CASE("a clip holds the frames of its window, and nothing before or after its video", "[video]") {
  const PlainVideos videos{{5, 8}};
  const Clips clips(borrowed(videos), {{.video = 1, .first = 1, .length = 3, .step = 2},
                                       {.video = 0, .first = -2, .length = 4, .step = 2}});
  REQUIRE(clips.size() == 2);
  CHECK(clips.action_units()[0] == 12);
  CHECK(clips.subject_of(0) == 11);
  const Clip first = clips.clip(0);
  REQUIRE(first.frames.size() == 3);
  for (int i = 0; i < 3; ++i)
    CHECK(first.frames[static_cast<std::size_t>(i)]->name == "1/" + std::to_string(1 + 2 * i));
  const Clip second = clips.clip(1);
  REQUIRE(second.frames.size() == 4);
  CHECK_FALSE(second.frames[0]);
  CHECK(second.frames[1]->name == "0/0");
  CHECK(second.frames[3]->name == "0/4");
  const Clips late(borrowed(videos), {{.video = 0, .first = 4, .length = 3, .step = 2'000'000'000}});
  CHECK(late.clip(0).frames[0]);
  CHECK_FALSE(late.clip(0).frames[2]);  // no overflow on the way there
}

TEST_CASE("windows that are none, and clips that there are not, are refused", "[video]") {
  const PlainVideos videos{{5}};
  const auto problem = [&](const ClipWindow& window) {
    return message<ValueError>([&] { Clips(borrowed(videos), {window}); });
  };
  CHECK(contains(problem({.video = 1, .first = 0, .length = 2, .step = 1}), "video 1 in a set of 1"));
  CHECK(contains(problem({.video = 0, .first = 0, .length = 0, .step = 1}), "a length of 0"));
  CHECK(contains(problem({.video = 0, .first = 0, .length = 2, .step = 0}), "a step of 0"));
  const Clips clips(borrowed(videos), whole_videos(videos));
  CHECK(contains(message<ValueError>([&] { (void)clips.clip(1); }), "clip 1 of a set of 1"));
  CHECK_THROWS_AS(clips.window(-1), ValueError);
}

TEST_CASE("whole videos and sliding windows cover what they say", "[video]") {
  const PlainVideos videos{{7, 0, 1}};
  CHECK(whole_videos(videos) == std::vector<ClipWindow>{{.video = 0, .first = 0, .length = 7, .step = 1},
                                                        {.video = 2, .first = 0, .length = 1, .step = 1}});
  std::vector<int> too_short;
  const auto note = [&](int video) { too_short.push_back(video); };
  CHECK(sliding_windows(videos, 3, 2, 2, note) ==
        std::vector<ClipWindow>{{.video = 0, .first = 0, .length = 3, .step = 2},
                                {.video = 0, .first = 2, .length = 3, .step = 2}});
  CHECK(too_short == std::vector<int>{1, 2});
  CHECK(sliding_windows(PlainVideos{{7}}, 7, 1, 1).size() == 1);
  CHECK(sliding_windows(PlainVideos{{1}}, 1, 5, 1).size() == 1);  // a video of one frame
}

TEST_CASE("a video shorter than a window is refused by name unless it may be left out", "[video]") {
  const std::string problem = message<ValueError>([] { (void)sliding_windows(quick({20, 1}), 5, 3, 1); });
  CHECK(contains(problem, "video 1 (tape 1) has 1 frame, fewer than the 13 of a window of 5 frames"));
  CHECK(contains(message<ValueError>([] { (void)sliding_windows(PlainVideos{{6}}, 4, 2, 1); }),
                 "video 0 has 6 frames, fewer than the 7"));
  CHECK(contains(message<ValueError>([] { (void)sliding_windows(PlainVideos{{6}}, 4, 1, 0); }), "stride"));
  CHECK_THROWS_AS(sliding_windows(PlainVideos{{6}}, 0, 1, 1), ValueError);
}

TEST_CASE("windows with a missing frame are left out, each frame being asked for once", "[video]") {
  const PlainVideos videos{{10}, 5};  // 4 and 9 are missing
  const std::vector<ClipWindow> all = sliding_windows(videos, 3, 1, 1);
  REQUIRE(all.size() == 8);
  const std::vector<ClipWindow> whole = without_gaps(all, videos);
  REQUIRE(whole.size() == 4);
  CHECK(whole[1].first == 1);
  CHECK(whole[2].first == 5);
  CHECK(videos.made <= 10);
  const QuickVideos cheap = quick({10}, 5);
  CHECK(without_gaps(all, cheap) == whole);
  CHECK(cheap.made == 0);
  const std::vector<ClipWindow> beyond = {{.video = 0, .first = -1, .length = 2, .step = 1}};
  CHECK(without_gaps(beyond, cheap).empty());
}

TEST_CASE("the drawn frames are exactly their share of the labelled ones, by the seed alone", "[video]") {
  const QuickVideos videos = quick({100, 57}, 10, 7);
  const auto all = all_labelled_frames(videos);
  // 100 - 10 missing - 14 unlabelled + 1 of both; 57 - 5 - 8 + 0.
  REQUIRE(all.size() == 77 + 44);
  CHECK(videos.made == 0);
  for (const double share : {0.02, 0.05, 0.1, 0.5, 1.0}) {
    const auto drawn = draw_labelled_frames(videos, share, Seed{3});
    CHECK(std::ssize(drawn) == std::lround(share * 121));
    CHECK(std::ranges::is_sorted(drawn));
    CHECK(std::ranges::includes(all, drawn));
    CHECK(drawn == draw_labelled_frames(videos, share, Seed{3}));
    CHECK(std::ranges::includes(draw_labelled_frames(videos, 1, Seed{3}), drawn));
  }
  const auto tenth = draw_labelled_frames(videos, 0.1, Seed{3});
  CHECK(tenth != draw_labelled_frames(videos, 0.1, Seed{4}));
  CHECK(std::ranges::includes(draw_labelled_frames(videos, 0.2, Seed{3}), tenth));
  CHECK(draw_labelled_frames(videos, 1e-9, Seed{1}).size() == 1);
  // The same for a set that must make its frames to see their labels.
  const PlainVideos plain{{100, 57}, 10, 7};
  CHECK(draw_labelled_frames(plain, 0.1, Seed{3}) == tenth);
}

TEST_CASE("every labelled frame is as likely to be drawn as any other", "[video]") {
  const QuickVideos videos = quick({3, 17});
  std::vector<int> counts(20);
  for (std::uint64_t seed = 0; seed < 2000; ++seed)
    for (const auto& [video, index] : draw_labelled_frames(videos, 0.25, Seed{seed}))
      ++counts[static_cast<std::size_t>(3 * video + index)];
  for (const int count : counts) CHECK(std::abs(count - 500) < 100);  // five deviations
}

TEST_CASE("shares outside 0 to 1 and videos without labels are refused", "[video]") {
  const QuickVideos videos = quick({10});
  for (const double share : {0.0, -0.1, 1.01, static_cast<double>(none)})
    CHECK(contains(message<ValueError>([&] { (void)draw_labelled_frames(videos, share, Seed{}); }),
                   "expected a share above 0 and up to 1"));
  CHECK(contains(message<ValueError>([] { (void)draw_labelled_frames(quick({10}, 1000, 1), 0.5, Seed{}); }),
                 "no frame of the 1 videos has a label"));
}

TEST_CASE("windows end at labelled frames", "[video]") {
  const std::vector<LabelledFrame> frames = {{0, 9}, {1, 2}};
  CHECK(windows_ending_at(frames, 4, 2) ==
        std::vector<ClipWindow>{{.video = 0, .first = 3, .length = 4, .step = 2},
                                {.video = 1, .first = -4, .length = 4, .step = 2}});
  const PlainVideos videos{{10, 3}};
  const Clips clips(borrowed(videos), windows_ending_at(frames, 4, 2));
  CHECK(clips.clip(1).frames.back()->name == "1/2");
  CHECK_FALSE(clips.clip(1).frames[1]);
  CHECK_THROWS_AS(windows_ending_at(frames, 4, 0), ValueError);
  CHECK_THROWS_AS(windows_ending_at(frames, 2'000'000'000, 2'000'000'000), ValueError);
}

TEST_CASE("labelled frames are written and read again", "[video]") {
  const test::TemporaryDirectory folder;
  const QuickVideos videos = quick({100, 50}, 9);
  const auto drawn = draw_labelled_frames(videos, 0.1, Seed{8});
  write_labelled_frames(folder / "labelled.csv", drawn);
  CHECK(read_labelled_frames(folder / "labelled.csv", videos) == drawn);
  CHECK(contains(read_file(folder / "labelled.csv"), "video,frame\n0,"));
}

TEST_CASE("a list of labelled frames that is wrong is refused with its line", "[video]") {
  const test::TemporaryDirectory folder;
  const auto problem = [&](const std::string& text) {
    write_file(folder / "l.csv", text);
    return message<FileError>([&] { (void)read_labelled_frames(folder / "l.csv", quick({10, 5}, 4)); });
  };
  CHECK(contains(problem(""), "is empty"));
  CHECK(contains(problem("frame,video\n"), "line 1: expected the header 'video,frame'"));
  CHECK(contains(problem("video,frame\n"), "no frames are listed"));
  CHECK(contains(problem("video,frame\n0,1\n0,1,2\n"), "line 3: expected 2 cells, found 3"));
  CHECK(contains(problem("video,frame\n0,x\n"), "line 2: frame: 'x' is not a whole number"));
  CHECK(contains(problem("video,frame\n2,0\n"), "line 2: video 2, but the set has 2, counted from 0"));
  CHECK(contains(problem("video,frame\n1,5\n"), "line 2: frame 5, but video 1 (tape 1) has 5"));
  CHECK(contains(problem("video,frame\n-1,5\n"), "line 2: video -1"));
  CHECK(contains(problem("video,frame\n1,3\n"), "line 2: frame 3 of video 1 (tape 1) is missing"));
  CHECK(contains(problem("video,frame\n1,2\n1,2\n"), "line 3: frame 2 of video 1 (tape 1) is listed twice"));
  CHECK(contains(message<FileError>([&] { (void)read_labelled_frames(folder / "n", quick({1})); }),
                 "no such file"));
}

TEST_CASE("labels that were not drawn do not show", "[video]") {
  const auto videos = std::make_shared<const QuickVideos>(quick({10, 5}, 4));
  const SparselyLabelled sparse(videos, {{1, 2}, {0, 5}, {1, 2}});
  CHECK(sparse.size() == 2);
  CHECK(sparse.frames(1) == 5);
  CHECK(sparse.subject_of(1) == 11);
  CHECK(sparse.name_of(0) == "tape 0");
  CHECK(std::ssize(sparse.labelled()) == 2);
  for (int video = 0; video < 2; ++video)
    for (int i = 0; i < sparse.frames(video); ++i) {
      const auto sample = sparse.frame(video, i);
      REQUIRE(sample.has_value() == videos->present(video, i));
      CHECK(sparse.present(video, i) == sample.has_value());
      if (!sample) continue;
      const bool chosen =
          LabelledFrame{video, i} == LabelledFrame{1, 2} || LabelledFrame{video, i} == LabelledFrame{0, 5};
      CHECK(std::isnan(sample->intensities[0]) != chosen);
      CHECK(std::isnan(sample->sides[0].left) != chosen);
      CHECK(std::isnan(sparse.labels(video, i)[0]) != chosen);
      CHECK(sample->name == videos->frame(video, i)->name);
    }
  CHECK(all_labelled_frames(sparse) == std::vector<LabelledFrame>{{0, 5}, {1, 2}});
  CHECK(contains(message<ValueError>([&] { SparselyLabelled(videos, {{1, 5}}); }), "no frame 5 of video 1"));
}
