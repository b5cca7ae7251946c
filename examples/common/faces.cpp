#include "faces.hpp"

#include <algorithm>
#include <iterator>
#include <system_error>

#include "aurum/data/image_file.hpp"
#include "aurum/data/pts.hpp"

namespace examples {
namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) throw aurum::FileError(path, "no such file or folder");
  if (!fs::exists(status)) throw aurum::FileError(path, error.message());
  return fs::is_directory(status);
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  fs::directory_iterator entries(folder, error);
  if (error) throw aurum::FileError(folder, "the folder cannot be read: " + error.message());
  for (const auto& entry : entries)
    if (entry.is_regular_file(error)) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

std::vector<fs::path> find_pictures(const std::vector<std::string>& paths) {
  std::vector<fs::path> pictures;
  for (const std::string& path : paths) {
    if (!is_folder(path)) {
      pictures.emplace_back(path);
      continue;
    }
    const std::size_t before = pictures.size();
    std::ranges::copy_if(files_in(path), std::back_inserter(pictures), aurum::is_picture);
    if (pictures.size() == before)
      throw aurum::FileError(path, "the folder has no .jpg, .jpeg or .png files");
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
