// Faces from frame to frame: who is followed, which frames are searched, and an analyser over all of it.
#include <thread>
#include <utility>
#include <vector>

#include "aurum/analyse/analyser.hpp"
#include "aurum/analyse/face_follower.hpp"
#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/model/fan.hpp"
#include "aurum/model/predictor.hpp"
#include "support/catch.hpp"

using namespace aurum;

namespace {

constexpr double frame = 0.04;

/// A video of faces that move, and which of its frames were searched.
struct Scene {
  std::vector<std::vector<FoundFace>> frames;
  std::vector<int> searched{};

  /// Everybody's faces, calls of `every` frames after the first.
  std::vector<std::vector<Face>> follow(int every, const FollowerOptions& options = {}) {
    searched.clear();
    FaceFollower follower(options);
    std::vector<std::vector<Face>> faces(frames.size());
    for (std::size_t first = 0; first < frames.size();) {
      const std::size_t count =
          std::min(first == 0 ? 1 : static_cast<std::size_t>(every), frames.size() - first);
      std::vector<double> seconds;
      for (std::size_t i = 0; i < count; ++i) seconds.push_back(static_cast<double>(first + i) * frame);
      follower.follow(seconds, std::span(faces).subspan(first, count),
                      [&](std::size_t i, std::vector<FoundFace>& found) {
                        searched.push_back(static_cast<int>(first + i));
                        found = frames[first + i];
                      });
      first += count;
    }
    return faces;
  }
};

FoundFace at(float x, float side = 100) { return {{{x, 200}, side}, 0.9F, {}}; }

}  // namespace

TEST_CASE("a face that moves evenly is where it would be found", "[analyse]") {
  Scene scene;
  for (int i = 0; i < 21; ++i) {
    const auto n = static_cast<float>(i);
    scene.frames.push_back({at(600 - 3 * n, 100 + 2 * n), at(100 + 4 * n)});
  }
  const auto exact = scene.follow(1, {.side_seconds = 0});
  CHECK(scene.searched.size() == 21);
  const auto followed = scene.follow(5, {.side_seconds = 0});
  CHECK(scene.searched == std::vector<int>{0, 5, 10, 15, 20});
  for (std::size_t i = 0; i < exact.size(); ++i) {
    REQUIRE(followed[i].size() == 2);
    for (std::size_t k = 0; k < 2; ++k) {
      CHECK(followed[i][k].identity == static_cast<int>(k));
      CHECK(followed[i][k].square.centre.x == Approx(exact[i][k].square.centre.x));
      CHECK(followed[i][k].square.side == Approx(exact[i][k].square.side));
      CHECK(followed[i][k].confidence == Approx(0.9));
      CHECK(followed[i][k].detection.has_value() == (i % 5 == 0));
    }
  }
}

TEST_CASE("where somebody comes or goes every frame is searched", "[analyse]") {
  Scene scene;
  for (int i = 0; i < 16; ++i) {
    scene.frames.push_back({at(100)});
    if (i >= 8) scene.frames.back().push_back(at(500));
  }
  const auto faces = scene.follow(5);
  CHECK(scene.searched == std::vector<int>{0, 5, 10, 6, 7, 8, 9, 15});
  for (std::size_t i = 0; i < 16; ++i) CHECK(faces[i].size() == (i < 8 ? 1 : 2));
  CHECK(faces[15][1].identity == 1);

  // A face that the detector misses now and then is the same person, and absent where it was missed.
  scene.frames.assign(11, {at(100)});
  scene.frames[5].clear();
  const auto missed = scene.follow(5);
  CHECK(scene.searched == std::vector<int>{0, 5, 1, 2, 3, 4, 10, 6, 7, 8, 9});
  for (std::size_t i = 0; i < 11; ++i) {
    REQUIRE(missed[i].size() == (i == 5 ? 0 : 1));
    if (i != 5) CHECK(missed[i][0].identity == 0);
  }
}

TEST_CASE("sizes follow a detector that jumps between two of them slowly", "[analyse]") {
  Scene scene;
  for (int i = 0; i < 200; ++i) scene.frames.push_back({at(300, i % 2 == 0 ? 100 : 120)});
  const auto faces = scene.follow(1);
  for (std::size_t i = 60; i < 200; ++i) CHECK(std::abs(faces[i][0].square.side - 110) < 1.5F);
  CHECK(faces[101][0].detection->side == 120);
  // Landmarks tell the size exactly.
  for (auto& found : scene.frames) found[0].landmarks.resize(landmark_count);
  CHECK(scene.follow(1)[101][0].square.side == 120);
  CHECK_THROWS_AS(FaceFollower({.side_seconds = -1}), ValueError);
  std::vector<std::vector<Face>> room(1);
  const std::vector<double> seconds{0, 1};
  CHECK_THROWS_AS(FaceFollower().follow(seconds, room, [](std::size_t, std::vector<FoundFace>&) {}),
                  ValueError);
}

TEST_CASE("an analyser shows every face of a frame to the predictor once", "[analyse]") {
  struct Tell {  // a predictor, as far as an analyser needs one
    int* calls;
    float operator()(const ImageView& picture, const Square& square) const {
      ++*calls;
      return static_cast<float>(picture.width) + square.centre.x;
    }
  };
  int calls = 0;
  const Image picture(640, 360);
  Analyser analyser{Tell{&calls}, [&](const ImageView& seen, std::vector<FoundFace>& faces) {
                      CHECK(seen.pixels == picture.pixels.data());
                      faces.push_back(at(500));
                      faces.push_back(at(100));
                    }};
  for (int i = 0; i < 3; ++i) {
    std::vector<std::pair<int, float>> seen;
    analyser(picture, i * frame,
             [&](const Face& face, float prediction) { seen.emplace_back(face.identity, prediction); });
    CHECK(seen == std::vector<std::pair<int, float>>{{0, 1140.0F}, {1, 740.0F}});
  }
  CHECK(calls == 6);
  CHECK(analyser.people() == 2);
  CHECK_THROWS_AS(analyser(picture, 0, [](const Face&, float) {}), ValueError);
}

TEST_CASE("every thread has an analyser of its own, on weights that all share", "[analyse]") {
  constexpr Shape shape{3, 32, 32};
  const Network<Fan<2, Features<8>, Depth<2>>, shape, Cpu> net(std::make_shared<Context<Cpu>>(1), Seed{1});
  const Predictor first(net);
  const auto watch = [&](float x) {
    Image picture(320, 200);
    for (std::size_t i = 0; i < picture.pixels.size(); ++i)
      picture.pixels[i] = static_cast<std::uint8_t>(i * i % 251);
    Analyser analyser{Predictor(first, std::make_shared<Context<Cpu>>(1)),
                      [&](const ImageView&, std::vector<FoundFace>& faces) { faces.push_back(at(x += 2)); }};
    std::vector<float> peaks;
    for (int i = 0; i < 10; ++i)
      analyser(picture, i * frame,
               [&](const Face&, const Prediction& p) { peaks.push_back(p.peaks[0].apex); });
    return peaks;
  };
  const std::vector<float> starts{100, 140, 180};
  std::vector<std::vector<float>> alone, together(starts.size());
  for (const float x : starts) alone.push_back(watch(x));
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < starts.size(); ++t)
    threads.emplace_back([&, t] { together[t] = watch(starts[t]); });
  for (std::thread& thread : threads) thread.join();
  CHECK(together == alone);
  CHECK(alone[0] != alone[1]);
}
