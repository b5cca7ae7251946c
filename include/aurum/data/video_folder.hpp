#pragma once
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/data/csv.hpp"
#include "aurum/data/file.hpp"
#include "aurum/data/image_file.hpp"
#include "aurum/data/label_columns.hpp"
#include "aurum/data/pts.hpp"
#include "aurum/data/sample.hpp"
#include "aurum/data/sets/tree.hpp"
#include "aurum/data/text.hpp"
#include "aurum/data/video_subjects.hpp"
#include "aurum/data/whole_picture.hpp"
#include "aurum/heatmap/action_units.hpp"

namespace aurum {

/// A video data set in a folder: each folder in it is a video, named by it, and holds pictures (JPEG, PNG).
///
/// * The last number in a picture's name is its frame: `frame2.png` comes before `frame10.png`. Index 0 is
/// the
///   lowest number of the video; numbers without a picture between it and the highest are missing frames.
/// * A video may hold landmarks, `<name of a picture>.pts`: pictures without them are then missing frames, no
///   face was found. A video without any `.pts` file holds face crops: the whole picture is the face (see
///   `landmarks_filling`).
/// * A video may hold `labels.csv`, columns `frame` (the number in the picture's name) and AU01, AU2, ...; an
///   intensity is 0 to 5, empty, `nan` or 9 (both mean: not labelled). Frames that it does not list are not
///   labelled, rows of frames without a picture are passed over. All such files have the same columns.
/// * The folder may hold `subjects.csv`, columns `video` and `subject`, which names everybody. Without it
/// each
///   video is of somebody else.
///
/// Videos are in the order of their names. Names that begin with a dot and other files are passed over.
/// Names, labels and the first picture of each video are checked when the set is opened; that the other
/// pictures can be read and are as large as the first is seen when they are read, see `check_pictures`.
class FrameFolders {
 public:
  /// Throws FileError, which names the file and its line, where anything is not as above: no such folder, an
  /// empty one, one without videos, a video without pictures, a picture without a number or with that of
  /// another, a first picture that cannot be read, labels and subjects that are wrong.
  explicit FrameFolders(std::filesystem::path folder, std::span<const ActionUnit> table = aurum::action_units)
      : folder_{std::move(folder)} {
    using std::filesystem::file_type;
    if (type_of(folder_) != file_type::directory) throw FileError(folder_.string(), "no such folder");
    const std::vector<std::filesystem::path> entries = entries_of(folder_);
    if (entries.empty()) throw FileError(folder_.string(), "the folder is empty");
    for (const auto& entry : entries)
      if (type_of(entry) == file_type::directory) videos_.push_back(read_video(entry));
    if (videos_.empty())
      throw FileError(folder_.string(), std::ranges::any_of(entries, is_picture)
                                            ? "holds pictures, where one folder of pictures for each video "
                                              "was expected"
                                            : "holds no folders; expected one for each video");
    std::filesystem::path first_labels;
    for (Video& video : videos_) read_labels(video, first_labels, table);
    read_subjects();
  }

  [[nodiscard]] int size() const { return static_cast<int>(videos_.size()); }
  [[nodiscard]] std::span<const int> action_units() const { return action_units_; }
  /// Throws ValueError for a video that the set does not have; so do all that follow, and for such a frame.
  [[nodiscard]] int frames(int video) const { return at(video).frames(); }
  [[nodiscard]] int subject_of(int video) const { return at(video).subject; }
  /// The names of the people, in the order of `subject_of`.
  [[nodiscard]] std::span<const std::string> subjects() const { return subjects_; }
  /// The name of the video's folder.
  [[nodiscard]] const std::string& name_of(int video) const { return at(video).name; }
  /// The number of a frame in its picture's name.
  [[nodiscard]] int number_of(int video, int index) const { return at(video, index).first_number() + index; }

  [[nodiscard]] bool present(int video, int index) const { return find(at(video, index), index) != nullptr; }
  /// One per AU of the set, NaN: not labelled; empty where the frame is missing.
  [[nodiscard]] std::span<const float> labels(int video, int index) const {
    const Picture* const picture = find(at(video, index), index);
    return picture != nullptr ? std::span<const float>(picture->labels) : std::span<const float>{};
  }

