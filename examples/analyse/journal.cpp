#include "journal.hpp"

#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <system_error>

#include "aurum/core/error.hpp"

namespace examples {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* complete_key = "complete";

void add_record(std::string& bytes, const json& object) {
  std::string content;
  json::to_cbor(object, content);
  for (int shift = 0; shift < 32; shift += 8)
    bytes += static_cast<char>(static_cast<std::uint32_t>(content.size()) >> shift & 0xFF);
  bytes += content;
}

constexpr std::uint32_t longest_record = 1U << 28;

std::optional<std::uint32_t> next_size(std::ifstream& file) {
  unsigned char length[4];
  if (!file.read(reinterpret_cast<char*>(length), 4)) return std::nullopt;
  std::uint32_t size = 0;
  for (int i = 3; i >= 0; --i) size = size << 8 | length[i];
  return size;
}

/// The next record; nothing at the end and where it was cut off.
std::optional<json> next_record(std::ifstream& file) {
  const std::uint32_t size = next_size(file).value_or(longest_record + 1);
  if (size > longest_record) return std::nullopt;
  std::string content(size, '\0');
  if (!file.read(content.data(), static_cast<std::streamsize>(size))) return std::nullopt;
  json object = json::from_cbor(content, true, false);
  if (object.is_discarded() || !object.is_object()) return std::nullopt;
  return object;
}

json to_json(const aurum::Square& square) { return {square.centre.x, square.centre.y, square.side}; }
aurum::Square square_of(const json& values) {
  return {{values.at(0).get<float>(), values.at(1).get<float>()}, values.at(2).get<float>()};
}

json to_json(const aurum::MeasuredFace& face, const Heat& heat) {
  json object{{"identity", face.identity},
              {"square", to_json(face.square)},
              {"confidence", face.confidence},
              {"intensities", face.intensities}};
  if (face.detection) object["detection"] = to_json(*face.detection);
  if (!face.landmarks.empty()) {
    std::vector<float> points;
    for (const aurum::Point p : face.landmarks) points.insert(points.end(), {p.x, p.y});
    object["landmarks"] = std::move(points);
  }
  if (!face.left.empty()) {
    object["left"] = face.left;
    object["right"] = face.right;
  }
  if (heat.size > 0) {
    object["heat size"] = heat.size;
    object["heat"] = json::binary(heat.pixels);
  }
  return object;
}

json to_json(const JournalFrame& frame) {
  json object{{"number", frame.frame.number}, {"seconds", frame.frame.seconds}, {"faces", json::array()}};
  if (!frame.frame.file.empty()) object["file"] = frame.frame.file;
  if (!frame.frame.fault.empty()) object["fault"] = frame.frame.fault;
  for (std::size_t i = 0; i < frame.frame.faces.size(); ++i)
    object["faces"].push_back(to_json(frame.frame.faces[i], frame.heat[i]));
  return object;
}

JournalFrame frame_of(const json& object) {
  JournalFrame result;
  aurum::MeasuredFrame& frame = result.frame;
  object.at("number").get_to(frame.number);
  object.at("seconds").get_to(frame.seconds);
  frame.file = object.value("file", "");
  frame.fault = object.value("fault", "");
  for (const json& item : object.at("faces")) {
    aurum::MeasuredFace face;
    item.at("identity").get_to(face.identity);
    item.at("confidence").get_to(face.confidence);
    item.at("intensities").get_to(face.intensities);
    face.square = square_of(item.at("square"));
    if (item.contains("detection")) face.detection = square_of(item["detection"]);
    if (item.contains("landmarks")) {
      const auto points = item["landmarks"].get<std::vector<float>>();
      for (std::size_t k = 0; k + 1 < points.size(); k += 2)
        face.landmarks.push_back({points[k], points[k + 1]});
    }
    face.left = item.value("left", std::vector<float>{});
    face.right = item.value("right", std::vector<float>{});
    Heat heat;
    if (item.contains("heat")) {
      item.at("heat size").get_to(heat.size);
      heat.pixels = item["heat"].get_binary();
    }
    frame.faces.push_back(std::move(face));
    result.heat.push_back(std::move(heat));
  }
  return result;
}

/// What two ways of measuring differ in.
std::string differences(const json& wanted, const json& found) {
  std::string text;
  for (const auto& [key, value] : wanted.items())
    if (!found.contains(key) || found[key] != value)
      text += "\n  " + key + ": expected " + value.dump() + ", found " +
              (found.contains(key) ? found[key].dump() : "nothing");
  return text;
}

}  // namespace

