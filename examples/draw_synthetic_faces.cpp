// Draws contact sheets of the synthetic faces: random ones, each AU from 0 to 5, or one person in many poses.
//
//   draw_synthetic_faces sheet.png --faces 48 --size 128 --points
//   draw_synthetic_faces sweep.png --sweep --size 128
//   draw_synthetic_faces poses.png --poses --identity 3
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "aurum/backend/cpu/threads.hpp"
#include "aurum/data/image_file.hpp"
#include "aurum/data/synthetic_faces.hpp"

namespace {

using namespace aurum;

/// Pictures of one size put side by side.
class Sheet {
 public:
  Sheet(int columns, int rows, int cell)
      : columns_(columns), cell_(cell), image_(columns * cell, rows * cell) {}
  void add(const SyntheticFace& face, bool points) {
    const int left = next_ % columns_ * cell_, top = next_ / columns_ * cell_;
    ++next_;
    for (int y = 0; y < cell_; ++y) std::copy_n(face.image.at(0, y), 3 * cell_, image_.at(left, top + y));
    if (!points) return;
    for (const Point p : face.landmarks) {
      const int x = static_cast<int>(std::lround(p.x)), y = static_cast<int>(std::lround(p.y));
      if (x < 0 || y < 0 || x >= cell_ || y >= cell_) continue;
      std::uint8_t* pixel = image_.at(left + x, top + y);
      pixel[0] = 0, pixel[1] = 255, pixel[2] = 0;
    }
  }
  [[nodiscard]] const Image& image() const { return image_; }

 private:
  int columns_, cell_, next_ = 0;
  Image image_;
};

}  // namespace

int main(int argc, char** argv) {
  std::string path;
  int faces = 48, columns = 8, identity = 0;
  std::uint64_t seed = 1;
  SyntheticFaces::Options options{.seed = {}, .images = 1 << 20, .identities = 1000};
  bool points = false, sweep = false, poses = false;
  CLI::App app{"Draws contact sheets of the synthetic faces."};
  app.add_option("sheet", path, "PNG file to write")->required();
  app.add_option("--faces", faces, "number of random faces")->check(CLI::PositiveNumber);
  app.add_option("--columns", columns, "faces in a row")->check(CLI::PositiveNumber);
  app.add_option("--size", options.size, "side of a face's picture in pixels");
  app.add_option("--seed", seed, "seed of the data set");
  app.add_option("--identity", identity, "person of --poses, and the first one of --sweep");
  app.add_flag("--points", points, "draw the 68 points");
  app.add_flag("--sweep", sweep, "one row for each AU, intensities 0 to 5, two people");
  app.add_flag("--poses", poses, "one person in many poses");
  CLI11_PARSE(app, argc, argv);
  options.seed = Seed{seed};

  try {
    const SyntheticFaces set{options};
    synthetic::Circumstances scene = synthetic::Circumstances::draw(Random{options.seed}.fork(99), 0);
    scene.yaw_degrees = scene.pitch_degrees = scene.roll_degrees = scene.body_yaw_degrees = 0;
    if (sweep) {
      Sheet sheet(12, static_cast<int>(synthetic_action_units.size()), options.size);
      for (std::size_t unit = 0; unit < synthetic_action_units.size(); ++unit)
        for (int person = identity; person < identity + 2; ++person)
          for (int level = 0; level <= 5; ++level) {
            synthetic::Expression expression;
            for (auto& side : expression.intensity) {
              side[unit] = static_cast<float>(level);
              if (synthetic_action_units[unit] == 26)
                side[synthetic::action_unit_index(25)] = static_cast<float>(level);
            }
            scene.yaw_degrees = person == identity ? 0.F : 20.F;
            sheet.add(set.draw(person, expression, scene), points);
          }
      write_png(path, sheet.image());
    } else if (poses) {
      Sheet sheet(7, 5, options.size);
      for (int row = 0; row < 5; ++row)
        for (int column = 0; column < 7; ++column) {
          scene.yaw_degrees = 15.F * static_cast<float>(column - 3);
          scene.pitch_degrees = 12.F * static_cast<float>(2 - row);
          scene.body_yaw_degrees = 0.5F * scene.yaw_degrees;
          sheet.add(set.draw(identity, {}, scene), points);
        }
      write_png(path, sheet.image());
    } else {
      Sheet sheet(columns, (faces + columns - 1) / columns, options.size);
      Threads threads;
      std::vector<SyntheticFace> drawn(static_cast<std::size_t>(faces));
      const auto start = std::chrono::steady_clock::now();
      threads.run(faces, [&](std::ptrdiff_t i) {
        drawn[static_cast<std::size_t>(i)] = set.face(static_cast<int>(i));
      });
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
      std::cout << faces / seconds.count() << " images/s on " << threads.count() << " threads\n";
      for (const SyntheticFace& face : drawn) sheet.add(face, points);
      write_png(path, sheet.image());
    }
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