  /// Reads one frame. Throws FileError where its picture or landmarks cannot be read, and for a picture of
  /// another size than the first of its video.
  [[nodiscard]] std::optional<Sample> frame(int video, int index) const {
    const Video& one = at(video, index);
    const Picture* const picture = find(one, index);
    if (picture == nullptr) return std::nullopt;
    const std::filesystem::path file = folder_ / one.name / picture->file;
    Sample sample{.image = read_image(file),
                  .landmarks = {},
                  .intensities = picture->labels,
                  .subject = one.subject,
                  .name = one.name + "/" + picture->file};
    if (sample.image.width != one.width || sample.image.height != one.height)
      throw FileError(file.string(), "a picture of " + size_text(sample.image.width, sample.image.height) +
                                         "; the first of its video, " + one.pictures.front().file + ", has " +
                                         size_text(one.width, one.height));
    sample.landmarks = one.has_landmarks ? read_pts(std::filesystem::path(file).replace_extension(".pts"))
                                         : landmarks_filling(one.width, one.height);
    return sample;
  }

  /// Reads every frame once, so that what is wrong is known before a long training meets it. Throws what
  /// `frame` throws.
  void check_pictures() const {
    for (int v = 0; v < size(); ++v)
      for (int i = 0; i < frames(v); ++i) (void)frame(v, i);
  }

 private:
  struct Picture {
    int number;
    std::string file;
    bool is_face;  ///< false: its landmarks are missing
    std::vector<float> labels{};
  };
  struct Video {
    std::string name;
    std::vector<Picture> pictures{};  ///< in the order of their numbers
    bool has_landmarks = false;
    int width = 0, height = 0;
    int subject = 0;
    [[nodiscard]] int first_number() const { return pictures.front().number; }
    [[nodiscard]] int frames() const { return pictures.back().number - first_number() + 1; }
    [[nodiscard]] auto lower_bound(int number) const {
      return std::ranges::lower_bound(pictures, number, {}, &Picture::number);
    }
  };

  [[nodiscard]] static std::string size_text(int width, int height) {
    return std::to_string(width) + " x " + std::to_string(height);
  }

  [[nodiscard]] const Video& at(int video) const {
    if (video < 0 || video >= size())
      throw ValueError("video " + std::to_string(video) + " of a set of " + std::to_string(size()));
    return videos_[static_cast<std::size_t>(video)];
  }
  [[nodiscard]] const Video& at(int video, int index) const {
    const Video& one = at(video);
    if (index < 0 || index >= one.frames())
      throw ValueError("frame " + std::to_string(index) + " of video " + one.name + ", which has " +
                       std::to_string(one.frames()));
    return one;
  }
  /// Null where the frame is missing.
  [[nodiscard]] static const Picture* find(const Video& video, int index) {
    const auto found = video.lower_bound(video.first_number() + index);
    return found->number == video.first_number() + index && found->is_face ? &*found : nullptr;
  }

  /// What is in a folder, in the order of names; without names that begin with a dot.
  [[nodiscard]] static std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder) {
    namespace fs = std::filesystem;
    std::vector<fs::path> entries;
    std::error_code problem;
    fs::directory_iterator entry(folder, problem);
    for (; !problem && entry != fs::directory_iterator{}; entry.increment(problem))
      if (!entry->path().filename().string().starts_with('.')) entries.push_back(entry->path());
    if (problem) throw FileError(folder.string(), "cannot be read: " + problem.message());
    std::ranges::sort(entries);
    return entries;
  }

  /// The last number in a picture's name.
  [[nodiscard]] static int number_in(const std::filesystem::path& picture) {
    const std::string stem = picture.stem().string();
    const std::size_t last = stem.find_last_of("0123456789");
    if (last == std::string::npos)
      throw FileError(picture.string(), "expected the number of a frame in the picture's name");
    const std::size_t before = stem.find_last_not_of("0123456789", last);
    const std::size_t first = before == std::string::npos ? 0 : before + 1;
    const std::string digits = stem.substr(first, last - first + 1);
    const auto number = parse_number<int>(digits);
    // Below the greatest int, so that a count of frames fits into one as well.
    if (!number || *number == std::numeric_limits<int>::max())
      throw FileError(picture.string(), "the number " + digits + " is too large for that of a frame");
    return *number;
  }