Journal::Journal(fs::path file, const json& how) : Journal(std::move(file)) {
  std::ofstream begin(file_, std::ios::binary | std::ios::trunc);
  if (!begin) throw aurum::FileError(file_.string(), "cannot be created");
  begin.close();
  std::string bytes;
  add_record(bytes, how);
  add(bytes);
  ends_.push_back(bytes.size());
}

bool Journal::was_begun(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const auto size = next_size(file);
  if (!size) return false;
  std::error_code ignored;
  return *size > longest_record || fs::file_size(path, ignored) >= 4 + std::uintmax_t{*size};
}

Journal Journal::resume(const fs::path& path, const json& how) {
  Journal journal{path};
  std::ifstream file(path, std::ios::binary);
  if (!file) throw aurum::FileError(path.string(), "cannot be opened");
  const auto found = next_record(file);
  if (!found) throw aurum::FileError(path.string(), "holds no measurements");
  if (const std::string text = differences(how, *found); !text.empty())
    throw aurum::FileError(
        path.string(),
        "was measured in another way; remove it, or leave --resume out, to begin anew:" + text);
  const auto position = [&] { return static_cast<std::uintmax_t>(file.tellg()); };
  journal.ends_.push_back(position());
  std::uintmax_t end = journal.ends_.back();
  while (const auto record = next_record(file)) {
    end = position();
    if (record->contains(complete_key)) {
      journal.complete_ = true;
      break;
    }
    journal.ends_.push_back(end);
  }
  file.close();
  journal.cut(end);
  return journal;
}

void Journal::keep(std::size_t count) {
  if (count >= frames()) return;
  ends_.resize(count + 1);
  complete_ = false;
  cut(ends_.back());
}

void Journal::cut(std::uintmax_t bytes) const {
  std::error_code error;
  fs::resize_file(file_, bytes, error);
  if (error) throw aurum::FileError(file_.string(), "cannot be written: " + error.message());
}

void Journal::add(const std::string& bytes) {
  std::error_code ignored;
  const std::uintmax_t before = fs::file_size(file_, ignored);
  std::ofstream file(file_, std::ios::binary | std::ios::app);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (file) return;
  const std::string reason = std::generic_category().message(errno);
  fs::resize_file(file_, before, ignored);
  throw aurum::FileError(file_.string(), "cannot be written: " + reason);
}

void Journal::append(std::span<const JournalFrame> frames) {
  std::string bytes;
  std::vector<std::uintmax_t> ends;
  for (const JournalFrame& frame : frames) {
    add_record(bytes, to_json(frame));
    ends.push_back(ends_.back() + bytes.size());
  }
  add(bytes);
  ends_.insert(ends_.end(), ends.begin(), ends.end());
}

void Journal::finish() {
  std::string bytes;
  add_record(bytes, {{complete_key, true}});
  add(bytes);
  complete_ = true;
}

void Journal::read(const std::function<void(JournalFrame)>& visit) const {
  std::ifstream file(file_, std::ios::binary);
  const auto fail = [&](std::size_t i) {
    throw aurum::FileError(file_.string(), "frame " + std::to_string(i + 1) + " cannot be read");
  };
  file.seekg(static_cast<std::streamoff>(ends_.front()));
  for (std::size_t i = 0; i < frames(); ++i) {
    const auto record = next_record(file);
    if (!record) fail(i);
    try {
      visit(frame_of(*record));
    } catch (const json::exception&) {
      fail(i);
    }
  }
}

}  // namespace examples
