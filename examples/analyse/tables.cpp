#include "tables.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "aurum/core/error.hpp"
#include "aurum/data/openface_csv.hpp"
#include "aurum/io/atomic_file.hpp"
#include "faces.hpp"

namespace examples {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

/// To a thousandth; NaN becomes null.
ordered_json rounded(float value) {
  if (std::isnan(value)) return nullptr;
  return std::round(static_cast<double>(value) * 1000) / 1000;
}

ordered_json by_label(std::span<const int> aus, std::span<const float> values) {
  ordered_json object = ordered_json::object();
  for (std::size_t i = 0; i < aus.size(); ++i)
    if (!std::isnan(values[i])) object[aurum::action_unit_label(aus[i])] = rounded(values[i]);
  return object;
}

/// Lines of OpenFace's CSV for a recording.
class OpenFaceLines {
 public:
  OpenFaceLines(const aurum::Recording& recording, bool video) : aus_{recording.action_units} {
    const auto any_face = [&](const auto& test) {
      return std::ranges::any_of(recording.frames, [&](const aurum::MeasuredFrame& frame) {
        return std::ranges::any_of(frame.faces, test);
      });
    };
    const bool faces = any_face([](const aurum::MeasuredFace&) { return true; });
    const bool bare = any_face([](const aurum::MeasuredFace& face) { return face.landmarks.empty(); });
    columns_ = {.video = video, .landmarks = faces && !bare, .action_units = aus_};
    for (std::size_t i = 0; i < aus_.size(); ++i)
      if (any_face([&](const aurum::MeasuredFace& face) {
            return !face.left.empty() && !std::isnan(face.left[i]);
          }))
        sided_.push_back(i);
  }

  [[nodiscard]] std::string header() const {
    return with_sides(columns_.header(), [&](std::size_t i, bool left) {
      return aurum::action_unit_label(aus_[i]) + (left ? "_left" : "_right");
    });
  }
  [[nodiscard]] std::string row(const aurum::MeasuredFrame& frame, const aurum::MeasuredFace& face) const {
    return with_sides(columns_.row({.frame = frame.number,
                                    .face_id = face.identity,
                                    .timestamp = frame.seconds,
                                    .confidence = static_cast<double>(face.confidence),
                                    .success = true,
                                    .landmarks = face.landmarks,
                                    .intensities = face.intensities}),
                      [&](std::size_t i, bool left) {
                        char text[32];
                        std::snprintf(text, sizeof text, "%.2f",
                                      static_cast<double>((left ? face.left : face.right)[i]));
                        return std::string(text);
                      });
  }
  [[nodiscard]] std::string row_without_face(const aurum::MeasuredFrame& frame) const {
    return with_sides(columns_.row({.frame = frame.number, .timestamp = frame.seconds, .success = false}),
                      [](std::size_t, bool) { return std::string("0.00"); });
  }

 private:
  /// What OpenFace does not know stands behind what it knows.
  template <class Cell>
  [[nodiscard]] std::string with_sides(std::string line, Cell cell) const {
    line.pop_back();
    for (const std::size_t i : sided_)
      for (const bool left : {true, false}) line += ", " + cell(i, left);
    return line + "\n";
  }

  std::vector<int> aus_;
  aurum::OpenFaceColumns columns_;
  std::vector<std::size_t> sided_;  ///< the AUs whose sides were measured
};

}  // namespace

std::vector<std::string> names_of_pictures(const aurum::Recording& recording) {
  std::vector<std::string> names;
  DistinctNames distinct;
  for (const aurum::MeasuredFrame& frame : recording.frames)
    names.push_back(distinct(fs::path(frame.file).stem().string()));
  return names;
}

void write_openface(const fs::path& file, const aurum::Recording& recording) {
  const OpenFaceLines lines(recording, true);
  std::string text = lines.header();
  for (const aurum::MeasuredFrame& frame : recording.frames) {
    for (const aurum::MeasuredFace& face : frame.faces) text += lines.row(frame, face);
    if (frame.faces.empty()) text += lines.row_without_face(frame);
  }
  aurum::write_atomically(file, text);
}

void write_openface_of_pictures(const fs::path& folder, const aurum::Recording& recording) {
  const OpenFaceLines lines(recording, false);
  const std::vector<std::string> names = names_of_pictures(recording);
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::string text = lines.header();
    for (const aurum::MeasuredFace& face : recording.frames[i].faces)
      text += lines.row(recording.frames[i], face);
    aurum::write_atomically(folder / (names[i] + ".csv"), text);
  }
}

void write_json_lines(const fs::path& file, const aurum::Recording& recording, bool moving) {
  std::string text;
  for (const aurum::MeasuredFrame& frame : recording.frames) {
    ordered_json object;
    if (!frame.file.empty()) object["file"] = frame.file;
    if (moving) {
      object["frame"] = frame.number;
      object["timestamp"] = std::round(frame.seconds * 1000) / 1000;
    }
    if (!frame.fault.empty()) object["fault"] = frame.fault;
    object["faces"] = ordered_json::array();
    for (const aurum::MeasuredFace& face : frame.faces) {
      const aurum::Box box = box_of(face.square);
      ordered_json item{{"id", face.identity}, {"confidence", rounded(face.confidence)}};
      item["box"] = {rounded(box.left), rounded(box.top), rounded(box.width), rounded(box.height)};
      item["detected"] = face.detection.has_value();
      item["intensities"] = by_label(recording.action_units, face.intensities);
      if (!face.left.empty()) {
        item["left"] = by_label(recording.action_units, face.left);
        item["right"] = by_label(recording.action_units, face.right);
      }
      for (const aurum::Point p : face.landmarks) item["landmarks"].push_back({rounded(p.x), rounded(p.y)});
      object["faces"].push_back(std::move(item));
    }
    text += object.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
  }
  aurum::write_atomically(file, text);
}

}  // namespace examples