  [[nodiscard]] static Video read_video(const std::filesystem::path& folder) {
    Video video{.name = folder.filename().string()};
    const std::vector<std::filesystem::path> entries = entries_of(folder);
    video.has_landmarks =
        std::ranges::any_of(entries, [](const auto& file) { return file.extension() == ".pts"; });
    for (const auto& file : entries) {
      if (!is_picture(file)) continue;
      const auto landmarks = std::filesystem::path(file).replace_extension(".pts");
      video.pictures.push_back({number_in(file), file.filename().string(),
                                !video.has_landmarks || std::ranges::binary_search(entries, landmarks)});
    }
    if (video.pictures.empty())
      throw FileError(folder.string(), "a video without pictures (.jpg, .jpeg, .png)");
    if (std::ranges::none_of(video.pictures, &Picture::is_face))
      throw FileError(folder.string(), "none of its landmarks (.pts) has the name of a picture");
    std::ranges::stable_sort(video.pictures, {}, &Picture::number);
    const auto same = std::ranges::adjacent_find(video.pictures, {}, &Picture::number);
    if (same != video.pictures.end())
      throw FileError(folder.string(), same->file + " and " + (same + 1)->file + " are both frame " +
                                           std::to_string(same->number));
    const std::filesystem::path first = folder / video.pictures.front().file;
    const Image image = read_image(first);
    if (!video.has_landmarks && std::max(image.width, image.height) < 4)
      throw FileError(first.string(), "expected a face of at least 4 pixels across, found " +
                                          size_text(image.width, image.height));
    video.width = image.width;
    video.height = image.height;
    return video;
  }

  /// The first such file, whose path is kept in `first_labels`, says which AUs the set has.
  void read_labels(Video& video, std::filesystem::path& first_labels, std::span<const ActionUnit> table) {
    const std::filesystem::path path = folder_ / video.name / "labels.csv";
    if (type_of(path) == std::filesystem::file_type::not_found) return label_all(video);
    const std::string text = read_file(path);
    CsvReader rows(text, path.string());
    const auto header = rows.next();
    if (!header) throw FileError(path.string(), "is empty; expected a header 'frame,AU01,...'");
    if (header->front() != "frame")
      throw rows.error("expected 'frame' as the first column, found '" + header->front() + "'");
    std::vector<int> units;
    for (const std::string& name : std::span(*header).subspan(1))
      units.push_back(read_action_unit_name(rows, name, "", table));
    check_action_unit_columns(rows, units);
    if (first_labels.empty()) {
      first_labels = path;
      action_units_ = units;
      for (Video& other : videos_) label_all(other);  // those before it have none
    }
    if (units != action_units_)
      throw rows.error("its columns are not those of " + first_labels.string() +
                       "; expected the same AUs in the same order");
    std::set<int> listed;
    bool any_picture = false;
    while (const auto cells = rows.next()) {
      if (cells->size() != header->size())
        throw rows.error("expected " + std::to_string(header->size()) + " cells, found " +
                         std::to_string(cells->size()));
      const auto number = parse_number<int>(cells->front());
      if (!number) throw rows.error("frame: '" + cells->front() + "' is not a whole number");
      if (!listed.insert(*number).second)
        throw rows.error("frame " + std::to_string(*number) + " is listed twice");
      std::vector<float> labels;
      for (std::size_t i = 0; i < units.size(); ++i)
        labels.push_back(read_intensity(rows, units[i], (*cells)[i + 1]));
      const auto found = video.lower_bound(*number);
      if (found == video.pictures.end() || found->number != *number) continue;
      any_picture = true;
      video.pictures[static_cast<std::size_t>(found - video.pictures.begin())].labels = std::move(labels);
    }
    if (!any_picture && !listed.empty())
      throw FileError(path.string(), "none of its frames has a picture; the first picture is frame " +
                                         std::to_string(video.first_number()));
    if (listed.empty()) throw FileError(path.string(), "no frames are listed");
  }
  /// Not labelled, so far.
  void label_all(Video& video) const {
    for (Picture& picture : video.pictures)
      picture.labels.assign(action_units_.size(), std::numeric_limits<float>::quiet_NaN());
  }

  void read_subjects() {
    std::vector<std::string> names;
    for (const Video& video : videos_) names.push_back(video.name);
    VideoSubjects found = read_video_subjects(folder_, names);
    for (std::size_t v = 0; v < videos_.size(); ++v) videos_[v].subject = found.of[v];
    subjects_ = std::move(found.names);
  }

  std::filesystem::path folder_;
  std::vector<int> action_units_;
  std::vector<std::string> subjects_;
  std::vector<Video> videos_;  ///< in the order of their names
};

}  // namespace aurum
