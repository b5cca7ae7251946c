#include "faces.hpp"

#include <algorithm>

#include "aurum/data/image_file.hpp"
#include "aurum/data/pts.hpp"

namespace examples {
namespace fs = std::filesystem;

std::vector<fs::path> find_pictures(const std::vector<std::string>& paths) {
  std::vector<fs::path> pictures;
  for (const std::string& path : paths) {
    if (!fs::exists(path)) throw aurum::FileError(path, "no such file or folder");
    if (!fs::is_directory(path)) {
      pictures.emplace_back(path);
      continue;
    }
    std::vector<fs::path> inside;
    for (const auto& entry : fs::directory_iterator(path))
      if (entry.is_regular_file() && aurum::is_picture(entry.path())) inside.push_back(entry.path());
    if (inside.empty()) throw aurum::FileError(path, "the folder has no .jpg, .jpeg or .png files");
    std::ranges::sort(inside);
    pictures.insert(pictures.end(), inside.begin(), inside.end());
  }
  return pictures;
}

std::vector<aurum::Landmarks> read_annotations(const fs::path& picture, const fs::path& folder) {
  std::vector<aurum::Landmarks> faces;
  const std::string stem = picture.stem().string();
  if (fs::exists(folder / (stem + ".pts"))) faces.push_back(aurum::read_pts(folder / (stem + ".pts")));
  // face_0.pts is the first of several faces of face.jpg, unless there is a picture face_0.jpg.
  const auto has_picture = [&](const std::string& name) {
    const fs::path beside = picture.has_parent_path() ? picture.parent_path() : ".";
    return std::ranges::any_of(fs::directory_iterator(beside), [&](const auto& entry) {
      return entry.path().stem() == name && aurum::is_picture(entry.path());
    });
  };
  for (int i = 0;; ++i) {
    const std::string name = stem + "_" + std::to_string(i);
    const fs::path path = folder / (name + ".pts");
    if (!fs::exists(path) || has_picture(name)) return faces;
    faces.push_back(aurum::read_pts(path));
  }
}

aurum::Box box_of(const aurum::Square& square) {
  // A box of width w covers the pixels left .. left + w - 1.
  return {square.centre.x - (square.side - 1) / 2, square.centre.y - (square.side - 1) / 2, square.side,
          square.side};
}

}  // namespace examples
